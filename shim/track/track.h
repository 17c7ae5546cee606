/* SPDX-License-Identifier: MIT
 * What is remembered of descriptors: those with a connect() under way, or on which one has just
 * ended. No lock; bounded: a table indexed by descriptor, where a newer one takes the place of an
 * older one. All calls are async-signal-safe and change nothing in a vfork child. */
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
    bool told;         /* another connect() came too early, and was answered EALREADY */
    bool shared;       /* the program made a second descriptor of it */
    bool rests;        /* wr_track_rest() */
    int32_t pid;       /* of the process that called connect(); a fork child has only a copy */
    uint32_t forks;    /* wr_track_forks at that time */
    uint64_t cookie;   /* SO_COOKIE: another socket may have the number by now; 0 = not known yet */
    uint64_t start_ns; /* CLOCK_MONOTONIC, when connect() was called */
    socklen_t address_len;
    unsigned char address[WR_TRACK_ADDRESS];
};

/* Before connect() is called, of which a signal handler may jump out. `address` is a copy. Without
 * a cookie: what is found later is checked by the state of the socket. False where the address is
 * of another family or not complete, or the process does not own its memory. */
bool wr_track_begin(int fd, const void *address, socklen_t len, uint64_t start_ns,
                    struct wr_track *ret_track);
/* After it: a connect() is under way. The address can be read. */
void wr_track_pending(int fd, const void *address, socklen_t len, uint64_t start_ns);
/* Remembers all of it. For callers that have asked wr_process_owns_memory(). */
void wr_track_put(int fd, const struct wr_track *track);
/* Changes what is remembered of a descriptor that has a place; else does nothing. */
void wr_track_set(int fd, enum wr_history history);
void wr_track_tell(int fd);
/* False where nothing is remembered, or of another socket that had this number before: not every
 * way of closing one is seen. One system call where something is remembered. */
bool wr_track_get(int fd, struct wr_track *ret_track);
/* True where a connect() of that process to that address and port is under way, by what is
 * remembered: for a process that has other descriptors. Looks at every place. */
bool wr_track_is_pending(int32_t pid, const struct wr_addr *target);
/* As it was written, without a look at the descriptor: it may be of another socket. */
bool wr_track_peek(int fd, struct wr_track *ret_track);
/* SO_COOKIE: identifies a socket for as long as the machine runs (socket(7), Linux 4.12); 0 = none.
 */
uint64_t wr_track_cookie(int fd);
/* A duplicate of a descriptor is remembered as the descriptor is. */
void wr_track_copy(int from, int to);
void wr_track_drop(int fd);
/* The same, for callers that have asked wr_process_owns_memory(). */
void wr_track_forget(int fd);
/* What passes on it is followed no longer: wr_track_maybe() says no, wr_track_knows() yes. So the
 * end of the connection is still seen, and wr_track_get() knows whom it was connected to, also when
 * the kernel has forgotten (a reset). For callers that have asked wr_process_owns_memory(). */
void wr_track_rest(int fd);
/* True where another descriptor of the same socket is remembered. */
bool wr_track_has_twin(int fd, const struct wr_track *track);
/* Calls each(fd, ctx) for the descriptors remembered from first to last. */
void wr_track_each(unsigned first, unsigned last, void (*each)(int fd, void *ctx), void *ctx);

/* False where nothing is remembered at all. */
bool wr_track_any(void);
/* The process ends: reports the connects that are still under way. Idempotent, takes no lock.
 * giveup.c. */
void wr_track_end(void);

#define WR_TRACK_SLOTS 1024
enum { WR_MARK_REMEMBERED = 1, WR_MARK_DATAGRAM = 2, WR_MARK_RESTS = 4 };
extern _Atomic uint8_t wr_track_marks[WR_TRACK_SLOTS] __attribute__((visibility("hidden")));

/* Whether what is read from fd or written to it matters: one load, may say yes wrongly. */
static inline unsigned wr_track_marked(int fd)
{
    return atomic_load_explicit(&wr_track_marks[(unsigned)fd % WR_TRACK_SLOTS],
                                memory_order_relaxed);
}

/* The same for "is what passes on fd followed?" */
static inline bool wr_track_maybe(int fd)
{
    return (wr_track_marked(fd) & WR_MARK_REMEMBERED) != 0;
}

/* The same for "is anything remembered of fd, though it may be at rest?": for the ends of
 * descriptors, and errors. */
static inline bool wr_track_knows(int fd)
{
    return (wr_track_marked(fd) & (WR_MARK_REMEMBERED | WR_MARK_RESTS)) != 0;
}

/* fork()s that were seen. */
extern _Atomic uint32_t wr_track_forks;

/* What socket() made, as far as it matters before a connect(). Only a hint: a number may have been
 * given to something else since. */
enum wr_socket_kind { WR_KIND_UNKNOWN, WR_KIND_TCP, WR_KIND_DATAGRAM, WR_KIND_OTHER };
#define WR_TRACK_KINDS 65536
extern _Atomic uint8_t wr_track_kinds[WR_TRACK_KINDS];

static inline enum wr_socket_kind wr_track_kind(int fd)
{
    return (unsigned)fd < WR_TRACK_KINDS ? (enum wr_socket_kind)atomic_load_explicit(
                                               &wr_track_kinds[fd], memory_order_relaxed)
                                         : WR_KIND_UNKNOWN;
}

enum wr_socket_kind wr_track_kind_of(int domain, int type, int protocol);
/* Asks the kernel, and remembers. */
enum wr_socket_kind wr_track_kind_ask(int fd);
/* One load where it is what it was before. */
void wr_track_kind_set(int fd, enum wr_socket_kind kind);

#endif
