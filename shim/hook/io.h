/* SPDX-License-Identifier: MIT
 * What send.c and receive.c share. Each of their hooks costs one branch where the call has worked
 * and nothing is remembered of the descriptor. */
#ifndef WR_HOOK_IO_H
#define WR_HOOK_IO_H

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "hook/hook.h"
#include "track/talk.h"
#include "track/track.h"

#define WR_BYTES_AT(bytes, size) ((struct wr_area){(bytes), (size), false, false})
#define WR_VECTOR_AT(entries, count) ((struct wr_area){(entries), (size_t)(count), true, false})

static inline bool wr_io_matters(long rc, int fd)
{
    return wr_unlikely(rc < 0) || wr_unlikely(wr_track_maybe(fd));
}

/* The call on fd gave `error`. address: where a datagram should go, may not be readable; NULL = the
 * socket's own peer. send.c. */
void wr_io_failed(enum wr_call call, int fd, const void *address, socklen_t len, int error);
/* The same with the address in a message header of the program's. */
void wr_io_message_failed(enum wr_call call, int fd, const struct msghdr *message, int error);

#endif
