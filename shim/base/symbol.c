/* SPDX-License-Identifier: MIT
 * See symbol.h. */
#include "base/symbol.h"

#include <elf.h>
#include <stdatomic.h>
#include <string.h>

#include "base/startup.h"

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

static bool find_tables(const struct wr_object *object, struct tables *ret)
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

static void *find(const struct wr_object *object, const char *name, uint32_t hash, bool hidden)
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

void *wr_symbol_in(const struct wr_object *object, const char *name)
{
    uint32_t hash = gnu_hash(name);
    void *found = find(object, name, hash, false);

    return found != NULL ? found : find(object, name, hash, true);
}

/* The objects behind ours in load order, which is the search order of what was there at start. */
#define OBJECTS_MAX 64
static WR_STARTUP struct wr_object objects[OBJECTS_MAX];
static WR_STARTUP unsigned objects_count;
static WR_STARTUP unsigned objects_at_start; /* those, and what found no place among them */
static WR_STARTUP _Atomic bool objects_known;

static bool lies_in(const struct wr_object *object, ElfW(Addr) at)
{
    return at >= object->base && at - object->base < object->size;
}

/* False where it has no dynamic section. */
static bool describe(const struct dl_phdr_info *info, struct wr_object *ret)
{
    *ret = (struct wr_object){.base = info->dlpi_addr};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

        if (segment->p_type == PT_DYNAMIC)
            ret->dynamic = (const void *)(info->dlpi_addr + segment->p_vaddr);
        else if (segment->p_type == PT_LOAD && segment->p_vaddr + segment->p_memsz > ret->size)
            ret->size = segment->p_vaddr + segment->p_memsz;
    }
    return ret->dynamic != NULL;
}

static bool is_ours(const struct wr_object *object)
{
    return lies_in(object, (ElfW(Addr))objects);
}

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
    struct wr_object object;
    bool dynamic = describe(info, &object);

    (void)size;
    if (!walk->behind_us) {
        walk->behind_us = is_ours(&object);
        return 0;
    }
    if (!dynamic || walk->count++ < walk->skip)
        return 0;
    if (walk->name != NULL) {
        walk->found = find(&object, walk->name, gnu_hash(walk->name), walk->hidden);
        return walk->found != NULL;
    }
    if (walk->count <= OBJECTS_MAX)
        objects[walk->count - 1] = object;
    return 0;
}

void wr_objects_remember(void)
{
    struct walk walk = {0};

    dl_iterate_phdr(take_object, &walk);
    objects_at_start = walk.count;
    objects_count = walk.count < OBJECTS_MAX ? walk.count : OBJECTS_MAX;
    atomic_store_explicit(&objects_known, true, memory_order_release);
}

bool wr_objects_remembered(void)
{
    return atomic_load_explicit(&objects_known, memory_order_acquire);
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

static void *find_remembered(const char *name, bool hidden)
{
    uint32_t hash = gnu_hash(name);
    void *found = NULL;

    for (unsigned i = 0; i < objects_count && found == NULL; i++)
        found = find(&objects[i], name, hash, hidden);
    return found;
}

void *wr_symbol_behind_us(const char *name, bool *ret_stays)
{
    void *found;

    if (!wr_objects_remembered())
        wr_objects_remember();
    *ret_stays = true;
    found = find_remembered(name, false);
    if (found == NULL)
        found = find_remembered(name, true);
    if (found == NULL)
        found = find_beyond(name, false, ret_stays);
    if (found == NULL)
        found = find_beyond(name, true, ret_stays);
    return found;
}

/* What is asked of every object: by address, by name, by what it defines, or whether it is there.
 */
struct search {
    ElfW(Addr) at;                /* 0 = not by address */
    const char *soname;           /* NULL = not by name */
    const char *defines;          /* NULL = not by a definition */
    const struct wr_object *same; /* NULL = not by identity */
    struct wr_object *found;
    unsigned count, room;
};

static const char *name_of(const struct wr_object *object)
{
    const ElfW(Dyn) *entry = object->dynamic;
    struct tables tables;

    if (!find_tables(object, &tables))
        return NULL;
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SONAME)
            return tables.strings + entry->d_un.d_val;
    }
    return NULL;
}

bool wr_object_behind_us(const char *prefix)
{
    for (unsigned i = 0; i < objects_count; i++) {
        const char *name = name_of(&objects[i]);

        if (name != NULL && strncmp(name, prefix, strlen(prefix)) == 0)
            return true;
    }
    return false;
}

static bool fits(const struct search *search, const struct wr_object *object)
{
    if (search->same != NULL)
        return object->base == search->same->base && object->size == search->same->size &&
               object->dynamic == search->same->dynamic;
    if (is_ours(object))
        return false;
    if (search->at != 0)
        return lies_in(object, search->at);
    if (search->soname != NULL) {
        const char *name = name_of(object);

        return name != NULL && strcmp(name, search->soname) == 0;
    }
    return wr_symbol_in(object, search->defines) != NULL;
}

static int search_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct search *search = ctx;
    struct wr_object object;

    (void)size;
    if (describe(info, &object) && fits(search, &object))
        search->found[search->count++] = object;
    return search->count == search->room;
}

static bool search_remembered(struct search *search)
{
    for (unsigned i = 0; wr_objects_remembered() && i < objects_count; i++) {
        if (fits(search, &objects[i])) {
            search->found[search->count++] = objects[i];
            return true;
        }
    }
    return false;
}

bool wr_object_at(const void *address, struct wr_object *ret_object)
{
    struct search search = {.at = (ElfW(Addr))address, .found = ret_object, .room = 1};

    if (address == NULL)
        return false;
    if (!search_remembered(&search))
        dl_iterate_phdr(search_object, &search);
    return search.count > 0;
}

bool wr_object_is_loaded(const struct wr_object *object)
{
    struct wr_object found;
    struct search search = {.same = object, .found = &found, .room = 1};

    if (!search_remembered(&search))
        dl_iterate_phdr(search_object, &search);
    return search.count > 0;
}

unsigned wr_object_needs(const struct wr_object *object, struct wr_object *ret, unsigned room)
{
    const ElfW(Dyn) *entry = object->dynamic;
    struct tables tables;
    unsigned count = 0;

    if (!find_tables(object, &tables))
        return 0;
    for (; entry->d_tag != DT_NULL && count < room; entry++) {
        struct search search = {.found = &ret[count], .room = 1};

        if (entry->d_tag != DT_NEEDED)
            continue;
        search.soname = tables.strings + entry->d_un.d_val;
        if (!search_remembered(&search))
            dl_iterate_phdr(search_object, &search);
        count += search.count;
    }
    return count;
}

unsigned wr_objects_with(const char *name, struct wr_object *ret, unsigned room)
{
    struct search search = {.defines = name, .found = ret, .room = room};

    if (room > 0)
        dl_iterate_phdr(search_object, &search);
    return search.count;
}
