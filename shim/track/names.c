/* SPDX-License-Identifier: MIT
 * See names.h. A ring of entries, each guarded by a sequence number as in track.c. */
#include "track/names.h"

#include <stdatomic.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/process.h"
#include "whyrefused/attempt.h"

#define ENTRIES 32

struct entry {
    struct wr_name_group group;
    char service[32];
};

_Static_assert(sizeof(((struct entry *)0)->group.name) == WR_NAME_MAX, "names are copied whole");
_Static_assert(sizeof(struct entry) % 8 == 0, "kept in words");
#define WORDS (sizeof(struct entry) / 8)

static struct place {
    _Atomic uint32_t sequence;
    _Atomic uint64_t words[WORDS];
} places[ENTRIES];
static _Atomic uint32_t next;

/* Many more names than are remembered with their addresses: when each was found, by its hash, of
 * which the lowest bits say of which families its addresses were. */
#define FOUND_NS 10000000000u
enum { FOUND = 256, HAS_V4 = 1, HAS_V6 = 2, HAS_BOTH = 3 };
static struct {
    _Atomic uint64_t hash, when_ns;
} finds[FOUND];

static uint64_t hash_of(const char *name)
{
    uint64_t hash = wr_hash(WR_HASH_START, name, strlen(name));

    return (hash ^ hash >> 32) & ~(uint64_t)HAS_BOTH;
}

static void note_found(const struct wr_name_group *group)
{
    uint64_t hash = hash_of(group->name), families = 0;
    unsigned at = hash >> 2 & (FOUND - 1);

    for (uint32_t i = 0; i < group->count && i < WR_NAMES_ADDRESSES; i++)
        families |= group->addresses[i].family == AF_INET ? HAS_V4 : HAS_V6;
    atomic_store_explicit(&finds[at].when_ns, wr_now_ns(), memory_order_relaxed);
    atomic_store(&finds[at].hash, hash | families);
}

bool wr_names_found_otherwise(const char *name, int family, uint64_t now_ns)
{
    uint64_t wanted = hash_of(name), hash, when_ns;
    unsigned at = wanted >> 2 & (FOUND - 1);

    hash = atomic_load(&finds[at].hash);
    when_ns = atomic_load_explicit(&finds[at].when_ns, memory_order_relaxed);
    if ((hash & ~(uint64_t)HAS_BOTH) != wanted || (hash & HAS_BOTH) == 0 ||
        (now_ns > when_ns && now_ns - when_ns > FOUND_NS))
        return false;
    return family == AF_UNSPEC || (hash & (family == AF_INET ? HAS_V4 : HAS_V6)) == 0;
}

static void copy_name(char *to, size_t size, const char *from)
{
    size_t len = strnlen(from, size - 1);

    memcpy(to, from, len);
    to[len] = '\0';
}

static bool holds(const struct wr_name_group *group, const struct wr_addr *addr)
{
    for (uint32_t i = 0; i < group->count && i < WR_NAMES_ADDRESSES; i++) {
        if (wr_addr_same_host(addr, &group->addresses[i]))
            return true;
    }
    return false;
}

void wr_names_append(struct wr_name_group *group, const struct wr_addr *addr)
{
    if (group->count < WR_NAMES_ADDRESSES && !holds(group, addr))
        group->addresses[group->count++] = *addr;
}

void wr_names_add(struct wr_name_group *group, const char *name, const char *service)
{
    struct entry entry = {0};
    uint64_t words[WORDS];
    struct place *place;
    uint32_t even;

    if (!wr_process_owns_memory())
        return;
    copy_name(group->name, sizeof(group->name), name);
    if (name[0] != '\0')
        note_found(group);
    group->generation = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
    entry.group = *group;
    if (service != NULL)
        copy_name(entry.service, sizeof(entry.service), service);
    place = &places[group->generation % ENTRIES];
    even = atomic_load_explicit(&place->sequence, memory_order_relaxed) & ~1u;
    if (!atomic_compare_exchange_strong_explicit(&place->sequence, &even, even + 1,
                                                 memory_order_acquire, memory_order_relaxed))
        return;
    memcpy(words, &entry, sizeof(entry));
    for (unsigned i = 0; i < WORDS; i++)
        atomic_store_explicit(&place->words[i], words[i], memory_order_relaxed);
    atomic_fetch_add_explicit(&place->sequence, 1, memory_order_release);
}

static bool read_entry(struct place *place, struct entry *ret)
{
    uint64_t words[WORDS];
    uint32_t before = atomic_load_explicit(&place->sequence, memory_order_acquire);

    if (before == 0 || (before & 1) != 0)
        return false;
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = atomic_load_explicit(&place->words[i], memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&place->sequence, memory_order_relaxed) != before)
        return false;
    memcpy(ret, words, sizeof(*ret));
    return true;
}

bool wr_names_find(const struct wr_addr *addr, char *name, size_t name_size, char *service,
                   size_t service_size)
{
    uint32_t newest = atomic_load_explicit(&next, memory_order_relaxed);
    bool found = false;

    for (unsigned back = 1; back <= ENTRIES; back++) {
        struct entry entry;

        if (!read_entry(&places[(newest - back) % ENTRIES], &entry) || !holds(&entry.group, addr))
            continue;
        if (!found) {
            if (entry.group.name[0] == '\0')
                return false;
            copy_name(name, name_size, entry.group.name);
            copy_name(service, service_size, entry.service);
            found = true;
        } else if (entry.group.name[0] != '\0' && strcmp(entry.group.name, name) != 0) {
            name[0] = service[0] = '\0';
            return false;
        }
    }
    return found;
}

static bool find_newest(const struct wr_addr *addr, struct entry *ret)
{
    uint32_t newest = atomic_load_explicit(&next, memory_order_relaxed);

    for (uint32_t back = 1; back <= ENTRIES; back++) {
        if (read_entry(&places[(newest - back) % ENTRIES], ret) && holds(&ret->group, addr))
            return true;
    }
    return false;
}

bool wr_names_group(const struct wr_addr *addr, struct wr_name_group *ret)
{
    struct entry entry;

    if (!find_newest(addr, &entry) || entry.group.name[0] == '\0')
        return false;
    *ret = entry.group;
    return true;
}

bool wr_names_numeric(const struct wr_addr *addr)
{
    struct entry entry;

    return find_newest(addr, &entry) && entry.group.name[0] == '\0';
}

unsigned wr_names_siblings(const struct wr_addr *addr, struct wr_addr *ret, unsigned max)
{
    unsigned count = 0;

    for (unsigned i = 0; i < ENTRIES; i++) {
        struct entry entry;

        if (!read_entry(&places[i], &entry) || entry.group.name[0] == '\0' ||
            !holds(&entry.group, addr))
            continue;
        for (unsigned n = 0; n < entry.group.count && count < max; n++) {
            if (wr_addr_same_host(addr, &entry.group.addresses[n]))
                continue;
            ret[count] = entry.group.addresses[n];
            ret[count++].port = addr->port;
        }
    }
    return count;
}
