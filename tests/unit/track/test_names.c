/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"
#include "base/clock.h"
#include "track/names.h"

static struct wr_addr v4(unsigned last)
{
    uint8_t bytes[4] = {10, 0, 0, (uint8_t)last};

    return wr_addr_from_bytes(AF_INET, bytes);
}

static struct wr_name_group answer(const unsigned *last, unsigned count)
{
    struct wr_name_group group = {.asked_ns = 42};

    for (unsigned i = 0; i < count; i++) {
        struct wr_addr addr = v4(last[i]);

        addr.port = (uint16_t)i;
        wr_names_append(&group, &addr);
    }
    return group;
}

static void add(const char *name, const unsigned *last, unsigned count)
{
    struct wr_name_group group = answer(last, count);

    wr_names_add(&group, name, "80");
}

static void test_order_and_once(void **state)
{
    const unsigned last[] = {3, 1, 3, 2, 1, 3};
    struct wr_name_group group;
    struct wr_addr addr = v4(2);

    (void)state;
    add("a.test", last, 6);
    assert_true(wr_names_group(&addr, &group));
    assert_string_equal(group.name, "a.test");
    assert_int_equal(group.count, 3);
    assert_int_equal(group.asked_ns, 42);
    assert_int_equal(group.addresses[0].bytes[3], 3);
    assert_int_equal(group.addresses[1].bytes[3], 1);
    assert_int_equal(group.addresses[2].bytes[3], 2);
}

static void test_newest(void **state)
{
    const unsigned both[] = {11, 12}, one[] = {12};
    struct wr_name_group first, second;
    struct wr_addr addr = v4(12), other = v4(11);

    (void)state;
    add("b.test", both, 2);
    add("b.test", one, 1);
    assert_true(wr_names_group(&addr, &second));
    assert_int_equal(second.count, 1);
    assert_true(wr_names_group(&other, &first));
    assert_int_equal(first.count, 2);
    assert_int_not_equal(first.generation, second.generation);
}

static void test_number(void **state)
{
    const unsigned last[] = {21};
    struct wr_name_group group;
    struct wr_addr addr = v4(21), unknown = v4(99);

    (void)state;
    add("c.test", last, 1);
    assert_false(wr_names_numeric(&addr));
    add("", last, 1);
    assert_false(wr_names_group(&addr, &group));
    assert_true(wr_names_numeric(&addr));
    assert_false(wr_names_group(&unknown, &group));
    assert_false(wr_names_numeric(&unknown));
}

static void test_several_names(void **state)
{
    const unsigned last[] = {31};
    char name[256], service[32];
    struct wr_addr addr = v4(31);

    (void)state;
    add("d.test", last, 1);
    assert_true(wr_names_find(&addr, name, sizeof(name), service, sizeof(service)));
    assert_string_equal(name, "d.test");
    assert_string_equal(service, "80");
    add("e.test", last, 1);
    assert_false(wr_names_find(&addr, name, sizeof(name), service, sizeof(service)));
}

static void test_bounds(void **state)
{
    struct wr_addr addr = v4(201);
    struct wr_name_group group = {0};
    char name[600];

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct wr_addr each = v4(201 + i);

        wr_names_append(&group, &each);
    }
    assert_int_equal(group.count, WR_NAMES_ADDRESSES);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    wr_names_add(&group, name, name);
    assert_true(wr_names_group(&addr, &group));
    assert_int_equal(strlen(group.name), sizeof(group.name) - 1);
}

static void test_forgets(void **state)
{
    const unsigned last[] = {41}, others[] = {51};
    struct wr_name_group group;
    struct wr_addr addr = v4(41);

    (void)state;
    add("f.test", last, 1);
    for (unsigned i = 0; i < 100; i++)
        add("g.test", others, 1);
    assert_false(wr_names_group(&addr, &group));
}

static void test_found_otherwise(void **state)
{
    const unsigned last[] = {3};
    const uint64_t second = 1000000000u;
    uint64_t now_ns;

    (void)state;
    add("only4.test", last, 1);
    add("", last, 1);
    now_ns = wr_now_ns();
    assert_true(wr_names_found_otherwise("only4.test", AF_INET6, now_ns));
    assert_true(wr_names_found_otherwise("only4.test", AF_UNSPEC, now_ns));
    assert_false(wr_names_found_otherwise("only4.test", AF_INET, now_ns));
    assert_false(wr_names_found_otherwise("other.test", AF_INET6, now_ns));
    assert_false(wr_names_found_otherwise("", AF_INET6, now_ns));
    assert_true(wr_names_found_otherwise("only4.test", AF_INET6, now_ns - second));
    assert_false(wr_names_found_otherwise("only4.test", AF_INET6, now_ns + 11 * second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_otherwise), cmocka_unit_test(test_order_and_once),
        cmocka_unit_test(test_newest),          cmocka_unit_test(test_number),
        cmocka_unit_test(test_several_names),   cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
