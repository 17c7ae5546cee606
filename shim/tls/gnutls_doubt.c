/* SPDX-License-Identifier: MIT
 * Certificates that a program has found fault with, until it is seen what it makes of that. See
 * gnutls.h. Bounded, lock-free: a session belongs to one thread at a time. */
#include "tls/gnutls.h"

#include <string.h>

#include "track/track.h"

#define PLACES 32
#define SESSIONS 256 /* power of two */

static struct wr_gnutls_doubt places[PLACES];
_Atomic unsigned wr_gnutls_doubts;

/* Sessions that stand; of two with the same place the later. */
static _Atomic uintptr_t sessions[SESSIONS];
static __thread void *current __attribute__((tls_model("initial-exec")));

static _Atomic uintptr_t *place_of(const void *session)
{
    uintptr_t word = (uintptr_t)session;

    return &sessions[(word >> 4 ^ word >> 12) & (SESSIONS - 1)];
}

void wr_gnutls_came_good(void *session)
{
    atomic_store_explicit(place_of(session), (uintptr_t)session, memory_order_relaxed);
    current = session;
}

void *wr_gnutls_current(void)
{
    return current != NULL && atomic_load_explicit(place_of(current), memory_order_relaxed) ==
                                  (uintptr_t)current
               ? current
               : NULL;
}

/* Free places are those of no session: gnutls_deinit(NULL) is allowed. */
static struct wr_gnutls_doubt *find(uintptr_t session)
{
    for (unsigned i = 0; session != 0 && i < PLACES; i++) {
        if (atomic_load_explicit(&places[i].session, memory_order_acquire) == session)
            return &places[i];
    }
    return NULL;
}

/* 1 while it is written. */
static struct wr_gnutls_doubt *claim(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        uintptr_t expected = 0;

        if (atomic_compare_exchange_strong(&places[i].session, &expected, 1))
            return &places[i];
    }
    return NULL;
}

static void keep_name(struct wr_gnutls_doubt *doubt, const char *name)
{
    size_t len = name != NULL ? strnlen(name, sizeof(doubt->name) - 1) : 0;

    memcpy(doubt->name, name != NULL ? name : "", len);
    doubt->name[len] = '\0';
}

void wr_gnutls_doubt(void *session, int fd, const char *function, unsigned status,
                     const char *refused_name, const char *name)
{
    struct wr_gnutls_doubt *doubt = find((uintptr_t)session);
    bool is_new = doubt == NULL;

    if (is_new) {
        doubt = claim();
        if (doubt == NULL)
            return;
        doubt->fd = fd;
        doubt->cookie = fd >= 0 ? wr_track_cookie(fd) : 0;
        doubt->status = 0;
        doubt->name_refused = false;
        doubt->name[0] = '\0';
    }
    if (is_new || refused_name == NULL) /* the outer of two comes later */
        doubt->function = function;
    doubt->status |= status;
    if (refused_name != NULL) {
        doubt->name_refused = true;
        keep_name(doubt, refused_name);
    } else if (name != NULL) {
        keep_name(doubt, name);
    }
    if (!is_new)
        return;
    atomic_store_explicit(&doubt->session, (uintptr_t)session, memory_order_release);
    atomic_fetch_add_explicit(&wr_gnutls_doubts, 1, memory_order_relaxed);
}

void wr_gnutls_trust(void *session)
{
    struct wr_gnutls_doubt *doubt = find((uintptr_t)session);

    if (doubt == NULL)
        return;
    atomic_store_explicit(&doubt->session, 0, memory_order_release);
    atomic_fetch_sub_explicit(&wr_gnutls_doubts, 1, memory_order_relaxed);
}

const struct wr_gnutls_doubt *wr_gnutls_doubted(const void *session)
{
    return find((uintptr_t)session);
}

void wr_gnutls_gone(void *session)
{
    uintptr_t expected = (uintptr_t)session;

    atomic_compare_exchange_strong(place_of(session), &expected, 0);
    if (atomic_load_explicit(&wr_gnutls_doubts, memory_order_relaxed) != 0)
        wr_gnutls_trust(session);
}
