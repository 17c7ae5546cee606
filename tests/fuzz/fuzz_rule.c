/* SPDX-License-Identifier: MIT
 * Answers of the helper's task "rule": what is taken from them lies in them. */
#include "fuzz.h"

#include "probe/rule_answer.h"

static void check(struct wr_rule_span span, const uint8_t *data, size_t size)
{
    const uint8_t *at = (const uint8_t *)span.at;

    if (span.len == 0)
        return;
    PROMISE(at > data && at + span.len < data + size && span.len <= 1024);
    PROMISE(memchr(at, '\n', span.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wr_rule_answer answer;

    wr_rule_answer_parse((const char *)data, size, &answer);
    check(answer.missing, data, size);
    check(answer.tool, data, size);
    check(answer.table, data, size);
    check(answer.chain, data, size);
    check(answer.text, data, size);
    check(answer.hook, data, size);
    check(answer.command, data, size);
    PROMISE(answer.examined >= -1 && answer.examined <= 1);
    PROMISE(answer.found >= -1 && answer.found <= 1);
    PROMISE(!answer.nat_known || answer.nat.family == 0 || answer.nat.port != 0);
    return 0;
}
