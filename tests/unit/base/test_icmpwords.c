/* SPDX-License-Identifier: MIT
 * What ICMP errors mean. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/icmpwords.h"

/* Measured: what nft's reject sends, and what connect() makes of it. */
static void measured(void **state)
{
    static const struct {
        uint8_t version, type, code;
        int error;
        enum wr_icmp_kind kind;
        const char *name;
    } cases[] = {
        {4, 3, 0, ENETUNREACH, WR_ICMP_UNREACHABLE, "net-unreachable"},
        {4, 3, 1, EHOSTUNREACH, WR_ICMP_UNREACHABLE, "host-unreachable"},
        {4, 3, 2, ENOPROTOOPT, WR_ICMP_PROTOCOL, "prot-unreachable"},
        {4, 3, 3, ECONNREFUSED, WR_ICMP_PORT, "port-unreachable"},
        {4, 3, 9, ENETUNREACH, WR_ICMP_PROHIBITED, "net-prohibited"},
        {4, 3, 10, EHOSTUNREACH, WR_ICMP_PROHIBITED, "host-prohibited"},
        {4, 3, 13, EHOSTUNREACH, WR_ICMP_PROHIBITED, "admin-prohibited"},
        {4, 11, 0, EHOSTUNREACH, WR_ICMP_HOPS, "ttl-exceeded"},
        {6, 1, 0, ENETUNREACH, WR_ICMP_UNREACHABLE, "no-route"},
        {6, 1, 1, EACCES, WR_ICMP_PROHIBITED, "admin-prohibited"},
        {6, 1, 3, EHOSTUNREACH, WR_ICMP_UNREACHABLE, "addr-unreachable"},
        {6, 1, 4, ECONNREFUSED, WR_ICMP_PORT, "port-unreachable"},
        {6, 1, 5, EACCES, WR_ICMP_PROHIBITED, "policy-fail"},
        {6, 1, 6, EACCES, WR_ICMP_PROHIBITED, "reject-route"},
        {6, 3, 0, EHOSTUNREACH, WR_ICMP_HOPS, "ttl-exceeded"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct wr_icmp_word *word =
            wr_icmp_word(cases[i].version, cases[i].type, cases[i].code);

        assert_non_null(word);
        assert_int_equal(word->error, cases[i].error);
        assert_int_equal(word->kind, cases[i].kind);
        assert_string_equal(word->name, cases[i].name);
    }
}

static void others(void **state)
{
    (void)state;
    assert_null(wr_icmp_word(4, 3, 16));
    assert_null(wr_icmp_word(4, 11, 1));
    assert_null(wr_icmp_word(4, 1, 1));
    assert_null(wr_icmp_word(6, 3, 3));
    assert_null(wr_icmp_word(0, 3, 3));
    assert_null(wr_icmp_word(4, 3 + 256, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measured),
        cmocka_unit_test(others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
