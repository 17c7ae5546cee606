/* SPDX-License-Identifier: MIT
 * Finds the next definition of a hooked function. Not with dlsym(3): it drops the text that the
 * program's dlerror() would return, and its version keeps the object from older systems. */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include "hook/hook.h"

_Atomic(void *) wr_real[WR_HOOKS];

/* Not pointers: they would not be relocated yet (base/deferred.h). */
static const char hook_names[WR_HOOKS][16] = {
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

static bool find_tables(const struct dl_phdr_info *object, struct tables *ret)
{
    const ElfW(Dyn) *entry = NULL;

    memset(ret, 0, sizeof(*ret));
    for (int i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    }
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        const void *at = dynamic_pointer(entry, object->dlpi_addr);

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

/* A definition, and the default version of its name (bit 15 = hidden, LSB "Symbol Version"). */
static bool is_definition(const struct tables *tables, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &tables->symbols[index];

    if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0 ||
        strcmp(tables->strings + symbol->st_name, name) != 0)
        return false;
    return tables->versions == NULL || (tables->versions[index] & 0x8000) == 0;
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
static uint32_t find_gnu(const struct tables *tables, const char *name, uint32_t hash)
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

        if ((link | 1) == (hash | 1) && is_definition(tables, index, name))
            return index;
        if (link & 1)
            return 0;
    }
}

static uint32_t find_sysv(const struct tables *tables, const char *name)
{
    for (uint32_t i = 1; i < tables->sysv_hash[1]; i++) {
        if (is_definition(tables, i, name))
            return i;
    }
    return 0;
}

struct search {
    bool behind_us;
    unsigned missing;
    uint32_t hash[WR_HOOKS];
    void *found[WR_HOOKS];
};

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

static void *find(const struct dl_phdr_info *object, const struct tables *tables, const char *name,
                  uint32_t hash)
{
    uint32_t index = 0;
    const ElfW(Sym) * symbol;
    void *at;

    if (tables->gnu_hash != NULL)
        index = find_gnu(tables, name, hash);
    else if (tables->sysv_hash != NULL)
        index = find_sysv(tables, name);
    if (index == 0)
        return NULL;
    symbol = &tables->symbols[index];
    at = (void *)(object->dlpi_addr + symbol->st_value);
    return ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC ? ((void *(*)(void))at)() : at;
}

/* Objects come in load order, which is the search order of what was there at start. */
static int search_object(struct dl_phdr_info *object, size_t size, void *ctx)
{
    struct search *search = ctx;
    struct tables tables;

    (void)size;
    if (!search->behind_us) {
        search->behind_us = contains(object, (ElfW(Addr))wr_real);
        return 0;
    }
    if (!find_tables(object, &tables))
        return 0;
    for (unsigned i = 0; i < WR_HOOKS; i++) {
        if (search->found[i] != NULL)
            continue;
        search->found[i] = find(object, &tables, hook_names[i], search->hash[i]);
        search->missing -= search->found[i] != NULL;
    }
    return search->missing == 0;
}

static long missing(void)
{
    errno = ENOSYS;
    return -1;
}

void wr_hook_resolve_all(void)
{
    struct search search = {.missing = WR_HOOKS};

    for (unsigned i = 0; i < WR_HOOKS; i++)
        search.hash[i] = gnu_hash(hook_names[i]);
    dl_iterate_phdr(search_object, &search);
    for (unsigned i = 0; i < WR_HOOKS; i++) {
        if (search.found[i] == NULL)
            search.found[i] = (void *)missing;
        atomic_store_explicit(&wr_real[i], search.found[i], memory_order_relaxed);
    }
}

void *wr_hook_resolve(enum wr_hook hook)
{
    wr_hook_resolve_all();
    return atomic_load_explicit(&wr_real[hook], memory_order_relaxed);
}
