/* SPDX-License-Identifier: MIT
 * What is no host name, and what was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/hostname.h"

static const struct {
    const char *name;
    enum wr_name_fault fault;
    const char *meant; /* NULL = nothing */
    unsigned port;
} cases[] = {
    {"db", WR_NAME_FINE, NULL, 0},
    {"db.example.", WR_NAME_FINE, NULL, 0},
    {"_sip._tcp.example", WR_NAME_FINE, NULL, 0},
    {".", WR_NAME_FINE, NULL, 0},
    {"10.4.0.2", WR_NAME_FINE, NULL, 0},
    {"127.1", WR_NAME_FINE, NULL, 0},
    {"::1", WR_NAME_FINE, NULL, 0},
    {"", WR_NAME_EMPTY, NULL, 0},
    {"http://db.example:8080/x", WR_NAME_URL, "db.example", 8080},
    {"postgres://u:p@[::1]:5432/x", WR_NAME_URL, "::1", 5432},
    {"db:5432", WR_NAME_PORT, "db", 5432},
    {"10.0.0.1:80", WR_NAME_PORT, "10.0.0.1", 80},
    {"db:http", WR_NAME_PORT, "db", 0},
    {"db:", WR_NAME_PORT, "db", 0},
    {"root@db", WR_NAME_USER, "db", 0},
    {"db/path", WR_NAME_PATH, "db", 0},
    {"db:80/path", WR_NAME_PATH, "db", 80},
    {"/run/postgresql", WR_NAME_FILE, NULL, 0},
    {"db\n", WR_NAME_BLANKS_AROUND, "db", 0},
    {" db", WR_NAME_BLANKS_AROUND, "db", 0},
    {" \t ", WR_NAME_BLANKS_AROUND, NULL, 0},
    {"my db", WR_NAME_BLANK, NULL, 0},
    {"\"db\"", WR_NAME_QUOTES, "db", 0},
    {"'", WR_NAME_QUOTES, NULL, 0},
    {"[::1]", WR_NAME_BRACKETS, "::1", 0},
    {"[::1]:80", WR_NAME_BRACKETS, "::1", 80},
    {"a,b", WR_NAME_LIST, NULL, 0},
    {"${DB_HOST}", WR_NAME_PLACEHOLDER, NULL, 0},
    {"{{ host }}", WR_NAME_PLACEHOLDER, NULL, 0},
    {"<host>", WR_NAME_PLACEHOLDER, NULL, 0},
    {"undefined", WR_NAME_WORD, NULL, 0},
    {"None", WR_NAME_WORD, NULL, 0},
    {"10.0.0.0/8", WR_NAME_NETWORK, "10.0.0.0", 0},
    {"fe80::/10", WR_NAME_NETWORK, "fe80::", 0},
    {"10.0.0.256", WR_NAME_NUMBER, NULL, 0},
    {"1.2.3.4.5", WR_NAME_NUMBER, NULL, 0},
    {"fe80:::1", WR_NAME_IPV6, NULL, 0},
    {"fe80::1%nosuch", WR_NAME_SCOPE, NULL, 0},
    {"a*b", WR_NAME_CHARACTER, NULL, 0},
    {"-h", WR_NAME_CHARACTER, NULL, 0},
    {"b\xc3\xbc"
     "cher.example",
     WR_NAME_NOT_ASCII, NULL, 0},
    {"a..b", WR_NAME_EMPTY_LABEL, NULL, 0},
    {".example", WR_NAME_EMPTY_LABEL, NULL, 0},
    {"a..", WR_NAME_EMPTY_LABEL, NULL, 0},
    {"http://a b/", WR_NAME_URL, "a", 0},
};

static void forms(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wr_name_form form;
        size_t len = strlen(cases[i].name);

        wr_name_form(cases[i].name, len, len, &form);
        if (form.fault != cases[i].fault || form.port != cases[i].port)
            fail_msg("%s: fault %d, port %u", cases[i].name, (int)form.fault, form.port);
        if (cases[i].meant == NULL ? form.host_len != 0
                                   : form.host_len != strlen(cases[i].meant) ||
                                         memcmp(form.host, cases[i].meant, form.host_len) != 0)
            fail_msg("%s: meant %.*s", cases[i].name, (int)form.host_len, form.host);
    }
}

static void long_ones(void **state)
{
    struct wr_name_form form;
    char name[300];

    (void)state;
    memset(name, 'a', sizeof(name));
    wr_name_form(name, 63, 63, &form);
    assert_int_equal(form.fault, WR_NAME_FINE);
    wr_name_form(name, 64, 64, &form);
    assert_int_equal(form.fault, WR_NAME_LABEL_LONG);
    for (unsigned i = 50; i < sizeof(name); i += 51)
        name[i] = '.';
    wr_name_form(name, 253, 253, &form);
    assert_int_equal(form.fault, WR_NAME_FINE);
    wr_name_form(name, 254, 254, &form);
    assert_int_equal(form.fault, WR_NAME_LONG);
    wr_name_form(name, 255, 3000, &form); /* the rest was not kept; it ends behind a dot */
    assert_int_equal(form.fault, WR_NAME_LONG);
}

static void hidden(const char *from, const char *to)
{
    char text[64];

    strcpy(text, from);
    wr_name_hide_password(text);
    assert_string_equal(text, to);
}

static void passwords(void **state)
{
    (void)state;
    hidden("http://u:secret@db/", "http://u:...@db/");
    hidden("u:s@db", "u:.@db");
    hidden("u:se@cret@db:5432", "u:...@db:5432");
    hidden("u@db", "u@db");
    hidden("db:5432", "db:5432");
    hidden("http://db/a:b@c", "http://db/a:b@c");
    hidden("", "");
}

static bool near(const char *a, const char *b)
{
    return wr_name_is_near(a, strlen(a), b, strlen(b));
}

static void slips(void **state)
{
    static char most[81];

    (void)state;
    assert_true(near("postgers", "postgres"));
    assert_true(near("htpps", "https"));
    assert_true(near("DB1x", "db1"));
    assert_true(near("db.exmaple", "db.example"));
    assert_false(near("db", "dc"));
    assert_false(near("db", "db"));
    assert_false(near("abcdefg", "gfedcba"));
    assert_false(near("redis", "rediscache"));
    memset(most, 'x', 80);
    assert_true(near(most, most + 1));
    assert_false(near("", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(forms), cmocka_unit_test(long_ones),
                                       cmocka_unit_test(passwords), cmocka_unit_test(slips)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
