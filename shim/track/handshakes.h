/* SPDX-License-Identifier: MIT
 * Which TLS handshakes have been told of: a library fails more than once over the same one
 * (SSL_connect, then SSL_read), and the bytes on the wire tell the same story. Bounded, lock-free;
 * forgets the oldest. Async-signal-safe. */
#ifndef WR_TRACK_HANDSHAKES_H
#define WR_TRACK_HANDSHAKES_H

#include <stdbool.h>

/* object: the library's (SSL *, ...), NULL = none; fd: the socket, -1 = not known. True for the
 * first call of either since it was forgotten. */
bool wr_handshake_is_news(const void *object, int fd);
/* A new connection, a new object: what was told of the one before does not count. */
void wr_handshake_forget(const void *object);

#endif
