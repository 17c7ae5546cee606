/* SPDX-License-Identifier: MIT
 * The answer of the helper's task "rule": bounded, whatever it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/rule_answer.h"

static struct wr_rule_answer parsed(const char *text)
{
    struct wr_rule_answer answer;

    wr_rule_answer_parse(text, strlen(text), &answer);
    return answer;
}

static void assert_span(struct wr_rule_span span, const char *text)
{
    assert_int_equal(span.len, strlen(text));
    if (span.len != 0)
        assert_memory_equal(span.at, text, span.len);
}

static void test_rule(void **state)
{
    struct wr_rule_answer answer =
        parsed("nat\t-\nexamined\t1\nfound\t1\ntool\tnft\ntable\tinet fw\nchain\tsub\nnumber\t5\n"
               "policy\t0\ncommand\tsudo nft -a list chain inet fw sub\ntext\ttcp dport 80 reject\n"
               "rejects\t1\nhook\toutput\n");

    (void)state;
    assert_int_equal(answer.examined, 1);
    assert_int_equal(answer.found, 1);
    assert_int_equal(answer.policy, 0);
    assert_int_equal(answer.rejects, 1);
    assert_int_equal(answer.number, 5);
    assert_span(answer.tool, "nft");
    assert_span(answer.table, "inet fw");
    assert_span(answer.chain, "sub");
    assert_span(answer.text, "tcp dport 80 reject");
    assert_span(answer.hook, "output");
    assert_span(answer.command, "sudo nft -a list chain inet fw sub");
    assert_span(answer.missing, "");
    assert_true(answer.nat_known);
    assert_int_equal(answer.nat.family, 0);
}

static void test_nat(void **state)
{
    struct wr_rule_answer answer = parsed("nat\t10.4.0.2\nnatport\t81\n");

    (void)state;
    assert_true(answer.nat_known);
    assert_int_equal(answer.nat.family, AF_INET);
    assert_memory_equal(answer.nat.bytes, "\x0a\x04\x00\x02", 4);
    assert_int_equal(answer.nat.port, 81);
    answer = parsed("natport\t65535\nnat\tfd00:4::2\n");
    assert_true(answer.nat_known);
    assert_int_equal(answer.nat.family, AF_INET6);
    assert_int_equal(answer.nat.port, 65535);
    assert_false(parsed("nat\t10.4.0.2\n").nat_known);
    assert_false(parsed("nat\t10.4.0.2\nnatport\t65536\n").nat_known);
    assert_false(parsed("nat\t10.4.0.2\nnatport\t0\n").nat_known);
    assert_false(parsed("nat\trouter\nnatport\t80\n").nat_known);
    assert_false(parsed("natport\t80\n").nat_known);
}

/* What was killed in mid-answer, and what makes no sense. */
static void test_fragments(void **state)
{
    struct wr_rule_answer answer = parsed("examined\t1\nfound\t1\ntable\tinet f");
    char line[3000];

    (void)state;
    assert_int_equal(answer.found, 1);
    assert_span(answer.table, "");
    answer = parsed("");
    assert_int_equal(answer.examined, -1);
    assert_int_equal(answer.found, -1);
    answer = parsed("examined\nfound\t\n\t\n\n!the worker fell\nexamined\t2\nfound\tyes\n");
    assert_int_equal(answer.examined, -1);
    assert_int_equal(answer.found, -1);
    answer = parsed("found\t1\nfound\t0\nchain\ta\nchain\tb\n");
    assert_int_equal(answer.found, 1);
    assert_span(answer.chain, "a");
    assert_int_equal(parsed("number\t-1\n").number, 0);
    assert_int_equal(parsed("number\t123456789012345678901\n").number, 0);
    memset(line, 'x', sizeof(line));
    memcpy(line, "text\t", 5);
    memcpy(line + sizeof(line) - 2, "\n", 2);
    assert_span(parsed(line).text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_nat),
        cmocka_unit_test(test_fragments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
