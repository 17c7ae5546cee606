/* SPDX-License-Identifier: MIT
 * See targets.h. */
#include "track/targets.h"

#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/process.h"
#include "base/sys.h"

#define WAYS 4 /* places that a key may have */
#define FIRST_LOOK_NS 5000000000u

_Atomic uint32_t wr_targets_waiting;

static struct place {
    _Atomic uint64_t key; /* 0 = empty */
    _Atomic uint32_t count;
    _Atomic uint32_t fate;
    _Atomic uint64_t first_ns, last_ns, look_ns;
    _Atomic(const char *) cause;
    _Atomic bool ready; /* what follows has been written */
    int32_t pid;
    uint64_t first_us;
    struct wr_addr address;
    uint8_t call, outcome;
    int error, domain, type;
    char path[112];
    char name[64];
} places[WR_TARGETS_ROWS];

/* Whatever the family and the result: programs ask for one family after the other. Of addresses
 * that have no name one stands for all. */
static uint64_t lookup_key(const struct wr_attempt *attempt, int32_t pid)
{
    const struct wr_name_lookup *lookup = &attempt->lookup;
    const int parts[] = {
        (int)attempt->call, (int)attempt->outcome,        pid, lookup->flags & AI_NUMERICHOST,
        lookup->reverse,    lookup->result == EAI_SERVICE};
    uint64_t hash = wr_hash(WR_HASH_START, parts, sizeof(parts));

    if (!lookup->reverse)
        hash = wr_hash(hash, attempt->name, strlen(attempt->name) + 1);
    if (lookup->result == EAI_SERVICE)
        hash = wr_hash(hash, attempt->service, strlen(attempt->service));
    return (hash ^ hash >> 29) | 1;
}

static uint64_t key_of(const struct wr_attempt *attempt, int32_t pid)
{
    /* of a unix socket programs try one type after the other */
    bool path = attempt->target.family == 0 && attempt->address_read > sizeof(sa_family_t) &&
                attempt->address.any.sa_family == AF_UNIX && attempt->error != EPROTOTYPE;
    const int parts[] = {(int)attempt->call, (int)attempt->outcome, attempt->error,
                         path ? 0 : attempt->type, pid};
    uint64_t hash = wr_hash(WR_HASH_START, parts, sizeof(parts));

    if (attempt->call == WR_CALL_LOOKUP)
        return lookup_key(attempt, pid);
    if (attempt->call == WR_CALL_SOCKET)
        hash = wr_hash(hash, &attempt->domain, sizeof(attempt->domain));
    if (attempt->call == WR_CALL_HANDSHAKE && attempt->handshake.served != 0) {
        hash = wr_hash(hash, &attempt->handshake.served, sizeof(attempt->handshake.served));
    } else if (attempt->target.family != 0) {
        /* without padding and without what a program leaves in sin_zero */
        hash = wr_hash(hash, attempt->target.bytes, wr_addr_size(&attempt->target));
        hash = wr_hash(hash, &attempt->target.port, sizeof(attempt->target.port));
        hash = wr_hash(hash, &attempt->target.scope, sizeof(attempt->target.scope));
    } else {
        hash = wr_hash(hash, attempt->address.bytes, attempt->address_read);
    }
    return (hash ^ hash >> 29) | 1;
}

static bool waits(uint32_t fate)
{
    return fate == WR_FATE_TOLD || fate == WR_FATE_HELD || fate == WR_FATE_COUNTED;
}

static void set_fate(struct place *place, uint32_t fate)
{
    uint32_t before = atomic_exchange_explicit(&place->fate, fate, memory_order_relaxed);

    if (waits(fate) && !waits(before))
        atomic_fetch_add_explicit(&wr_targets_waiting, 1, memory_order_relaxed);
    else if (!waits(fate) && waits(before))
        atomic_fetch_sub_explicit(&wr_targets_waiting, 1, memory_order_relaxed);
}

static uint64_t load(const _Atomic uint64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

/* The place of that key; else an empty one, or the one that was quiet for longest. *ret_key is what
 * it had. */
static struct place *find(uint64_t key, uint64_t *ret_key)
{
    struct place *best = NULL;

    *ret_key = key;

    for (unsigned i = 0; i < WAYS; i++) {
        struct place *place = &places[(key >> 8 & ~(uint64_t)(WAYS - 1)) % WR_TARGETS_ROWS + i];

        uint64_t now = load(&place->key);

        if (now == key) {
            *ret_key = key;
            return place;
        }
        if (best == NULL ||
            (*ret_key != 0 && (now == 0 || load(&place->last_ns) < load(&best->last_ns)))) {
            best = place;
            *ret_key = now;
        }
    }
    return best;
}

static void describe(struct place *place, const struct wr_attempt *attempt, int32_t pid)
{
    const char *path = attempt->address.un.sun_path;
    size_t head = offsetof(struct sockaddr_un, sun_path), len = 0;

    place->pid = pid;
    place->address = attempt->target;
    place->call = (uint8_t)attempt->call;
    place->outcome = (uint8_t)attempt->outcome;
    place->domain = attempt->domain;
    place->type = attempt->type;
    place->error = attempt->error;
    place->first_us = attempt->time_us;
    place->name[0] = '\0';
    if (attempt->address_read > head && attempt->address.any.sa_family == AF_UNIX) {
        bool abstract = path[0] == '\0';

        len = attempt->address_read - head;
        len = abstract ? len : strnlen(path, len);
        len = len < sizeof(place->path) ? len : sizeof(place->path) - 1;
        memcpy(place->path, path, len);
        if (abstract && len > 0)
            place->path[0] = '@';
    }
    place->path[len] = '\0';
    if (attempt->call == WR_CALL_LOOKUP) {
        len = strnlen(attempt->name, sizeof(place->path) - 1);
        memcpy(place->path, attempt->name, len);
        place->path[len] = '\0';
        place->type = attempt->lookup.result;
        place->domain = attempt->lookup.family;
    }
    atomic_store_explicit(&place->ready, true, memory_order_release);
}

/* The episode begins: nothing was said yet. */
static void begin(struct place *place, uint64_t now_ns)
{
    atomic_store_explicit(&place->first_ns, now_ns, memory_order_relaxed);
    atomic_store_explicit(&place->look_ns, now_ns + FIRST_LOOK_NS, memory_order_relaxed);
}

/* Another one, after the one that ended with `fate`; of several threads one begins it. */
static enum wr_seen begin_again(struct place *place, uint32_t fate, uint64_t now_ns)
{
    if (!atomic_compare_exchange_strong_explicit(&place->fate, &fate, WR_FATE_OPEN,
                                                 memory_order_relaxed, memory_order_relaxed))
        return WR_SEEN_AGAIN;
    if (waits(fate))
        atomic_fetch_sub_explicit(&wr_targets_waiting, 1, memory_order_relaxed);
    if (fate == WR_FATE_RECOVERED)
        atomic_store_explicit(&place->count, 1, memory_order_relaxed);
    begin(place, now_ns);
    return WR_SEEN_NEWS;
}

/* `was`: the key that was found there. */
static enum wr_seen take(struct place *place, uint64_t was, uint64_t key,
                         const struct wr_attempt *attempt, int32_t pid)
{
    uint64_t other = was;

    if (!atomic_compare_exchange_strong_explicit(&place->key, &other, key, memory_order_acq_rel,
                                                 memory_order_relaxed))
        return WR_SEEN_AGAIN; /* another thread was first */
    atomic_store_explicit(&place->ready, false, memory_order_release);
    if (other != 0)
        atomic_store_explicit(&place->count, 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&place->count, 1, memory_order_relaxed);
    atomic_store_explicit(&place->cause, NULL, memory_order_relaxed);
    set_fate(place, WR_FATE_OPEN);
    begin(place, attempt->end_ns);
    describe(place, attempt, pid);
    return WR_SEEN_NEWS;
}

enum wr_seen wr_targets_note(struct wr_attempt *attempt)
{
    int32_t pid = (int32_t)wr_process_own_id();
    uint64_t key = key_of(attempt, pid), now_ns = attempt->end_ns, last_ns, quiet_ns, look_ns;
    uint64_t was;
    struct place *place = find(key, &was);
    uint32_t fate;

    attempt->row = -1;
    if (pid == 0)
        return WR_SEEN_NEWS;
    attempt->row = (int)(place - places);
    attempt->row_key = key;
    last_ns = atomic_exchange_explicit(&place->last_ns, now_ns, memory_order_relaxed);
    if (was != key) {
        if (take(place, was, key, attempt, pid) == WR_SEEN_NEWS)
            return WR_SEEN_NEWS;
        if (load(&place->key) != key) { /* another target has it: told without a row */
            attempt->row = -1;
            return WR_SEEN_NEWS;
        }
        last_ns = now_ns; /* what was there was another's */
    }
    atomic_fetch_add_explicit(&place->count, 1, memory_order_relaxed);
    /* threads come here in another order than their calls ended; where none was before, another one
     * is taking the place now */
    quiet_ns = last_ns != 0 && now_ns > last_ns ? now_ns - last_ns : 0;
    fate = atomic_load_explicit(&place->fate, memory_order_relaxed);
    if (fate == WR_FATE_RECOVERED || quiet_ns > WR_TARGETS_FORGET_NS ||
        (fate == WR_FATE_NOTHING &&
         (attempt->call != WR_CALL_CONNECT || quiet_ns > WR_TARGETS_QUIET_NS)))
        return begin_again(place, fate, now_ns);
    look_ns = load(&place->look_ns);
    if (fate == WR_FATE_TOLD && now_ns >= look_ns &&
        atomic_compare_exchange_strong_explicit(&place->look_ns, &look_ns,
                                                now_ns + 2 * (now_ns - load(&place->first_ns)),
                                                memory_order_relaxed, memory_order_relaxed))
        return WR_SEEN_LOOK;
    return WR_SEEN_AGAIN;
}

void wr_targets_set_fate(int row, enum wr_fate fate)
{
    if (row >= 0)
        set_fate(&places[row], fate);
}

void wr_targets_set_fate_of(int row, uint64_t row_key, enum wr_fate fate)
{
    if (row >= 0 && load(&places[row].key) == row_key)
        set_fate(&places[row], fate);
}

bool wr_targets_is(int row, uint64_t row_key)
{
    return row >= 0 && load(&places[row].key) == row_key;
}

/* Returns false where it waits no more with that fate: another thread was first. */
static bool end_waiting(int row, uint32_t from, uint32_t to)
{
    if (!atomic_compare_exchange_strong_explicit(&places[row].fate, &from, to, memory_order_relaxed,
                                                 memory_order_relaxed))
        return false;
    atomic_fetch_sub_explicit(&wr_targets_waiting, 1, memory_order_relaxed);
    return true;
}

bool wr_targets_recover(int row)
{
    return end_waiting(row, WR_FATE_TOLD, WR_FATE_RECOVERED);
}

void wr_targets_dismiss(int row)
{
    end_waiting(row, WR_FATE_COUNTED, WR_FATE_NOTHING);
}

enum wr_fate wr_targets_fate(int row)
{
    return row < 0 ? WR_FATE_OPEN
                   : (enum wr_fate)atomic_load_explicit(&places[row].fate, memory_order_relaxed);
}

void wr_targets_set_cause(int row, const char *cause)
{
    if (row >= 0)
        atomic_store_explicit(&places[row].cause, cause, memory_order_relaxed);
}

const char *wr_targets_cause(int row)
{
    return row < 0 ? NULL : atomic_load_explicit(&places[row].cause, memory_order_relaxed);
}

void wr_targets_set_name(int row, const char *name)
{
    size_t len;

    if (row < 0)
        return;
    len = strnlen(name, sizeof(places[row].name) - 1);
    memcpy(places[row].name, name, len);
    places[row].name[len] = '\0';
}

bool wr_targets_get(int row, int32_t pid, struct wr_target *ret_target)
{
    struct place *place = &places[row];
    uint64_t key = load(&place->key);

    if (key == 0 || !atomic_load_explicit(&place->ready, memory_order_acquire) || place->pid != pid)
        return false;
    memset(ret_target, 0, sizeof(*ret_target));
    ret_target->address = place->address;
    memcpy(ret_target->path, place->path, sizeof(ret_target->path));
    memcpy(ret_target->name, place->name, sizeof(ret_target->name));
    ret_target->call = (enum wr_call)place->call;
    ret_target->outcome = (enum wr_outcome)place->outcome;
    ret_target->error = place->error;
    ret_target->domain = place->domain;
    ret_target->type = place->type;
    ret_target->fate = wr_targets_fate(row);
    ret_target->cause = wr_targets_cause(row);
    ret_target->count = atomic_load_explicit(&place->count, memory_order_relaxed);
    ret_target->first_ns = load(&place->first_ns);
    ret_target->last_ns = load(&place->last_ns);
    ret_target->first_us = place->first_us;
    return load(&place->key) == key;
}

static bool is_row(struct place *place, uint32_t fate, int32_t pid)
{
    return atomic_load_explicit(&place->fate, memory_order_relaxed) == fate &&
           load(&place->key) != 0 && atomic_load_explicit(&place->ready, memory_order_acquire) &&
           place->pid == pid;
}

int wr_targets_next_lookup(int row, int32_t pid, const char *name)
{
    for (row++; row < WR_TARGETS_ROWS; row++) {
        struct place *place = &places[row];

        if ((is_row(place, WR_FATE_TOLD, pid) || is_row(place, WR_FATE_COUNTED, pid)) &&
            place->call == WR_CALL_LOOKUP &&
            strncmp(place->path, name, sizeof(place->path) - 1) == 0)
            return row;
    }
    return -1;
}

int wr_targets_next_failing(int row, int32_t pid, const struct wr_addr *address)
{
    for (row++; row < WR_TARGETS_ROWS; row++) {
        struct place *place = &places[row];

        if (is_row(place, WR_FATE_TOLD, pid) && place->address.port == address->port &&
            wr_addr_same_host(&place->address, address))
            return row;
    }
    return -1;
}
