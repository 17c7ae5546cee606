/* SPDX-License-Identifier: MIT
 * What of NSS's is TLS, where libssl3 and NSPR are one library, as in builds of Firefox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls/nss.h"

static char library[64]; /* tables of methods lie in it */
static uintptr_t tls = (uintptr_t)library, plain = (uintptr_t)(library + 8), other = 4096;
static bool done;

/* As NSS: nothing for who asks for more than it has, or for what is not TLS. */
static int channel_info(void *fd, struct wr_nss_channel *ret, unsigned size)
{
    if (fd != &tls || size < 4 || size > 100)
        return -1;
    ret->length = size;
    ret->version = done ? 0x0304 : 0;
    return 0;
}

static void test_tells_tls_from_plain(void **state)
{
    static struct wr_tls_instance of;

    (void)state;
    of.object.base = (uintptr_t)library;
    of.object.size = sizeof(library);
    assert_true(wr_nss_is_certainly_tls(&of, &plain)); /* it cannot be asked */
    of.function[WR_AT_SSL_GetChannelInfo] = (void *)channel_info;
    assert_true(wr_nss_is_certainly_tls(&of, &tls));
    assert_false(wr_nss_is_certainly_tls(&of, &plain));
    assert_false(wr_nss_is_certainly_tls(&of, &other));
    assert_false(wr_nss_is_done(&of, &tls));
    done = true;
    assert_true(wr_nss_is_done(&of, &tls));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tells_tls_from_plain)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
