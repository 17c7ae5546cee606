/* SPDX-License-Identifier: MIT
 * What `nft -a list chain` prints, searched for one rule. Pure; for rule_nft.c. */
#ifndef WR_HELPER_RULE_LISTING_H
#define WR_HELPER_RULE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rule with that handle, or the chain's own line where it is its policy: one line, without the
 * handle; "" where it is not found. */
void wr_rule_listing_text(const char *listing, uint64_t handle, bool policy, char *to, size_t room);
/* The hook that the chain is at. False where it is at none. */
bool wr_rule_listing_hook(const char *listing, char *to, size_t room);
/* The rule answers what it ends. */
bool wr_rule_listing_rejects(const char *rule);
/* A line asks for a rate, a number or a time: it may treat two requests that are alike differently.
 * Lines that only log do not count. */
bool wr_rule_listing_varies(const char *listing);
/* It asks for the port of this side: of what goes out, or of an answer. */
bool wr_rule_listing_asks_port(const char *rule, bool answer);

#endif
