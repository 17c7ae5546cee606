/* SPDX-License-Identifier: MIT
 * Whether this thread is inside a call of a TLS library that hook/ watches: what the library reads
 * and sends then is judged by that hook, with what the library knows, and not by its bytes. */
#ifndef WR_TLS_DEPTH_H
#define WR_TLS_DEPTH_H

#include <stdbool.h>
#include <stdint.h>

extern __thread int wr_tls_depth __attribute__((tls_model("initial-exec"), visibility("hidden")));
/* The frame of the outermost hook, and the object (SSL *, ...) of the innermost. */
extern __thread uintptr_t wr_tls_outermost
    __attribute__((tls_model("initial-exec"), visibility("hidden")));
extern __thread const void *wr_tls_object
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

static inline bool wr_tls_inside(void)
{
    return wr_tls_depth > 0;
}

struct wr_tls_depth {
    int depth;
    const void *object;
};

/* Around the real call. The same object again, one library function calling another: true in
 * wr_tls_is_nested(), and the outer hook judges. A program may longjmp() out of a callback: an
 * outermost frame that lies deeper than ours is left behind. */
static inline struct wr_tls_depth wr_tls_enter(const void *object)
{
    struct wr_tls_depth before = {wr_tls_depth, wr_tls_object};
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

    if (before.depth == 0 || frame > wr_tls_outermost) {
        before = (struct wr_tls_depth){0};
        wr_tls_outermost = frame;
    }
    wr_tls_object = object;
    wr_tls_depth = before.depth + 1;
    return before;
}

static inline void wr_tls_leave(struct wr_tls_depth before)
{
    wr_tls_depth = before.depth;
    wr_tls_object = before.object;
}

static inline bool wr_tls_is_nested(struct wr_tls_depth before, const void *object)
{
    return before.depth > 0 && before.object == object;
}

#endif
