/* SPDX-License-Identifier: MIT
 * TLS handshakes under way on descriptors, as base/tlswire.h reads them. Bounded, lock-free: of too
 * many at once the later are not followed. Memory is touched when a handshake begins. */
#ifndef WR_TRACK_WIRE_H
#define WR_TRACK_WIRE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/tlswire.h"
#include "track/bytes.h"
#include "track/track.h"

/* GONE: none is followed, or it cannot be any more. OVER: it has come good. */
enum wr_wire_state { WR_WIRE_GONE, WR_WIRE_MORE, WR_WIRE_OVER };

extern _Atomic uint8_t wr_wire_marks[WR_TRACK_SLOTS] __attribute__((visibility("hidden")));

/* One load; may say yes wrongly. */
static inline bool wr_wire_maybe(int fd)
{
    return atomic_load_explicit(&wr_wire_marks[(unsigned)fd % WR_TRACK_SLOTS],
                                memory_order_relaxed) != 0;
}

/* A ClientHello was sent; `id` as for wr_bytes_begin(). object: of the library that sent it, NULL =
 * of none that is hooked. False where there is no room. */
bool wr_wire_follow(int fd, uint64_t id, const void *object);
/* The handshake on the descriptor is that of the object, by what is remembered. */
bool wr_wire_is_of(int fd, const void *object);
/* The descriptor is of a new connection: what was followed on its number is over. */
void wr_wire_new_connection(int fd);
/* The program has sent or received n bytes. by_library: in a call of a library that is hooked, and
 * that says itself what failed. */
enum wr_wire_state wr_wire_passed(int fd, uint64_t id, enum wr_wire_way way, struct wr_area span,
                                  size_t n, bool by_library);
/* The peer has ended the connection, or the program its own side. */
void wr_wire_peer_closed(int fd, uint64_t id, int error);
void wr_wire_own_side_ended(int fd, uint64_t id);
/* Of the connection that ends now: why its handshake failed, 0 = it did not, or is not known. What
 * is returned in *ret stays as it is until wr_wire_give(), which is due where that is not NULL. */
enum wr_tls_failure wr_wire_ended(int fd, uint64_t id, struct wr_wire **ret, uint64_t *ret_hello_ns,
                                  bool *ret_by_library);
/* The same record without a judgment; NULL = none. */
struct wr_wire *wr_wire_take(int fd, uint64_t id);
void wr_wire_give(const struct wr_wire *wire);
/* No more is to be known of it. */
void wr_wire_forget(int fd, uint64_t id);

#endif
