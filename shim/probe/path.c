/* SPDX-License-Identifier: MIT
 * Where on the way to a destination the answer comes from, or where requests to connect vanish: an
 * unprivileged traceroute over TCP, to the port and to another one of the same machine. Tier
 * active: it sends up to WR_PATH_TRIES requests to the destination. See path.h. */
#include "probe/path.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/icmpwords.h"
#include "base/sys.h"
#include "track/pace.h"

/* What it takes with the usual budget, and what it may take however large that is. */
#define USUAL_NS 400000000u
#define MOST_NS 1000000000u
/* What follows on it, and on nobody's answer: the names of the frames. */
#define AFTER_NS 15000000u
#define LOOPBACK_LOOKS 3
/* So often more is asked before all of the first answers can be there. */
#define MEANWHILE 3

/* Somebody's network pays for it: a program that fails everywhere is not followed everywhere. */
static struct wr_pace pace = {.interval_ns = 5000000000u, .at_once = 8};

/* ICMP brings these errors, and so does this machine; the first is what came of a packet. */
static bool came_over_the_network(const struct wr_probe_ctx *ctx)
{
    const struct wr_evidence *ev = ctx->ev;
    const int error = ctx->attempt->error;

    return error == ECONNREFUSED || error == ETIMEDOUT ||
           (wr_icmp_rejects(error) && !wr_ev_false(ev, WR_FACT_icmp_received) &&
            !wr_ev_true(ev, WR_FACT_icmp_offender_local));
}

static bool is_worth_it(const struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_evidence *ev = ctx->ev;

    return attempt->call == WR_CALL_CONNECT &&
           (attempt->outcome == WR_OUTCOME_ERROR || attempt->outcome == WR_OUTCOME_GAVE_UP) &&
           attempt->type == SOCK_STREAM && attempt->target.family != 0 &&
           attempt->target.port != 0 && !wr_addr_is_any(&attempt->target) &&
           !wr_addr_is_loopback(&attempt->target) && !wr_addr_is_multicast(&attempt->target) &&
           came_over_the_network(ctx) && wr_ev_false(ev, WR_FACT_destination_local) &&
           !wr_ev_has(ev, WR_FACT_route_error) && !wr_ev_true(ev, WR_FACT_next_hop_failed) &&
           !wr_ev_true(ev, WR_FACT_rule_found); /* it is known, and sends nobody anything */
}

static struct wr_path_way way_of(const struct wr_probe_ctx *ctx)
{
    const struct wr_evidence *ev = ctx->ev;
    struct wr_path_way way = {.mark = (uint32_t)wr_ev_uint(ev, WR_FACT_socket_mark, 0)};
    const struct wr_addr *source = wr_ev_addr(ev, WR_FACT_source);

    if (source != NULL && wr_ev_true(ev, WR_FACT_source_bound) && !wr_addr_is_any(source) &&
        source->family == ctx->attempt->target.family) {
        way.source = *source;
        way.source.port = 0;
    }
    if (wr_ev_has(ev, WR_FACT_bound_device)) {
        struct wr_text name = ev->value[WR_FACT_bound_device].text;

        if (name.len < sizeof(way.device))
            memcpy(way.device, ev->text + name.at, name.len);
    }
    return way;
}

/* Packets that the loopback interface has received. */
static bool loopback_packets(const struct wr_probe_ctx *ctx, uint64_t *ret_packets)
{
    const char *at = ctx->scratch; /* not the tries', which are behind it */
    uint64_t bytes;

    if (wr_file_read("/proc/thread-self/net/dev", ctx->scratch, 4096) <= 0)
        return false;
    for (; at != NULL; at = wr_line_next(at)) {
        at += strspn(at, " ");
        if (strncmp(at, "lo:", 3) != 0)
            continue;
        at += 3 + strspn(at + 3, " ");
        if (!wr_parse_uint(&at, &bytes))
            return false;
        at += strspn(at, " ");
        return wr_parse_uint(&at, ret_packets);
    }
    return false;
}

/* What this machine answers itself passes through its loopback interface. Where that moves
 * without us as well, nothing can be told from it. */
static enum wr_path_own look_for_own(struct wr_probe_ctx *ctx, struct wr_path *path,
                                     const struct wr_path_way *way, uint64_t until_ns)
{
    uint64_t least = UINT64_MAX, most = 0;
    bool quiet = true;

    for (unsigned i = 0; i < LOOPBACK_LOOKS; i++) {
        uint64_t idle, before, after;

        if (!loopback_packets(ctx, &idle) || !loopback_packets(ctx, &before) ||
            !wr_path_plan_own(path))
            return WR_OWN_UNKNOWN;
        wr_path_ask(ctx, path, way, 0, false, until_ns);
        if (path->tries[path->count - 1].reply == WR_REPLY_NONE || !loopback_packets(ctx, &after))
            return WR_OWN_UNKNOWN;
        if (after == before)
            return WR_OWN_NO;
        quiet = quiet && idle == before;
        least = after - before < least ? after - before : least;
        most = after - before > most ? after - before : most;
    }
    if (quiet && least == most && least <= 2)
        path->own_packets = (uint8_t)least;
    return quiet ? WR_OWN_YES : WR_OWN_UNKNOWN;
}

static void ask(struct wr_probe_ctx *ctx)
{
    struct wr_path *path = (struct wr_path *)(void *)wr_probe_file_space(ctx);
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_path_way way = way_of(ctx);
    uint64_t until_ns = wr_probe_part_until(ctx, USUAL_NS), now_ns = wr_now_ns();
    uint32_t hint_us = attempt->outcome == WR_OUTCOME_ERROR && attempt->error != ETIMEDOUT
                           ? (uint32_t)wr_ev_uint(ctx->ev, WR_FACT_elapsed_us, 0)
                           : 0;
    struct wr_path_view view;

    if (until_ns > now_ns + MOST_NS)
        until_ns = now_ns + MOST_NS;
    if (until_ns + AFTER_NS > ctx->until_ns)
        until_ns = ctx->until_ns > now_ns + 4 * AFTER_NS ? ctx->until_ns - AFTER_NS : ctx->until_ns;
    wr_path_plan_first(path);
    /* a server that never answers takes the time of one wait, not of one after the other */
    for (unsigned i = 0; wr_path_ask(ctx, path, &way, hint_us, i < MEANWHILE, until_ns); i++)
        wr_path_plan_meanwhile(path);
    wr_path_choose(path);
    view = wr_path_look(path, path->target.port);
    if (view.hop == 1 && view.answer->reply != WR_REPLY_ERROR)
        path->own = look_for_own(ctx, path, &way, until_ns);
    if (path->own == WR_OWN_YES || path->stopped)
        return;
    wr_path_plan_distance(path);
    wr_path_ask(ctx, path, &way, hint_us, false, until_ns);
    if (wr_path_plan_another(path))
        wr_path_ask(ctx, path, &way, hint_us, false, until_ns);
    wr_path_plan_arrival(path);
    wr_path_ask(ctx, path, &way, hint_us, false, until_ns);
}

static void set_host(struct wr_evidence *ev, enum wr_fact fact, const struct wr_addr *host)
{
    if (host->family != 0)
        wr_set_addr(ev, fact, host);
    else
        wr_set_absent(ev, fact);
}

static void set_answer(struct wr_probe_ctx *ctx, const struct wr_path *path,
                       const struct wr_path_verdict *verdict)
{
    struct wr_evidence *ev = ctx->ev;
    struct wr_path_view view = wr_path_look(path, path->target.port);

    wr_set_uint(ev, WR_FACT_path_answer, verdict->answer);
    if (verdict->hop >= 0)
        wr_set_uint(ev, WR_FACT_path_answer_hop, (uint64_t)verdict->hop);
    if (verdict->from.family != 0)
        wr_set_addr(ev, WR_FACT_path_answer_from, &verdict->from);
    if (verdict->ttl != 0)
        wr_set_uint(ev, WR_FACT_path_answer_ttl, verdict->ttl);
    if (view.hop > 1 || path->own == WR_OWN_NO)
        wr_set_bool(ev, WR_FACT_path_answer_own, false);
    else if (view.hop == 1 && path->own == WR_OWN_YES)
        wr_set_bool(ev, WR_FACT_path_answer_own, true);
    if (view.hop == 1 && path->own == WR_OWN_YES && path->own_packets != 0)
        wr_set_bool(ev, WR_FACT_path_answer_alone, path->own_packets == 1);
    /* what the program's own socket is known to have met is not overruled by a repeat */
    if (view.answer != NULL && view.answer->reply == WR_REPLY_ICMP &&
        ev->state[WR_FACT_icmp_received] == WR_UNKNOWN)
        wr_icmp_set(ctx, &view.answer->icmp, true);
}

/* Some other port was not asked, or not waited for. */
static bool lacks_others(const struct wr_path *path)
{
    bool asked = false;

    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (try->port == path->target.port)
            continue;
        if (try->sent_ns == 0 || try->cut)
            return true;
        asked = true;
    }
    return !asked;
}

static void set_reference(struct wr_probe_ctx *ctx, const struct wr_path *path,
                          const struct wr_path_verdict *verdict)
{
    struct wr_evidence *ev = ctx->ev;
    struct wr_path_view view = wr_path_look(path, path->reference);
    char space[32];
    struct wr_buf text = wr_buf_on(space, sizeof(space));

    if (path->reference == 0 || view.answer == NULL) {
        if (!lacks_others(path))
            wr_set_absent(ev, WR_FACT_path_reference);
        return;
    }
    wr_buf_str(&text, "port ");
    wr_buf_uint(&text, path->reference);
    wr_buf_str(&text, view.answer->reply == WR_REPLY_ACCEPTED ? " (accepted)" : " (reset)");
    wr_set_text(ev, WR_FACT_path_reference, text.data, (uint32_t)text.len);
    if (verdict->reference_hop != 0)
        wr_set_uint(ev, WR_FACT_path_reference_hop, verdict->reference_hop);
    if (verdict->reference_ttl != 0)
        wr_set_uint(ev, WR_FACT_path_reference_ttl, verdict->reference_ttl);
}

static void put_hop(struct wr_buf *text, unsigned ttl, const struct wr_addr *addr, uint32_t us)
{
    if (text->len > 0)
        wr_buf_str(text, ", ");
    wr_buf_uint(text, ttl);
    wr_buf_char(text, ' ');
    if (addr == NULL) {
        wr_buf_char(text, '*');
        return;
    }
    wr_buf_addr(text, addr);
    wr_buf_char(text, ' ');
    wr_buf_uint(text, us / 1000);
    wr_buf_char(text, '.');
    wr_buf_uint(text, us % 1000 / 100);
}

static bool was_asked(const struct wr_path *path, unsigned ttl)
{
    for (unsigned i = 0; i < path->count; i++) {
        if (path->tries[i].ttl == ttl && path->tries[i].min_ttl == 0)
            return true;
    }
    return false;
}

/* "1 10.1.0.2 0.4, 2 *, 3 10.4.0.2 0.9"; silent hops at the end say nothing. */
static void set_hops(struct wr_probe_ctx *ctx, const struct wr_path *path,
                     const struct wr_path_verdict *verdict)
{
    struct wr_path_view other = wr_path_look(path, path->reference);
    unsigned end = verdict->reference_hop;
    struct wr_addr host = path->target;
    char space[1024];
    struct wr_buf text = wr_buf_on(space, sizeof(space));
    size_t len = 0;

    host.port = 0;
    for (unsigned ttl = 1; ttl <= (end != 0 ? end : WR_PATH_HOPS); ttl++) {
        const struct wr_path_try *hop = wr_path_hop(path, 0, (uint8_t)ttl);

        if (ttl == end)
            put_hop(&text, ttl, &host, other.answer->us);
        else if (hop != NULL)
            put_hop(&text, ttl, &hop->icmp.offender, hop->us);
        else if (was_asked(path, ttl))
            put_hop(&text, ttl, NULL, 0);
        if (!text.cut && (ttl == end || hop != NULL))
            len = text.len;
    }
    if (len > 0)
        wr_set_text(ctx->ev, WR_FACT_path_hops, text.data, (uint32_t)len);
    else
        wr_set_absent(ctx->ev, WR_FACT_path_hops);
}

static void set_last(struct wr_evidence *ev, const struct wr_path *path,
                     const struct wr_path_verdict *verdict)
{
    const struct wr_path_try *hop = wr_path_hop(path, path->target.port, verdict->last);

    wr_set_uint(ev, WR_FACT_path_last_hop, verdict->last);
    if (hop != NULL)
        wr_set_addr(ev, WR_FACT_path_last_hop_address, &hop->icmp.offender);
    else
        wr_set_absent(ev, WR_FACT_path_last_hop_address);
    if (verdict->answer == WR_PATH_SILENT)
        set_host(ev, WR_FACT_path_silent_hop_address, &verdict->behind);
    if (verdict->leaves != WR_OWN_UNKNOWN)
        wr_set_bool(ev, WR_FACT_path_leaves, verdict->leaves == WR_OWN_YES);
}

/* What a round trip takes, for who asks after us. */
static void tell_round_trip(struct wr_probe_ctx *ctx, const struct wr_path *path)
{
    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (try->reply == WR_REPLY_NONE || try->reply == WR_REPLY_ERROR)
            continue;
        if (try->us > ctx->answer_us)
            ctx->answer_us = try->us;
        ctx->answered |= try->reply == WR_REPLY_ACCEPTED || try->reply == WR_REPLY_RESET;
    }
}

void wr_probe_path(struct wr_probe_ctx *ctx)
{
    struct wr_path *path = (struct wr_path *)(void *)wr_probe_file_space(ctx);
    uint64_t start_ns = wr_now_ns();
    struct wr_path_verdict verdict;

    _Static_assert(sizeof(*path) <= WR_PROBE_FILE_SPACE, "the tries need more room");
    if (!is_worth_it(ctx) || !wr_pace_take(&pace, start_ns))
        return;
    memset(path, 0, sizeof(*path));
    path->target = ctx->attempt->target;
    wr_probe_apart(ctx, ask);
    tell_round_trip(ctx, path);
    wr_path_judge(path, &verdict);
    if (verdict.answer == 0)
        return;
    set_answer(ctx, path, &verdict);
    if (verdict.answer != WR_PATH_ERROR) {
        set_reference(ctx, path, &verdict);
        set_last(ctx->ev, path, &verdict);
        set_hops(ctx, path, &verdict);
    }
    wr_set_uint(ctx->ev, WR_FACT_path_us, (wr_now_ns() - start_ns) / 1000);
}
