/* SPDX-License-Identifier: MIT
 * Which local addresses bind() chose. The kernel does not tell them from those it chose itself. A
 * store or two for a bind(), nothing else; a descriptor's later owner is told by the address it
 * has. */
#ifndef WR_TRACK_BOUND_H
#define WR_TRACK_BOUND_H

#include <stdbool.h>
#include <sys/socket.h>

#include "whyrefused/address.h"

/* bind() has succeeded; the address has been read by the kernel, so it can be read. */
void wr_bound_note(int fd, const void *address, socklen_t len);
/* True where bind() on that descriptor was seen to choose this address (other than a wildcard). */
bool wr_bound_is(int fd, const struct wr_addr *local);
/* The same of its port. */
bool wr_bound_port_is(int fd, uint16_t port);

#endif
