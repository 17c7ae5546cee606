/* SPDX-License-Identifier: MIT
 * See slot.h. */
#include "hold/slot.h"

#include <string.h>

#include "base/address.h"
#include "frames/linger.h"
#include "track/track.h"

/* How long a reported name is remembered: what follows belongs to the same failure. */
#define SPOKEN_NS 10000000000u
/* The pair that programs try for "localhost" without asking a resolver. */
#define PAIR_NS 1000000000u

struct wr_slot wr_slots[WR_SLOTS];

bool wr_slot_take(struct wr_slot *slot, int from)
{
    return atomic_compare_exchange_strong(&slot->state, &from, WR_SLOT_TAKEN);
}

void wr_slot_leave(struct wr_slot *slot, int state)
{
    atomic_store(&slot->state, state);
}

static bool same_name(const struct wr_slot *slot, const struct wr_name_group *group)
{
    return slot->group.generation == group->generation && slot->group.count == group->count &&
           wr_addr_same_host(&slot->group.addresses[0], &group->addresses[0]);
}

bool wr_slot_is_for(const struct wr_slot *slot, const struct wr_attempt *attempt,
                    const struct wr_name_group *group)
{
    if (group == NULL)
        return slot->kind == WR_HOLD_NEXT && slot->call == attempt->call &&
               attempt->call == WR_CALL_BIND && slot->cookie != 0 &&
               slot->cookie == wr_track_cookie(attempt->fd);
    return slot->kind == WR_HOLD_NAME && slot->port == attempt->target.port &&
           slot->type == attempt->type && same_name(slot, group);
}

void wr_slot_tidy(struct wr_slot *slot)
{
    if (slot->lingering != 0 && !wr_linger_reap(slot->lingering))
        return;
    slot->lingering = 0;
    if (slot->best != NULL)
        wr_workspace_give(slot->best);
    slot->best = NULL;
}

void wr_slot_stop(struct wr_slot *slot)
{
    if (slot->lingering != 0)
        wr_linger_stop(slot->lingering);
    slot->lingering = 0;
}

void wr_slot_add_try(struct wr_slot *slot, const struct wr_attempt *attempt,
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

void wr_slot_fill(const struct wr_slot *slot, struct wr_workspace *space, struct wr_told *ret)
{
    ret->space = space;
    ret->tries_count = slot->kind == WR_HOLD_NAME ? slot->tries_count : 0;
    memcpy(ret->tries, slot->tries, sizeof(ret->tries));
    ret->addresses = slot->group.count;
}

void wr_slot_set_fates(const struct wr_slot *slot, enum wr_fate fate)
{
    for (uint32_t i = 0; i < slot->tries_count; i++)
        wr_targets_set_fate_of(slot->rows[i], slot->keys[i], fate);
}

void wr_slot_tell(struct wr_slot *slot, struct wr_told *ret)
{
    wr_slot_fill(slot, slot->best, ret);
    slot->best = NULL;
    wr_slot_set_fates(slot, WR_FATE_TOLD);
    wr_slot_leave(slot, WR_SLOT_SPOKEN);
}

struct wr_slot *wr_slot_find(const struct wr_attempt *attempt, int32_t pid,
                             const struct wr_name_group *group, int *ret_state)
{
    for (unsigned i = 0; i < WR_SLOTS; i++) {
        struct wr_slot *slot = &wr_slots[i];
        int state = atomic_load(&slot->state);

        if (state == WR_SLOT_FREE || slot->pid != pid || !wr_slot_is_for(slot, attempt, group))
            continue;
        if (state == WR_SLOT_SPOKEN &&
            attempt->end_ns - atomic_load(&slot->last_ns) >
                (group == NULL || group->name[0] == '\0' ? PAIR_NS : SPOKEN_NS))
            continue;
        *ret_state = state;
        return slot;
    }
    return NULL;
}

static bool free_spoken(struct wr_slot *slot)
{
    if (!wr_slot_take(slot, WR_SLOT_SPOKEN))
        return false;
    wr_slot_tidy(slot);
    if (slot->best == NULL)
        return true;
    wr_slot_leave(slot, WR_SLOT_SPOKEN); /* what wrote it has not ended yet */
    return false;
}

/* A copy of what the parent held. */
static bool free_copy(struct wr_slot *slot, int state)
{
    if (!wr_slot_take(slot, state))
        return false;
    if (slot->best != NULL && state != WR_SLOT_TAKEN)
        wr_workspace_give(slot->best);
    slot->best = NULL;
    slot->lingering = 0;
    return true;
}

struct wr_slot *wr_slot_new(int32_t pid)
{
    struct wr_slot *oldest = NULL, *found = NULL;

    for (unsigned i = 0; i < WR_SLOTS && found == NULL; i++) {
        struct wr_slot *slot = &wr_slots[i];
        int state = atomic_load(&slot->state);

        if (state == WR_SLOT_FREE ? wr_slot_take(slot, WR_SLOT_FREE)
                                  : slot->pid != pid && free_copy(slot, state))
            found = slot;
        else if (state == WR_SLOT_SPOKEN && slot->pid == pid &&
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
