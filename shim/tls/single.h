/* SPDX-License-Identifier: MIT
 * Libraries whose objects lead to no instance (tls/instance.h): of these there is one in nearly
 * every process. The one that was there at the start, or else the only one that is loaded, or else
 * the one that the caller's other references were bound to. */
#ifndef WR_TLS_SINGLE_H
#define WR_TLS_SINGLE_H

#include <stdatomic.h>

#include "tls/instance.h"

/* One for each kind, static. */
struct wr_tls_single {
    _Atomic(const struct wr_tls_instance *) stays; /* there at the start: never unloaded */
    _Atomic uint64_t none; /* none is loaded while the loader's counters say this; 0 = unknown */
};

const struct wr_tls_instance *wr_tls_single_find(struct wr_tls_single *single,
                                                 const struct wr_tls_names *names,
                                                 const void *caller);
/* dlclose(3) has been called. */
void wr_tls_single_forget(void);

/* NULL where none is loaded. caller: the address that the call returns to. What is found for one is
 * remembered, so that only its first call costs more than a look into a table: an object keeps what
 * it was bound to until it is unloaded itself. Where it cannot be told which of several is meant,
 * the instance is one that is `guessed`. */
static inline const struct wr_tls_instance *
wr_tls_single_of(struct wr_tls_single *single, const struct wr_tls_names *names, const void *caller)
{
    const struct wr_tls_instance *stays =
        atomic_load_explicit(&single->stays, memory_order_acquire);

    return __builtin_expect(stays != NULL, 1) ? stays : wr_tls_single_find(single, names, caller);
}

#endif
