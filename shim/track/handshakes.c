/* SPDX-License-Identifier: MIT
 * See handshakes.h. A socket is known by its cookie, so that a number used again is another one. */
#include "track/handshakes.h"

#include <stdatomic.h>
#include <stdint.h>

#include "track/track.h"

#define PLACES 64

static struct {
    _Atomic uintptr_t object;
    _Atomic uint64_t cookie;
} places[PLACES];
static _Atomic unsigned next;

bool wr_handshake_is_news(const void *object, int fd)
{
    uint64_t cookie = fd >= 0 ? wr_track_cookie(fd) : 0;
    unsigned at;

    for (unsigned i = 0; i < PLACES; i++) {
        if ((object != NULL && atomic_load(&places[i].object) == (uintptr_t)object) ||
            (cookie != 0 && atomic_load(&places[i].cookie) == cookie))
            return false;
    }
    at = atomic_fetch_add(&next, 1) % PLACES;
    atomic_store(&places[at].object, (uintptr_t)object);
    atomic_store(&places[at].cookie, cookie);
    return true;
}

/* A socket that was told of stays told: its cookie comes never again, and what is closed after its
 * object was freed is still the same failure. */
void wr_handshake_forget(const void *object)
{
    if (atomic_load_explicit(&next, memory_order_relaxed) == 0)
        return;
    for (unsigned i = 0; i < PLACES; i++) {
        uintptr_t expected = (uintptr_t)object;

        if (atomic_load_explicit(&places[i].object, memory_order_relaxed) == expected)
            atomic_compare_exchange_strong(&places[i].object, &expected, 0);
    }
}
