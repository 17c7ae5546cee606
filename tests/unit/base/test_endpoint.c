/* SPDX-License-Identifier: MIT
 * Hosts and ports as settings write them. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/endpoint.h"

static void takes(const char *text, const char *scheme, const char *host, uint16_t port)
{
    struct wr_endpoint endpoint;

    assert_true(wr_endpoint_parse(text, &endpoint));
    assert_int_equal(endpoint.scheme_len, strlen(scheme));
    assert_memory_equal(endpoint.scheme, scheme, strlen(scheme));
    assert_int_equal(endpoint.host_len, strlen(host));
    assert_memory_equal(endpoint.host, host, strlen(host));
    assert_int_equal(endpoint.port, port);
}

static void test_endpoints(void **state)
{
    (void)state;
    takes("proxy:3128", "", "proxy", 3128);
    takes("proxy", "", "proxy", 0);
    takes("  proxy.example.:3128 ", "", "proxy.example", 3128);
    takes("http://proxy:3128/", "http", "proxy", 3128);
    takes("http://proxy:/", "http", "proxy", 0);
    takes("http://user:pass@proxy:3128/path?x@y:1", "http", "proxy", 3128);
    takes("http://user:p@ss@10.0.0.1:80", "http", "10.0.0.1", 80);
    takes("user:pass@proxy", "", "proxy", 0);
    takes("socks5h://[2001:db8::1]:1080", "socks5h", "2001:db8::1", 1080);
    takes("[::1]", "", "::1", 0);
}

static void test_no_endpoints(void **state)
{
    static const char *const bad[] = {
        "",        "http://",     ":80",   "http://:80/", "proxy:http",
        "proxy:0", "proxy:65536", "[::1",  "[::1]x:80",   "::1",
        "user@",   "a:1:2",       "[]:80", "proxy:80x",   "."};
    struct wr_endpoint endpoint;

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(wr_endpoint_parse(bad[i], &endpoint));
}

/* Against the C library, which the shim can't ask. */
static void test_addresses(void **state)
{
    static const char *const texts[] = {"127.0.0.1",
                                        "10.4.0.2",
                                        "255.255.255.255",
                                        "0.0.0.0",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "256.0.0.1",
                                        "1.2.3.",
                                        ".1.2.3",
                                        "",
                                        "a.b.c.d",
                                        "localhost",
                                        "1.2.3.4x",
                                        "::",
                                        "::1",
                                        "1::",
                                        "fe80::1",
                                        "2001:db8:0:0:0:0:0:1",
                                        "2001:DB8::A:1",
                                        "1:2:3:4:5:6:7:8",
                                        "1:2:3:4:5:6:7::",
                                        "1:2:3",
                                        "::2:3:4:5:6:7:8",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1::2::3",
                                        ":::",
                                        ":1",
                                        "1:",
                                        "12345::",
                                        "g::",
                                        "::1.2.3.4",
                                        "1:2:3:4:5:6:1.2.3.4",
                                        "1:2:3:4:5:6:7:1.2.3.4",
                                        "::1.2.3",
                                        "1:2:3:4::1.2.3.4"};

    (void)state;
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int family = strchr(texts[i], ':') != NULL ? AF_INET6 : AF_INET;
        struct wr_addr addr;
        uint8_t bytes[16];
        bool good = inet_pton(family, texts[i], bytes) == 1;

        if (wr_address_parse(texts[i], strlen(texts[i]), &addr) != good)
            fail_msg("%s", texts[i]);
        if (!good)
            continue;
        assert_int_equal(addr.family, family);
        assert_memory_equal(addr.bytes, bytes, family == AF_INET ? 4 : 16);
    }
}

static void test_mapped(void **state)
{
    static const uint8_t four[4] = {10, 4, 0, 2};
    struct wr_addr addr;

    (void)state;
    assert_true(wr_address_parse("::ffff:10.4.0.2", 15, &addr));
    assert_int_equal(addr.family, AF_INET);
    assert_memory_equal(addr.bytes, four, 4);
}

static void test_words(void **state)
{
    (void)state;
    assert_true(wr_same_word("LocalHost:80", 9, "localhost"));
    assert_false(wr_same_word("localhost", 9, "local"));
    assert_false(wr_same_word("local", 5, "localhost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints), cmocka_unit_test(test_no_endpoints),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_mapped),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
