/* SPDX-License-Identifier: MIT
 * Finds the next definition of a hooked function. Not with dlsym(3): it drops the text that the
 * program's dlerror() would return, and its version keeps the object from older systems. */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include "base/startup.h"
#include "hook/hook.h"

WR_STARTUP _Atomic(void *) wr_real[WR_HOOKS];

/* Not pointers: they would not be relocated yet (base/deferred.h). */
static const char hook_names[WR_HOOKS][24] = {
#define HOOK(name, why) #name,
#include "hook/hooks.def"
#undef HOOK
};

struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Half) * versions; /* NULL = none */
    const uint32_t *gnu_hash;    /* NULL = none */
    const uint32_t *sysv_hash;   /* NULL = none */
};

/* glibc relocates the pointers of a dynamic section in place, except where it is read-only. */
static const void *dynamic_pointer(const ElfW(Dyn) * entry, ElfW(Addr) base)
{
    ElfW(Addr) at = entry->d_un.d_ptr;

    return (const void *)(at < base ? at + base : at);
}

/* A loaded object; those that are there at the start are never unloaded. */
struct object {
    ElfW(Addr) base;
    const ElfW(Dyn) * dynamic;
};

static bool find_tables(const struct object *object, struct tables *ret)
{
    const ElfW(Dyn) *entry = object->dynamic;

    memset(ret, 0, sizeof(*ret));
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        const void *at = dynamic_pointer(entry, object->base);

        switch (entry->d_tag) {
        case DT_SYMTAB:
            ret->symbols = at;
            break;
        case DT_STRTAB:
            ret->strings = at;
            break;
        case DT_VERSYM:
            ret->versions = at;
            break;
        case DT_GNU_HASH:
            ret->gnu_hash = at;
            break;
        case DT_HASH:
            ret->sysv_hash = at;
            break;
        default:
            break;
        }
    }
    return ret->symbols != NULL && ret->strings != NULL;
}

/* A definition, and where `hidden` is false the default version of its name (bit 15 = hidden, LSB
 * "Symbol Version"): others are kept for programs that were linked long ago. */
static bool is_definition(const struct tables *tables, uint32_t index, const char *name,
                          bool hidden)
{
    const ElfW(Sym) *symbol = &tables->symbols[index];

    if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0 ||
        strcmp(tables->strings + symbol->st_name, name) != 0)
        return false;
    return hidden || tables->versions == NULL || (tables->versions[index] & 0x8000) == 0;
}

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;

    for (const unsigned char *c = (const void *)name; *c != '\0'; c++)
        hash = hash * 33 + *c;
    return hash;
}

/* https://flapenguin.me/elf-dt-gnu-hash: nbuckets, symoffset, bloom_size, bloom_shift, bloom[],
 * buckets[], chain[]; the lowest bit of a chain word ends the chain. */
static uint32_t find_gnu(const struct tables *tables, const char *name, uint32_t hash, bool hidden)
{
    const uint32_t *head = tables->gnu_hash;
    const ElfW(Addr) *bloom = (const void *)(head + 4);
    const uint32_t *buckets = (const void *)(bloom + head[2]);
    const uint32_t *chain = buckets + head[0];
    const unsigned bits = sizeof(ElfW(Addr)) * 8;
    ElfW(Addr) word = head[2] != 0 ? bloom[hash / bits % head[2]] : 0;
    uint32_t index;

    if (head[0] == 0 || (word >> hash % bits & word >> (hash >> head[3]) % bits & 1) == 0)
        return 0;
    index = buckets[hash % head[0]];
    if (index < head[1])
        return 0;
    for (;; index++) {
        uint32_t link = chain[index - head[1]];

        if ((link | 1) == (hash | 1) && is_definition(tables, index, name, hidden))
            return index;
        if (link & 1)
            return 0;
    }
}

static uint32_t find_sysv(const struct tables *tables, const char *name, bool hidden)
{
    for (uint32_t i = 1; i < tables->sysv_hash[1]; i++) {
        if (is_definition(tables, i, name, hidden))
            return i;
    }
    return 0;
}

static bool contains(const struct dl_phdr_info *object, ElfW(Addr) at)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        ElfW(Addr) start = object->dlpi_addr + segment->p_vaddr;

        if (segment->p_type == PT_LOAD && at >= start && at < start + segment->p_memsz)
            return true;
    }
    return false;
}

static void *find(const struct object *object, const char *name, uint32_t hash, bool hidden)
{
    struct tables tables;
    const ElfW(Sym) * symbol;
    uint32_t index = 0;
    void *at;

    if (!find_tables(object, &tables))
        return NULL;
    if (tables.gnu_hash != NULL)
        index = find_gnu(&tables, name, hash, hidden);
    else if (tables.sysv_hash != NULL)
        index = find_sysv(&tables, name, hidden);
    if (index == 0)
        return NULL;
    symbol = &tables.symbols[index];
    at = (void *)(object->base + symbol->st_value);
    return ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC ? ((void *(*)(void))at)() : at;
}

/* The objects behind ours in load order, which is the search order of what was there at start. */
#define OBJECTS_MAX 64
static WR_STARTUP struct object objects[OBJECTS_MAX];
static WR_STARTUP unsigned objects_count;
static WR_STARTUP unsigned objects_at_start; /* those, and what found no place among them */
static WR_STARTUP _Atomic bool objects_known;

struct walk {
    bool behind_us;
    unsigned count, skip; /* objects behind ours, and how many of them are remembered */
    const char *name;     /* what is looked for in the others; NULL = remember */
    bool hidden;
    void *found;
};

static int take_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct walk *walk = ctx;
    struct object object = {.base = info->dlpi_addr};

    (void)size;
    if (!walk->behind_us) {
        walk->behind_us = contains(info, (ElfW(Addr))wr_real);
        return 0;
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            object.dynamic = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    }
    if (object.dynamic == NULL || walk->count++ < walk->skip)
        return 0;
    if (walk->name != NULL) {
        walk->found = find(&object, walk->name, gnu_hash(walk->name), walk->hidden);
        return walk->found != NULL;
    }
    if (walk->count <= OBJECTS_MAX)
        objects[walk->count - 1] = object;
    return 0;
}

void wr_hook_remember_objects(void)
{
    struct walk walk = {0};

    dl_iterate_phdr(take_object, &walk);
    objects_at_start = walk.count;
    objects_count = walk.count < OBJECTS_MAX ? walk.count : OBJECTS_MAX;
    atomic_store_explicit(&objects_known, true, memory_order_release);
}

/* Among objects that are not remembered: in programs of very many, and where a library that has
 * the function was loaded by dlopen(3). With the loader's lock, then. What was loaded later may be
 * unloaded: *ret_stays is false. */
static void *find_beyond(const char *name, bool hidden, bool *ret_stays)
{
    struct walk walk = {.skip = objects_count, .name = name, .hidden = hidden};

    dl_iterate_phdr(take_object, &walk);
    *ret_stays = walk.found != NULL && walk.count <= objects_at_start;
    return walk.found;
}

static long missing(void)
{
    errno = ENOSYS;
    return -1;
}

static void *find_remembered(const char *name, bool hidden)
{
    uint32_t hash = gnu_hash(name);
    void *found = NULL;

    for (unsigned i = 0; i < objects_count && found == NULL; i++)
        found = find(&objects[i], name, hash, hidden);
    return found;
}

WR_STARTUP bool wr_hook_proxied;

static bool is_proxy(const struct object *object)
{
    static const char names[][16] = {"libtorsocks.", "libproxychains", "libtsocks.", "libdsocks."};
    struct tables tables;

    if (!find_tables(object, &tables))
        return false;
    for (const ElfW(Dyn) *entry = object->dynamic; entry->d_tag != DT_NULL; entry++) {
        for (unsigned i = 0; entry->d_tag == DT_SONAME && i < sizeof(names) / sizeof(names[0]); i++)
            if (strncmp(tables.strings + entry->d_un.d_val, names[i], strlen(names[i])) == 0)
                return true;
    }
    return false;
}

static void look_for_proxy(void)
{
    for (unsigned i = 0; i < objects_count && !wr_hook_proxied; i++)
        wr_hook_proxied = is_proxy(&objects[i]);
}

void *wr_hook_resolve(enum wr_hook hook)
{
    const char *name = hook_names[hook];
    bool stays = true;
    void *found;

    if (!atomic_load_explicit(&objects_known, memory_order_acquire))
        wr_hook_remember_objects();
    found = find_remembered(name, false);
    if (found == NULL)
        found = find_remembered(name, true);
    if (found == NULL)
        found = find_beyond(name, false, &stays);
    if (found == NULL)
        found = find_beyond(name, true, &stays);
    if (found == NULL)
        return (void *)missing;
    if (hook == WR_HOOK_connect)
        look_for_proxy();
    if (stays)
        atomic_store_explicit(&wr_real[hook], found, memory_order_relaxed);
    return found;
}
