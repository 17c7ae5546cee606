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

static struct wr_dns_question ask_db(void)
{
    return (struct wr_dns_question){.name = "db.test", .id = 0x1234, .type = WR_DNS_A};
}

static void test_ask(void **state)
{
    static const unsigned char plain[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\2db\4test\0\0\1\0\1";
    static const unsigned char full[] =
        "\x12\x34\1\x10\0\1\0\0\0\0\0\1\2db\4test\0\0\1\0\1\0\0\x29\2\0\0\0\0\0\0\0";
    struct wr_dns_question question = ask_db();
    unsigned char to[WR_DNS_QUESTION_MAX];

    (void)state;
    assert_int_equal(wr_dns_ask(&question, to, sizeof(to)), sizeof(plain) - 1);
    assert_memory_equal(to, plain, sizeof(plain) - 1);
    question.name = "db.test.";
    question.payload = 512;
    question.checking_disabled = true;
    assert_int_equal(wr_dns_ask(&question, to, sizeof(to)), sizeof(full) - 1);
    assert_memory_equal(to, full, sizeof(full) - 1);
    assert_int_equal(wr_dns_ask(&question, to, sizeof(to) - 1), 0);
}

static void test_ask_impossible(void **state)
{
    struct wr_dns_question question = ask_db();
    unsigned char to[WR_DNS_QUESTION_MAX];
    char name[300];

    (void)state;
    question.name = "";
    assert_int_equal(wr_dns_ask(&question, to, sizeof(to)), 0);
    question.name = "a..b";
    assert_int_equal(wr_dns_ask(&question, to, sizeof(to)), 0);
    memset(name, 'a', sizeof(name));
    name[63] = '\0';
    question.name = name;
    assert_true(wr_dns_ask(&question, to, sizeof(to)) > 0);
    name[63] = 'a';
    name[64] = '\0';
    assert_int_equal(wr_dns_ask(&question, to, sizeof(to)), 0);
    /* 253 characters are 255 bytes */
    for (unsigned i = 0; i < 253; i++)
        name[i] = i % 50 == 49 ? '.' : 'a';
    name[253] = '\0';
    question.payload = 512;
    assert_true(wr_dns_ask(&question, to, sizeof(to)) > 0);
    memcpy(name + 253, "a", 2);
    assert_int_equal(wr_dns_ask(&question, to, sizeof(to)), 0);
}

static void test_reverse(void **state)
{
    struct wr_addr addr = {.family = AF_INET, .bytes = {10, 4, 0, 200}};
    char name[WR_DNS_REVERSE_MAX];

    (void)state;
    wr_dns_reverse_name(&addr, name);
    assert_string_equal(name, "200.0.4.10.in-addr.arpa");
    addr = (struct wr_addr){.family = AF_INET6, .bytes = {0x20, 1, [15] = 0x5f}};
    wr_dns_reverse_name(&addr, name);
    assert_string_equal(name,
                        "f.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.2.ip6.arpa");
}

static void test_read(void **state)
{
    struct wr_dns_question question = ask_db();
    struct wr_dns_reply reply;

    (void)state;
    assert_int_equal(wr_dns_read(&question, message, LEN, &reply), WR_DNS_READ);
    assert_int_equal(reply.rcode, 0);
    assert_int_equal(reply.records, 1);
    assert_int_equal(reply.aliases, 1);
    assert_int_equal(reply.first.bytes[3], 1);
    assert_true(reply.recursion_available);
    assert_false(reply.damaged);
    assert_int_equal(reply.ede, WR_DNS_EDE_NONE);
    question.name = "DB.Test.";
    assert_int_equal(wr_dns_read(&question, message, LEN, &reply), WR_DNS_READ);
    question.name = "dc.test";
    assert_int_equal(wr_dns_read(&question, message, LEN, &reply), WR_DNS_OTHER);
    question = ask_db();
    question.id++;
    assert_int_equal(wr_dns_read(&question, message, LEN, &reply), WR_DNS_OTHER);
    question = ask_db();
    question.type = WR_DNS_AAAA;
    assert_int_equal(wr_dns_read(&question, message, LEN, &reply), WR_DNS_OTHER);
    question = ask_db();
    assert_int_equal(wr_dns_read(&question, message, 11, &reply), WR_DNS_GARBAGE);
    assert_int_equal(wr_dns_read(&question, message, 15, &reply), WR_DNS_GARBAGE);
    assert_int_equal(wr_dns_read(&question, message, LEN - 1, &reply), WR_DNS_READ);
    assert_true(reply.damaged);
}

static void test_errors(void **state)
{
    /* SERVFAIL with an SOA, an extended error 9 "no key", and a zero at the end of the text */
    static const unsigned char servfail[] =
        "\x12\x34\x81\x82\0\1\0\0\0\1\0\1\2db\4test\0\0\1\0\1"
        "\0\0\6\0\1\0\0\0\x3c\0\2\0\0"
        "\0\0\x29\4\xd0\0\0\0\0\0\x10\0\x0a\0\1x\0\x0f\0\x07\0\x09no k\0";
    static const unsigned char badvers[] =
        "\x12\x34\x81\x80\0\1\0\0\0\0\0\1\2db\4test\0\0\1\0\1\0\0\x29\4\xd0\1\0\0\0\0\0";
    static const unsigned char formerr[] = "\x12\x34\x81\x81\0\0\0\0\0\0\0\0";
    struct wr_dns_question question = ask_db();
    struct wr_dns_reply reply;

    (void)state;
    assert_int_equal(wr_dns_read(&question, servfail, sizeof(servfail) - 1, &reply), WR_DNS_READ);
    assert_int_equal(reply.rcode, WR_DNS_SERVFAIL);
    assert_true(reply.soa && reply.edns);
    assert_int_equal(reply.ede, 9);
    assert_int_equal(reply.ede_len, 4);
    assert_memory_equal(reply.ede_text, "no k", 4);
    assert_string_equal(wr_dns_ede_text(9), "DNSKEY Missing");
    assert_null(wr_dns_ede_text(49152));
    assert_int_equal(wr_dns_read(&question, badvers, sizeof(badvers) - 1, &reply), WR_DNS_READ);
    assert_int_equal(reply.rcode, WR_DNS_BADVERS);
    assert_int_equal(wr_dns_read(&question, formerr, sizeof(formerr) - 1, &reply), WR_DNS_READ);
    assert_int_equal(reply.rcode, WR_DNS_FORMERR);
    assert_string_equal(wr_dns_rcode_name(WR_DNS_NXDOMAIN), "NXDOMAIN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer),         cmocka_unit_test(test_cut),
        cmocka_unit_test(test_noise),          cmocka_unit_test(test_ask),
        cmocka_unit_test(test_ask_impossible), cmocka_unit_test(test_reverse),
        cmocka_unit_test(test_read),           cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
