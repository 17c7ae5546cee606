/* SPDX-License-Identifier: MIT
 * See single.h. That no library is loaded holds until the loader's counters say that objects have
 * come or gone; they are asked with its lock. */
#include "tls/single.h"

#define SEVERAL 4
#define NEEDED 16
#define CLOSURE 24
#define SITES 128 /* power of two */

/* Places that hooks are called from: who writes one has it alone meanwhile. */
static struct site {
    _Atomic uintptr_t caller; /* 0 = free */
    _Atomic(const struct wr_tls_instance *) found;
} sites[SITES];
static _Atomic bool any;
enum { BUSY = 1 };

static struct site *site_of(const void *caller)
{
    uintptr_t word = (uintptr_t)caller;

    return &sites[(word ^ word >> 7 ^ word >> 14) & (SITES - 1)];
}

/* One place may call functions of several libraries, through a pointer. */
static const struct wr_tls_instance *recall(const struct wr_tls_names *names, const void *caller)
{
    struct site *site = site_of(caller);
    const struct wr_tls_instance *found;

    if (atomic_load(&site->caller) != (uintptr_t)caller)
        return NULL;
    found = atomic_load(&site->found);
    return atomic_load(&site->caller) == (uintptr_t)caller && found != NULL && found->names == names
               ? found
               : NULL;
}

static void remember(const void *caller, const struct wr_tls_instance *found)
{
    struct site *site = site_of(caller);
    uintptr_t before = atomic_load(&site->caller);

    if (before == BUSY || !atomic_compare_exchange_strong(&site->caller, &before, BUSY))
        return;
    atomic_store(&any, true);
    atomic_store(&site->found, found);
    atomic_store(&site->caller, (uintptr_t)caller);
}

void wr_tls_single_forget(void)
{
    if (!atomic_exchange(&any, false))
        return;
    for (unsigned i = 0; i < SITES; i++) {
        uintptr_t before = atomic_load(&sites[i].caller);

        if (before != BUSY)
            atomic_compare_exchange_strong(&sites[i].caller, &before, 0);
    }
}

static int take_loads(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    *(uint64_t *)ctx = (uint64_t)info->dlpi_adds + (uint64_t)info->dlpi_subs + 1;
    return 1;
}

static int index_of(const struct wr_object *objects, unsigned count, const struct wr_object *object)
{
    for (unsigned i = 0; i < count; i++) {
        if (objects[i].base == object->base && objects[i].dynamic == object->dynamic)
            return (int)i;
    }
    return -1;
}

static void add_needs(const struct wr_object *object, struct wr_object *closure, unsigned *count)
{
    struct wr_object needed[NEEDED];
    unsigned needs = wr_object_needs(object, needed, NEEDED);

    for (unsigned i = 0; i < needs && *count < CLOSURE; i++) {
        if (index_of(closure, *count, &needed[i]) < 0)
            closure[(*count)++] = needed[i];
    }
}

/* Which of them the caller is, or was bound to: the loader's search order may lead to another than
 * the one that it was linked with. Where it has no reference, as when the call was a jump out of
 * another library, the objects that it needs are asked, in the order in which the loader would. */
static unsigned choose(const struct wr_object *objects, unsigned count, const void *caller,
                       bool *ret_sure)
{
    struct wr_object closure[CLOSURE];
    unsigned known = 1, bound = 0;
    int first = -1;

    *ret_sure = count == 1;
    if (count == 1 || !wr_object_at(caller, &closure[0]))
        return 0;
    *ret_sure = true;
    for (unsigned i = 0; i < known; i++) {
        int at = index_of(objects, count, &closure[i]);

        if (i == 0 && at >= 0)
            return (unsigned)at;
        if (at >= 0) {
            first = first >= 0 ? first : at;
            continue;
        }
        bound |= wr_object_refers(&closure[i], objects, count);
        if (i == 0 && __builtin_popcount(bound) == 1)
            break;
        add_needs(&closure[i], closure, &known);
    }
    *ret_sure = __builtin_popcount(bound) == 1;
    return *ret_sure ? (unsigned)__builtin_ctz(bound) : first >= 0 ? (unsigned)first : 0;
}

static const struct wr_tls_instance *find_loaded(const struct wr_tls_names *names,
                                                 const void *caller)
{
    struct wr_object objects[SEVERAL];
    unsigned count = wr_objects_with(names->name[0], objects, SEVERAL), at;
    bool sure;

    if (count == 0)
        return NULL;
    at = choose(objects, count, caller, &sure);
    return wr_tls_instance_in(names, &objects[at], !sure);
}

const struct wr_tls_instance *wr_tls_single_find(struct wr_tls_single *single,
                                                 const struct wr_tls_names *names,
                                                 const void *caller)
{
    const struct wr_tls_instance *found = recall(names, caller);
    uint64_t loads = 0;
    bool stays;
    void *at;

    if (found != NULL)
        return found;
    if (atomic_load(&single->none) != 0) {
        dl_iterate_phdr(take_loads, &loads);
        if (atomic_load(&single->none) == loads)
            return NULL;
    }
    at = wr_symbol_behind_us(names->name[0], &stays);
    if (at != NULL && stays) {
        found = wr_tls_instance_at(names, (uintptr_t)at);
        atomic_store_explicit(&single->stays, found, memory_order_release);
        return found;
    }
    if (loads == 0)
        dl_iterate_phdr(take_loads, &loads); /* before the look, so that it is not newer */
    found = find_loaded(names, caller);
    if (found != NULL)
        remember(caller, found);
    atomic_store(&single->none, found != NULL ? 0 : loads);
    return found;
}
