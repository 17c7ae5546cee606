/* SPDX-License-Identifier: MIT
 * What nameservers.c learns of each configured nameserver, and nameservers_facts.c makes facts of.
 * For these two. */
#ifndef WR_PROBE_NAMESERVERS_H
#define WR_PROBE_NAMESERVERS_H

#include "probe/dnsask.h"
#include "probe/dnswalk.h"
#include "probe/resolv.h"

/* What is known of a server at the end: the best of all names. */
struct wr_ns_known {
    uint8_t outcome;
    bool final; /* no further name changes it */
    uint32_t us;
    struct wr_dns_said said[WR_DNSASK_TYPES];
    char name[WR_DNSWALK_NAME];
};

struct wr_nameservers {
    struct wr_probe_ctx *ctx;
    struct wr_resolv resolv;
    struct wr_dns_talk talk;
    struct wr_ns_known known[WR_DNSASK_SERVERS];
    uint64_t until_ns;
    bool searched, complete; /* complete: every name was asked for */
    uint8_t wanted;          /* types that the program needs: 1 << index */
    char name[WR_DNSWALK_NAME];
    char reverse[WR_DNS_REVERSE_MAX];
};

_Static_assert(sizeof(struct wr_nameservers) <= WR_NETLINK_SPACE, "lies in the netlink space");

static inline bool wr_ns_is_error(unsigned outcome)
{
    return outcome > WR_NS_ANSWER;
}

static inline bool wr_ns_is_silence(unsigned outcome)
{
    return outcome == WR_NS_SILENT || outcome == WR_NS_GARBAGE;
}

/* As the resolver does: the first server that has a word on the name; -1 = none was asked. */
int wr_ns_decisive(const struct wr_nameservers *ns);
/* The lookup asks DNS whatever nsswitch.conf says: res_query() and its kin. */
bool wr_ns_asks_dns_alone(const struct wr_name_lookup *lookup);
/* decided: the server of wr_ns_decisive(). */
void wr_ns_set_facts(const struct wr_nameservers *ns, int decided);

#endif
