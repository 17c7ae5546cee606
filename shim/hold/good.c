/* SPDX-License-Identifier: MIT
 * Something has succeeded: what is held, and came good by that, is dropped. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/sys.h"
#include "hold/slot.h"
#include "track/track.h"

static bool holds(const struct wr_name_group *group, const struct wr_addr *addr)
{
    for (uint32_t i = 0; i < group->count; i++) {
        if (wr_addr_same_host(&group->addresses[i], addr))
            return true;
    }
    return false;
}

static bool is_of(const struct wr_slot *slot, int32_t pid, const struct wr_addr *target)
{
    return slot->pid == pid && slot->kind == WR_HOLD_NAME && slot->port == target->port &&
           holds(&slot->group, target);
}

bool wr_hold_connected(const struct wr_addr *target, struct wr_name_group *ret_group)
{
    int32_t pid = (int32_t)WR_SYS(getpid);
    bool spoken = false;

    for (unsigned i = 0; i < WR_SLOTS; i++) {
        struct wr_slot *slot = &wr_slots[i];
        int state = atomic_load(&slot->state);

        if ((state != WR_SLOT_HELD && state != WR_SLOT_SPOKEN) || !is_of(slot, pid, target) ||
            !wr_slot_take(slot, state))
            continue;
        if (!is_of(slot, pid, target)) {
            wr_slot_leave(slot, state); /* another name has got the slot meanwhile */
            continue;
        }
        if (state == WR_SLOT_HELD) {
            wr_slot_stop(slot);
            wr_slot_set_fates(slot, WR_FATE_NOTHING);
        } else {
            *ret_group = slot->group;
            spoken = true;
        }
        wr_slot_tidy(slot);
        wr_slot_leave(slot, slot->best == NULL ? WR_SLOT_FREE : WR_SLOT_SPOKEN);
    }
    return spoken;
}

static void drop_where(bool (*made_good)(const struct wr_slot *slot, const void *by),
                       const void *by)
{
    int32_t pid = (int32_t)WR_SYS(getpid);

    for (unsigned i = 0; i < WR_SLOTS; i++) {
        struct wr_slot *slot = &wr_slots[i];

        if (atomic_load(&slot->state) != WR_SLOT_HELD || slot->pid != pid ||
            slot->kind != WR_HOLD_NEXT || !wr_slot_take(slot, WR_SLOT_HELD))
            continue;
        if (slot->pid != pid || slot->kind != WR_HOLD_NEXT || !made_good(slot, by)) {
            wr_slot_leave(slot, WR_SLOT_HELD);
            continue;
        }
        wr_slot_stop(slot);
        wr_slot_set_fates(slot, WR_FATE_NOTHING);
        wr_slot_tidy(slot);
        wr_slot_leave(slot, WR_SLOT_FREE);
    }
}

struct bound {
    uint64_t cookie;
    int type;
    const struct wr_addr *local;
};

/* Development servers look for a free port upwards, with a new socket for each. */
#define SEARCH_PORTS 20

static bool is_next_port(const struct wr_slot *slot, const struct wr_addr *local)
{
    return slot->tries[0].error == EADDRINUSE && wr_addr_same_host(local, &slot->local) &&
           local->port > slot->local.port && local->port - slot->local.port <= SEARCH_PORTS &&
           wr_track_cookie(slot->fd) != slot->cookie; /* closed: it was done with */
}

/* The same socket got another port; or a new one did, the next; or the program let the kernel
 * choose; or it is the same port, over IPv4 instead of IPv6. */
static bool is_bound_instead(const struct wr_slot *slot, const void *by)
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

static bool is_made_instead(const struct wr_slot *slot, const void *by)
{
    return slot->call == WR_CALL_SOCKET && *(const int *)by == AF_INET;
}

void wr_hold_socket(int domain)
{
    drop_where(is_made_instead, &domain);
}

struct looked_up {
    const char *name;
    const struct wr_name_lookup *lookup;
};

/* "h" and "h.example.org.": ssh completes names by itself, having asked whether they are numbers.
 */
static bool completes(const char *name, const char *longer)
{
    size_t len = strlen(name);

    return strncmp(name, longer, len) == 0 && longer[len] == '.';
}

/* "_http._tcp.example.org" of "example.org": who finds no service goes on to the name itself. */
static bool is_service_of(const char *service, const char *name)
{
    for (unsigned i = 0; i < 2; i++) {
        const char *dot = strchr(service, '.');

        if (*service != '_' || dot == NULL)
            return false;
        service = dot + 1;
    }
    return strcmp(service, name) == 0;
}

static bool is_looked_up_instead(const struct wr_slot *slot, const void *by)
{
    const struct looked_up *it = by;
    bool numeric = slot->type != 0, too = (it->lookup->flags & AI_NUMERICHOST) != 0;

    if (slot->call != WR_CALL_LOOKUP)
        return false;
    if (numeric && !too && completes(slot->group.name, it->name))
        return true;
    if (is_service_of(slot->group.name, it->name))
        return true;
    return strcmp(slot->group.name, it->name) == 0 &&
           (it->lookup->result == 0 || (numeric && !too));
}

void wr_hold_looked_up(const char *name, const struct wr_name_lookup *lookup)
{
    drop_where(is_looked_up_instead, &(struct looked_up){name, lookup});
}
