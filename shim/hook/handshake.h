/* SPDX-License-Identifier: MIT
 * What the hooks of the TLS libraries besides OpenSSL share. Their functions are not declared by
 * their own headers, which are not needed to build; the real ones are those of the library that is
 * loaded (tls/single.h), never looked for where ours would be found. */
#ifndef WR_HOOK_HANDSHAKE_H
#define WR_HOOK_HANDSHAKE_H

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "failure.h"
#include "hook/hook.h"
#include "tls/depth.h"
#include "tls/single.h"
#include "tls/tls.h"
#include "tls/transport.h"
#include "track/handshakes.h"
#include "track/track.h"

/* NULL where there is no real function. */
static inline void *wr_tls_real(const struct wr_tls_instance *of, unsigned at, enum wr_hook hook)
{
    void *real = wr_likely(of != NULL) ? of->function[at] : NULL;

    return wr_likely(real != NULL) ? real : wr_hook_real_or_null(hook);
}
#define WR_TLS_REAL(of, name) ((wr_##name##_type *)wr_tls_real((of), WR_AT_##name, WR_HOOK_##name))

/* One call, while it lasts. of: NULL where no library is loaded. */
struct wr_tls_call {
    const struct wr_tls_instance *of;
    void *object;
    struct wr_tls_depth before;
    uint64_t start_ns; /* 0 = not taken: it is the success path of every byte */
    const char *function;
    uint32_t served; /* as struct wr_handshake has it */
};

static inline bool wr_tls_is_judged_here(const struct wr_tls_call *call)
{
    return call->of != NULL && !call->of->guessed && call->object != NULL &&
           !wr_tls_is_nested(call->before, call->object) && wr_may_look();
}

static inline void wr_tls_tell(const struct wr_tls_library *library, const struct wr_tls_call *call,
                               long result, int fd, enum wr_outcome outcome, int error,
                               enum wr_door door)
{
    struct wr_handshake handshake = {.library = library,
                                     .function = call->function,
                                     .start_ns = call->start_ns,
                                     .instance = call->of,
                                     .object = call->object,
                                     .result = result,
                                     .served = call->served};

    wr_failed_handshake(&handshake, fd, outcome, error, door);
}

#endif
