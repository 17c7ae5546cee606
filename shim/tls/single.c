/* SPDX-License-Identifier: MIT
 * See single.h. What was found among objects loaded later holds until the loader's counters say
 * that others have come or gone; they are asked with its lock. */
#include "tls/single.h"

#define SEVERAL 4
#define NEEDED 16

static int take_loads(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    *(uint64_t *)ctx = (uint64_t)info->dlpi_adds + (uint64_t)info->dlpi_subs + 2;
    return 1;
}

static bool is_same(const struct wr_object *a, const struct wr_object *b)
{
    return a->base == b->base && a->dynamic == b->dynamic;
}

/* Which of them the caller is, or was linked with; the first where that cannot be told, as when the
 * call was a jump out of another library. */
static const struct wr_object *choose(const struct wr_object *objects, unsigned count,
                                      const void *caller)
{
    struct wr_object own, needed[NEEDED];
    unsigned needs;

    if (count == 1 || !wr_object_at(caller, &own))
        return &objects[0];
    needs = wr_object_needs(&own, needed, NEEDED);
    for (unsigned i = 0; i < count; i++) {
        if (is_same(&objects[i], &own))
            return &objects[i];
        for (unsigned j = 0; j < needs; j++) {
            if (is_same(&objects[i], &needed[j]))
                return &objects[i];
        }
    }
    return &objects[0];
}

static const struct wr_tls_instance *instance_in(const struct wr_tls_names *names,
                                                 const struct wr_object *object)
{
    return wr_tls_instance_at(names, (uintptr_t)wr_symbol_in(object, names->name[0]));
}

/* The counter starts at 2 (take_loads), so that 0 stands for nothing and 1 for one who writes. */
enum { BUSY = 1 };

static bool recall(struct wr_tls_single *single, uint64_t loads, const struct wr_tls_instance **ret)
{
    if (atomic_load(&single->loads) != loads)
        return false;
    *ret = atomic_load(&single->now);
    return atomic_load(&single->loads) == loads;
}

static void remember(struct wr_tls_single *single, uint64_t loads,
                     const struct wr_tls_instance *found)
{
    uint64_t before = atomic_load(&single->loads);

    if (before == BUSY || !atomic_compare_exchange_strong(&single->loads, &before, BUSY))
        return;
    atomic_store(&single->now, found);
    atomic_store(&single->loads, loads);
}

const struct wr_tls_instance *wr_tls_single_find(struct wr_tls_single *single,
                                                 const struct wr_tls_names *names,
                                                 const void *caller)
{
    const struct wr_tls_instance *found = NULL;
    struct wr_object objects[SEVERAL];
    uint64_t loads = BUSY + 1;
    unsigned count;
    bool stays;
    void *at;

    dl_iterate_phdr(take_loads, &loads);
    if (recall(single, loads, &found))
        return found;
    at = wr_symbol_behind_us(names->name[0], &stays);
    if (at != NULL && stays) {
        found = wr_tls_instance_at(names, (uintptr_t)at);
        atomic_store_explicit(&single->stays, found, memory_order_release);
        return found;
    }
    count = wr_objects_with(names->name[0], objects, SEVERAL);
    if (count > 1 && caller == NULL)
        return NULL;
    if (count > 0)
        found = instance_in(names, choose(objects, count, caller));
    if (count > 1)
        return found; /* another caller may be linked with another one */
    remember(single, loads, found);
    return found;
}
