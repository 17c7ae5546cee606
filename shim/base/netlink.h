/* SPDX-License-Identifier: MIT
 * Requests to the kernel over netlink, and their answers. Synchronous: the kernel queues the
 * answer before send() returns, so nothing here ever waits. Used by probe/. */
#ifndef WR_BASE_NETLINK_H
#define WR_BASE_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Answers are received into space of this size (the kernel fills dumps up to 32 KiB). */
#define WR_NETLINK_SPACE 32768

/* Opens a NETLINK_ROUTE, NETLINK_SOCK_DIAG or NETLINK_NETFILTER socket, strict checking and
 * extended acknowledgements on where the kernel has them. Returns a descriptor or -errno. */
int wr_netlink_open(int protocol);
void wr_netlink_close(int fd);

/* Appends an attribute to a request that has room for it. */
void wr_netlink_attr(struct nlmsghdr *request, unsigned short type, const void *data, size_t len);

/* One answer message; return false to stop reading. A dump that was left early keeps
 * the socket busy: close it, a second dump on it would be answered -EBUSY. */
typedef bool (*wr_netlink_each)(void *ctx, const struct nlmsghdr *message);

/* Sends a request (NLM_F_REQUEST is added; NLM_F_DUMP as given) and calls each() for every
 * message of the answer. `space` is WR_NETLINK_SPACE bytes. until_ns: CLOCK_MONOTONIC time at
 * which a long dump is left. Returns 0; -errno that the kernel answered (-ENOENT from an exact
 * lookup = there is none); -ETIME when the dump was left early. */
int wr_netlink_ask(int fd, struct nlmsghdr *request, char *space, uint64_t until_ns,
                   wr_netlink_each each, void *ctx);

/* The attribute of a message, behind a fixed part of `fixed` bytes; NULL where there is none or
 * it is shorter than min_len. NLA_TYPE_MASK is applied. */
const struct rtattr *wr_netlink_find(const struct nlmsghdr *message, size_t fixed,
                                     unsigned short type, size_t min_len);

#endif
