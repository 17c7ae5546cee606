/* SPDX-License-Identifier: MIT
 * What is asked on the way to a port and what the answers mean, over ways that are made up: who
 * refuses or drops, routers that say nothing, packets that are lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"
#include "probe/path.h"

#define PORT 8080
/* linux/errqueue.h */
#define ORIGIN_ICMP 2

enum rule { NOTHING, RESET, DROP, REJECT };

/* Routers are hops 1 to host - 1. */
struct way {
    unsigned host;      /* the destination's hop */
    enum rule rule;     /* for the port ... */
    unsigned at;        /* ... at that hop when it forwards; 0 = this machine, host = the host */
    bool all_ports;     /* the rule is for every port */
    uint32_t mute;      /* bit N: router N sends no ICMP errors */
    unsigned filtered;  /* other ports: 0 = reset, 1 = 443 is open, 2 = no answer */
    unsigned forwarded; /* the port is led on, to so many hops behind the destination */
    int back;           /* so many hops more on the way back */
    unsigned begin;     /* TTL of answers, where they set out */
    int lost;           /* number of the request whose answer is lost; -1 = none */
};

static struct wr_path path;
static unsigned sent;

static struct wr_addr router(unsigned hop)
{
    return (struct wr_addr){.family = AF_INET, .bytes = {10, (uint8_t)hop, 0, 2}};
}

static const struct wr_addr host = {.family = AF_INET, .bytes = {10, 200, 0, 2}, .port = PORT};

static void reply(const struct way *way, struct wr_path_try *try, enum wr_path_reply kind,
                  unsigned hop, const struct wr_addr *from)
{
    int arrives = (int)way->begin - (hop == 0 ? 0 : (int)hop - 1 + way->back);

    if (arrives < try->min_ttl)
        return;
    try->reply = (uint8_t)kind;
    try->us = 100 + hop;
    if (kind == WR_REPLY_EXPIRED || kind == WR_REPLY_ICMP) {
        try->icmp = (struct wr_icmp_error){
            .origin = ORIGIN_ICMP, .type = 3, .ttl = (uint8_t)arrives, .offender = *from};
        try->icmp.offender.port = 0;
    }
}

/* True where a rule ends it at this hop. */
static bool meets_rule(const struct way *way, struct wr_path_try *try, unsigned hop)
{
    struct wr_addr from = hop == way->host ? host : router(hop);

    if (way->rule == NOTHING || way->at != hop || (try->port != PORT && !way->all_ports))
        return false;
    if (way->rule == RESET)
        reply(way, try, WR_REPLY_RESET, hop, NULL);
    else if (way->rule == REJECT)
        reply(way, try, WR_REPLY_ICMP, hop, &from);
    return true;
}

static void answer(const struct way *way, struct wr_path_try *try)
{
    bool led_on = way->forwarded != 0 && try->port == PORT;
    unsigned end = led_on ? way->host + way->forwarded : way->host;

    for (unsigned hop = 0; hop < end; hop++) {
        /* behind the address it answers for all */
        struct wr_addr from = hop >= way->host ? host : router(hop);

        if (hop > 0 && try->ttl == hop) {
            if (hop >= 32 || (way->mute & 1u << hop) == 0)
                reply(way, try, WR_REPLY_EXPIRED, hop, &from);
            return;
        }
        if (meets_rule(way, try, hop))
            return;
    }
    if (!led_on && meets_rule(way, try, way->host))
        return;
    if (try->port == PORT || way->filtered == 0 || (way->filtered == 1 && try->port != 443))
        reply(way, try, WR_REPLY_RESET, end, NULL);
    else if (way->filtered == 1)
        reply(way, try, WR_REPLY_ACCEPTED, end, NULL);
}

static void ask(const struct way *way)
{
    for (; sent < path.count; sent++) {
        path.tries[sent].sent_ns = 1;
        if ((int)sent != way->lost)
            answer(way, &path.tries[sent]);
    }
}

static struct wr_path_verdict follow(const struct way *way)
{
    struct wr_path_verdict verdict;
    struct wr_path_view view;

    memset(&path, 0, sizeof(path));
    path.target = host;
    sent = 0;
    wr_path_plan_first(&path);
    assert_in_range(path.count, 1, 19);
    ask(way);
    wr_path_choose(&path);
    view = wr_path_look(&path, PORT);
    if (view.hop == 1)
        path.own = way->at == 0 && way->rule != NOTHING ? WR_OWN_YES : WR_OWN_NO;
    if (path.own != WR_OWN_YES) {
        wr_path_plan_distance(&path);
        ask(way);
        wr_path_plan_arrival(&path);
        ask(way);
    }
    assert_in_range(path.count, 1, WR_PATH_TRIES);
    wr_path_judge(&path, &verdict);
    return verdict;
}

static struct way way_of(unsigned hosts, enum rule rule, unsigned at)
{
    return (struct way){.host = hosts, .rule = rule, .at = at, .begin = 64, .lost = -1};
}

static bool is(const struct wr_addr *a, struct wr_addr b)
{
    return wr_addr_same_host(a, &b);
}

static void closed(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 12; n++) {
        for (unsigned filtered = 0; filtered < 2; filtered++) {
            struct way way = way_of(n, NOTHING, 0);
            struct wr_path_verdict v;

            way.filtered = filtered;
            v = follow(&way);
            assert_int_equal(v.answer, WR_PATH_RESET);
            assert_int_equal(v.hop, n);
            assert_int_equal(v.reference_hop, n);
            assert_int_equal(v.ttl, 64 - (n - 1));
            assert_int_equal(v.reference_ttl, v.ttl);
            assert_true(is(&v.from, host));
            assert_int_equal(v.last, n - 1);
            assert_int_equal(v.leaves, WR_OWN_YES);
        }
    }
}

static void begins(void **state)
{
    static const unsigned begin[] = {64, 128, 255};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        for (int back = -1; back <= 1; back++) {
            struct way way = way_of(5, NOTHING, 0);
            struct wr_path_verdict v;

            way.begin = begin[i];
            way.back = back;
            way.filtered = 1;
            v = follow(&way);
            assert_int_equal(v.hop, 5);
            assert_int_equal(v.ttl, (int)begin[i] - 4 - back);
            assert_int_equal(v.reference_ttl, v.ttl);
            assert_true(is(&v.from, host));
        }
    }
}

static void reset_on_the_way(void **state)
{
    (void)state;
    for (unsigned n = 2; n <= 12; n++) {
        for (unsigned at = 1; at < n; at++) {
            struct way way = way_of(n, RESET, at);
            struct wr_path_verdict v = follow(&way);

            assert_int_equal(v.answer, WR_PATH_RESET);
            assert_int_equal(v.hop, at);
            assert_true(is(&v.from, router(at)));
            assert_int_equal(v.reference_hop, n);
            assert_int_equal(v.last, at);
        }
    }
}

/* No other port answers otherwise: the host is not to be blamed, nor is its distance known. */
static void all_reset_on_the_way(void **state)
{
    struct way way = way_of(5, RESET, 2);
    struct wr_path_verdict v;

    (void)state;
    way.all_ports = true;
    v = follow(&way);
    assert_int_equal(v.answer, WR_PATH_RESET);
    assert_int_equal(v.hop, 2);
    assert_int_equal(v.reference_hop, 0);
    assert_true(is(&v.from, router(2)));
}

static void own_reset(void **state)
{
    struct way way = way_of(4, RESET, 0);
    struct wr_path_verdict v = follow(&way);

    (void)state;
    assert_int_equal(v.answer, WR_PATH_RESET);
    assert_int_equal(v.hop, 0);
    assert_int_equal(v.from.family, 0);
    assert_int_equal(v.leaves, WR_OWN_NO);
    assert_int_equal(v.last, 0);
}

static void drops(void **state)
{
    (void)state;
    for (unsigned n = 2; n <= 11; n++) {
        for (unsigned at = 1; at <= n; at++) {
            struct way way = way_of(n, DROP, at);
            struct wr_path_verdict v = follow(&way);
            unsigned last = at == n ? n - 1 : at;

            assert_int_equal(v.answer, WR_PATH_SILENT);
            assert_int_equal(v.hop, -1);
            assert_int_equal(v.last, last);
            assert_true(is(&v.behind, last + 1 == n ? host : router(last + 1)));
            assert_int_equal(v.reference_hop, n);
            assert_int_equal(v.leaves, WR_OWN_YES);
        }
    }
    struct way own = way_of(4, DROP, 0);
    struct wr_path_verdict v = follow(&own);

    assert_int_equal(v.last, 0);
    assert_int_equal(v.leaves, WR_OWN_NO);
    assert_true(is(&v.behind, router(1)));
    own.mute = 2; /* then nothing tells */
    v = follow(&own);
    assert_int_equal(v.leaves, WR_OWN_UNKNOWN);
    assert_int_equal(v.behind.family, 0);
}

static void nothing_answers(void **state)
{
    struct way way = way_of(5, DROP, 3);
    struct wr_path_verdict v;

    (void)state;
    way.all_ports = true;
    v = follow(&way);
    assert_int_equal(path.reference, 0);
    assert_int_equal(v.answer, WR_PATH_SILENT);
    assert_int_equal(v.last, 3);
    assert_int_equal(v.behind.family, 0);
    assert_int_equal(v.reference_hop, 0);
}

static void mute_routers(void **state)
{
    struct way way = way_of(6, RESET, 3);
    struct wr_path_verdict v;

    (void)state;
    for (way.mute = 0; way.mute < 64; way.mute += 2) {
        v = follow(&way);
        assert_int_equal(v.hop, 3);
        assert_int_equal(v.reference_hop, 6);
        if ((way.mute & 1u << 3) != 0)
            assert_int_equal(v.from.family, 0);
        else
            assert_true(is(&v.from, router(3)));
    }
    way.rule = DROP;
    way.mute = 1u << 4; /* the next one behind says nothing to any port */
    v = follow(&way);
    assert_int_equal(v.last, 3);
    assert_int_equal(v.behind.family, 0);
    assert_int_equal(v.reference_hop, 6);
}

static void forwarded(void **state)
{
    struct way way = way_of(2, NOTHING, 0);
    struct wr_path_verdict v;

    (void)state;
    for (way.forwarded = 1; way.forwarded < 4; way.forwarded++) {
        v = follow(&way);
        assert_int_equal(v.answer, WR_PATH_RESET);
        assert_int_equal(v.hop, 2 + way.forwarded);
        assert_int_equal(v.reference_hop, 2);
        assert_int_equal(v.from.family, 0);
    }
}

static void rejects(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 5; at++) {
        struct way way = way_of(5, REJECT, at);
        struct wr_path_verdict v = follow(&way);

        assert_int_equal(v.answer, WR_PATH_ICMP);
        assert_int_equal(v.hop, at);
        assert_true(is(&v.from, at == 5 ? host : router(at)));
        assert_int_equal(v.ttl, 64 - (at - 1));
    }
    struct way own = way_of(5, REJECT, 0);

    assert_int_equal(follow(&own).hop, 0);
}

/* Whatever single answer is lost: nobody is blamed who did not do it. */
static void losses(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 5; at++) {
        for (int lost = 0; lost < WR_PATH_TRIES; lost++) {
            struct way way = way_of(5, RESET, at);
            struct wr_path_verdict v;

            way.lost = lost;
            v = follow(&way);
            assert_int_equal(v.answer, WR_PATH_RESET);
            if (v.from.family != 0)
                assert_true(is(&v.from, at == 5 ? host : router(at)));
            if (v.hop != -1 && v.reference_hop != 0 && v.ttl != 0 && v.ttl == v.reference_ttl)
                assert_int_equal(at, 5);
            if (v.hop != -1 && v.reference_hop != 0 && at == 5)
                assert_int_equal(v.hop, v.reference_hop);
            way.rule = DROP;
            v = follow(&way);
            assert_int_equal(v.answer, WR_PATH_SILENT);
            assert_true(v.last <= at);
        }
    }
}

/* The time was over before an answer could have come. */
static void hurried(void **state)
{
    struct way way = way_of(5, DROP, 3);
    struct wr_path_verdict v;

    (void)state;
    way.all_ports = true;
    memset(&path, 0, sizeof(path));
    path.target = host;
    sent = 0;
    wr_path_plan_first(&path);
    ask(&way);
    for (unsigned i = 0; i < path.count; i++)
        path.tries[i].cut = path.tries[i].reply == WR_REPLY_NONE;
    wr_path_judge(&path, &v);
    assert_int_equal(v.answer, 0);
    for (unsigned i = 0; i < path.count; i++) {
        path.tries[i].cut = false;
        if (i >= 4) /* no more could be sent */
            path.tries[i].sent_ns = 0;
    }
    wr_path_judge(&path, &v);
    assert_int_equal(v.answer, 0);
}

static void far_away(void **state)
{
    (void)state;
    for (unsigned n = 13; n <= 24; n++) {
        struct way way = way_of(n, NOTHING, 0);
        struct wr_path_verdict v;

        way.filtered = 1;
        v = follow(&way);
        assert_int_equal(v.answer, WR_PATH_RESET);
        assert_true(v.hop == -1 || v.hop == (int)n);
        assert_true(v.reference_hop == 0 || v.reference_hop == n);
        way = way_of(n, RESET, 2);
        v = follow(&way);
        assert_int_equal(v.hop, 2);
        assert_true(v.reference_hop == 0 || v.reference_hop == n);
        if (n <= 15) {
            assert_int_equal(v.reference_hop, n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed),           cmocka_unit_test(begins),
        cmocka_unit_test(reset_on_the_way), cmocka_unit_test(all_reset_on_the_way),
        cmocka_unit_test(own_reset),        cmocka_unit_test(drops),
        cmocka_unit_test(nothing_answers),  cmocka_unit_test(mute_routers),
        cmocka_unit_test(forwarded),        cmocka_unit_test(rejects),
        cmocka_unit_test(losses),           cmocka_unit_test(far_away),
        cmocka_unit_test(hurried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
