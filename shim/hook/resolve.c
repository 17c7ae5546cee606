/* SPDX-License-Identifier: MIT
 * Finds the next definition of a hooked function, once for each. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/startup.h"
#include "base/symbol.h"
#include "hook/hook.h"

WR_STARTUP _Atomic(void *) wr_real[WR_HOOKS];

/* Not pointers: they would not be relocated yet (base/deferred.h). */
static const char hook_names[WR_HOOKS][40] = {
#define HOOK(name, why) #name,
#include "hook/hooks.def"
#undef HOOK
};

void wr_hook_remember_objects(void)
{
    wr_objects_remember();
}

static long missing(void)
{
    errno = ENOSYS;
    return -1;
}

WR_STARTUP bool wr_hook_proxied;

static void look_for_proxy(void)
{
    static const char names[][16] = {"libtorsocks.", "libproxychains", "libtsocks.", "libdsocks."};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]) && !wr_hook_proxied; i++)
        wr_hook_proxied = wr_object_behind_us(names[i]);
}

void *wr_hook_resolve(enum wr_hook hook)
{
    bool stays;
    void *found = wr_symbol_behind_us(hook_names[hook], &stays);

    if (found == NULL)
        return (void *)missing;
    if (hook == WR_HOOK_connect)
        look_for_proxy();
    if (stays)
        atomic_store_explicit(&wr_real[hook], found, memory_order_relaxed);
    return found;
}

void *wr_hook_real_or_null(enum wr_hook hook)
{
    void *real = wr_hook_real(hook);

    return real == (void *)missing ? NULL : real;
}
