/* SPDX-License-Identifier: MIT
 * What the configured nameservers say of the name that did not resolve: one question of our own to
 * each, for the names and types that the resolver asks for. See dnsask.h. */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "probe/nameservers.h"
#include "probe/rtnl.h"

/* Names of one lookup that are asked for; those beyond stay unknown. */
#define NAMES_MAX 7
#define OTHERS_MAX 4
/* Of what is left of the budget; the rest is for the probes that come, and for the report. */
#define SHARE_PERCENT 70
/* What glibc says it takes with `options edns0` (RESOLV_EDNS_BUFFER_SIZE); and as much as can come
 * without: then an answer is truncated for us where it is for the program. */
#define PAYLOAD_EDNS 1200
#define PAYLOAD_PLAIN 512

/* An answer of either type is one; else an error of either, for it may hide one. */
static uint8_t merge(const struct wr_nameservers *ns, const struct wr_dns_server *server)
{
    uint8_t merged = 0;
    bool exists = false;

    for (unsigned i = 0; i < ns->talk.types_count; i++) {
        uint8_t outcome = server->said[i].outcome;

        exists |= outcome == WR_NS_ANSWER;
        if ((ns->wanted & 1u << i) != 0 && merged != WR_NS_ANSWER &&
            (outcome == WR_NS_ANSWER || outcome > merged))
            merged = outcome;
    }
    return merged == WR_NS_NXDOMAIN && exists ? WR_NS_NODATA : merged;
}

static void take_server(struct wr_nameservers *ns, unsigned index)
{
    struct wr_dns_server *server = &ns->talk.server[index];
    struct wr_ns_known *known = &ns->known[index];
    uint8_t outcome = merge(ns, server);

    if (known->final || outcome == 0)
        return;
    known->final = outcome == WR_NS_ANSWER || wr_ns_is_error(outcome);
    server->skip |= known->final;
    if (!known->final && known->outcome >= outcome)
        return;
    known->outcome = outcome;
    memcpy(known->said, server->said, sizeof(known->said));
    memcpy(known->name, ns->talk.name, strlen(ns->talk.name) + 1);
    for (unsigned i = 0; i < ns->talk.types_count; i++) {
        if (server->said[i].outcome == outcome)
            known->us = server->said[i].us;
    }
    if (wr_ns_is_silence(outcome))
        known->us = (uint32_t)((wr_now_ns() - ns->talk.start_ns) / 1000);
}

static bool all_final(const struct wr_nameservers *ns)
{
    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (!ns->talk.server[i].skip)
            return false;
    }
    return true;
}

/* A server that is silent may not take the time of the names that follow. */
static uint64_t round_until(const struct wr_nameservers *ns, bool more)
{
    uint64_t now_ns = wr_now_ns();
    uint64_t left_ns = ns->until_ns > now_ns ? ns->until_ns - now_ns : 0;

    return now_ns + (more ? left_ns * 6 / 10 : left_ns);
}

static void walk(struct wr_nameservers *ns)
{
    char name[WR_DNSWALK_NAME], next[WR_DNSWALK_NAME];
    bool more = wr_dnswalk_name(&ns->resolv, ns->name, ns->searched, 0, name);

    for (unsigned i = 0; more && i < NAMES_MAX && wr_now_ns() < ns->until_ns; i++) {
        bool put;

        more = wr_dnswalk_name(&ns->resolv, ns->name, ns->searched, i + 1, next);
        put = wr_dns_talk_ask(&ns->talk, name, round_until(ns, more));
        for (unsigned n = 0; put && n < ns->talk.count; n++)
            take_server(ns, n);
        if (all_final(ns))
            more = false;
        memcpy(name, next, sizeof(name));
    }
    ns->complete = !more && !ns->resolv.search_cut;
}

/* A longer name that the same server knows. */
static void look_beside(struct wr_nameservers *ns, int decided)
{
    struct wr_evidence *ev = ns->ctx->ev;
    char name[WR_DNSWALK_NAME];
    bool by_search;

    if (ns->known[decided].outcome != WR_NS_NXDOMAIN || ns->ctx->attempt->lookup.reverse ||
        wr_now_ns() >= ns->until_ns)
        return;
    for (unsigned i = 0; i < ns->talk.count; i++)
        ns->talk.server[i].skip |= (int)i != decided;
    for (unsigned i = 0; i < OTHERS_MAX; i++) {
        if (!wr_dnswalk_other(&ns->resolv, ns->name, ns->searched, i, name, &by_search) ||
            !wr_dns_talk_ask(&ns->talk, name, ns->until_ns))
            break;
        if (merge(ns, &ns->talk.server[decided]) != WR_NS_ANSWER)
            continue;
        wr_set_str(ev, WR_FACT_dns_found_name, name);
        wr_set_bool(ev, WR_FACT_dns_found_by_search, by_search);
        return;
    }
    wr_set_absent(ev, WR_FACT_dns_found_name);
}

static void set_local(struct wr_probe_ctx *ctx, const struct wr_addr *server)
{
    struct wr_route_query query = {
        .to = *server, .protocol = IPPROTO_UDP, .uid = wr_route_uid(ctx)};
    struct wr_route_answer answer;

    if (wr_addr_is_loopback(server))
        wr_set_bool(ctx->ev, WR_FACT_dns_server_local, true);
    else if (wr_route_ask(ctx, &query, false, &answer) == 0)
        wr_set_bool(ctx->ev, WR_FACT_dns_server_local,
                    answer.error == 0 && answer.type == RTN_LOCAL);
}

/* The types that are asked for, and those that the program needs. */
static void choose_types(struct wr_nameservers *ns, const struct wr_name_lookup *lookup)
{
    struct wr_dns_talk *talk = &ns->talk;
    bool any = lookup->family == AF_UNSPEC ||
               (lookup->family == AF_INET6 && (lookup->flags & AI_V4MAPPED) != 0);

    talk->types_count = 1;
    ns->wanted = 1;
    if (lookup->reverse) {
        talk->types[0] = WR_DNS_PTR;
        return;
    }
    if (lookup->record_type != 0 && lookup->record_type != WR_DNS_A &&
        lookup->record_type != WR_DNS_AAAA) {
        talk->types[0] = lookup->record_type;
        return;
    }
    talk->types_count = 2;
    talk->types[0] = WR_DNS_A;
    talk->types[1] = WR_DNS_AAAA;
    ns->wanted = any ? 3 : lookup->family == AF_INET6 ? 2 : 1;
}

/* The lookups of which nameservers have a word to say; res_querydomain() puts the name together
 * from parts of which only one is known. */
static bool concerns_servers(const struct wr_attempt *attempt)
{
    const struct wr_name_lookup *lookup = &attempt->lookup;
    int result = lookup->result;

    return attempt->call == WR_CALL_LOOKUP && attempt->outcome == WR_OUTCOME_ERROR &&
           (result == EAI_NONAME || result == EAI_AGAIN || result == EAI_FAIL ||
            result == EAI_NODATA || result == EAI_ADDRFAMILY) &&
           (lookup->flags & AI_NUMERICHOST) == 0 && lookup->name_len < WR_NAME_MAX &&
           strstr(lookup->function, "querydomain") == NULL;
}

static bool begin(struct wr_nameservers *ns, struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const char *name = attempt->name;
    uint64_t now_ns = wr_now_ns();

    memset(ns, 0, sizeof(*ns));
    ns->ctx = ctx;
    ns->searched = !attempt->lookup.reverse && strcmp(attempt->lookup.function, "res_query") != 0 &&
                   strcmp(attempt->lookup.function, "res_nquery") != 0;
    if (attempt->lookup.reverse) {
        if (!wr_address_parse(name, strlen(name), &ns->talk.server[0].addr))
            return false;
        wr_dns_reverse_name(&ns->talk.server[0].addr, ns->reverse);
        name = ns->reverse;
    } else if (wr_dnswalk_numeric(name) || !wr_dnswalk_plausible(name)) {
        return false;
    }
    memcpy(ns->name, name, strlen(name) + 1);
    if (!wr_resolv_read(ctx, &ns->resolv))
        return false;
    ns->until_ns =
        ctx->until_ns > now_ns ? now_ns + (ctx->until_ns - now_ns) * SHARE_PERCENT / 100 : now_ns;
    choose_types(ns, &attempt->lookup);
    ns->talk.needs_edns = ns->resolv.edns0;
    ns->talk.payload = ns->resolv.edns0 ? PAYLOAD_EDNS : PAYLOAD_PLAIN;
    ns->talk.count = ns->resolv.count;
    for (unsigned i = 0; i < ns->talk.count; i++)
        ns->talk.server[i].addr = ns->resolv.servers[i];
    return true;
}

void wr_probe_nameservers(struct wr_probe_ctx *ctx)
{
    struct wr_nameservers *ns = (struct wr_nameservers *)(void *)ctx->scratch;
    struct wr_addr server;
    int decided;

    /* where DNS is left out on purpose, no nameserver is told of the name */
    if (!concerns_servers(ctx->attempt) ||
        (wr_ev_false(ctx->ev, WR_FACT_nss_dns) && !wr_ns_asks_dns_alone(&ctx->attempt->lookup)) ||
        !begin(ns, ctx) || !wr_dns_talk_may())
        return;
    ns->talk.name = ns->name;
    wr_dns_talk_open(&ns->talk);
    ctx->no_descriptors |= ns->talk.no_descriptors;
    for (unsigned i = 0; i < ns->talk.count; i++)
        take_server(ns, i);
    walk(ns);
    decided = wr_ns_decisive(ns);
    if (decided >= 0) {
        wr_ns_set_facts(ns, decided);
        look_beside(ns, decided);
        server = ns->talk.server[decided].addr;
    }
    wr_dns_talk_close(&ns->talk);
    if (decided >= 0)
        set_local(ctx, &server);
}
