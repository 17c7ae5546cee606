/* SPDX-License-Identifier: MIT
 * What the configured nameservers say of the name that did not resolve: one question of our own to
 * each, for the names and types that the resolver asks for. See dnsask.h. */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/words.h"
#include "probe/dnsask.h"
#include "probe/dnswalk.h"
#include "probe/resolv.h"
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

/* What is known of a server at the end: the best of all names. */
struct known {
    uint8_t outcome;
    bool final; /* no further name changes it */
    uint32_t us;
    struct wr_dns_said said[WR_DNSASK_TYPES];
    char name[WR_DNSWALK_NAME];
};

struct nameservers {
    struct wr_probe_ctx *ctx;
    struct wr_resolv resolv;
    struct wr_dns_talk talk;
    struct known known[WR_DNSASK_SERVERS];
    uint64_t until_ns;
    bool searched, complete; /* complete: every name was asked for */
    uint8_t wanted;          /* types that the program needs: 1 << index */
    char name[WR_DNSWALK_NAME];
    char reverse[WR_DNS_REVERSE_MAX];
};

_Static_assert(sizeof(struct nameservers) <= WR_NETLINK_SPACE, "lies in the netlink space");

static bool is_error(unsigned outcome)
{
    return outcome > WR_NS_ANSWER;
}

static bool is_silence(unsigned outcome)
{
    return outcome == WR_NS_SILENT || outcome == WR_NS_GARBAGE;
}

/* An answer of either type is one; else an error of either, for it may hide one. */
static uint8_t merge(const struct nameservers *ns, const struct wr_dns_server *server)
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

static void take_server(struct nameservers *ns, unsigned index)
{
    struct wr_dns_server *server = &ns->talk.server[index];
    struct known *known = &ns->known[index];
    uint8_t outcome = merge(ns, server);

    if (known->final || outcome == 0)
        return;
    known->final = outcome == WR_NS_ANSWER || is_error(outcome);
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
    if (is_silence(outcome))
        known->us = (uint32_t)((wr_now_ns() - ns->talk.start_ns) / 1000);
}

static bool all_final(const struct nameservers *ns)
{
    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (!ns->talk.server[i].skip)
            return false;
    }
    return true;
}

/* A server that is silent may not take the time of the names that follow. */
static uint64_t round_until(const struct nameservers *ns, bool more)
{
    uint64_t now_ns = wr_now_ns();
    uint64_t left_ns = ns->until_ns > now_ns ? ns->until_ns - now_ns : 0;

    return now_ns + (more ? left_ns * 6 / 10 : left_ns);
}

static void walk(struct nameservers *ns)
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

/* As the resolver does: the first server that has a word on the name. */
static int decisive(const struct nameservers *ns)
{
    int first = -1;

    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (ns->known[i].outcome == 0)
            continue;
        if (!is_error(ns->known[i].outcome))
            return (int)i;
        if (first < 0)
            first = (int)i;
    }
    return first;
}

static void put_ms(struct wr_buf *out, uint64_t us)
{
    if (us < 1000)
        wr_buf_str(out, "<1");
    else
        wr_buf_uint(out, us / 1000);
    wr_buf_str(out, " ms");
}

static const char *type_word(const struct nameservers *ns)
{
    if (ns->talk.types_count == 2 && ns->wanted == 3)
        return "A or AAAA";
    return wr_dns_type_name(ns->talk.types[ns->wanted == 2 ? 1 : 0]);
}

static void put_server(const struct nameservers *ns, unsigned index, struct wr_buf *out)
{
    const struct wr_dns_server *server = &ns->talk.server[index];
    const struct known *known = &ns->known[index];
    struct wr_addr bare = server->addr;

    bare.port = 0;
    wr_buf_addr(out, &bare);
    wr_buf_char(out, ' ');
    wr_buf_str(out, wr_dns_outcome_word(known->outcome));
    if (known->us > 0) {
        wr_buf_str(out, is_silence(known->outcome) ? " within " : " after ");
        put_ms(out, known->us);
    }
    if (server->offender.family != 0 && !wr_addr_same_host(&server->offender, &server->addr)) {
        wr_buf_str(out, ", says ");
        wr_buf_addr(out, &server->offender);
    }
}

static void set_each(const struct nameservers *ns)
{
    char text[320];
    struct wr_buf out = wr_buf_on(text, sizeof(text));

    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (ns->known[i].outcome == 0)
            continue;
        if (out.len > 0)
            wr_buf_str(&out, "; ");
        put_server(ns, i, &out);
    }
    wr_set_text(ns->ctx->ev, WR_FACT_dns_each, text, (uint32_t)out.len);
}

static void set_addr_or_absent(struct wr_evidence *ev, enum wr_fact fact,
                               const struct wr_addr *addr)
{
    if (addr != NULL && addr->family != 0)
        wr_set_addr(ev, fact, addr);
    else
        wr_set_absent(ev, fact);
}

static const char *code_of(unsigned outcome)
{
    switch (outcome) {
    case WR_NS_NXDOMAIN:
        return wr_dns_rcode_name(WR_DNS_NXDOMAIN);
    case WR_NS_NODATA:
    case WR_NS_ANSWER:
    case WR_NS_TRUNCATED:
        return wr_dns_rcode_name(WR_DNS_NOERROR);
    case WR_NS_SERVFAIL:
        return wr_dns_rcode_name(WR_DNS_SERVFAIL);
    case WR_NS_REFUSED:
        return wr_dns_rcode_name(WR_DNS_REFUSED);
    case WR_NS_NOTIMP:
        return wr_dns_rcode_name(WR_DNS_NOTIMP);
    case WR_NS_FORMERR:
        return wr_dns_rcode_name(WR_DNS_FORMERR);
    default:
        return NULL;
    }
}

static bool is_word(unsigned outcome)
{
    return outcome == WR_NS_ANSWER || outcome == WR_NS_NODATA || outcome == WR_NS_NXDOMAIN;
}

/* What the further questions told, of either type. */
static void set_forms(const struct nameservers *ns, const struct known *known)
{
    struct wr_evidence *ev = ns->ctx->ev;

    for (unsigned i = 0; i < ns->talk.types_count; i++) {
        const struct wr_dns_said *said = &known->said[i];
        uint8_t plain = said->by_form[WR_DNS_PLAIN], full = said->by_form[WR_DNS_FULL],
                unchecked = said->by_form[WR_DNS_UNCHECKED];

        if (unchecked != 0 && !wr_ev_true(ev, WR_FACT_dns_works_cd))
            wr_set_bool(ev, WR_FACT_dns_works_cd, is_word(unchecked));
        if (plain != 0 && !is_word(full) && !wr_ev_true(ev, WR_FACT_dns_works_plain))
            wr_set_bool(ev, WR_FACT_dns_works_plain, is_word(plain));
    }
}

static void set_addresses(const struct nameservers *ns, const struct known *known)
{
    struct wr_evidence *ev = ns->ctx->ev;

    wr_set_absent(ev, WR_FACT_dns_answer);
    for (unsigned i = 0; i < ns->talk.types_count; i++) {
        const struct wr_dns_said *said = &known->said[i];
        unsigned type = ns->talk.types[i];

        if (!is_word(said->outcome) || (type != WR_DNS_A && type != WR_DNS_AAAA))
            continue;
        wr_set_bool(ev, type == WR_DNS_A ? WR_FACT_dns_has_a : WR_FACT_dns_has_aaaa,
                    said->outcome == WR_NS_ANSWER);
        if (said->first.family != 0 && !wr_ev_has(ev, WR_FACT_dns_answer))
            wr_set_addr(ev, WR_FACT_dns_answer, &said->first);
    }
}

static void set_errors(const struct nameservers *ns, const struct wr_dns_server *server)
{
    struct wr_evidence *ev = ns->ctx->ev;

    if (server->error != 0)
        wr_set_errno(ev, WR_FACT_dns_error, server->error);
    else
        wr_set_absent(ev, WR_FACT_dns_error);
    if (!server->icmp || server->offender.family != 0)
        set_addr_or_absent(ev, WR_FACT_dns_offender, &server->offender);
    if (server->offender.family != 0)
        wr_set_bool(ev, WR_FACT_dns_offender_other,
                    !wr_addr_same_host(&server->offender, &server->addr));
    if (!server->tcp_asked) {
        wr_set_absent(ev, WR_FACT_dns_tcp_open);
        return;
    }
    wr_set_bool(ev, WR_FACT_dns_tcp_open, server->tcp_open);
    if (server->tcp_error != 0)
        wr_set_errno(ev, WR_FACT_dns_tcp_error, server->tcp_error);
    else
        wr_set_absent(ev, WR_FACT_dns_tcp_error);
}

static void set_ede(struct wr_evidence *ev, const struct wr_dns_server *server)
{
    const char *name = wr_dns_ede_text(server->ede);

    if (server->ede == WR_DNS_EDE_NONE) {
        wr_set_absent(ev, WR_FACT_dns_ede);
        return;
    }
    wr_set_uint(ev, WR_FACT_dns_ede, server->ede);
    if (name != NULL)
        wr_set_str(ev, WR_FACT_dns_ede_name, name);
    if (server->ede_len > 0)
        wr_set_text(ev, WR_FACT_dns_ede_text, server->ede_text, server->ede_len);
    else
        wr_set_absent(ev, WR_FACT_dns_ede_text);
}

/* One that knows the name, where the first that answers does not: nobody asks it. */
static const struct wr_addr *other_server(const struct nameservers *ns, int decided)
{
    if (is_error(ns->known[decided].outcome) || ns->known[decided].outcome == WR_NS_ANSWER)
        return NULL;
    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (ns->known[i].outcome == WR_NS_ANSWER)
            return &ns->talk.server[i].addr;
    }
    return NULL;
}

/* Those ask DNS whatever nsswitch.conf says. */
static bool asks_dns_alone(const struct wr_name_lookup *lookup)
{
    return strncmp(lookup->function, "res_", 4) == 0;
}

/* Whether what is in resolv.conf is what the program's lookup went by, and all that it went by:
 * systemd-resolved has servers of its own, and with res_nquery() and its kin so can the program. */
static bool went_by_them(const struct nameservers *ns)
{
    static const uint8_t resolved[3] = {127, 0, 0};
    const struct wr_evidence *ev = ns->ctx->ev;
    const struct wr_addr *first = &ns->resolv.servers[0];
    bool to_resolved = first->family == AF_INET && memcmp(first->bytes, resolved, 3) == 0 &&
                       (first->bytes[3] == 53 || first->bytes[3] == 54);

    if (ns->resolv.aliases && strchr(ns->name, '.') == NULL)
        return false;
    if (asks_dns_alone(&ns->ctx->attempt->lookup))
        return strncmp(ns->ctx->attempt->lookup.function, "res_n", 5) != 0;
    return wr_ev_true(ev, WR_FACT_nss_dns) && wr_ev_absent(ev, WR_FACT_nss_stop) &&
           wr_ev_absent(ev, WR_FACT_nss_other) &&
           (to_resolved || wr_ev_false(ev, WR_FACT_nss_resolve));
}

static bool do_agree(const struct nameservers *ns, int decided)
{
    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (ns->known[i].outcome != ns->known[decided].outcome)
            return false;
    }
    return ns->complete && !ns->resolv.use_vc && went_by_them(ns);
}

/* glibc waits that long for each, again and again (resolv/res_send.c). */
static bool waited_out(const struct nameservers *ns)
{
    const struct wr_attempt *attempt = ns->ctx->attempt;
    uint64_t each_ns = (uint64_t)ns->resolv.timeout_s * 1000000000u, silent = 0;

    for (unsigned i = 0; i < ns->talk.count; i++)
        silent += is_silence(ns->known[i].outcome);
    if (silent == 0)
        silent = 1;
    return attempt->end_ns - attempt->start_ns >= silent * each_ns * ns->resolv.attempts * 99 / 100;
}

static unsigned asked_count(const struct nameservers *ns)
{
    unsigned asked = 0;

    for (unsigned i = 0; i < ns->talk.count; i++)
        asked += ns->known[i].outcome != 0;
    return asked;
}

static void set_facts(const struct nameservers *ns, int decided)
{
    const struct known *known = &ns->known[decided];
    const struct wr_dns_server *server = &ns->talk.server[decided];
    struct wr_evidence *ev = ns->ctx->ev;
    const char *code = code_of(known->outcome);

    wr_set_uint(ev, WR_FACT_dns_asked, asked_count(ns));
    wr_set_uint(ev, WR_FACT_dns_outcome, known->outcome);
    wr_set_bool(ev, WR_FACT_dns_agree, do_agree(ns, decided));
    wr_set_addr(ev, WR_FACT_dns_server, &server->addr);
    if (code != NULL)
        wr_set_str(ev, WR_FACT_dns_response_code, code);
    else
        wr_set_absent(ev, WR_FACT_dns_response_code);
    wr_set_str(ev, WR_FACT_dns_name, known->name);
    if (type_word(ns) != NULL)
        wr_set_str(ev, WR_FACT_dns_type, type_word(ns));
    wr_set_bool(ev, WR_FACT_dns_waited_out, waited_out(ns));
    if (known->us > 0)
        wr_set_uint(ev, is_silence(known->outcome) ? WR_FACT_dns_waited_us : WR_FACT_dns_answer_us,
                    known->us);
    set_addr_or_absent(ev, WR_FACT_dns_other_server, other_server(ns, decided));
    set_each(ns);
    set_addresses(ns, known);
    set_forms(ns, known);
    set_errors(ns, server);
    set_ede(ev, server);
}

/* A longer name that the same server knows. */
static void look_beside(struct nameservers *ns, int decided)
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
static void choose_types(struct nameservers *ns, const struct wr_name_lookup *lookup)
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

static bool begin(struct nameservers *ns, struct wr_probe_ctx *ctx)
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
    struct nameservers *ns = (struct nameservers *)(void *)ctx->scratch;
    struct wr_addr server;
    int decided;

    /* where DNS is left out on purpose, no nameserver is told of the name */
    if (!concerns_servers(ctx->attempt) ||
        (wr_ev_false(ctx->ev, WR_FACT_nss_dns) && !asks_dns_alone(&ctx->attempt->lookup)) ||
        !begin(ns, ctx) || !wr_dns_talk_may())
        return;
    ns->talk.name = ns->name;
    wr_dns_talk_open(&ns->talk);
    ctx->no_descriptors |= ns->talk.no_descriptors;
    for (unsigned i = 0; i < ns->talk.count; i++)
        take_server(ns, i);
    walk(ns);
    decided = decisive(ns);
    if (decided >= 0) {
        set_facts(ns, decided);
        look_beside(ns, decided);
        server = ns->talk.server[decided].addr;
    }
    wr_dns_talk_close(&ns->talk);
    if (decided >= 0)
        set_local(ctx, &server);
}
