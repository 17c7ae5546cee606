/* SPDX-License-Identifier: MIT
 * Handshakes of clients that have come good and after which nothing was read yet. A program that
 * ends the connection then did not like the peer's certificate, if there is something in it not to
 * like. Bounded, lock-free; a newer one takes the place of an older one. */
#ifndef WR_TLS_FRESH_H
#define WR_TLS_FRESH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wr_tls_fresh {
    uint64_t sent;     /* bytes, when it had come good */
    uint64_t start_ns; /* when its last call began; CLOCK_MONOTONIC */
    const char *function;
};

#define WR_TLS_FRESH 64 /* power of two */
extern _Atomic uintptr_t wr_tls_fresh_objects[WR_TLS_FRESH] __attribute__((visibility("hidden")));

static inline unsigned wr_tls_fresh_place(uintptr_t object)
{
    return (unsigned)(object >> 4 ^ object >> 10) & (WR_TLS_FRESH - 1);
}

/* One load: asked after each read. */
static inline bool wr_tls_is_fresh(const void *object)
{
    return atomic_load_explicit(&wr_tls_fresh_objects[wr_tls_fresh_place((uintptr_t)object)],
                                memory_order_relaxed) == (uintptr_t)object;
}

void wr_tls_fresh_put(const void *object, const struct wr_tls_fresh *fresh);
/* Takes it out. False where there is none of that object. */
bool wr_tls_fresh_take(const void *object, struct wr_tls_fresh *ret);

#endif
