/* SPDX-License-Identifier: MIT
 * See rule_answer.h. */
#include "probe/rule_answer.h"

#include <string.h>

#include "base/endpoint.h"

#define VALUE_MAX 1024

/* 0 where it is no number. */
static uint64_t number_of(struct wr_rule_span value)
{
    uint64_t number = 0;

    if (value.len == 0 || value.len > 19)
        return 0;
    for (uint32_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return 0;
        number = number * 10 + (uint64_t)(value.at[i] - '0');
    }
    return number;
}

static void take_flag(struct wr_rule_span value, int8_t *flag)
{
    if (*flag < 0 && value.len == 1 && (value.at[0] == '0' || value.at[0] == '1'))
        *flag = (int8_t)(value.at[0] - '0');
}

static void take_span(struct wr_rule_span value, struct wr_rule_span *span)
{
    if (span->len == 0)
        *span = value;
}

struct lines {
    struct wr_rule_answer *answer;
    struct wr_rule_span nat, nat_port, number;
};

static void take_line(struct lines *lines, const char *key, size_t key_len,
                      struct wr_rule_span value)
{
    struct wr_rule_answer *answer = lines->answer;
    const struct {
        const char *key;
        int8_t *flag;
        struct wr_rule_span *span;
    } keys[] = {
        {"examined", &answer->examined, NULL},
        {"found", &answer->found, NULL},
        {"policy", &answer->policy, NULL},
        {"rejects", &answer->rejects, NULL},
        {"varies", &answer->varies, NULL},
        {"asksport", &answer->asks_port, NULL},
        {"missing", NULL, &answer->missing},
        {"tool", NULL, &answer->tool},
        {"table", NULL, &answer->table},
        {"chain", NULL, &answer->chain},
        {"text", NULL, &answer->text},
        {"hook", NULL, &answer->hook},
        {"command", NULL, &answer->command},
        {"number", NULL, &lines->number},
        {"nat", NULL, &lines->nat},
        {"natport", NULL, &lines->nat_port},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strlen(keys[i].key) != key_len || memcmp(keys[i].key, key, key_len) != 0)
            continue;
        if (keys[i].flag != NULL)
            take_flag(value, keys[i].flag);
        else
            take_span(value, keys[i].span);
    }
}

static void take_nat(struct lines *lines)
{
    struct wr_rule_answer *answer = lines->answer;
    uint64_t port = number_of(lines->nat_port);

    if (lines->nat.len == 1 && lines->nat.at[0] == '-') {
        answer->nat_known = true;
        return;
    }
    if (port == 0 || port > 65535 || !wr_address_parse(lines->nat.at, lines->nat.len, &answer->nat))
        return;
    answer->nat.port = (uint16_t)port;
    answer->nat_known = true;
}

void wr_rule_answer_parse(const char *answer, size_t len, struct wr_rule_answer *ret_answer)
{
    struct lines lines = {.answer = ret_answer};
    const char *at = answer, *end = answer + len;

    memset(ret_answer, 0, sizeof(*ret_answer));
    ret_answer->examined = ret_answer->found = -1;
    ret_answer->policy = ret_answer->rejects = ret_answer->varies = ret_answer->asks_port = -1;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *tab = line_end == NULL ? NULL : memchr(at, '\t', (size_t)(line_end - at));

        if (line_end == NULL)
            break;
        if (tab != NULL && line_end - tab - 1 > 0 && line_end - tab - 1 <= VALUE_MAX)
            take_line(&lines, at, (size_t)(tab - at),
                      (struct wr_rule_span){tab + 1, (uint32_t)(line_end - tab - 1)});
        at = line_end + 1;
    }
    ret_answer->number = number_of(lines.number);
    if (lines.nat.len != 0)
        take_nat(&lines);
}
