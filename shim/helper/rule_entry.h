/* SPDX-License-Identifier: MIT
 * An entry of a table of iptables-legacy, and its text. For rule_legacy.c. */
#ifndef WR_HELPER_RULE_ENTRY_H
#define WR_HELPER_RULE_ENTRY_H

#include <linux/netfilter/x_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wr_rule_entry {
    bool v6;
    const void *base; /* struct ipt_entry, struct ip6t_entry */
    uint32_t at, target_offset, next_offset, head;
    uint64_t packets;
    const struct xt_entry_target *target;
    size_t target_room;
};

bool wr_rule_entry_targets(const struct wr_rule_entry *entry, const char *name);
/* As iptables-save prints it, as far as the matches are known here. */
void wr_rule_entry_text(const struct wr_rule_entry *entry, const char *chain, char *to,
                        size_t room);

#endif
