/* SPDX-License-Identifier: MIT
 * What the answers mean that came from hop to hop. Pure. See path.h.
 * A router looks at the TTL before its rules for what it passes on (net/ipv4/ip_forward.c), so that
 * what hop N refuses to forward is refused from TTL N + 1 on; what is delivered at N, from N on. */
#include "base/address.h"
#include "probe/path.h"

static bool is_final(const struct wr_path_try *try)
{
    return try->reply == WR_REPLY_ACCEPTED || try->reply == WR_REPLY_RESET ||
           try->reply == WR_REPLY_ICMP || try->reply == WR_REPLY_ERROR;
}

static bool counts(const struct wr_path_try *try, uint16_t port)
{
    return try->port == port && try->min_ttl == 0 && !try->own && try->sent_ns != 0 && !try->cut;
}

/* What comes back with the TTL that programs use; else with the smallest. */
static const struct wr_path_try *answer_of(const struct wr_path *path, uint16_t port)
{
    const struct wr_path_try *found = NULL;

    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (!counts(try, port) || !is_final(try))
            continue;
        if (try->ttl == WR_PATH_FAR)
            return try;
        if (found == NULL || try->ttl < found->ttl)
            found = try;
    }
    return found;
}

/* The largest threshold that still lets it in, if the next one did not, twice: one may be lost. */
static uint8_t arrival_of(const struct wr_path *path, uint16_t port, uint8_t reply)
{
    unsigned largest = 0, missed = 0;

    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (try->port == port && try->min_ttl > largest && try->reply == reply)
            largest = try->min_ttl;
    }
    if (largest == 255)
        return 255;
    for (unsigned i = 0; largest > 0 && i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        missed +=
            try->port == port && try->min_ttl == largest + 1 && try->sent_ns != 0 && !try->cut;
    }
    return missed >= 2 ? (uint8_t)largest : 0;
}

struct wr_path_view wr_path_look(const struct wr_path *path, uint16_t port)
{
    struct wr_path_view view = {.answer = answer_of(path, port)};
    unsigned hop = WR_PATH_FAR;

    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (counts(try, port) && view.answer != NULL && try->reply == view.answer->reply &&
            try->ttl < hop)
            hop = try->ttl;
    }
    view.hop = hop == WR_PATH_FAR ? 0 : (uint8_t)hop;
    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (!counts(try, port) || try->ttl >= hop)
            continue;
        if (try->ttl > view.below)
            view.below = try->ttl;
        if (try->reply == WR_REPLY_EXPIRED && try->ttl > view.last)
            view.last = try->ttl;
    }
    view.exact = view.hop > 0 && view.below == view.hop - 1;
    if (view.answer != NULL)
        view.arrival = arrival_of(path, port, view.answer->reply);
    return view;
}

const struct wr_path_try *wr_path_hop(const struct wr_path *path, uint16_t port, uint8_t ttl)
{
    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (try->ttl == ttl && try->reply == WR_REPLY_EXPIRED && try->icmp.offender.family != 0 &&
            (port == 0 || try->port == port))
            return try;
    }
    return NULL;
}

unsigned wr_path_came(uint8_t ttl)
{
    return (ttl <= 64 ? 64u : ttl <= 128 ? 128u : 255u) - ttl;
}

/* Without a request that went all the way there is no silence either. */
static bool was_asked(const struct wr_path *path)
{
    for (unsigned i = 0; i < path->count; i++) {
        if (counts(&path->tries[i], path->target.port) && path->tries[i].ttl == WR_PATH_FAR)
            return true;
    }
    return false;
}

/* 0 = not known */
static enum wr_path_answer kind_of(const struct wr_path *path, const struct wr_path_view *view)
{
    if (view->answer == NULL)
        return was_asked(path) ? WR_PATH_SILENT : 0;
    switch (view->answer->reply) {
    case WR_REPLY_ACCEPTED:
        return WR_PATH_ACCEPTED;
    case WR_REPLY_RESET:
        return WR_PATH_RESET;
    case WR_REPLY_ICMP:
        return WR_PATH_ICMP;
    default:
        return WR_PATH_ERROR;
    }
}

/* Whoever sends an ICMP error says who it is. */
static int hop_of_icmp(const struct wr_path *path, const struct wr_path_view *view)
{
    const struct wr_addr *offender = &view->answer->icmp.offender;

    if (offender->family == 0)
        return -1;
    if (wr_addr_same_host(offender, &path->target))
        return view->exact ? view->hop : -1;
    for (unsigned ttl = 1; ttl < WR_PATH_HOPS; ttl++) {
        const struct wr_path_try *hop = wr_path_hop(path, 0, (uint8_t)ttl);

        if (hop != NULL && wr_addr_same_host(offender, &hop->icmp.offender))
            return (int)ttl;
    }
    /* by another of its addresses */
    return view->exact && view->hop > 1 ? view->hop - 1 : -1;
}

/* The other port's answer is a reset as well, and both have come a way that is one hop shorter than
 * the one out: whoever refuses the one may refuse the other. */
static bool both_doubtful(const struct wr_path_view *target, const struct wr_path_view *other)
{
    return other->answer != NULL && other->answer->reply == WR_REPLY_RESET &&
           target->answer->reply == WR_REPLY_RESET && target->arrival != 0 && target->hop > 1 &&
           wr_path_came(target->arrival) + 2 == target->hop;
}

/* Who accepts or resets does not say who it is: its distance tells, and the way that its answer
 * came. */
static int hop_of_other(const struct wr_path_view *target, const struct wr_path_view *other)
{
    unsigned came = wr_path_came(target->arrival);
    bool delivered = target->arrival != 0 && came + 1 == target->hop;

    if (!target->exact)
        return -1;
    if (other->exact && target->hop > other->hop)
        return target->hop;                                   /* behind the address */
    if (other->answer != NULL && other->below >= target->hop) /* the other comes from further */
        return delivered || target->hop == 1 ? target->hop : target->hop - 1;
    if (other->exact && target->arrival != 0 && other->arrival != 0) {
        unsigned other_came = wr_path_came(other->arrival);

        if (came == other_came)
            return both_doubtful(target, other) ? target->hop - 1 : target->hop;
        /* answers that come back by several ways tell nothing */
        return came > other_came ? target->hop : target->hop > 1 ? target->hop - 1 : -1;
    }
    if (delivered)
        return target->hop;
    return target->arrival != 0 && came + 2 == target->hop ? target->hop - 1 : -1;
}

static void judge_from(const struct wr_path *path, const struct wr_path_view *target,
                       const struct wr_path_view *other, struct wr_path_verdict *verdict)
{
    const struct wr_path_try *hop;

    if (target->answer->reply == WR_REPLY_ICMP) {
        verdict->from = target->answer->icmp.offender;
        return;
    }
    if (verdict->hop <= 0)
        return;
    hop = wr_path_hop(path, 0, (uint8_t)verdict->hop);
    /* behind a translated address the hops answer in its name */
    if (verdict->reference_hop != 0 && verdict->hop > verdict->reference_hop)
        return;
    if (hop != NULL)
        verdict->from = hop->icmp.offender;
    else if (verdict->hop == verdict->reference_hop && target->arrival == other->arrival &&
             target->arrival != 0)
        verdict->from = path->target;
    verdict->from.port = 0;
}

static void judge_answer(const struct wr_path *path, const struct wr_path_view *target,
                         const struct wr_path_view *other, struct wr_path_verdict *verdict)
{
    const struct wr_path_try *answer = target->answer;

    verdict->hop = -1;
    if (answer == NULL || answer->reply == WR_REPLY_ERROR)
        return;
    if (path->own == WR_OWN_YES && target->hop == 1) {
        verdict->hop = 0;
        if (answer->reply == WR_REPLY_ICMP)
            verdict->from = answer->icmp.offender;
        return;
    }
    verdict->hop =
        answer->reply == WR_REPLY_ICMP ? hop_of_icmp(path, target) : hop_of_other(target, other);
    verdict->ttl = answer->reply == WR_REPLY_ICMP ? answer->icmp.ttl : target->arrival;
    judge_from(path, target, other, verdict);
}

static void judge_last(const struct wr_path *path, const struct wr_path_view *target,
                       const struct wr_path_view *other, struct wr_path_verdict *verdict)
{
    const struct wr_path_try *behind;

    verdict->last = target->last;
    if (target->last > 0 || target->hop > 1)
        verdict->leaves = WR_OWN_YES;
    else if (target->hop == 1)
        verdict->leaves = path->own == WR_OWN_YES  ? WR_OWN_NO
                          : path->own == WR_OWN_NO ? WR_OWN_YES
                                                   : WR_OWN_UNKNOWN;
    if (verdict->answer != WR_PATH_SILENT || path->reference == 0)
        return;
    if (target->last == 0 && wr_path_hop(path, path->reference, 1) != NULL)
        verdict->leaves = WR_OWN_NO;
    behind = wr_path_hop(path, path->reference, (uint8_t)(target->last + 1));
    if (behind != NULL)
        verdict->behind = behind->icmp.offender;
    else if (other->exact && other->hop == target->last + 1)
        verdict->behind = path->target;
    verdict->behind.port = 0;
}

/* Only who leads a packet on says that its TTL ended. The hop where the destination itself says so
 * of the other port is the destination, and that port is forwarded. 0 = none is. */
static uint8_t forwards_at(const struct wr_path *path)
{
    for (unsigned ttl = 1; ttl <= WR_PATH_HOPS; ttl++) {
        const struct wr_path_try *hop = wr_path_hop(path, path->reference, (uint8_t)ttl);

        if (hop != NULL && wr_addr_same_host(&hop->icmp.offender, &path->target))
            return (uint8_t)ttl;
    }
    return 0;
}

/* Two machines say that they are the same hop, or one that it is two: requests take several ways,
 * by the port that they come from, and their lengths tell nothing of who answers. */
static bool has_several_ways(const struct wr_path *path)
{
    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *one = &path->tries[i], *other;

        if (one->reply != WR_REPLY_EXPIRED || one->icmp.offender.family == 0)
            continue;
        for (unsigned n = i + 1; n < path->count; n++) {
            other = &path->tries[n];
            if (other->reply != WR_REPLY_EXPIRED || other->icmp.offender.family == 0 ||
                wr_addr_same_host(&other->icmp.offender, &path->target) ||
                wr_addr_same_host(&one->icmp.offender, &path->target))
                continue;
            if (wr_addr_same_host(&other->icmp.offender, &one->icmp.offender) !=
                (other->ttl == one->ttl))
                return true;
        }
    }
    return false;
}

void wr_path_judge(const struct wr_path *path, struct wr_path_verdict *ret)
{
    struct wr_path_view target = wr_path_look(path, path->target.port);
    struct wr_path_view other = {.answer = NULL};

    *ret = (struct wr_path_verdict){.answer = kind_of(path, &target)};
    if (path->reference != 0)
        other = wr_path_look(path, path->reference);
    ret->reference_ttl = other.arrival;
    if (other.exact)
        ret->reference_hop = other.hop;
    if (target.answer != NULL && target.hop == other.hop && target.arrival == other.arrival &&
        both_doubtful(&target, &other))
        ret->reference_hop = 0;
    if (path->reference != 0 && forwards_at(path) != 0) {
        ret->reference_hop = forwards_at(path);
        ret->reference_ttl = 0;
    }
    judge_answer(path, &target, &other, ret);
    judge_last(path, &target, &other, ret);
    if (ret->answer == WR_PATH_RESET && has_several_ways(path)) {
        ret->hop = -1;
        ret->ttl = ret->reference_hop = ret->reference_ttl = 0;
        ret->from = (struct wr_addr){.family = 0};
    }
}
