/* SPDX-License-Identifier: MIT
 * resolv.conf(5), and IPv4 addresses in all their forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"
#include "base/aton.h"
#include "base/resolvconf.h"

static struct wr_resolv resolv;

static void read_text(const char *text, const char *localdomain, const char *options,
                      const char *host)
{
    char line[512];

    wr_resolv_begin(&resolv);
    resolv.state = WR_RESOLV_READ;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        memcpy(line, text, len);
        line[len] = '\0';
        wr_resolv_line(&resolv, line);
        text += len + (text[len] == '\n');
    }
    if (localdomain != NULL)
        wr_resolv_localdomain(&resolv, localdomain);
    if (options != NULL)
        wr_resolv_options(&resolv, options);
    wr_resolv_end(&resolv, host);
}

static const char *server(unsigned index)
{
    static char text[64];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_buf_endpoint(&buf, &resolv.servers[index]);
    return wr_buf_terminate(&buf);
}

static void servers(void **state)
{
    (void)state;
    read_text("# nameserver 1.1.1.1\nnameserver 10.0.0.1 # first\n nameserver 10.0.0.9\n"
              "nameserver\t2001:db8::53\nnameserver nosuch\nnameserver fe80::1%3\n"
              "nameserver 10.0.0.4\nnameserver 10.0.0.5",
              NULL, NULL, "");
    assert_int_equal(resolv.state, WR_RESOLV_READ);
    assert_int_equal(resolv.count, 3);
    assert_int_equal(resolv.bad, 1);
    assert_int_equal(resolv.ignored, 2);
    assert_string_equal(server(0), "10.0.0.1:53");
    assert_string_equal(server(1), "[2001:db8::53]:53");
    assert_string_equal(server(2), "[fe80::1%3]:53");
    assert_int_equal(resolv.fourth.bytes[3], 4);

    read_text("nameserver fe80::1%eth0\nnameserver ::1\n", NULL, NULL, "");
    assert_string_equal(resolv.interface[0], "eth0");
    assert_string_equal(server(1), "[::1]:53");
}

static void no_servers(void **state)
{
    (void)state;
    read_text("nameserver\nnameserver256 10.0.0.1\nsearch a\n", NULL, NULL, "");
    assert_int_equal(resolv.state, WR_RESOLV_EMPTY);
    assert_int_equal(resolv.count, 1);
    assert_string_equal(server(0), "127.0.0.1:53");
}

static void search(void **state)
{
    (void)state;
    read_text("domain a.example b.example\n", NULL, NULL, "host.c.example");
    assert_int_equal(resolv.search_count, 1);
    assert_string_equal(wr_resolv_search(&resolv, 0), "a.example");
    assert_null(wr_resolv_search(&resolv, 1));

    read_text("domain a.example\nsearch b.example  c.example\n", NULL, NULL, "");
    assert_int_equal(resolv.search_count, 2);
    assert_string_equal(wr_resolv_search(&resolv, 1), "c.example");
    assert_true(resolv.search_given);

    read_text("search b.example\n", "d e", NULL, "");
    assert_int_equal(resolv.search_count, 2);
    assert_string_equal(wr_resolv_search(&resolv, 0), "d");
    assert_true(resolv.from_environment);

    read_text("", NULL, NULL, "host.c.example");
    assert_string_equal(wr_resolv_search(&resolv, 0), "c.example");
    assert_false(resolv.search_given);
    read_text("", NULL, NULL, "host");
    assert_int_equal(resolv.search_count, 0);
}

static void search_is_bounded(void **state)
{
    static char line[8 + 100 * 20 + 1] = "search ";

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        strcat(line, "subdomain.example1 ");
    wr_resolv_begin(&resolv);
    wr_resolv_line(&resolv, line);
    wr_resolv_end(&resolv, "");
    assert_true(resolv.search_cut);
    assert_int_equal(resolv.search_count, WR_RESOLV_SEARCH / (sizeof("subdomain.example1")));
    assert_string_equal(wr_resolv_search(&resolv, resolv.search_count - 1), "subdomain.example1");
}

static void options(void **state)
{
    (void)state;
    read_text("", NULL, NULL, "");
    assert_int_equal(resolv.ndots, 1);
    assert_int_equal(resolv.timeout_s, 5);
    assert_int_equal(resolv.attempts, 2);
    read_text("options ndots:5 timeout:99 edns0\noptions attempts:1 use-vc trust-ad\n", NULL,
              "ndots:99 single-request-reopen", "");
    assert_int_equal(resolv.ndots, 15);
    assert_int_equal(resolv.timeout_s, 30);
    assert_int_equal(resolv.attempts, 1);
    assert_true(resolv.edns0 && resolv.use_vc && resolv.trust_ad && resolv.single_request);
    assert_false(resolv.rotate || resolv.no_aaaa || resolv.no_tld_query);
}

static void is_aton(const char *text, const char *bytes)
{
    uint8_t got[4];

    assert_true(wr_aton(text, strlen(text), got));
    assert_memory_equal(got, bytes, 4);
}

static void aton_forms(void **state)
{
    static const char *const none[] = {"",           "1.",       ".1",   "256.1.1.1", "1.1.1.256",
                                       "1.2.3.4.5",  "1.2.3.4x", "09",   "0x",        "4294967296",
                                       "1.16777216", "a",        "1..2", " 1",        "1 "};
    uint8_t got[4];

    (void)state;
    is_aton("10.4.0.2", "\x0a\x04\x00\x02");
    is_aton("127.1", "\x7f\x00\x00\x01");
    is_aton("0x7f000001", "\x7f\x00\x00\x01");
    is_aton("010.1.258", "\x08\x01\x01\x02");
    is_aton("0", "\x00\x00\x00\x00");
    is_aton("4294967295", "\xff\xff\xff\xff");
    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(wr_aton(none[i], strlen(none[i]), got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers), cmocka_unit_test(no_servers),
        cmocka_unit_test(search),  cmocka_unit_test(search_is_bounded),
        cmocka_unit_test(options), cmocka_unit_test(aton_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
