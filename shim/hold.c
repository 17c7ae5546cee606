/* SPDX-License-Identifier: MIT
 * See hold.h. A few slots, one for each name whose addresses are being tried. A slot is changed by
 * whoever could take it; nobody waits for one. */
#include "hold.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/sys.h"
#include "frames/linger.h"
#include "track/targets.h"
#include "track/track.h"

#define SLOTS 8
/* While another address of the name is being tried it is waited for: at most a little longer than
 * the kernel tries (tcp(7), tcp_syn_retries). */
#define PENDING_NS 150000000000u
/* How long a reported name is remembered: what follows belongs to the same failure. */
#define SPOKEN_NS 10000000000u
/* The pair that programs try for "localhost" without asking a resolver. */
#define PAIR_NS 1000000000u

enum { FREE = 0, TAKEN, HELD, SPOKEN };

static struct slot {
    _Atomic int state;
    int32_t pid; /* the process whose slot it is; a fork child has none of them */
    enum wr_hold_kind kind;
    struct wr_name_group group; /* NEXT: none */
    uint16_t port;
    int type;
    enum wr_call call; /* NEXT: what is waited for to succeed, on what */
    int fd;
    uint64_t cookie;
    struct wr_addr local;
    uint64_t since_ns;
    _Atomic uint64_t last_ns;
    uint32_t tries_count;
    struct wr_try tries[WR_TRIES_MAX];
    int rows[WR_TRIES_MAX];
    uint64_t keys[WR_TRIES_MAX]; /* of the rows: another target may have taken one by now */
    struct wr_workspace *best;   /* NULL = none is held */
    long lingering;              /* 0 = none */
} slots[SLOTS];

static bool take(struct slot *slot, int from)
{
    return atomic_compare_exchange_strong(&slot->state, &from, TAKEN);
}

static void leave(struct slot *slot, int state)
{
    atomic_store(&slot->state, state);
}

static bool holds(const struct wr_name_group *group, const struct wr_addr *addr)
{
    for (uint32_t i = 0; i < group->count; i++) {
        if (wr_addr_same_host(&group->addresses[i], addr))
            return true;
    }
    return false;
}

static bool is_pair(const struct wr_addr *addr)
{
    struct wr_addr localhost = wr_addr_localhost(addr->family);

    return wr_addr_same_host(addr, &localhost);
}

static void make_pair(struct wr_name_group *group)
{
    memset(group, 0, sizeof(*group));
    group->addresses[0] = wr_addr_localhost(AF_INET6);
    group->addresses[1] = wr_addr_localhost(AF_INET);
    group->count = 2;
}

/* Ports are searched for, and IPv6 is tried before IPv4: a server's start is full of failures that
 * the next call makes good. */
static bool may_go_on(const struct wr_attempt *attempt)
{
    bool no_ipv6 = attempt->error == EAFNOSUPPORT || attempt->error == EADDRNOTAVAIL;

    if (attempt->row < 0)
        return false;
    if (attempt->call == WR_CALL_SOCKET)
        return attempt->domain == AF_INET6 && attempt->error == EAFNOSUPPORT;
    return attempt->call == WR_CALL_BIND && attempt->target.family != 0 &&
           (attempt->error == EADDRINUSE || (no_ipv6 && attempt->target.family == AF_INET6));
}

static bool has_group(const struct wr_attempt *attempt, struct wr_name_group *ret_group)
{
    if (attempt->call != WR_CALL_CONNECT || attempt->target.family == 0 || attempt->row < 0 ||
        attempt->type == SOCK_DGRAM ||
        (attempt->outcome != WR_OUTCOME_ERROR && attempt->outcome != WR_OUTCOME_GAVE_UP))
        return false;
    if (wr_names_group(&attempt->target, ret_group))
        return ret_group->count > 1;
    if (attempt->name[0] != '\0' || !is_pair(&attempt->target) ||
        wr_names_numeric(&attempt->target))
        return false;
    make_pair(ret_group);
    return true;
}

enum wr_hold_kind wr_hold_kind(const struct wr_attempt *attempt, struct wr_name_group *ret_group)
{
    return may_go_on(attempt)              ? WR_HOLD_NEXT
           : has_group(attempt, ret_group) ? WR_HOLD_NAME
                                           : WR_HOLD_NOT;
}

static bool same_name(const struct slot *slot, const struct wr_name_group *group)
{
    return slot->group.generation == group->generation && slot->group.count == group->count &&
           wr_addr_same_host(&slot->group.addresses[0], &group->addresses[0]);
}

static bool belongs(const struct slot *slot, const struct wr_attempt *attempt,
                    const struct wr_name_group *group)
{
    if (group == NULL)
        return slot->kind == WR_HOLD_NEXT && slot->call == attempt->call &&
               attempt->call == WR_CALL_BIND && slot->cookie != 0 &&
               slot->cookie == wr_track_cookie(attempt->fd);
    return slot->kind == WR_HOLD_NAME && slot->port == attempt->target.port &&
           slot->type == attempt->type && same_name(slot, group);
}

/* What has ended needs no memory any more. */
static void tidy(struct slot *slot)
{
    if (slot->lingering != 0 && !wr_linger_reap(slot->lingering))
        return;
    slot->lingering = 0;
    if (slot->best != NULL)
        wr_workspace_give(slot->best);
    slot->best = NULL;
}

static void stop(struct slot *slot)
{
    if (slot->lingering != 0)
        wr_linger_stop(slot->lingering);
    slot->lingering = 0;
}

/* The better it explains, the more: an address family that this machine does not have at all, and
 * what nothing explains, tell least. */
static int telling(const struct wr_verdict *verdict)
{
    if (strcmp(verdict->cause->id, "route-no-ipv6") == 0 ||
        strcmp(verdict->cause->id, "local-ipv6-disabled") == 0)
        return 0;
    if (verdict->cause->rank == 0)
        return 1;
    return 1 + (int)verdict->confidence;
}

static void add_try(struct slot *slot, const struct wr_attempt *attempt,
                    const struct wr_verdict *verdict)
{
    uint64_t spent_ns =
        attempt->end_ns > attempt->start_ns ? attempt->end_ns - attempt->start_ns : 0;

    if (slot->tries_count == WR_TRIES_MAX)
        return;
    slot->rows[slot->tries_count] = attempt->row;
    slot->keys[slot->tries_count] = attempt->row_key;
    slot->tries[slot->tries_count++] = (struct wr_try){.address = attempt->target,
                                                       .outcome = attempt->outcome,
                                                       .error = attempt->error,
                                                       .cause = verdict->cause->id,
                                                       .duration_us = spent_ns / 1000};
}

/* Of the addresses that the program can try by the kind of socket it has used so far. */
static bool all_tried(const struct slot *slot)
{
    for (uint32_t i = 0; i < slot->group.count; i++) {
        bool tried = false;

        for (uint32_t t = 0; t < slot->tries_count; t++)
            tried |= wr_addr_same_host(&slot->tries[t].address, &slot->group.addresses[i]);
        if (!tried)
            return false;
    }
    return true;
}

static void fill_told(const struct slot *slot, struct wr_workspace *space, struct wr_told *ret)
{
    ret->space = space;
    ret->tries_count = slot->kind == WR_HOLD_NAME ? slot->tries_count : 0;
    memcpy(ret->tries, slot->tries, sizeof(ret->tries));
    ret->addresses = slot->group.count;
}

static void set_fates(const struct slot *slot, enum wr_fate fate)
{
    for (uint32_t i = 0; i < slot->tries_count; i++)
        wr_targets_set_fate_of(slot->rows[i], slot->keys[i], fate);
}

static void keep(struct wr_workspace *space, const struct wr_attempt *attempt,
                 const struct wr_registers *registers, bool out_of_time)
{
    space->attempt = *attempt;
    space->registers = *registers;
    space->out_of_time = out_of_time;
    space->stack_len = wr_frames_keep(registers, space->stack);
}

static bool is_pending(const struct slot *slot)
{
    for (uint32_t i = 0; i < slot->group.count; i++) {
        struct wr_addr addr = slot->group.addresses[i];

        addr.port = slot->port;
        if (wr_track_is_pending(slot->pid, &addr))
            return true;
    }
    return false;
}

/* In the process that lingers. */
static void watch(void *arg)
{
    struct slot *slot = arg;
    unsigned patience = 100;

    for (;;) {
        bool ended = wr_linger_wait(slot->pid, atomic_load(&slot->last_ns) + WR_HOLD_NS);
        uint64_t now_ns = wr_now_ns();

        if (!ended && (now_ns < atomic_load(&slot->last_ns) + WR_HOLD_NS ||
                       (now_ns - slot->since_ns < PENDING_NS && is_pending(slot)))) {
            if (now_ns >= atomic_load(&slot->last_ns) + WR_HOLD_NS)
                atomic_store(&slot->last_ns, now_ns - WR_HOLD_NS / 2);
            continue;
        }
        if (take(slot, HELD)) {
            struct wr_told told;

            fill_told(slot, slot->best, &told);
            set_fates(slot, WR_FATE_TOLD);
            wr_report_held(&told);
            leave(slot, SPOKEN);
            return;
        }
        /* the host changes it just now; or ended while it did */
        int state = atomic_load(&slot->state);

        if (state == HELD)
            continue;
        if (state != TAKEN || (ended && patience-- == 0))
            return;
        wr_linger_wait(ended ? -1 : slot->pid, now_ns + 1000000);
    }
}

/* While the slot is taken: until it is left, the other only waits. */
static bool linger(struct slot *slot)
{
    long pid =
        wr_linger_start(watch, slot, slot->best->linger_stack, sizeof(slot->best->linger_stack));

    slot->lingering = pid > 0 ? pid : 0;
    return pid > 0;
}

static struct slot *find_slot(const struct wr_attempt *attempt, int32_t pid,
                              const struct wr_name_group *group, int *ret_state)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[i];
        int state = atomic_load(&slot->state);

        if (state == FREE || slot->pid != pid || !belongs(slot, attempt, group))
            continue;
        if (state == SPOKEN && attempt->end_ns - atomic_load(&slot->last_ns) >
                                   (group == NULL || group->name[0] == '\0' ? PAIR_NS : SPOKEN_NS))
            continue;
        *ret_state = state;
        return slot;
    }
    return NULL;
}

static bool free_spoken(struct slot *slot)
{
    if (!take(slot, SPOKEN))
        return false;
    tidy(slot);
    if (slot->best == NULL)
        return true;
    leave(slot, SPOKEN); /* what wrote it has not ended yet */
    return false;
}

/* A copy of what the parent held. */
static bool free_copy(struct slot *slot, int state)
{
    if (!take(slot, state))
        return false;
    if (slot->best != NULL && state != TAKEN)
        wr_workspace_give(slot->best);
    slot->best = NULL;
    slot->lingering = 0;
    return true;
}

/* A free one; else the one whose story is over for longest. Taken. */
static struct slot *new_slot(int32_t pid)
{
    struct slot *oldest = NULL, *found = NULL;

    for (unsigned i = 0; i < SLOTS && found == NULL; i++) {
        struct slot *slot = &slots[i];
        int state = atomic_load(&slot->state);

        if (state == FREE ? take(slot, FREE) : slot->pid != pid && free_copy(slot, state))
            found = slot;
        else if (state == SPOKEN && slot->pid == pid &&
                 (oldest == NULL || atomic_load(&slot->last_ns) < atomic_load(&oldest->last_ns)))
            oldest = slot;
    }
    if (found == NULL && oldest != NULL && free_spoken(oldest))
        found = oldest;
    if (found != NULL) {
        found->tries_count = 0;
        found->pid = pid;
    }
    return found;
}

static enum wr_offer begin(const struct wr_attempt *attempt, const struct wr_registers *registers,
                           const struct wr_name_group *group, struct wr_workspace *space,
                           bool out_of_time, int32_t pid)
{
    struct slot *slot = new_slot(pid);

    if (slot == NULL)
        return WR_OFFER_ALONE;
    slot->kind = group != NULL ? WR_HOLD_NAME : WR_HOLD_NEXT;
    if (group != NULL)
        slot->group = *group;
    else
        slot->group.count = 0;
    slot->call = attempt->call;
    slot->fd = attempt->fd;
    slot->cookie = attempt->fd >= 0 ? wr_track_cookie(attempt->fd) : 0;
    slot->local = attempt->target;
    slot->port = attempt->target.port;
    slot->type = attempt->type;
    slot->since_ns = attempt->end_ns;
    atomic_store(&slot->last_ns, attempt->end_ns);
    add_try(slot, attempt, &space->verdict);
    if (group == NULL)
        slot->tries[0].address.family = 0;
    /* who dials 127.0.0.1 means it; who begins with ::1 may go on to 127.0.0.1 */
    if (group != NULL && group->name[0] == '\0' && attempt->target.family == AF_INET) {
        leave(slot, SPOKEN);
        return WR_OFFER_ALONE;
    }
    keep(space, attempt, registers, out_of_time);
    slot->best = space;
    if (linger(slot)) {
        wr_targets_set_fate(attempt->row, WR_FATE_HELD);
        leave(slot, HELD);
        return WR_OFFER_KEPT;
    }
    slot->best = NULL;
    leave(slot, SPOKEN);
    return WR_OFFER_ALONE;
}

enum wr_offer wr_hold_offer(const struct wr_attempt *attempt, const struct wr_registers *registers,
                            const struct wr_name_group *group, struct wr_workspace *space,
                            bool out_of_time, struct wr_told *ret)
{
    int32_t pid = (int32_t)WR_SYS(getpid);
    int state = FREE;
    struct slot *slot = find_slot(attempt, pid, group, &state);

    if (slot == NULL)
        return begin(attempt, registers, group, space, out_of_time, pid);
    if (state != HELD || !take(slot, HELD))
        return WR_OFFER_LATE;
    if (slot->pid != pid || !belongs(slot, attempt, group)) {
        leave(slot, HELD); /* another name has got the slot meanwhile */
        return WR_OFFER_ALONE;
    }
    if (group == NULL) {
        /* the next port is taken as well: the first one's report says it */
        atomic_store(&slot->last_ns, attempt->end_ns);
        leave(slot, HELD);
        return WR_OFFER_LATE;
    }
    stop(slot);
    atomic_store(&slot->last_ns, attempt->end_ns);
    add_try(slot, attempt, &space->verdict);
    keep(space, attempt, registers, out_of_time);
    struct wr_workspace *lesser = space;
    if (telling(&space->verdict) > telling(&slot->best->verdict)) {
        lesser = slot->best;
        slot->best = space;
    }
    if (all_tried(slot)) {
        fill_told(slot, slot->best, ret);
        slot->best = NULL;
        set_fates(slot, WR_FATE_TOLD);
        leave(slot, SPOKEN);
        wr_workspace_give(lesser);
        return WR_OFFER_LAST;
    }
    wr_workspace_give(lesser);
    if (linger(slot)) {
        wr_targets_set_fate(attempt->row, WR_FATE_HELD);
        leave(slot, HELD);
        return WR_OFFER_KEPT;
    }
    fill_told(slot, slot->best, ret);
    slot->best = NULL;
    set_fates(slot, WR_FATE_TOLD);
    leave(slot, SPOKEN);
    return WR_OFFER_LAST;
}

bool wr_hold_connected(const struct wr_addr *target, struct wr_name_group *ret_group)
{
    int32_t pid = (int32_t)WR_SYS(getpid);
    bool spoken = false;

    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[i];
        int state = atomic_load(&slot->state);

        if ((state != HELD && state != SPOKEN) || slot->pid != pid || slot->kind != WR_HOLD_NAME ||
            slot->port != target->port || !holds(&slot->group, target) || !take(slot, state))
            continue;
        if (slot->pid != pid || slot->kind != WR_HOLD_NAME || slot->port != target->port ||
            !holds(&slot->group, target)) {
            leave(slot, state); /* another name has got the slot meanwhile */
            continue;
        }
        if (state == HELD) {
            stop(slot);
            set_fates(slot, WR_FATE_NOTHING);
        } else {
            *ret_group = slot->group;
            spoken = true;
        }
        tidy(slot);
        leave(slot, slot->best == NULL ? FREE : SPOKEN);
    }
    return spoken;
}

static void drop_where(bool (*made_good)(const struct slot *slot, const void *by), const void *by)
{
    int32_t pid = (int32_t)WR_SYS(getpid);

    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[i];

        if (atomic_load(&slot->state) != HELD || slot->pid != pid || slot->kind != WR_HOLD_NEXT ||
            !take(slot, HELD))
            continue;
        if (slot->pid != pid || slot->kind != WR_HOLD_NEXT || !made_good(slot, by)) {
            leave(slot, HELD);
            continue;
        }
        stop(slot);
        set_fates(slot, WR_FATE_NOTHING);
        tidy(slot);
        leave(slot, FREE);
    }
}

struct bound {
    uint64_t cookie;
    int type;
    const struct wr_addr *local;
};

/* Development servers look for a free port upwards, with a new socket for each. */
#define SEARCH_PORTS 20

static bool is_next_port(const struct slot *slot, const struct wr_addr *local)
{
    return slot->tries[0].error == EADDRINUSE && wr_addr_same_host(local, &slot->local) &&
           local->port > slot->local.port && local->port - slot->local.port <= SEARCH_PORTS &&
           wr_track_cookie(slot->fd) != slot->cookie; /* closed: it was done with */
}

/* The same socket got another port; or a new one did, the next; or the program let the kernel
 * choose; or it is the same port, over IPv4 instead of IPv6. */
static bool is_bound_instead(const struct slot *slot, const void *by)
{
    const struct bound *bound = by;

    if (slot->call != WR_CALL_BIND || slot->type != bound->type)
        return false;
    if ((slot->cookie != 0 && slot->cookie == bound->cookie) || is_next_port(slot, bound->local))
        return true;
    return bound->local->port == 0
               ? wr_addr_same_host(bound->local, &slot->local)
               : bound->local->port == slot->local.port && slot->local.family == AF_INET6 &&
                     bound->local->family == AF_INET;
}

void wr_hold_bound(int fd, const struct wr_addr *local)
{
    int type = -1;
    socklen_t len = sizeof(type);

    WR_SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len);
    drop_where(is_bound_instead, &(struct bound){wr_track_cookie(fd), type, local});
}

static bool is_made_instead(const struct slot *slot, const void *by)
{
    return slot->call == WR_CALL_SOCKET && *(const int *)by == AF_INET;
}

void wr_hold_socket(int domain)
{
    drop_where(is_made_instead, &domain);
}

bool wr_hold_next(struct wr_told *ret)
{
    int32_t pid = (int32_t)WR_SYS(getpid);

    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[i];

        if (atomic_load(&slot->state) != HELD || slot->pid != pid || !take(slot, HELD))
            continue;
        stop(slot);
        fill_told(slot, slot->best, ret);
        slot->best = NULL;
        set_fates(slot, WR_FATE_TOLD);
        leave(slot, SPOKEN);
        return true;
    }
    return false;
}

void wr_hold_reap(void)
{
    int32_t pid = (int32_t)WR_SYS(getpid);

    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[i];

        if (atomic_load(&slot->state) == SPOKEN && slot->pid == pid && slot->lingering != 0 &&
            take(slot, SPOKEN)) {
            tidy(slot);
            leave(slot, SPOKEN);
        }
    }
}

bool wr_hold_anything(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        int state = atomic_load_explicit(&slots[i].state, memory_order_relaxed);

        if (state == HELD || (state == SPOKEN && slots[i].lingering != 0))
            return true;
    }
    return false;
}

void wr_hold_wait(uint64_t until_ns)
{
    int32_t pid = (int32_t)WR_SYS(getpid);
    const struct timespec pause = {.tv_nsec = 1000000};

    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[i];

        while (slot->pid == pid && slot->lingering != 0 && atomic_load(&slot->state) != FREE &&
               wr_now_ns() < until_ns) {
            if (take(slot, SPOKEN)) {
                tidy(slot);
                leave(slot, SPOKEN);
            }
            if (slot->lingering != 0)
                WR_SYS(ppoll, 0, 0, &pause, 0, 8);
        }
    }
}
