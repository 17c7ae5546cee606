/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hash.h"

/* From the table of test vectors of its authors. */
static void test_vectors(void **state)
{
    (void)state;
    assert_true(wr_hash(WR_HASH_START, "", 0) == 0xcbf29ce484222325u);
    assert_true(wr_hash(WR_HASH_START, "a", 1) == 0xaf63dc4c8601ec8cu);
    assert_true(wr_hash(WR_HASH_START, "foobar", 6) == 0x85944171f73967e8u);
}

static void test_goes_on(void **state)
{
    (void)state;
    assert_true(wr_hash(wr_hash(WR_HASH_START, "foo", 3), "bar", 3) == 0x85944171f73967e8u);
    assert_true(wr_hash_step(WR_HASH_START, 'a') == 0xaf63dc4c8601ec8cu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
