/* SPDX-License-Identifier: MIT
 * How a function is intercepted. Included by the files of hook/ only.
 *
 * Laws of the shim
 * 1. The program sees what it would have seen: return value, errno, h_errno, SO_ERROR, the error
 *    queue, descriptors, signal mask, cancellation, timing within the budget. Evidence that
 *    would consume state is read only after the program got its error.
 * 2. The shared object needs libc alone, and nothing is dlopened into the host. Libraries live in
 *    the helper program; a missing helper costs detail, never the report.
 * 3. Fail open: no exit, abort, assert or signal handler of ours, no thread, no descriptor kept.
 *    A crash in the host because of us is the worst defect there is.
 * 4. Success path: no lock, no allocation, no system call beyond the call's own, but for connect()
 *    of TCP, which asks what it needs to be remembered (hook/connect.c), the first words of its
 *    connection (track/talk.c), and the end of it, which asks whose it is and, where the
 *    connection has stood for a second, TCP_INFO (track/giveup.c); one branch for calls that
 *    are not ours. State is written before the real call and nothing is held across
 *    it: programs longjmp out of connect().
 * 5. The failure path allocates nothing with malloc, uses no stdio, locale or NSS, and runs on a
 *    16 KiB stack within a wall-clock budget.
 * 6. No packet leaves the machine because of us but a bounded number of questions to the configured
 *    nameservers about a name that did not resolve; none at all in the tier "passive".
 * 7. What comes from the network or the program is untrusted: bounded, escaped, never a format.
 * 8. Secure execution: inert. A vfork child never touches the parent's state.
 * 9. Silence is part of the product: one failure, one report.
 *
 * To add a hook: a row in hooks.def; the definition with WR_EXPORT in the file of its family,
 * declared by the function's own system header, so that a wrong signature does not compile; a
 * case in tests/contract/transparency. WR_REAL(name)(...) is the only spelling of the un-hooked
 * function: the next definition behind ours in the search order, found at the first call. */
#ifndef WR_HOOK_HOOK_H
#define WR_HOOK_HOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define WR_EXPORT __attribute__((visibility("default")))
#define WR_COLD __attribute__((cold, noinline))
#define wr_likely(x) __builtin_expect(!!(x), 1)
#define wr_unlikely(x) __builtin_expect(!!(x), 0)

enum wr_hook {
#define HOOK(name, why) WR_HOOK_##name,
#include "hook/hooks.def"
#undef HOOK
    WR_HOOKS
};

extern _Atomic(void *) wr_real[WR_HOOKS] __attribute__((visibility("hidden")));

/* Remembers which objects stand behind ours in the search order. Done by the constructor: later a
 * fork child, or a signal handler, might find the loader's lock taken for ever. */
void wr_hook_remember_objects(void);

/* Finds and remembers the next definition. Never NULL: where there is none, a function that
 * fails with ENOSYS. Takes no lock, and leaves dlerror(3) alone. */
void *wr_hook_resolve(enum wr_hook hook);

/* As wr_hook_real(), for functions of libraries that may not be there: NULL where there is none. */
void *wr_hook_real_or_null(enum wr_hook hook);

/* Known once connect() has been resolved: what stands behind ours sends connections elsewhere and
 * answers in the name of the destination (torsocks, proxychains). */
extern bool wr_hook_proxied __attribute__((visibility("hidden")));

static inline void *wr_hook_real(enum wr_hook hook)
{
    void *real = atomic_load_explicit(&wr_real[hook], memory_order_relaxed);

    return wr_likely(real != 0) ? real : wr_hook_resolve(hook);
}

/* For the functions that are called most: goes on to the real one by a jump where that is known and
 * `ours` is false. A return of ours after a system call costs more than all the rest. */
#define WR_PASS(name, ours, ...)                                            \
    do {                                                                    \
        __typeof__(name) *real_ = (__typeof__(name) *)atomic_load_explicit( \
            &wr_real[WR_HOOK_##name], memory_order_relaxed);                \
        if (wr_likely(!(ours) && real_ != 0))                               \
            return real_(__VA_ARGS__);                                      \
    } while (0)

/* &name: the type of a pointer keeps that a function does not return. */
#define WR_REAL(name) ((__typeof__(&name))wr_hook_real(WR_HOOK_##name))

#endif
