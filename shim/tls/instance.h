/* SPDX-License-Identifier: MIT
 * The TLS libraries that are loaded: of one library there may be several, each behind its own
 * users, and found by no search order (dlopen(3) with RTLD_LOCAL). An object of the program leads
 * to its own: one of its first words points into the library. Bounded; no lock of ours, no malloc;
 * never returns an address of ours. Usable before the first failure (base/deferred.h). */
#ifndef WR_TLS_INSTANCE_H
#define WR_TLS_INSTANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/symbol.h"

#define WR_TLS_FUNCTIONS 72 /* of one library */
#define WR_TLS_NAME 48

/* The functions of a library that are wanted: names[0] is one that the library itself defines, and
 * that tells it from others; the rest stand there or in an object that it needs. Not pointers:
 * those would not be relocated yet. */
struct wr_tls_names {
    unsigned count;
    char name[WR_TLS_FUNCTIONS][WR_TLS_NAME];
};

struct wr_tls_instance {
    const struct wr_tls_names *names; /* its kind */
    struct wr_object object;
    bool guessed; /* another may be meant: it is called as the program would, and never asked */
    void *function[WR_TLS_FUNCTIONS]; /* NULL = it has none of that name */
};

/* Which instance a word was found to point into. Only a hint, checked by where the word points. */
#define WR_TLS_HINTS 64 /* power of two */
extern _Atomic(const struct wr_tls_instance *) wr_tls_hints[WR_TLS_HINTS]
    __attribute__((visibility("hidden")));

static inline unsigned wr_tls_hint_of(uintptr_t word)
{
    return (unsigned)(word >> 4 ^ word >> 11) & (WR_TLS_HINTS - 1);
}

/* What is known of a word: the success path of every call. NULL = nothing yet. */
static inline const struct wr_tls_instance *wr_tls_instance_known(const struct wr_tls_names *names,
                                                                  uintptr_t word)
{
    const struct wr_tls_instance *instance =
        atomic_load_explicit(&wr_tls_hints[wr_tls_hint_of(word)], memory_order_acquire);

    return instance != NULL && word - instance->object.base < instance->object.size &&
                   instance->names == names
               ? instance
               : NULL;
}

/* The instance that owns an address: a word of an object, such as its pointer to a table of
 * methods. NULL where the address lies in no object that defines names[0]. At the first call for an
 * instance with the loader's lock. */
const struct wr_tls_instance *wr_tls_instance_at(const struct wr_tls_names *names, uintptr_t word);

/* The first of `count` words at `object` that leads to an instance. The words are read. */
static inline const struct wr_tls_instance *wr_tls_instance_of(const struct wr_tls_names *names,
                                                               const void *object, unsigned first,
                                                               unsigned count)
{
    const uintptr_t *words = (const uintptr_t *)object + first;
    const struct wr_tls_instance *instance = NULL;

    for (unsigned i = 0; i < count && instance == NULL; i++)
        instance = wr_tls_instance_known(names, words[i]);
    for (unsigned i = 0; i < count && instance == NULL; i++)
        instance = wr_tls_instance_at(names, words[i]);
    return instance;
}

/* The instance of an object that defines names[0]. */
const struct wr_tls_instance *wr_tls_instance_in(const struct wr_tls_names *names,
                                                 const struct wr_object *object, bool guessed);

/* For libraries whose objects lead nowhere: the only loaded object that defines names[0], ours not
 * counted. NULL where there are several, or none. Walks all loaded objects: remember what it says
 * no longer than the call lasts. */
const struct wr_tls_instance *wr_tls_instance_only(const struct wr_tls_names *names);

/* dlclose(3) has been called: forgets the instances that are gone. One load where there are none.
 */
void wr_tls_instances_check(void);

#endif
