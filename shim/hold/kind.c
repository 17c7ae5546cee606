/* SPDX-License-Identifier: MIT
 * Whether the report of an attempt may be held, and with which other addresses it belongs
 * together. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/dns.h"
#include "hold/hold.h"
#include "track/names.h"

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
    if (attempt->call == WR_CALL_LOOKUP)
        return attempt->outcome == WR_OUTCOME_ERROR &&
               (attempt->lookup.family != AF_UNSPEC ||
                (attempt->lookup.flags & AI_NUMERICHOST) != 0);
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

bool wr_hold_found_otherwise(const struct wr_attempt *attempt)
{
    const struct wr_name_lookup *lookup = &attempt->lookup;
    uint64_t now_ns = wr_now_ns();

    if (attempt->call != WR_CALL_LOOKUP || attempt->outcome != WR_OUTCOME_ERROR ||
        lookup->reverse ||
        (lookup->record_type != 0 && lookup->record_type != WR_DNS_A &&
         lookup->record_type != WR_DNS_AAAA))
        return false;
    if (lookup->result != EAI_NONAME && lookup->result != EAI_NODATA &&
        lookup->result != EAI_ADDRFAMILY && lookup->result != EAI_AGAIN)
        return false;
    if ((lookup->flags & AI_NUMERICHOST) != 0)
        return wr_names_found_otherwise(attempt->name, AF_UNSPEC, now_ns);
    return lookup->family != AF_UNSPEC &&
           wr_names_found_otherwise(attempt->name, lookup->family, now_ns);
}

enum wr_hold_kind wr_hold_kind(const struct wr_attempt *attempt, struct wr_name_group *ret_group)
{
    return may_go_on(attempt)              ? WR_HOLD_NEXT
           : has_group(attempt, ret_group) ? WR_HOLD_NAME
                                           : WR_HOLD_NOT;
}
