/* SPDX-License-Identifier: MIT
 * Addresses out of a DNS message (RFC 1035, section 4). The message comes from the network. */
#ifndef WR_BASE_DNS_H
#define WR_BASE_DNS_H

#include <stdbool.h>
#include <stddef.h>

#include "whyrefused/address.h"

struct wr_dns_answers {
    const unsigned char *message;
    size_t len, at; /* at: the next record */
    unsigned left;  /* records of the answer section */
};

/* `len` bytes of the message can be read. */
void wr_dns_begin(struct wr_dns_answers *answers, const void *message, size_t len);
/* The next A or AAAA record of the answer section; false where there is none, or where the message
 * is malformed. */
bool wr_dns_next(struct wr_dns_answers *answers, struct wr_addr *ret_addr);

#endif
