/* SPDX-License-Identifier: MIT
 * DNS messages (RFC 1035, section 4): the question, and what an answer says. Pure. Messages come
 * from the network; nothing of them is trusted. */
#ifndef WR_BASE_DNS_H
#define WR_BASE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/address.h"

#define WR_DNS_PORT 53

enum wr_dns_type {
    WR_DNS_A = 1,
    WR_DNS_CNAME = 5,
    WR_DNS_SOA = 6,
    WR_DNS_PTR = 12,
    WR_DNS_AAAA = 28
};

/* RFC 1035, 4.1.1 */
enum wr_dns_rcode {
    WR_DNS_NOERROR = 0,
    WR_DNS_FORMERR = 1,
    WR_DNS_SERVFAIL = 2,
    WR_DNS_NXDOMAIN = 3,
    WR_DNS_NOTIMP = 4,
    WR_DNS_REFUSED = 5,
    WR_DNS_BADVERS = 16 /* RFC 6891, 9 */
};
/* "NXDOMAIN"; NULL for those that are rare. */
const char *wr_dns_rcode_name(unsigned rcode);
/* "A", "AAAA"; NULL for those that are rare. */
const char *wr_dns_type_name(unsigned type);
/* What an extended error means (RFC 8914, section 4, and the registry of IANA); NULL = not known.
 */
const char *wr_dns_ede_text(unsigned code);

struct wr_dns_question {
    const char *name; /* terminated, labels parted by dots; one at the end is allowed */
    uint16_t id;
    uint16_t type;
    uint16_t payload;       /* the longest answer (RFC 6891, 6.2.3); 0 = without EDNS */
    bool checking_disabled; /* the answer need not stand DNSSEC (RFC 4035, 3.2.2) */
};

/* More than any question takes. */
#define WR_DNS_QUESTION_MAX 320
/* Writes the question; recursion is desired. Returns its length; 0 where the name can't be asked
 * for: a label that is empty or longer than 63 bytes, 255 bytes in all, or no room. */
size_t wr_dns_ask(const struct wr_dns_question *question, void *to, size_t room);

/* The name that stands for an address (RFC 1035, 3.5; RFC 3596, 2.5), terminated. */
#define WR_DNS_REVERSE_MAX 80
void wr_dns_reverse_name(const struct wr_addr *addr, char ret[WR_DNS_REVERSE_MAX]);

#define WR_DNS_EDE_NONE UINT32_MAX
struct wr_dns_reply {
    unsigned rcode; /* with its upper bits, if there is an OPT record */
    bool truncated, recursion_available, edns, soa;
    bool damaged;         /* it ends within a record: what follows is not known */
    unsigned records;     /* of the answer section with the type that was asked for */
    unsigned aliases;     /* CNAME records */
    struct wr_addr first; /* the first address of that type; family 0 = none */
    uint32_t ede;         /* the first extended error (RFC 8914); WR_DNS_EDE_NONE = none */
    const char *ede_text; /* a span of the message; not trusted */
    unsigned ede_len;
};

enum wr_dns_reading {
    WR_DNS_READ,
    WR_DNS_OTHER,  /* not the answer to this question: another id or question, or no answer */
    WR_DNS_GARBAGE /* no DNS message: it has no head, or a broken question */
};
/* Reads `len` bytes as the answer to the question. An answer that repeats no question is taken with
 * an rcode other than 0 only (RFC 1035, 4.1.1: FORMERR). *ret_reply is written where WR_DNS_READ.
 */
enum wr_dns_reading wr_dns_read(const struct wr_dns_question *question, const void *message,
                                size_t len, struct wr_dns_reply *ret_reply);

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
