/* SPDX-License-Identifier: MIT
 * How far a connection came, in one line: what the path prober saw, and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "render/drawing.h"
#include "render/escape.h"
#include "unit/render/reports.h"
#include "whyrefused/faults.h"

#define COLUMNS 72

static struct case_report c;
static char space[512];

static const char *draw(void)
{
    struct wr_buf out = wr_buf_on(space, sizeof(space) - 1);

    if (!wr_draw(&c.report, COLUMNS, &out))
        return "nothing";
    assert_in_range(wr_text_width(out.data, out.len), 1, COLUMNS);
    space[out.len] = '\0';
    return space;
}

static void begin(enum wr_path_answer answer, const char *hops)
{
    struct wr_addr to = ipv4(10, 4, 0, 2, 8080);

    case_base(&c);
    c.attempt.target = to;
    wr_set_addr(&c.ev, WR_FACT_destination, &to);
    wr_set_uint(&c.ev, WR_FACT_path_answer, answer);
    wr_set_str(&c.ev, WR_FACT_path_hops, hops);
    wr_set_uint(&c.ev, WR_FACT_path_reference_hop, 4);
    wr_set_str(&c.ev, WR_FACT_path_reference, "port 443 (reset)");
}
#define HOPS "1 10.1.0.2 0.4, 2 10.2.0.2 0.5, 3 10.3.0.2 0.6, 4 10.4.0.2 0.9"

static void dropped(void **state)
{
    (void)state;
    begin(WR_PATH_SILENT, HOPS);
    wr_set_uint(&c.ev, WR_FACT_path_last_hop, 2);
    assert_string_equal(draw(),
                        "app ──▶ … ──▶ 10.2.0.2 ──✗ 10.4.0.2 port 8080   (dropped behind hop 2)");
    wr_set_uint(&c.ev, WR_FACT_path_last_hop, 1);
    assert_string_equal(draw(), "app ──▶ 10.1.0.2 ──✗ 10.4.0.2 port 8080   (dropped behind hop 1)");
    wr_set_absent(&c.ev, WR_FACT_path_reference); /* nothing answers: is it a rule at all? */
    assert_string_equal(draw(), "app ──▶ 10.1.0.2 ──✗ 10.4.0.2 port 8080   (silence behind hop 1)");
    wr_set_uint(&c.ev, WR_FACT_path_last_hop, 0);
    assert_string_equal(draw(), "nothing");
    wr_set_bool(&c.ev, WR_FACT_path_leaves, false);
    assert_string_equal(draw(), "app ──✗ 10.4.0.2 port 8080   (hop 1 does not see it)");
}

static void reset(void **state)
{
    struct wr_addr to = ipv4(10, 4, 0, 2, 0);

    (void)state;
    begin(WR_PATH_RESET, HOPS);
    assert_string_equal(draw(), "nothing");
    wr_set_uint(&c.ev, WR_FACT_path_answer_hop, 2);
    assert_string_equal(draw(), "app ──▶ 10.1.0.2 ──▶ 10.2.0.2 ──✗ 10.4.0.2 port 8080   (reset by "
                                "hop 2)");
    wr_set_uint(&c.ev, WR_FACT_path_answer_hop, 4); /* the last router looks the same */
    assert_string_equal(draw(), "nothing");
    wr_set_addr(&c.ev, WR_FACT_path_answer_from, &to);
    assert_string_equal(draw(), "app ──▶ 10.1.0.2 ──▶ … ──▶ 10.4.0.2 ──✗ port 8080   (reset by "
                                "itself)");
    wr_set_uint(&c.ev, WR_FACT_path_answer_hop, 6);
    assert_string_equal(draw(), "app ──▶ … ──▶ 10.4.0.2 ──▶ … ──✗ port 8080   (reset behind it, at "
                                "hop 6)");
    wr_set_bool(&c.ev, WR_FACT_path_answer_own, true);
    assert_string_equal(draw(), "app ──✗ 10.4.0.2 port 8080   (reset by this machine)");
}

static void rejected(void **state)
{
    struct wr_addr router = ipv4(10, 2, 0, 2, 0);

    (void)state;
    begin(WR_PATH_ICMP, "1 *, 2 10.2.0.2 0.5");
    wr_set_uint(&c.ev, WR_FACT_path_answer_hop, 2);
    wr_set_addr(&c.ev, WR_FACT_path_answer_from, &router);
    wr_set_uint(&c.ev, WR_FACT_icmp_type, 3);
    wr_set_uint(&c.ev, WR_FACT_icmp_code, 13);
    assert_string_equal(draw(), "app ──▶ … ──▶ 10.2.0.2 ──✗ 10.4.0.2 port 8080   (ICMP type 3 code "
                                "13)");
}

/* Texts are never trusted, whoever wrote them. */
static void broken(void **state)
{
    static const char *const hops[] = {"",         "1",
                                       "x",        "1 ",
                                       ",",        "1 nowhere 3, 2 10.2.0.2 1",
                                       "0 ::1 1",  "1,2,3",
                                       "1 \x1b[",  "99999999999999999999 * 1",
                                       "1 * , 1 *"};

    (void)state;
    for (size_t i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
        begin(WR_PATH_SILENT, hops[i]);
        wr_set_uint(&c.ev, WR_FACT_path_last_hop, 3);
        assert_null(strchr(draw(), '\x1b'));
    }
    srand(3);
    for (unsigned round = 0; round < 2000; round++) {
        begin(WR_PATH_SILENT, HOPS);
        wr_set_uint(&c.ev, WR_FACT_path_last_hop, (uint64_t)(rand() % 6));
        c.ev.text[(unsigned)rand() % sizeof(HOPS)] = (char)rand();
        draw();
    }
    c.report.redact_hosts = true;
    begin(WR_PATH_SILENT, HOPS);
    c.report.redact_hosts = true;
    wr_set_uint(&c.ev, WR_FACT_path_last_hop, 2);
    assert_null(strstr(draw(), "10.2.0.2"));
    assert_null(strstr(space, "10.4.0.2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropped),
        cmocka_unit_test(reset),
        cmocka_unit_test(rejected),
        cmocka_unit_test(broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
