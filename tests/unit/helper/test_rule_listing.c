/* SPDX-License-Identifier: MIT
 * Rules in what `nft -a list chain` prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "helper/rule_listing.h"

static const char listing[] =
    "table inet fw { # handle 1\n"
    "\tset blocked { # handle 3\n"
    "\t\ttype inet_service\n"
    "\t}\n"
    "\n"
    "\tchain in { # handle 4\n"
    "\t\ttype filter hook input priority filter; policy drop;\n"
    "\t\ttcp dport { 1000, 1001,\n"
    "\t\t\t     2000 } counter drop # handle 5\n"
    "\t\ttcp dport 80 reject with tcp reset comment \"# handle 7\" # handle 6\n"
    "\t\ttcp dport @blocked drop # handle 16\n"
    "\t}\n"
    "}\n";

static const char *text_of(const char *from, uint64_t handle)
{
    static char text[256];

    memset(text, 'x', sizeof(text));
    wr_rule_listing_text(from, handle, false, text, sizeof(text));
    return text;
}

static void test_text(void **state)
{
    char text[64], small[10];

    (void)state;
    assert_string_equal(text_of(listing, 16), "tcp dport @blocked drop");
    assert_string_equal(text_of(listing, 6),
                        "tcp dport 80 reject with tcp reset comment \"# handle 7\"");
    assert_string_equal(text_of(listing, 5), "tcp dport { 1000, 1001, 2000 } counter drop");
    assert_string_equal(text_of(listing, 7), "");
    assert_string_equal(text_of(listing, 4), "");
    assert_string_equal(text_of("", 4), "");
    wr_rule_listing_text(listing, 0, true, text, sizeof(text));
    assert_string_equal(text, "type filter hook input priority filter; policy drop;");
    wr_rule_listing_text("", 0, true, text, sizeof(text));
    assert_string_equal(text, "");
    wr_rule_listing_text(listing, 16, false, small, sizeof(small));
    assert_string_equal(small, "tcp dport");
}

static void test_hook(void **state)
{
    char hook[32];

    (void)state;
    assert_true(wr_rule_listing_hook(listing, hook, sizeof(hook)));
    assert_string_equal(hook, "input");
    assert_false(wr_rule_listing_hook("table ip a {\n\tchain b {\n\t}\n}\n", hook, sizeof(hook)));
    assert_true(wr_rule_listing_hook("\t\ttype nat hook output", hook, sizeof(hook)));
    assert_string_equal(hook, "output");
}

static void test_rejects(void **state)
{
    (void)state;
    assert_true(wr_rule_listing_rejects("tcp dport 80 counter reject"));
    assert_true(wr_rule_listing_rejects("reject with tcp reset"));
    assert_true(wr_rule_listing_rejects("tcp dport 80 counter xt target \"REJECT\""));
    assert_false(wr_rule_listing_rejects("drop comment \"do not reject it\""));
    assert_false(wr_rule_listing_rejects("tcp dport 80 jump-reject"));
    assert_false(wr_rule_listing_rejects(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_hook),
        cmocka_unit_test(test_rejects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
