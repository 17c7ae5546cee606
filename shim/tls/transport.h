/* SPDX-License-Identifier: MIT
 * Which socket a TLS object speaks through, where the library does not know: a program may pass the
 * bytes on itself (curl, git), or keep them in memory and read the socket before (asyncio, node).
 * Then it is most likely the one that this thread has used last. */
#ifndef WR_TLS_TRANSPORT_H
#define WR_TLS_TRANSPORT_H

#include <stdbool.h>

/* A new connection's descriptor was read from or written to. For hook/receive.c and send.c. */
void wr_tls_transport_used(int fd);
/* The descriptor for the object, a stream socket; -1 = none. done: its handshake was
 * over: then only one that was used inside a call on this object. Asks the kernel. */
int wr_tls_transport_of(const void *object, bool done);

#endif
