/* SPDX-License-Identifier: MIT
 * The answer of the helper's task "rule" (helper/worker.h), taken apart. Pure; for rule.c. */
#ifndef WR_PROBE_RULE_ANSWER_H
#define WR_PROBE_RULE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/address.h"

/* A span of the answer; len 0 = not there. */
struct wr_rule_span {
    const char *at;
    uint32_t len;
};

struct wr_rule_answer {
    int8_t examined, found, policy, rejects, varies, asks_port; /* 1, 0; -1 = not said */
    struct wr_rule_span missing, tool, table, chain, text, hook, command;
    uint64_t number; /* 0 = not said */
    bool nat_known;
    struct wr_addr nat; /* family 0: nowhere else */
};

/* Lines that are not understood, and one that is cut off, are passed over. Of two lines with the
 * same key the first counts. */
void wr_rule_answer_parse(const char *answer, size_t len, struct wr_rule_answer *ret_answer);

#endif
