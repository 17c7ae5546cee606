/* SPDX-License-Identifier: MIT
 * What is remembered of descriptors: only those with a connect() under way, or on which one has
 * just ended. No lock; bounded: a table
 * indexed by descriptor, where a newer one takes the place of an older one. All calls are
 * async-signal-safe and do nothing in a vfork child. */
#ifndef WR_TRACK_TRACK_H
#define WR_TRACK_TRACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "whyrefused/attempt.h"

/* A socket address of AF_INET or AF_INET6 fits; others are not tracked. */
#define WR_TRACK_ADDRESS 28

struct wr_track {
    enum wr_history history;
    bool told;         /* a misuse of this state has been reported */
    uint64_t cookie;   /* SO_COOKIE: another socket may have the number by now; 0 = not known */
    uint64_t start_ns; /* CLOCK_MONOTONIC, when connect() was called */
    socklen_t address_len;
    unsigned char address[WR_TRACK_ADDRESS];
};

/* Remembers a connect() under way. Does nothing where the address is of another family or not
 * complete. */
void wr_track_pending(int fd, const void *address, socklen_t len, uint64_t start_ns);
/* Changes what is remembered of a descriptor that has a place; else does nothing. */
void wr_track_set(int fd, enum wr_history history);
void wr_track_tell(int fd);
/* False where nothing is remembered, or of another socket that had this number before: not every
 * way of closing one is seen. One system call where something is remembered. */
bool wr_track_get(int fd, struct wr_track *ret_track);
/* True where a connect() of that process to that address and port is under way, by what is
 * remembered: for a process that has other descriptors. Looks at every place. */
bool wr_track_is_pending(int32_t pid, const struct wr_addr *target);
/* A duplicate of a descriptor is remembered as the descriptor is. */
void wr_track_copy(int from, int to);
void wr_track_drop(int fd);

/* The fast answer to "is anything remembered of fd?": one load, may say yes wrongly. */
#define WR_TRACK_SLOTS 1024
extern _Atomic int wr_track_owner[WR_TRACK_SLOTS];

static inline bool wr_track_maybe(int fd)
{
    /* a place holds ~fd, so that the empty table (zeros) belongs to descriptor -1 */
    return fd >= 0 &&
           atomic_load_explicit(&wr_track_owner[fd % WR_TRACK_SLOTS], memory_order_relaxed) == ~fd;
}

#endif
