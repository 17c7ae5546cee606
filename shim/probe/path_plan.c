/* SPDX-License-Identifier: MIT
 * Which requests to send, from what is known so far. Pure. See path.h.
 * Each packet can be lost, and routers send few ICMP errors a second: what a verdict hangs on by
 * its silence is asked for twice. */
#include "base/address.h"
#include "probe/path.h"

/* Ports that are often open, the better known first, and one that hardly ever is. */
static const uint16_t references[] = {443, 80, 22, 53, 61111};
/* Asked with first; between those further apart it is looked where it matters. */
#define NEAR 8
static const uint8_t further[] = {NEAR, 12, 16, 24};
/* Thresholds that tell with which TTL answers set out: 64, 128 or 255. */
static const uint8_t beyond[] = {65, 129};
/* A gap that is looked into at once. */
#define GAP_MAX 9

static unsigned times(const struct wr_path *path, uint16_t port, uint8_t ttl, uint8_t min_ttl)
{
    unsigned count = 0;

    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        count += try->port == port && try->ttl == ttl && try->min_ttl == min_ttl && !try->own;
    }
    return count;
}

/* So that it is asked so many times in all. */
static void add(struct wr_path *path, uint16_t port, uint8_t ttl, uint8_t min_ttl, unsigned copies)
{
    unsigned have = times(path, port, ttl, min_ttl);

    for (; have < copies && path->count < WR_PATH_TRIES && !path->stopped; have++)
        path->tries[path->count++] =
            (struct wr_path_try){.port = port, .ttl = ttl, .min_ttl = min_ttl, .fd = -1};
}

/* All between them, if that is not too many: then the first ones. */
static void add_between(struct wr_path *path, uint16_t port, unsigned above, unsigned below)
{
    for (unsigned ttl = above + 1; ttl < below && ttl <= above + GAP_MAX; ttl++)
        add(path, port, (uint8_t)ttl, 0, 1);
}

void wr_path_plan_first(struct wr_path *path)
{
    for (unsigned ttl = 1; ttl <= NEAR; ttl++)
        add(path, path->target.port, (uint8_t)ttl, 0, 1);
    add(path, path->target.port, WR_PATH_FAR, 0, 1);
    for (unsigned i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
        if (references[i] != path->target.port)
            add(path, references[i], WR_PATH_FAR, 0, 1);
    }
    for (unsigned i = 1; i < sizeof(further); i++)
        add(path, path->target.port, further[i], 0, 1);
    for (unsigned i = 0; i < sizeof(beyond); i++)
        add(path, path->target.port, WR_PATH_FAR, beyond[i], 1);
}

void wr_path_choose(struct wr_path *path)
{
    static const uint8_t good[] = {WR_REPLY_ACCEPTED, WR_REPLY_RESET};

    if (path->reference != 0)
        return;
    for (unsigned i = 0; i < sizeof(good); i++) {
        for (unsigned n = 0; n < sizeof(references) / sizeof(references[0]); n++) {
            struct wr_path_view view = wr_path_look(path, references[n]);

            if (references[n] == path->target.port || view.answer == NULL ||
                view.answer->reply != good[i])
                continue;
            path->reference = references[n];
            return;
        }
    }
}

/* Silent hops right before the one that answers: was the answer to a smaller TTL lost? */
static void ask_again(struct wr_path *path, uint16_t port, const struct wr_path_view *view)
{
    for (unsigned ttl = view->hop; view->exact && ttl > 1 && ttl + 2 > view->hop; ttl--) {
        if (wr_path_hop(path, port, (uint8_t)(ttl - 1)) != NULL)
            return;
        add(path, port, (uint8_t)(ttl - 1), 0, 2);
    }
}

/* The next TTL above that the port was asked with. */
static unsigned next_asked(const struct wr_path *path, uint16_t port, unsigned above)
{
    unsigned next = WR_PATH_FAR;

    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (try->port == port && try->min_ttl == 0 && !try->own && try->ttl > above &&
            try->ttl < next)
            next = try->ttl;
    }
    return next;
}

static void plan_target(struct wr_path *path, const struct wr_path_view *view)
{
    uint16_t port = path->target.port;

    if (view->answer != NULL) {
        if (!view->exact)
            add_between(path, port, view->below, view->hop > 0 ? view->hop : WR_PATH_FAR);
        ask_again(path, port, view);
        return;
    }
    add_between(path, port, view->last, next_asked(path, port, view->last));
    add(path, port, (uint8_t)(view->last + 1), 0, 2);
}

/* The hops up to the first that answers in the name of the destination: what is behind is
 * translated (a NAT rewrites ICMP errors, too). */
static unsigned own_hops(const struct wr_path *path, const struct wr_path_view *target)
{
    for (unsigned ttl = 1; ttl <= target->last; ttl++) {
        const struct wr_path_try *hop = wr_path_hop(path, path->target.port, (uint8_t)ttl);

        if (hop != NULL && wr_addr_same_host(&hop->icmp.offender, &path->target))
            return ttl - 1;
    }
    return target->last;
}

static void plan_reference(struct wr_path *path, const struct wr_path_view *target)
{
    static const int8_t steps[] = {-1, 0, 1, 2, 4, 7, 12};
    unsigned from = own_hops(path, target);

    for (unsigned i = 0; target->exact && i < sizeof(steps); i++) {
        int ttl = target->hop + steps[i];

        if (ttl > 0)
            add(path, path->reference, (uint8_t)ttl, 0, 1);
    }
    /* forwarded ports answer from further away than others */
    for (unsigned ttl = from > 0 ? from : 1; ttl <= from + 5; ttl++) {
        if (!target->exact || (ttl < target->hop && from + 1 < target->hop))
            add(path, path->reference, (uint8_t)ttl, 0, 1);
    }
}

/* What its answers' TTL is when they set out. */
static unsigned initial(const struct wr_path *path)
{
    unsigned first = 64;

    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (try->port != path->target.port || try->reply == WR_REPLY_NONE)
            continue;
        if (try->min_ttl == 129)
            return 255;
        if (try->min_ttl == 65)
            first = 128;
    }
    return first;
}

/* Around what the distance lets expect; further around where the other port answers at the same
 * distance, and what was asked for did not tell. What an answer shows needs no second one. */
static void plan_thresholds(struct wr_path *path, unsigned hop, bool compare, bool wide)
{
    static const struct {
        bool other, wide;
        int8_t more;
        uint8_t copies;
    } steps[] = {{true, false, 0, 2},  {true, false, 1, 2},  {false, false, 0, 2},
                 {false, false, 1, 2}, {false, false, 2, 2}, {true, true, -1, 1},
                 {false, true, -1, 1}, {true, true, 2, 2}};
    unsigned expected = initial(path) - (hop - 1);

    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        uint16_t port = steps[i].other ? path->reference : path->target.port;
        unsigned threshold = expected + (unsigned)steps[i].more;

        if (threshold <= 255 && (compare || !steps[i].other) && (wide || !steps[i].wide))
            add(path, port, WR_PATH_FAR, (uint8_t)threshold, steps[i].copies);
    }
}

static bool has_place(const struct wr_path_view *target)
{
    return target->answer != NULL && target->answer->reply == WR_REPLY_RESET && target->exact &&
           target->hop <= WR_PATH_HOPS;
}

void wr_path_plan_distance(struct wr_path *path)
{
    struct wr_path_view target = wr_path_look(path, path->target.port);
    uint8_t reply = target.answer == NULL ? WR_REPLY_NONE : target.answer->reply;

    plan_target(path, &target);
    if (reply == WR_REPLY_ICMP || reply == WR_REPLY_ERROR)
        return;
    if (path->reference != 0)
        plan_reference(path, &target);
    if (has_place(&target))
        plan_thresholds(path, target.hop, path->reference != 0, false);
}

void wr_path_plan_meanwhile(struct wr_path *path)
{
    unsigned before = path->count;

    /* first it is to be known who answers there: this machine may */
    if (wr_path_look(path, path->target.port).hop == 1)
        return;
    wr_path_choose(path);
    wr_path_plan_distance(path);
    if (path->count == before)
        wr_path_plan_arrival(path);
}

/* Web proxies take what goes to the ports of the web; hardly any takes all. */
static uint16_t another(const struct wr_path *path)
{
    for (unsigned n = sizeof(references) / sizeof(references[0]); n > 0; n--) {
        const uint16_t port = references[n - 1];
        const struct wr_path_view view = wr_path_look(path, port);

        if (port != path->target.port && port != path->reference && view.answer != NULL &&
            (view.answer->reply == WR_REPLY_RESET || view.answer->reply == WR_REPLY_ACCEPTED))
            return port;
    }
    return 0;
}

bool wr_path_plan_another(struct wr_path *path)
{
    struct wr_path_view target = wr_path_look(path, path->target.port), other;
    unsigned from = target.answer != NULL ? target.hop : target.last + 1u;
    uint16_t port;

    if (path->reference == 0 || (target.answer != NULL && !has_place(&target)))
        return false;
    other = wr_path_look(path, path->reference);
    port = another(path);
    if (other.hop == 0 || other.hop >= from || port == 0)
        return false;
    path->reference = port;
    add(path, port, (uint8_t)other.hop, 0, 2);
    for (unsigned ttl = from > 1 ? from - 1 : 1; ttl <= from + 3; ttl++)
        add(path, port, (uint8_t)ttl, 0, 1);
    return true;
}

void wr_path_plan_arrival(struct wr_path *path)
{
    struct wr_path_view target = wr_path_look(path, path->target.port), other = {.answer = NULL};
    bool compare;

    if (path->reference != 0) {
        other = wr_path_look(path, path->reference);
        /* whether it answers already there decides most: asked for twice */
        if (target.hop > 0 && other.hop != target.hop &&
            wr_path_hop(path, path->reference, target.hop) == NULL)
            add(path, path->reference, target.hop, 0, 2);
        if (other.answer != NULL && !other.exact)
            add_between(path, path->reference, other.below,
                        other.hop > 0 ? other.hop : WR_PATH_FAR);
    }
    compare = path->reference != 0 && other.hop == target.hop;
    if (has_place(&target) && (target.arrival == 0 || (compare && other.arrival == 0)))
        plan_thresholds(path, target.hop, compare, true);
}

bool wr_path_plan_own(struct wr_path *path)
{
    struct wr_path_try *try;

    if (path->count >= WR_PATH_TRIES || path->stopped)
        return false;
    try = &path->tries[path->count++];
    *try = (struct wr_path_try){.port = path->target.port, .ttl = 1, .own = true, .fd = -1};
    return true;
}
