/* SPDX-License-Identifier: MIT
 * Files line by line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"

#define SOON (wr_now_ns() + 1000000000u)

static char path[] = "/tmp/test_file.XXXXXX";
static char lines[16384], space[256];
static unsigned count, stop_after;

static bool each(void *ctx, const char *line)
{
    (void)ctx;
    strcat(strcat(lines, line), "|");
    return ++count != stop_after;
}

static int read_lines(const char *text, size_t size, size_t line_max)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    lines[0] = '\0';
    count = 0;
    return wr_file_lines(path, line_max, space, size, SOON, each, NULL);
}

static void test_lines(void **state)
{
    static const char *const texts[] = {"", "one\n", "one\ntwo\n", "one\n\ntwo"};
    static const char *const expected[] = {"", "one|", "one|two|", "one||two|"};

    (void)state;
    stop_after = 0;
    for (unsigned i = 0; i < 4; i++) {
        /* from a piece for each line to all at once */
        for (size_t size = 6; size < 20; size++) {
            assert_int_equal(read_lines(texts[i], size, 0), 0);
            assert_string_equal(lines, expected[i]);
        }
        assert_int_equal(read_lines(texts[i], sizeof(space), 100), 0);
        assert_string_equal(lines, expected[i]);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    stop_after = 1;
    assert_int_equal(read_lines("one\ntwo", sizeof(space), 0), 0);
    assert_string_equal(lines, "one|");
    stop_after = 0;
    assert_int_equal(read_lines("one\na line that is too long\n", 8, 0), -EFBIG);
    assert_string_equal(lines, "one|");
    assert_int_equal(wr_file_lines("/nonexistent", 0, space, sizeof(space), SOON, each, NULL),
                     -ENOENT);
    assert_int_equal(wr_file_lines(path, 0, space, sizeof(space), 0, each, NULL), -ETIME);
}

/* A table longer than a page of the kernel's is read whole, with and without the short cut. */
static void test_proc(void **state)
{
    static char big[8192];
    unsigned whole;

    (void)state;
    stop_after = 0;
    lines[0] = '\0';
    count = 0;
    assert_int_equal(wr_file_lines("/proc/self/maps", 0, big, sizeof(big), SOON, each, NULL), 0);
    whole = count;
    lines[0] = '\0';
    count = 0;
    assert_int_equal(wr_file_lines("/proc/self/maps", 512, big, sizeof(big), SOON, each, NULL), 0);
    assert_int_equal(count, whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_proc),
    };
    int fd = mkstemp(path), failed;

    if (fd < 0)
        return 1;
    close(fd);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
