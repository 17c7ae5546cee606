/* SPDX-License-Identifier: MIT
 * See instance.h. An instance is filled by the one that took its place, and shown afterwards; a
 * place is taken again only after all others were, so that who still reads it is long gone. */
#include "tls/instance.h"

#include <string.h>

#define INSTANCES 12
/* Libraries that an instance needs: libcrypto, libc, ... */
#define NEEDED 8

_Atomic(const struct wr_tls_instance *) wr_tls_hints[WR_TLS_HINTS];

static struct wr_tls_instance instances[INSTANCES];
static _Atomic uint8_t shown[INSTANCES];
static _Atomic unsigned taken;

static bool is_of(const struct wr_tls_instance *instance, const struct wr_tls_names *names,
                  const struct wr_object *object, bool guessed)
{
    return instance->names == names && instance->guessed == guessed &&
           instance->object.base == object->base && instance->object.size == object->size &&
           instance->object.dynamic == object->dynamic;
}

static const struct wr_tls_instance *find(const struct wr_tls_names *names,
                                          const struct wr_object *object, bool guessed)
{
    for (unsigned i = 0; i < INSTANCES; i++) {
        if (atomic_load_explicit(&shown[i], memory_order_acquire) != 0 &&
            is_of(&instances[i], names, object, guessed))
            return &instances[i];
    }
    return NULL;
}

static void *resolve(const char *name, const struct wr_object *objects, unsigned count)
{
    void *found = NULL;

    for (unsigned i = 0; i < count && found == NULL; i++)
        found = wr_symbol_in(&objects[i], name);
    return found;
}

static const struct wr_tls_instance *add(const struct wr_tls_names *names,
                                         const struct wr_object *object, bool guessed)
{
    unsigned at = atomic_fetch_add(&taken, 1) % INSTANCES;
    struct wr_tls_instance *instance = &instances[at];
    struct wr_object objects[1 + NEEDED];
    unsigned count;

    atomic_store(&shown[at], 0);
    objects[0] = *object;
    count = 1 + wr_object_needs(object, objects + 1, NEEDED);
    instance->names = names;
    instance->object = *object;
    instance->guessed = guessed;
    for (unsigned i = 0; i < names->count; i++)
        instance->function[i] = resolve(names->name[i], objects, count);
    atomic_store_explicit(&shown[at], 1, memory_order_release);
    return instance;
}

const struct wr_tls_instance *wr_tls_instance_in(const struct wr_tls_names *names,
                                                 const struct wr_object *object, bool guessed)
{
    const struct wr_tls_instance *instance = find(names, object, guessed);

    return instance != NULL ? instance : add(names, object, guessed);
}

const struct wr_tls_instance *wr_tls_instance_at(const struct wr_tls_names *names, uintptr_t word)
{
    const struct wr_tls_instance *instance;
    struct wr_object object;

    if (word < 4096 || !wr_object_at((const void *)word, &object) ||
        wr_symbol_in(&object, names->name[0]) == NULL)
        return NULL;
    instance = wr_tls_instance_in(names, &object, false);
    atomic_store_explicit(&wr_tls_hints[wr_tls_hint_of(word)], instance, memory_order_release);
    return instance;
}

const struct wr_tls_instance *wr_tls_instance_only(const struct wr_tls_names *names)
{
    struct wr_object objects[2];

    return wr_objects_with(names->name[0], objects, 2) == 1
               ? wr_tls_instance_in(names, &objects[0], false)
               : NULL;
}

static void forget(const struct wr_tls_instance *instance)
{
    for (unsigned i = 0; i < WR_TLS_HINTS; i++) {
        const struct wr_tls_instance *expected = instance;

        atomic_compare_exchange_strong(&wr_tls_hints[i], &expected, NULL);
    }
}

void wr_tls_instances_check(void)
{
    if (atomic_load_explicit(&taken, memory_order_relaxed) == 0)
        return;
    for (unsigned i = 0; i < INSTANCES; i++) {
        if (atomic_load(&shown[i]) == 0 || wr_object_is_loaded(&instances[i].object))
            continue;
        atomic_store(&shown[i], 0);
        forget(&instances[i]);
    }
}
