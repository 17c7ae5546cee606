/* SPDX-License-Identifier: MIT
 * Doubts about certificates: whose they are, and that no session has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls/gnutls.h"

static int objects[2];

/* gnutls_deinit(NULL) is allowed, and a place that is free belongs to nobody. */
static void test_no_session(void **state)
{
    (void)state;
    wr_gnutls_doubt(&objects[0], -1, "f", 2, NULL, "a.test");
    assert_int_equal(wr_gnutls_doubts, 1);
    assert_null(wr_gnutls_doubted(NULL));
    wr_gnutls_trust(NULL);
    wr_gnutls_gone(NULL);
    assert_int_equal(wr_gnutls_doubts, 1);
    assert_non_null(wr_gnutls_doubted(&objects[0]));
    wr_gnutls_gone(&objects[0]);
    assert_int_equal(wr_gnutls_doubts, 0);
}

static void test_of_another(void **state)
{
    (void)state;
    wr_gnutls_doubt(&objects[0], -1, "f", 2, NULL, NULL);
    assert_null(wr_gnutls_doubted(&objects[1]));
    wr_gnutls_trust(&objects[1]);
    assert_int_equal(wr_gnutls_doubts, 1);
    wr_gnutls_trust(&objects[0]);
    assert_int_equal(wr_gnutls_doubts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_session),
        cmocka_unit_test(test_of_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
