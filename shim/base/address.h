/* SPDX-License-Identifier: MIT
 * IP addresses: from and to socket addresses, classes, and their text. */
#ifndef WR_BASE_ADDRESS_H
#define WR_BASE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "whyrefused/address.h"

/* From `len` readable bytes of a socket address. v4-mapped becomes AF_INET. Returns false (and
 * family 0) where it is no complete AF_INET or AF_INET6 address. */
bool wr_addr_from_sockaddr(const void *sockaddr, socklen_t len, struct wr_addr *ret_addr);
/* The address of one family in network order, without a port. */
struct wr_addr wr_addr_from_bytes(int family, const void *bytes);
/* 127.0.0.1, or ::1 for AF_INET6; without a port. */
struct wr_addr wr_addr_localhost(int family);
/* Fills a sockaddr_storage-sized buffer; returns its length, 0 for family 0. */
socklen_t wr_addr_to_sockaddr(const struct wr_addr *addr, void *sockaddr);
/* 4 or 16; 0 for family 0. */
unsigned wr_addr_size(const struct wr_addr *addr);

/* Same family and bytes (port and scope not compared). */
bool wr_addr_same_host(const struct wr_addr *a, const struct wr_addr *b);
bool wr_addr_is_any(const struct wr_addr *addr);      /* 0.0.0.0, :: */
bool wr_addr_is_loopback(const struct wr_addr *addr); /* 127/8, ::1 */
bool wr_addr_is_multicast(const struct wr_addr *addr);
bool wr_addr_is_linklocal(const struct wr_addr *addr); /* fe80::/10, 169.254/16 */
bool wr_addr_is_private(const struct wr_addr *addr);   /* RFC 1918, 100.64/10, fc00::/7 */

/* "10.4.0.2", "fe80::1%3" (RFC 5952). */
void wr_buf_addr(struct wr_buf *buf, const struct wr_addr *addr);
/* "10.4.0.2:80", "[::1]:80"; without a port as wr_buf_addr(). */
void wr_buf_endpoint(struct wr_buf *buf, const struct wr_addr *addr);

#endif
