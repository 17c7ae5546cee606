/* SPDX-License-Identifier: MIT
 * Which rule of this machine's packet filters ends a request to connect, or a datagram, and where
 * address translation leads it: the helper sends one under watch (task "rule" of helper/worker.h).
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/icmpwords.h"
#include "base/sys.h"
#include "helper/worker.h"
#include "probe/listeners.h"
#include "probe/local.h"
#include "probe/owner.h"
#include "probe/rtnl.h"
#include "probe/rule_answer.h"
#include "track/pace.h"

/* Of the usual budget. The way, hop by hop, takes time as well. */
#define USUAL_NS 180000000u
/* The helper ends before it would be killed. */
#define SPARE_MS 5
/* What this machine itself does is done by then. */
#define SOON_MS 10
#define AT_ONCE_US 1000
/* No port of the destination has answered on the way: it may be further away than what has. */
#define FAR_MS 50

/* The helper takes most of a budget: a program that fails with everything, or ends with hundreds of
 * connections on their way, is not held up for each. */
static struct wr_pace pace = {.interval_ns = 1000000000u, .at_once = 16};

/* Datagrams of ours must not reach a server that others have: only those that end on this machine,
 * before they leave it, or coming in. */
static bool concerns_datagram(const struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (attempt->outcome != WR_OUTCOME_ERROR ||
        (attempt->call != WR_CALL_SEND && attempt->call != WR_CALL_RECV))
        return false;
    return attempt->error == EPERM
               ? attempt->call == WR_CALL_SEND && !wr_ev_true(ctx->ev, WR_FACT_denied_queued)
               : wr_icmp_rejects(attempt->error) && wr_ev_true(ctx->ev, WR_FACT_destination_local);
}

/* A request that went out, or would have, and had no good end. */
static bool concerns(const struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (attempt->target.family == 0 || attempt->target.port == 0)
        return false;
    if (wr_attempt_transport(attempt) == IPPROTO_UDP)
        return concerns_datagram(ctx);
    if (attempt->call != WR_CALL_CONNECT || wr_attempt_transport(attempt) != IPPROTO_TCP)
        return false;
    if (attempt->outcome == WR_OUTCOME_GAVE_UP)
        return true;
    if (attempt->outcome != WR_OUTCOME_ERROR)
        return false;
    return attempt->error == ETIMEDOUT || wr_icmp_rejects(attempt->error);
}

static void say_missing(struct wr_probe_ctx *ctx, const char *why)
{
    wr_set_bool(ctx->ev, WR_FACT_rule_examined, false);
    wr_set_str(ctx->ev, WR_FACT_rule_missing, why);
}

static void take_text(struct wr_evidence *ev, enum wr_fact fact, struct wr_rule_span span)
{
    if (span.len != 0)
        wr_set_text(ev, fact, span.at, span.len);
}

static void take_found(struct wr_evidence *ev, const struct wr_rule_answer *answer)
{
    take_text(ev, WR_FACT_rule_tool, answer->tool);
    take_text(ev, WR_FACT_rule_table, answer->table);
    take_text(ev, WR_FACT_rule_chain, answer->chain);
    take_text(ev, WR_FACT_rule_text, answer->text);
    take_text(ev, WR_FACT_rule_hook, answer->hook);
    take_text(ev, WR_FACT_rule_command, answer->command);
    if (answer->number != 0)
        wr_set_uint(ev, WR_FACT_rule_number, answer->number);
    if (answer->policy >= 0)
        wr_set_bool(ev, WR_FACT_rule_policy, answer->policy != 0);
    if (answer->rejects >= 0)
        wr_set_bool(ev, WR_FACT_rule_rejects, answer->rejects != 0);
    if (answer->varies >= 0)
        wr_set_bool(ev, WR_FACT_rule_varies,
                    answer->varies != 0 ||
                        (answer->asks_port == 1 && wr_ev_true(ev, WR_FACT_source_port_bound)));
}

/* Of a target in this network namespace it can be told whether somebody listens there. */
static void take_nat(struct wr_probe_ctx *ctx, const struct wr_rule_answer *answer)
{
    struct wr_evidence *ev = ctx->ev;
    struct wr_route_query query = {.to = answer->nat, .protocol = IPPROTO_TCP};
    struct wr_route_answer route;
    struct wr_sock sock;
    bool local;
    int error;

    if (answer->nat.family == 0) {
        wr_set_absent(ev, WR_FACT_nat_target);
        return;
    }
    wr_set_addr(ev, WR_FACT_nat_target, &answer->nat);
    query.uid = wr_route_uid(ctx);
    if (wr_route_ask(ctx, &query, false, &route) != 0)
        return;
    local = route.error == 0 && route.type == RTN_LOCAL;
    wr_set_bool(ev, WR_FACT_nat_target_local, local);
    if (!local)
        return;
    error = wr_listener_at(ctx, &answer->nat, &sock);
    if (error == 0) {
        wr_owner_fill(ctx, &sock);
        wr_set_sock(ev, WR_FACT_nat_target_listener, &sock);
    } else if (error == -ENOENT && !wr_ev_has(ev, WR_FACT_sockets_refused)) {
        wr_set_absent(ev, WR_FACT_nat_target_listener);
    }
}

/* waited: as long as an answer may take. */
static void take(struct wr_probe_ctx *ctx, const char *text, bool waited)
{
    struct wr_evidence *ev = ctx->ev;
    struct wr_rule_answer answer;

    wr_rule_answer_parse(text, strlen(text), &answer);
    if (answer.nat_known && !wr_ev_known(ev, WR_FACT_nat_target) &&
        wr_attempt_transport(ctx->attempt) == IPPROTO_TCP)
        take_nat(ctx, &answer);
    /* a rule may still meet the answer */
    if (answer.examined == 1 && answer.found == 0 && !waited)
        return;
    if (answer.examined == 1 && answer.found >= 0) {
        wr_set_bool(ev, WR_FACT_rule_examined, true);
        wr_set_absent(ev, WR_FACT_rule_missing);
        wr_set_bool(ev, WR_FACT_rule_found, answer.found == 1);
        if (answer.found == 1)
            take_found(ev, &answer);
        return;
    }
    wr_set_bool(ev, WR_FACT_rule_examined, false);
    take_text(ev, WR_FACT_rule_missing, answer.missing);
}

static struct wr_rule_request request_of(struct wr_probe_ctx *ctx, uint32_t wait_ms,
                                         uint64_t until_ns)
{
    const struct wr_addr *source = wr_ev_addr(ctx->ev, WR_FACT_source);
    struct wr_rule_request request = {
        .magic = WR_RULE_MAGIC,
        .wait_ms = wait_ms,
        .mark = (uint32_t)wr_ev_uint(ctx->ev, WR_FACT_socket_mark, 0),
        .protocol = (uint32_t)wr_attempt_transport(ctx->attempt),
        .destination = ctx->attempt->target,
    };
    uint64_t now_ns = wr_now_ns();
    uint64_t left_ms = until_ns > now_ns ? (until_ns - now_ns) / 1000000u : 0;

    request.left_ms = left_ms > SPARE_MS ? (uint32_t)(left_ms - SPARE_MS) : 0;
    if (wr_ev_true(ctx->ev, WR_FACT_source_bound) && source != NULL && !wr_addr_is_any(source) &&
        source->family == request.destination.family)
        request.source = *source;
    if (wr_ev_has(ctx->ev, WR_FACT_bound_device)) {
        struct wr_text name = ctx->ev->value[WR_FACT_bound_device].text;

        if (name.len < sizeof(request.device))
            memcpy(request.device, ctx->ev->text + name.at, name.len);
    }
    return request;
}

static void ask(struct wr_probe_ctx *ctx, uint32_t wait_ms, bool waited)
{
    uint64_t until_ns = wr_probe_part_until(ctx, USUAL_NS);
    struct wr_rule_request request;
    const char *answer;
    int error;

    if (until_ns > ctx->until_ns)
        until_ns = ctx->until_ns;
    request = request_of(ctx, wait_ms, until_ns);
    answer = ctx->helper->run(ctx->helper, "rule", &request, sizeof(request), until_ns, &error);
    if (answer != NULL)
        take(ctx, answer, waited);
    else if (error == -ENOENT)
        say_missing(ctx, "the program whyrefused, which follows requests, is not installed beside "
                         "the library");
    else if (error == -ETIME)
        say_missing(ctx, "it took longer than the time budget allows");
    else
        say_missing(ctx, "the program whyrefused, which follows requests, could not be run");
}

static bool is_privileged(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    return WR_SYS(capget, &header, data) == 0 && (data[0].effective & 1u << CAP_NET_ADMIN) != 0;
}

/* A lookup that failed at once has made no packet. */
static bool matters(const struct wr_probe_ctx *ctx)
{
    return concerns(ctx) && !wr_ev_has(ctx->ev, WR_FACT_route_error) &&
           !wr_ev_known(ctx->ev, WR_FACT_rule_examined);
}

static bool is_possible(const struct wr_probe_ctx *ctx)
{
    return wr_ev_known(ctx->ev, WR_FACT_netfilter_rules) || is_privileged();
}

/* What this machine does not let out it drops or rejects within the call. What came later came from
 * elsewhere: then the way goes first. */
void wr_probe_rule_out(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    bool silent = attempt->outcome == WR_OUTCOME_GAVE_UP || attempt->error == ETIMEDOUT;

    if (matters(ctx) && (silent || wr_ev_uint(ctx->ev, WR_FACT_elapsed_us, 0) < AT_ONCE_US) &&
        !wr_ev_false(ctx->ev, WR_FACT_netfilter_rules) && is_possible(ctx) && ctx->helper != NULL)
        ask(ctx, SOON_MS, !silent);
}

void wr_probe_rule(struct wr_probe_ctx *ctx)
{
    uint32_t wait_ms = 0;

    if (!matters(ctx))
        return;
    if (wr_ev_false(ctx->ev, WR_FACT_netfilter_rules)) {
        if (wr_attempt_transport(ctx->attempt) == IPPROTO_TCP)
            wr_set_absent(ctx->ev, WR_FACT_nat_target); /* no table, no rule */
        return;
    }
    if (ctx->answer_us != 0)
        wait_ms = ctx->answer_us / 800 + 10;
    if (wr_ev_known(ctx->ev, WR_FACT_path_answer) && !ctx->answered && wait_ms < FAR_MS)
        wait_ms = FAR_MS;
    if (!is_possible(ctx))
        say_missing(ctx, "it takes root (CAP_NET_ADMIN)");
    else if (ctx->helper == NULL)
        say_missing(ctx, "there is no program whyrefused to follow requests with");
    else if (!wr_pace_take(&pace, wr_now_ns()))
        say_missing(ctx, "so many requests were followed a moment before");
    else
        ask(ctx, wait_ms, true);
}
