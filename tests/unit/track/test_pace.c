/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/pace.h"

static void test_some_at_once_then_one_each(void **state)
{
    struct wr_pace pace = {.interval_ns = 100, .at_once = 3};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(wr_pace_take(&pace, 1000));
    assert_false(wr_pace_take(&pace, 1000));
    assert_false(wr_pace_take(&pace, 1099));
    assert_true(wr_pace_take(&pace, 1100));
    assert_false(wr_pace_take(&pace, 1100));
    for (unsigned i = 0; i < 3; i++)
        assert_true(wr_pace_take(&pace, 5000));
    assert_false(wr_pace_take(&pace, 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_some_at_once_then_one_each)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
