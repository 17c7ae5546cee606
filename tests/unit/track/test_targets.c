/* SPDX-License-Identifier: MIT
 * What is news, what is counted, and what is looked at again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "track/targets.h"

#define SECOND 1000000000u

/* A refused connect() to 127.0.0.1 at that time. */
static struct wr_attempt refused(uint16_t port, uint64_t at_ns)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    struct wr_attempt attempt;

    memset(&attempt, 0, sizeof(attempt));
    attempt.call = WR_CALL_CONNECT;
    attempt.error = ECONNREFUSED;
    attempt.domain = AF_INET;
    attempt.type = SOCK_STREAM;
    attempt.target = wr_addr_from_bytes(AF_INET, loopback);
    attempt.target.port = port;
    attempt.end_ns = at_ns;
    return attempt;
}

static enum wr_seen note(uint16_t port, uint64_t at_ns, int *ret_row)
{
    struct wr_attempt attempt = refused(port, at_ns);
    enum wr_seen seen = wr_targets_note(&attempt);

    *ret_row = attempt.row;
    return seen;
}

static void counts_repeats(void **state)
{
    struct wr_target target;
    int row, again;

    (void)state;
    assert_int_equal(note(1, SECOND, &row), WR_SEEN_NEWS);
    assert_true(row >= 0);
    wr_targets_set_cause(row, "tcp-no-listener");
    wr_targets_set_name(row, "db.test");
    wr_targets_set_fate(row, WR_FATE_TOLD);
    for (uint64_t i = 1; i < 5; i++) {
        assert_int_equal(note(1, SECOND + i, &again), WR_SEEN_AGAIN);
        assert_int_equal(again, row);
    }
    assert_true(wr_targets_get(row, getpid(), &target));
    assert_int_equal(target.count, 5);
    assert_int_equal(target.address.port, 1);
    assert_string_equal(target.cause, "tcp-no-listener");
    assert_string_equal(target.name, "db.test");
    assert_int_equal(target.last_ns - target.first_ns, 4);
    assert_false(wr_targets_get(row, getpid() + 1, &target));
}

static void another_port_or_error_is_news(void **state)
{
    struct wr_attempt other = refused(2, SECOND);
    int row;

    (void)state;
    assert_int_equal(note(2, SECOND, &row), WR_SEEN_NEWS);
    other.error = EHOSTUNREACH;
    assert_int_equal(wr_targets_note(&other), WR_SEEN_NEWS);
    assert_int_equal(note(3, SECOND, &row), WR_SEEN_NEWS);
}

/* Clients of a server come from anywhere. */
static void a_servers_clients_are_one(void **state)
{
    struct wr_attempt client = refused(1000, SECOND), other = refused(1001, SECOND);

    (void)state;
    client.call = other.call = WR_CALL_HANDSHAKE;
    assert_int_equal(wr_targets_note(&client), WR_SEEN_NEWS);
    assert_int_equal(wr_targets_note(&other), WR_SEEN_NEWS);
    client.handshake.served = other.handshake.served = 1049;
    assert_int_equal(wr_targets_note(&client), WR_SEEN_NEWS);
    assert_int_equal(wr_targets_note(&other), WR_SEEN_AGAIN);
    other.handshake.served = 259;
    assert_int_equal(wr_targets_note(&other), WR_SEEN_NEWS);
}

/* At 5, then 15, 45 seconds and so on: each time three times as long after the first. */
static void looks_again_ever_more_rarely(void **state)
{
    unsigned looks = 0;
    int row;

    (void)state;
    assert_int_equal(note(4, SECOND, &row), WR_SEEN_NEWS);
    wr_targets_set_fate(row, WR_FATE_TOLD);
    for (uint64_t s = 2; s < 100; s++)
        looks += note(4, s * SECOND, &row) == WR_SEEN_LOOK;
    assert_int_equal(looks, 3);
}

static void what_recovered_is_news_again(void **state)
{
    struct wr_target target;
    int row;

    (void)state;
    note(5, SECOND, &row);
    wr_targets_set_fate(row, WR_FATE_TOLD);
    note(5, SECOND + 1, &row);
    wr_targets_set_fate(row, WR_FATE_RECOVERED);
    assert_int_equal(note(5, SECOND + 2, &row), WR_SEEN_NEWS);
    assert_true(wr_targets_get(row, getpid(), &target));
    assert_int_equal(target.count, 1);
}

static void what_did_not_matter_is_quiet_for_a_while(void **state)
{
    int row;

    (void)state;
    note(6, SECOND, &row);
    wr_targets_set_fate(row, WR_FATE_NOTHING);
    assert_int_equal(note(6, SECOND + WR_TARGETS_QUIET_NS / 2, &row), WR_SEEN_AGAIN);
    assert_int_equal(note(6, SECOND + 2 * (uint64_t)WR_TARGETS_QUIET_NS, &row), WR_SEEN_NEWS);
}

static void knows_what_fails(void **state)
{
    struct wr_attempt attempt = refused(7, SECOND);
    uint32_t before = atomic_load(&wr_targets_waiting);
    int row;

    (void)state;
    note(7, SECOND, &row);
    assert_int_equal(wr_targets_next_failing(-1, getpid(), &attempt.target), -1);
    wr_targets_set_fate(row, WR_FATE_TOLD);
    assert_int_equal(atomic_load(&wr_targets_waiting), before + 1);
    assert_int_equal(wr_targets_next_failing(-1, getpid(), &attempt.target), row);
    assert_int_equal(wr_targets_next_failing(row, getpid(), &attempt.target), -1);
    wr_targets_set_fate(row, WR_FATE_RECOVERED);
    assert_int_equal(atomic_load(&wr_targets_waiting), before);
}

static void what_was_counted_can_come_good(void **state)
{
    struct wr_attempt attempt = {.call = WR_CALL_LOOKUP, .name = "a.test", .end_ns = SECOND};
    uint32_t before = atomic_load(&wr_targets_waiting);
    int row;

    (void)state;
    assert_int_equal(wr_targets_note(&attempt), WR_SEEN_NEWS);
    row = attempt.row;
    wr_targets_set_fate(row, WR_FATE_COUNTED);
    assert_int_equal(atomic_load(&wr_targets_waiting), before + 1);
    assert_int_equal(wr_targets_next_lookup(-1, getpid(), "a.test"), row);
    assert_false(wr_targets_recover(row));
    wr_targets_dismiss(row);
    wr_targets_dismiss(row);
    assert_int_equal(wr_targets_fate(row), WR_FATE_NOTHING);
    assert_int_equal(wr_targets_next_lookup(-1, getpid(), "a.test"), -1);
    assert_int_equal(atomic_load(&wr_targets_waiting), before);
}

/* A flood of targets: the table keeps its size, and what waits is still counted right. */
static void is_bounded(void **state)
{
    int row, kept = 0;

    (void)state;
    for (uint16_t port = 1000; port < 3000; port++) {
        note(port, (uint64_t)port * SECOND, &row);
        assert_in_range(row, 0, WR_TARGETS_ROWS - 1);
        wr_targets_set_fate(row, WR_FATE_TOLD);
    }
    for (row = 0; row < WR_TARGETS_ROWS; row++)
        kept += wr_targets_fate(row) == WR_FATE_TOLD;
    assert_int_equal(atomic_load(&wr_targets_waiting), kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_repeats),
        cmocka_unit_test(another_port_or_error_is_news),
        cmocka_unit_test(a_servers_clients_are_one),
        cmocka_unit_test(looks_again_ever_more_rarely),
        cmocka_unit_test(what_recovered_is_news_again),
        cmocka_unit_test(what_did_not_matter_is_quiet_for_a_while),
        cmocka_unit_test(knows_what_fails),
        cmocka_unit_test(what_was_counted_can_come_good),
        cmocka_unit_test(is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
