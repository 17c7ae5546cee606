/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"

static void localhost_is(int family, const char *text)
{
    struct wr_addr addr = wr_addr_localhost(family);
    char space[64];
    struct wr_buf buf = wr_buf_on(space, sizeof(space));

    wr_buf_addr(&buf, &addr);
    assert_string_equal(wr_buf_terminate(&buf), text);
    assert_int_equal(addr.family, family);
    assert_int_equal(addr.port, 0);
    assert_true(wr_addr_is_loopback(&addr));
}

static void test_localhost(void **state)
{
    (void)state;
    localhost_is(AF_INET, "127.0.0.1");
    localhost_is(AF_INET6, "::1");
}

static void test_loopback(void **state)
{
    struct wr_addr other = wr_addr_localhost(AF_INET), none = {0};

    (void)state;
    other.bytes[3] = 77;
    assert_true(wr_addr_is_loopback(&other));
    other.bytes[0] = 10;
    assert_false(wr_addr_is_loopback(&other));
    other = wr_addr_localhost(AF_INET6);
    other.bytes[0] = 0xfe;
    assert_false(wr_addr_is_loopback(&other));
    assert_false(wr_addr_is_loopback(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_localhost),
        cmocka_unit_test(test_loopback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
