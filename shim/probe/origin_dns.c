/* SPDX-License-Identifier: MIT
 * What DNS says of a name whose address came from /etc/hosts: one question to each nameserver. */
#include <string.h>

#include "base/address.h"
#include "probe/dnsask.h"
#include "probe/dnswalk.h"
#include "probe/resolv.h"

#define SHARE_PERCENT 40
#define PAYLOAD 512

struct work {
    struct wr_resolv resolv;
    struct wr_dns_talk talk;
};

_Static_assert(sizeof(struct work) <= WR_NETLINK_SPACE, "lies in the netlink space");

/* The first server with a word on it, as the resolver takes it. What was cut is no word: the
 * address may be in the part that is missing. */
static void set_answer(const struct wr_dns_talk *talk, struct wr_evidence *ev)
{
    for (unsigned i = 0; i < talk->count; i++) {
        const struct wr_dns_said *said = &talk->server[i].said[0];

        if (said->outcome == WR_NS_ANSWER && said->first.family != 0 && !said->has_expected)
            wr_set_addr(ev, WR_FACT_origin_dns_answer, &said->first);
        else if (said->outcome == WR_NS_ANSWER || said->outcome == WR_NS_NXDOMAIN ||
                 said->outcome == WR_NS_NODATA)
            wr_set_absent(ev, WR_FACT_origin_dns_answer);
        else
            continue;
        return;
    }
}

/* Names without a dot, and loopback addresses, are in the file on purpose. */
static bool is_worth_it(const struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    return wr_ev_has(ctx->ev, WR_FACT_origin_hosts_line) &&
           wr_ev_absent(ctx->ev, WR_FACT_origin_sinkhole) &&
           !wr_addr_is_loopback(&attempt->target) && strchr(attempt->name, '.') != NULL &&
           wr_dnswalk_plausible(attempt->name) && !wr_dnswalk_numeric(attempt->name);
}

void wr_probe_origin_dns(struct wr_probe_ctx *ctx)
{
    struct work *work = (struct work *)(void *)ctx->scratch;
    struct wr_dns_talk *talk = &work->talk;
    uint64_t now_ns = wr_now_ns();

    if (!is_worth_it(ctx) || now_ns >= ctx->until_ns)
        return;
    memset(work, 0, sizeof(*work));
    if (!wr_resolv_read(ctx, &work->resolv) || !wr_dns_talk_may())
        return;
    talk->types_count = 1;
    talk->types[0] = ctx->attempt->target.family == AF_INET6 ? WR_DNS_AAAA : WR_DNS_A;
    talk->payload = PAYLOAD;
    talk->expected = ctx->attempt->target;
    talk->name = ctx->attempt->name;
    talk->count = work->resolv.count;
    for (unsigned i = 0; i < talk->count; i++)
        talk->server[i].addr = work->resolv.servers[i];
    wr_dns_talk_open(talk);
    ctx->no_descriptors |= talk->no_descriptors;
    if (wr_dns_talk_ask(talk, ctx->attempt->name,
                        now_ns + (ctx->until_ns - now_ns) * SHARE_PERCENT / 100))
        set_answer(talk, ctx->ev);
    wr_dns_talk_close(talk);
}
