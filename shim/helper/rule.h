/* SPDX-License-Identifier: MIT
 * The parts of the task "rule" (worker.h): a request to connect, or a datagram, is watched by nft's
 * trace, by the counters of iptables-legacy, and by conntrack's events. Called by rule.c. */
#ifndef WR_HELPER_RULE_H
#define WR_HELPER_RULE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "helper/worker.h"

struct wr_rule_job {
    struct wr_rule_request request;
    struct wr_addr source; /* of the first probe, whose way is followed */
    unsigned probes;       /* how many were sent */
    struct wr_addr nat;    /* where conntrack says that it leads; family 0 = not known */
    bool connected;
    bool hurried; /* there was less time than an answer may take, and none came */
};

#define WR_RULE_TEXT 1024
struct wr_rule_found {
    const char *tool;
    char family[16]; /* "inet"; "" = the tool has no such thing */
    char table[64], chain[128], hook[32];
    uint64_t number; /* 0 = not known */
    bool policy, rejects;
    bool varies;             /* asks for what differs from one request to the next */
    bool asks_port;          /* asks for the port of this side */
    char text[WR_RULE_TEXT]; /* "" = not known */
    char command[320];
};

/* Each begins to watch before the probe is sent. Returns NULL, or why it can't: a sentence. */

/* rule_nft.c. A table of our own marks the probe's packets; it is owned by a netlink socket of this
 * process, with whose end the kernel removes it. */
const char *wr_rule_nft_begin(const struct wr_rule_job *job);
int wr_rule_nft_fd(void);
/* Takes what has come. True where a verdict that ends the probe was seen. */
bool wr_rule_nft_take(const struct wr_rule_job *job);
/* Whether anything was seen of the probe. */
bool wr_rule_nft_saw(void);
/* Removes the table. */
void wr_rule_nft_end(void);
/* What decided, without text and hook; then these. */
bool wr_rule_nft_found(struct wr_rule_found *ret_found);
void wr_rule_nft_list(struct wr_rule_found *found);

/* rule_legacy.c */
/* Whether there are tables of iptables-legacy for this family; *ret_why as above. */
bool wr_rule_legacy_begin(const struct wr_rule_job *job, const char **ret_why);
/* Looks at the counters again. *ret_why: what could not be told. */
bool wr_rule_legacy_found(const struct wr_rule_job *job, struct wr_rule_found *ret_found,
                          const char **ret_why);

/* rule_conntrack.c */
void wr_rule_conntrack_begin(void);
int wr_rule_conntrack_fd(void); /* -1 = not open */
/* Takes what has come: sets job->nat. */
void wr_rule_conntrack_take(struct wr_rule_job *job);

/* rule.c */
/* A netlink socket of NETLINK_NETFILTER that hears one group (NFNLGRP_); -1 where it can't. */
int wr_rule_listen(int group);
/* Calls each(ctx, message) for what has come. Never waits. */
void wr_rule_drain(int fd, void (*each)(void *ctx, const struct nlmsghdr *message), void *ctx);
/* A name that nft and the shell take as it is. */
bool wr_rule_plain_name(const char *name);

/* The first attribute of a kind among `len` bytes, with at least `least` bytes in it. */
static inline const void *wr_rule_attr(const void *bytes, size_t len, uint16_t type, size_t least,
                                       size_t *ret_len)
{
    const char *at = bytes;

    *ret_len = 0;
    while (len >= NLA_HDRLEN) {
        const struct nlattr *attr = (const struct nlattr *)(const void *)at;
        size_t size = attr->nla_len, step = NLA_ALIGN(size);

        if (size < NLA_HDRLEN || size > len)
            break;
        if ((attr->nla_type & NLA_TYPE_MASK) == type && size - NLA_HDRLEN >= least) {
            *ret_len = size - NLA_HDRLEN;
            return at + NLA_HDRLEN;
        }
        if (step >= len)
            break;
        at += step;
        len -= step;
    }
    return NULL;
}

#endif
