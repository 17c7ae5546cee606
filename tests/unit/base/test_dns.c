/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/dns.h"

/* db.test: a CNAME, then two addresses, then one of the additional section */
static const unsigned char message[] =
    "\x12\x34\x81\x80\0\1\0\3\0\0\0\1"
    "\2db\4test\0\0\1\0\1"
    "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x0f"
    "\1b\xc0\x0f\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\1"
    "\1b\xc0\x0f\0\x1c\0\1\0\0\0\x3c\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\x63";
#define LEN (sizeof(message) - 1)

static unsigned count(const void *bytes, size_t len)
{
    unsigned char *copy = malloc(len + 1); /* so that a read beyond it is seen */
    struct wr_dns_answers answers;
    struct wr_addr addr;
    unsigned found = 0;

    memcpy(copy, bytes, len);
    copy = realloc(copy, len > 0 ? len : 1);
    wr_dns_begin(&answers, copy, len);
    while (wr_dns_next(&answers, &addr))
        found++;
    assert_false(wr_dns_next(&answers, &addr));
    free(copy);
    return found;
}

static void test_answer(void **state)
{
    struct wr_dns_answers answers;
    struct wr_addr addr;

    (void)state;
    wr_dns_begin(&answers, message, LEN);
    assert_true(wr_dns_next(&answers, &addr));
    assert_int_equal(addr.family, AF_INET);
    assert_int_equal(addr.bytes[3], 1);
    assert_true(wr_dns_next(&answers, &addr));
    assert_int_equal(addr.family, AF_INET6);
    assert_int_equal(addr.bytes[15], 1);
    assert_false(wr_dns_next(&answers, &addr));
}

static void test_cut(void **state)
{
    unsigned before = 0;

    (void)state;
    for (size_t len = 0; len <= LEN; len++) {
        unsigned found = count(message, len);

        assert_true(found == before || found == before + 1);
        before = found;
    }
    assert_int_equal(before, 2);
}

static void test_noise(void **state)
{
    unsigned char noise[LEN];

    (void)state;
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        memcpy(noise, message, LEN);
        for (unsigned i = rand() % 8; i > 0; i--)
            noise[(unsigned)rand() % LEN] = (unsigned char)rand();
        count(noise, (unsigned)rand() % (LEN + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
