/* SPDX-License-Identifier: MIT
 * Hosts and ports as settings write them: "https://user:pass@proxy:3128/", "[::1]:80". Pure. */
#ifndef WR_BASE_ENDPOINT_H
#define WR_BASE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/address.h"

/* Spans of the text; len 0 = not there. */
struct wr_endpoint {
    const char *scheme, *host; /* the host without brackets */
    size_t scheme_len, host_len;
    uint16_t port; /* 0 = not there */
};

/* Takes "scheme://user:password@host:port/path" apart; any part but the host may be missing. User
 * and password are skipped. False where it has no host, or a port that is none. An IPv6 address
 * has to stand in brackets. */
bool wr_endpoint_parse(const char *text, struct wr_endpoint *ret_endpoint);

/* "10.4.0.2", "::1", "::ffff:10.4.0.2" (as IPv4); no port, no scope. False where it is a name. */
bool wr_address_parse(const char *text, size_t len, struct wr_addr *ret_addr);

/* The span is that terminated word, whatever the case. */
bool wr_same_word(const char *text, size_t len, const char *word);

#endif
