/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/dnswalk.h"

static struct wr_resolv with(const char *line, const char *options)
{
    struct wr_resolv resolv;

    wr_resolv_begin(&resolv);
    wr_resolv_line(&resolv, line);
    wr_resolv_line(&resolv, options);
    wr_resolv_end(&resolv, "host");
    return resolv;
}

static void expect(const struct wr_resolv *resolv, const char *name, bool searched,
                   const char *const *names)
{
    char got[WR_DNSWALK_NAME];

    for (unsigned i = 0; names[i] != NULL; i++) {
        assert_true(wr_dnswalk_name(resolv, name, searched, i, got));
        assert_string_equal(got, names[i]);
        names[i + 1] == NULL ? assert_false(wr_dnswalk_name(resolv, name, searched, i + 1, got))
                             : (void)0;
    }
}

#define EXPECT(resolv, name, searched, ...) \
    expect(resolv, name, searched, (const char *const[]){__VA_ARGS__, NULL})

static void test_order(void **state)
{
    struct wr_resolv two = with("search a.test b.test", ""), none = with("search .", "");
    struct wr_resolv five = with("search a.test b.test", "options ndots:5");
    struct wr_resolv tld = with("search a.test", "options no-tld-query");

    (void)state;
    EXPECT(&two, "db", true, "db.a.test", "db.b.test", "db");
    EXPECT(&two, "db.x", true, "db.x", "db.x.a.test", "db.x.b.test");
    EXPECT(&two, "db.", true, "db");
    EXPECT(&two, "db", false, "db");
    EXPECT(&five, "db.x", true, "db.x.a.test", "db.x.b.test", "db.x");
    EXPECT(&tld, "db", true, "db.a.test");
    assert_true(none.search_count <= 1);
}

static void test_other(void **state)
{
    struct wr_resolv deep = with("search dev.corp.test corp.test x.y.z.test", "");
    char got[WR_DNSWALK_NAME];
    bool by_search;

    (void)state;
    assert_true(wr_dnswalk_other(&deep, "db", true, 0, got, &by_search));
    assert_string_equal(got, "db.y.z.test");
    assert_false(by_search);
    assert_false(wr_dnswalk_other(&deep, "db", true, 1, got, &by_search));
    assert_true(wr_dnswalk_other(&deep, "db.", true, 1, got, &by_search));
    assert_string_equal(got, "db.corp.test");
    assert_true(by_search);
    assert_false(wr_dnswalk_other(&deep, "db", false, 3, got, &by_search));
}

static void test_too_long(void **state)
{
    struct wr_resolv resolv = with("search a.test", "");
    char name[WR_DNSWALK_NAME + 1], got[WR_DNSWALK_NAME];

    (void)state;
    memset(name, 'a', sizeof(name));
    name[250] = '\0';
    assert_false(wr_dnswalk_name(&resolv, name, true, 0, got));
    assert_true(wr_dnswalk_name(&resolv, name, true, 1, got));
}

static void test_kinds(void **state)
{
    (void)state;
    assert_true(wr_dnswalk_plausible("db_1.a-b.test."));
    assert_false(wr_dnswalk_plausible("http://x"));
    assert_false(wr_dnswalk_plausible("a b"));
    assert_false(wr_dnswalk_plausible(""));
    assert_true(wr_dnswalk_numeric("10.1"));
    assert_true(wr_dnswalk_numeric("fe80::1%eth0"));
    assert_false(wr_dnswalk_numeric("10.example"));
    assert_string_equal(wr_dnswalk_internal("db.Prod.INTERNAL."), ".internal");
    assert_string_equal(wr_dnswalk_internal("1.0.17.172.in-addr.arpa"), ".172.in-addr.arpa");
    assert_null(wr_dnswalk_internal("1.0.32.172.in-addr.arpa"));
    assert_null(wr_dnswalk_internal("internal"));
    assert_null(wr_dnswalk_internal("example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_other),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
