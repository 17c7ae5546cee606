/* SPDX-License-Identifier: MIT
 * Loaded objects and the functions that they define. Not with dlsym(3): it drops the text that the
 * program's dlerror() would return, takes the loader's lock, and would find our own hooks first. */
#ifndef WR_BASE_SYMBOL_H
#define WR_BASE_SYMBOL_H

#include <link.h>
#include <stdbool.h>

/* A loaded object. base: what is added to the addresses in its file; 0 for a program that is not
 * position-independent. It reaches from there to base + size. */
struct wr_object {
    ElfW(Addr) base, size;
    const ElfW(Dyn) * dynamic;
};

/* Remembers which objects stand behind ours in the search order. Done by the constructor: later a
 * fork child, or a signal handler, might find the loader's lock taken for ever. */
void wr_objects_remember(void);
/* What was there at the start is never unloaded. */
bool wr_objects_remembered(void);

/* The next definition of a name behind ours in the search order: of its default version, else of
 * any. NULL where there is none. *ret_stays: it is in an object that is never unloaded. With the
 * loader's lock where none of those remembered has it. */
void *wr_symbol_behind_us(const char *name, bool *ret_stays);

/* One of those remembered has a name (DT_SONAME) that begins so. */
bool wr_object_behind_us(const char *prefix);

/* The object that the address lies in, never our own. No lock where it is one of those
 * remembered, else the loader's. */
bool wr_object_at(const void *address, struct wr_object *ret_object);
/* Still loaded, as far as can be told. With the loader's lock. */
bool wr_object_is_loaded(const struct wr_object *object);
/* The loaded objects that it names in DT_NEEDED, at most `room`. As wr_object_at(). */
unsigned wr_object_needs(const struct wr_object *object, struct wr_object *ret, unsigned room);
/* Which of `count` objects (at most 32; a bit for each) the references of an object were bound to:
 * as the loader has resolved them, whatever its search order was. Pure. refers.c. */
unsigned wr_object_refers(const struct wr_object *object, const struct wr_object *to,
                          unsigned count);
/* The objects, ours not among them, that define the name; at most `room`. With the loader's lock.
 */
unsigned wr_objects_with(const char *name, struct wr_object *ret, unsigned room);

/* The definition of a name in an object: of its default version, else of any; NULL = none. Pure,
 * but for an indirect function (STT_GNU_IFUNC), which is asked. */
void *wr_symbol_in(const struct wr_object *object, const char *name);

#endif
