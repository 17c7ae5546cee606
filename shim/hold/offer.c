/* SPDX-License-Identifier: MIT
 * A diagnosed attempt, where its report may be held: kept, added to what is kept, or told. */
#include <netdb.h>
#include <string.h>

#include "base/address.h"
#include "base/sys.h"
#include "hold/slot.h"
#include "track/track.h"

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

/* Of the addresses that the program can try by the kind of socket it has used so far. */
static bool all_tried(const struct wr_slot *slot)
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

static void keep(struct wr_workspace *space, const struct wr_attempt *attempt,
                 const struct wr_registers *registers, bool out_of_time)
{
    space->attempt = *attempt;
    space->registers = *registers;
    space->out_of_time = out_of_time;
    space->stack_len = wr_frames_keep(registers, space->stack);
}

static enum wr_offer begin(const struct wr_attempt *attempt, const struct wr_registers *registers,
                           const struct wr_name_group *group, struct wr_workspace *space,
                           bool out_of_time, int32_t pid)
{
    struct wr_slot *slot = wr_slot_new(pid);

    /* a program that asks for many names at once, in one family after the other: of the few that
     * are held the reports come, where nothing comes good */
    if (slot == NULL)
        return attempt->call == WR_CALL_LOOKUP ? WR_OFFER_FULL : WR_OFFER_ALONE;
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
    if (attempt->call == WR_CALL_LOOKUP) {
        slot->type = attempt->lookup.flags & AI_NUMERICHOST;
        memcpy(slot->group.name, attempt->name, sizeof(slot->group.name));
    }
    slot->since_ns = attempt->end_ns;
    atomic_store(&slot->last_ns, attempt->end_ns);
    wr_slot_add_try(slot, attempt, &space->verdict);
    if (group == NULL)
        slot->tries[0].address.family = 0;
    /* who dials 127.0.0.1 means it; who begins with ::1 may go on to 127.0.0.1 */
    if (group != NULL && group->name[0] == '\0' && attempt->target.family == AF_INET) {
        wr_slot_leave(slot, WR_SLOT_SPOKEN);
        return WR_OFFER_ALONE;
    }
    keep(space, attempt, registers, out_of_time);
    slot->best = space;
    if (wr_slot_watch(slot)) {
        wr_targets_set_fate(attempt->row, WR_FATE_HELD);
        wr_slot_leave(slot, WR_SLOT_HELD);
        return WR_OFFER_KEPT;
    }
    slot->best = NULL;
    wr_slot_leave(slot, WR_SLOT_SPOKEN);
    return WR_OFFER_ALONE;
}

enum wr_offer wr_hold_offer(const struct wr_attempt *attempt, const struct wr_registers *registers,
                            const struct wr_name_group *group, struct wr_workspace *space,
                            bool out_of_time, struct wr_told *ret)
{
    int32_t pid = (int32_t)WR_SYS(getpid);
    int state = WR_SLOT_FREE;
    struct wr_slot *slot = wr_slot_find(attempt, pid, group, &state);

    if (slot == NULL)
        return begin(attempt, registers, group, space, out_of_time, pid);
    if (state != WR_SLOT_HELD || !wr_slot_take(slot, WR_SLOT_HELD))
        return WR_OFFER_LATE;
    if (slot->pid != pid || !wr_slot_is_for(slot, attempt, group)) {
        wr_slot_leave(slot, WR_SLOT_HELD); /* another name has got the slot meanwhile */
        return WR_OFFER_ALONE;
    }
    if (group == NULL) {
        /* the next port is taken as well: the first one's report says it */
        atomic_store(&slot->last_ns, attempt->end_ns);
        wr_slot_leave(slot, WR_SLOT_HELD);
        return WR_OFFER_LATE;
    }
    wr_slot_stop(slot);
    atomic_store(&slot->last_ns, attempt->end_ns);
    wr_slot_add_try(slot, attempt, &space->verdict);
    keep(space, attempt, registers, out_of_time);
    struct wr_workspace *lesser = space;
    if (telling(&space->verdict) > telling(&slot->best->verdict)) {
        lesser = slot->best;
        slot->best = space;
    }
    wr_workspace_give(lesser);
    if (!all_tried(slot) && wr_slot_watch(slot)) {
        wr_targets_set_fate(attempt->row, WR_FATE_HELD);
        wr_slot_leave(slot, WR_SLOT_HELD);
        return WR_OFFER_KEPT;
    }
    wr_slot_tell(slot, ret);
    return WR_OFFER_LAST;
}
