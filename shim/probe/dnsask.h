/* SPDX-License-Identifier: MIT
 * Questions of our own to nameservers: all at once, over datagrams, bounded. For the probes of the
 * tier LOCAL: packets leave the machine. */
#ifndef WR_PROBE_DNSASK_H
#define WR_PROBE_DNSASK_H

#include "base/dns.h"
#include "probe/probe.h"
#include "whyrefused/faults.h"

#define WR_DNSASK_SERVERS 3
#define WR_DNSASK_TYPES 2
#define WR_DNSASK_EDE_TEXT 96

/* How a question is put: as it is, without EDNS, and with checking disabled. */
enum wr_dns_form { WR_DNS_FULL, WR_DNS_PLAIN, WR_DNS_UNCHECKED, WR_DNS_FORMS };

/* What one nameserver said to one type. */
struct wr_dns_said {
    uint8_t sent;                  /* 1 << enum wr_dns_form */
    uint8_t outcome;               /* enum wr_dns_outcome; 0 = nothing yet, or not asked */
    uint8_t by_form[WR_DNS_FORMS]; /* of each form's own answer; 0 = none came */
    uint32_t us;                   /* when the answer came that the outcome is from */
    struct wr_addr first;          /* ANSWER: an address; family 0 = none */
    bool has_expected;             /* ANSWER: wr_dns_talk.expected is among the addresses */
};

struct wr_dns_server {
    struct wr_addr addr; /* with the port */
    bool skip;           /* is not asked (again) */
    int fd, tcp_fd;      /* -1 = none */
    bool tcp_asked, tcp_open;
    int tcp_error; /* > 0 where it was refused or can't be reached; 0 with !tcp_open: silence */
    bool strange;  /* something came that is no answer */
    int error;     /* errno that ended it, > 0 */
    bool icmp;     /* ... brought by an ICMP error, of: */
    struct wr_addr offender; /* family 0 = not known */
    struct wr_dns_said said[WR_DNSASK_TYPES];
    uint32_t ede; /* WR_DNS_EDE_NONE = none */
    uint16_t ede_len;
    char ede_text[WR_DNSASK_EDE_TEXT];
};

struct wr_dns_talk {
    unsigned count, types_count;
    uint16_t types[WR_DNSASK_TYPES];
    uint16_t payload; /* what is said to be taken over UDP */
    bool needs_edns;  /* the program's resolver uses EDNS: an answer without it does not count */
    struct wr_addr expected; /* looked for among the addresses; family 0 = none */
    const char *name;        /* of the question under way */
    uint16_t id;             /* its first one */
    uint64_t start_ns;       /* when it was put */
    bool no_descriptors;
    struct wr_dns_server server[WR_DNSASK_SERVERS];
};

/* A program can look up thousands of names: whether there may be one more question of ours now;
 * then it is counted. */
bool wr_dns_talk_may(void);

/* Sockets to the servers that are filled in; nothing is sent. To be closed. */
void wr_dns_talk_open(struct wr_dns_talk *talk);
void wr_dns_talk_close(struct wr_dns_talk *talk);

/* Puts the question for `name` to every server that is not to be skipped, and waits for the answers
 * until all are there or until_ns (CLOCK_MONOTONIC) has come. Without an answer at half time, the
 * question is put again, without EDNS; so it is where the server does not understand it; after
 * SERVFAIL with checking disabled; where the answer is truncated, it is looked whether the TCP port
 * opens. Returns false where the name can't be asked for. */
bool wr_dns_talk_ask(struct wr_dns_talk *talk, const char *name, uint64_t until_ns);

#endif
