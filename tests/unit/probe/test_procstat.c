/* SPDX-License-Identifier: MIT
 * The two fields of /proc/PID/stat, behind names of any form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "probe/procstat.h"

#define REST " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 12345 20 21 22\n"

static void test_parse(void **state)
{
    struct wr_process_stat stat;

    (void)state;
    assert_true(wr_process_stat_parse("812 (nginx) S" REST, &stat));
    assert_int_equal(stat.state, 'S');
    assert_int_equal(stat.start_ns, 123450000000u);
    assert_true(wr_process_stat_parse("812 (a) b (c) T" REST, &stat));
    assert_int_equal(stat.state, 'T');
    assert_int_equal(stat.start_ns, 123450000000u);
}

static void test_broken(void **state)
{
    static const char *const texts[] = {"",
                                        ")",
                                        ") ",
                                        "812 (nginx",
                                        "812 (nginx) S 1 2 3",
                                        "812 (nginx) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 "
                                        "18 x"};
    struct wr_process_stat stat;

    (void)state;
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(wr_process_stat_parse(texts[i], &stat));
}

static void test_own(void **state)
{
    struct wr_process_stat stat;

    (void)state;
    assert_true(wr_process_stat((int32_t)getpid(), &stat));
    assert_int_equal(stat.state, 'R');
    assert_true(stat.start_ns <= wr_clock_ns(CLOCK_BOOTTIME));
    assert_false(wr_process_stat(0, &stat));
    assert_false(wr_process_stat(-1, &stat));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
