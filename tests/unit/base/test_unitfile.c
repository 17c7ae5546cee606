/* SPDX-License-Identifier: MIT
 * Unit files: values, and that a broken space or glob does no harm. */
#include "base/unitfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct seen {
    unsigned lines, bad;
};

static bool count(void *ctx, const struct wr_unit_line *line)
{
    struct seen *seen = ctx;

    seen->lines++;
    if (strstr(line->unit, ".socket") == NULL || line->key[0] == '\0' || line->value == NULL)
        seen->bad++;
    return true;
}

static bool stop(void *ctx, const struct wr_unit_line *line)
{
    (void)line;
    ++*(unsigned *)ctx;
    return false;
}

static void each_gives_only_what_matches(void **state)
{
    static char space[WR_UNIT_SPACE];
    struct seen seen = {0};
    int rc = wr_unit_each(WR_UNIT_SYSTEM, "*.socket", space, sizeof(space), 0, count, &seen);

    (void)state;
    assert_true(rc == 0 || rc == -2);
    assert_int_equal(seen.bad, 0);
}

static void each_stops_when_told(void **state)
{
    static char space[WR_UNIT_SPACE];
    unsigned calls = 0;

    (void)state;
    wr_unit_each(WR_UNIT_SYSTEM, "*.service", space, sizeof(space), 0, stop, &calls);
    assert_in_range(calls, 0, 1);
}

static void expand_knows_the_runtime_directory(void **state)
{
    char out[32];

    (void)state;
    assert_string_equal(wr_unit_expand("%t/docker.sock", "/run", out, sizeof(out)),
                        "/run/docker.sock");
    assert_string_equal(wr_unit_expand("a%%b", "/run", out, sizeof(out)), "a%b");
    assert_null(wr_unit_expand("%h/x", "/run", out, sizeof(out)));
    assert_null(wr_unit_expand("%", "/run", out, sizeof(out)));
    assert_null(wr_unit_expand("0123456789012345678901234567890123", "/run", out, sizeof(out)));
}

static void what_is_not_there_is_not_installed(void **state)
{
    (void)state;
    assert_false(wr_unit_installed(WR_UNIT_SYSTEM, "no-such-unit-here.socket"));
    assert_false(wr_unit_installed(WR_UNIT_USER, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gives_only_what_matches),
        cmocka_unit_test(each_stops_when_told),
        cmocka_unit_test(expand_knows_the_runtime_directory),
        cmocka_unit_test(what_is_not_there_is_not_installed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
