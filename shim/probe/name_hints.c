/* SPDX-License-Identifier: MIT
 * Whether the hints of a lookup left it an answer: as getaddrinfo() of glibc goes by them
 * (sysdeps/posix/getaddrinfo.c). */
#include <netdb.h>
#include <string.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/hostname.h"
#include "probe/rtnl.h"
#include "whyrefused/faults.h"

struct seen {
    int family;
    bool any;
};

/* check_pf() of glibc: 127.0.0.1 and ::1 do not count, whatever else does. */
static bool take(void *ctx, const struct nlmsghdr *message)
{
    static const uint8_t home[4] = {127, 0, 0, 1};
    const struct ifaddrmsg *msg = NLMSG_DATA(message);
    struct seen *seen = ctx;
    struct wr_addr addr;

    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)) ||
        msg->ifa_family != seen->family)
        return true;
    addr = wr_rtnl_addr(message, sizeof(*msg), IFA_LOCAL, seen->family);
    if (addr.family == 0)
        addr = wr_rtnl_addr(message, sizeof(*msg), IFA_ADDRESS, seen->family);
    seen->any = addr.family == AF_INET ? memcmp(addr.bytes, home, 4) != 0
                                       : addr.family != 0 && !wr_addr_is_loopback(&addr);
    return !seen->any;
}

static bool only_loopback(struct wr_probe_ctx *ctx, int family)
{
    struct ifaddrmsg fixed = {.ifa_family = (uint8_t)family};
    struct seen seen = {.family = family};
    struct wr_rtnl_request request;

    wr_rtnl_request(&request, RTM_GETADDR, &fixed, sizeof(fixed));
    request.head.nlmsg_flags |= NLM_F_DUMP;
    return wr_rtnl_ask(ctx, &request, take, &seen) == 0 && !seen.any;
}

/* "::ffff:10.0.0.1" will do for both. */
static bool of_other_family(const char *name, int asked)
{
    struct wr_name_form form;

    wr_name_form(name, strlen(name), strlen(name), &form);
    return form.family != 0 && form.family != asked && (asked == AF_INET || asked == AF_INET6) &&
           !(form.family == AF_INET6 && wr_same_word(name, strnlen(name, 7), "::ffff:"));
}

static bool is_literal(const char *name)
{
    struct wr_name_form form;

    wr_name_form(name, strlen(name), strlen(name), &form);
    return form.family != 0;
}

static bool hosts_has_other(const struct wr_probe_ctx *ctx, int asked)
{
    const struct wr_addr *addr = wr_ev_addr(ctx->ev, WR_FACT_hosts_address);

    return addr != NULL && (asked == AF_INET || asked == AF_INET6) && addr->family != asked;
}

static unsigned no_name(struct wr_probe_ctx *ctx)
{
    const struct wr_name_lookup *lookup = &ctx->attempt->lookup;
    const char *name = ctx->attempt->name;
    bool specific = lookup->family == AF_INET || lookup->family == AF_INET6;

    if ((lookup->flags & AI_ADDRCONFIG) != 0 && specific && only_loopback(ctx, lookup->family))
        return WR_HINT_ADDRCONFIG;
    if (of_other_family(name, lookup->family))
        return WR_HINT_LITERAL;
    if ((lookup->flags & AI_NUMERICHOST) != 0 && name[0] != '\0' && !is_literal(name))
        return WR_HINT_NUMERIC;
    return hosts_has_other(ctx, lookup->family) ? WR_HINT_HOSTS_FAMILY : 0;
}

static unsigned fault_of(struct wr_probe_ctx *ctx)
{
    const struct wr_name_lookup *lookup = &ctx->attempt->lookup;

    switch (lookup->result) {
    case EAI_FAMILY:
        return WR_HINT_FAMILY;
    case EAI_SOCKTYPE:
        return WR_HINT_SOCKTYPE;
    case EAI_BADFLAGS:
        return WR_HINT_FLAGS;
    case EAI_ADDRFAMILY:
        return of_other_family(ctx->attempt->name, lookup->family) ? WR_HINT_LITERAL
               : hosts_has_other(ctx, lookup->family)              ? WR_HINT_HOSTS_FAMILY
                                                                   : 0;
    case EAI_NONAME:
    case EAI_NODATA:
        return no_name(ctx);
    default:
        return 0;
    }
}

void wr_probe_name_hints(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    unsigned fault;

    if (attempt->outcome != WR_OUTCOME_ERROR || attempt->lookup.reverse ||
        attempt->lookup.record_type != 0)
        return;
    fault = fault_of(ctx);
    if (fault != 0)
        wr_set_uint(ctx->ev, WR_FACT_hint_fault, fault);
    else
        wr_set_absent(ctx->ev, WR_FACT_hint_fault);
}
