/* SPDX-License-Identifier: MIT
 * See icmpwords.h. */
#include "base/icmpwords.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>

/* RFC 1812, section 5.2.7.1 */
enum { PRECEDENCE_VIOLATION = 14, PRECEDENCE_CUTOFF = 15 };
/* RFC 4443, section 3.1; <netinet/icmp6.h> lacks them */
enum { POLICY_FAIL = 5, REJECT_ROUTE = 6 };

static const struct wr_icmp_word words[] = {
    {4, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, WR_ICMP_UNREACHABLE, ENETUNREACH, "net-unreachable"},
    {4, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, WR_ICMP_UNREACHABLE, EHOSTUNREACH,
     "host-unreachable"},
    {4, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, WR_ICMP_PROTOCOL, ENOPROTOOPT, "prot-unreachable"},
    {4, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, WR_ICMP_PORT, ECONNREFUSED, "port-unreachable"},
    {4, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, WR_ICMP_OTHER, EMSGSIZE, "frag-needed"},
    {4, ICMP_DEST_UNREACH, ICMP_SR_FAILED, WR_ICMP_UNREACHABLE, EOPNOTSUPP, "source-route-failed"},
    {4, ICMP_DEST_UNREACH, ICMP_NET_UNKNOWN, WR_ICMP_UNREACHABLE, ENETUNREACH, "net-unknown"},
    {4, ICMP_DEST_UNREACH, ICMP_HOST_UNKNOWN, WR_ICMP_UNREACHABLE, EHOSTDOWN, "host-unknown"},
    {4, ICMP_DEST_UNREACH, ICMP_HOST_ISOLATED, WR_ICMP_UNREACHABLE, ENONET, "host-isolated"},
    {4, ICMP_DEST_UNREACH, ICMP_NET_ANO, WR_ICMP_PROHIBITED, ENETUNREACH, "net-prohibited"},
    {4, ICMP_DEST_UNREACH, ICMP_HOST_ANO, WR_ICMP_PROHIBITED, EHOSTUNREACH, "host-prohibited"},
    {4, ICMP_DEST_UNREACH, ICMP_NET_UNR_TOS, WR_ICMP_UNREACHABLE, ENETUNREACH,
     "tos-net-unreachable"},
    {4, ICMP_DEST_UNREACH, ICMP_HOST_UNR_TOS, WR_ICMP_UNREACHABLE, EHOSTUNREACH,
     "tos-host-unreachable"},
    {4, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, WR_ICMP_PROHIBITED, EHOSTUNREACH, "admin-prohibited"},
    {4, ICMP_DEST_UNREACH, PRECEDENCE_VIOLATION, WR_ICMP_PROHIBITED, EHOSTUNREACH,
     "host-precedence-violation"},
    {4, ICMP_DEST_UNREACH, PRECEDENCE_CUTOFF, WR_ICMP_PROHIBITED, EHOSTUNREACH,
     "precedence-cutoff"},
    {4, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, WR_ICMP_HOPS, EHOSTUNREACH, "ttl-exceeded"},
    {6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, WR_ICMP_UNREACHABLE, ENETUNREACH, "no-route"},
    {6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, WR_ICMP_PROHIBITED, EACCES, "admin-prohibited"},
    {6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE, WR_ICMP_UNREACHABLE, EHOSTUNREACH,
     "beyond-scope"},
    {6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, WR_ICMP_UNREACHABLE, EHOSTUNREACH,
     "addr-unreachable"},
    {6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, WR_ICMP_PORT, ECONNREFUSED,
     "port-unreachable"},
    {6, ICMP6_DST_UNREACH, POLICY_FAIL, WR_ICMP_PROHIBITED, EACCES, "policy-fail"},
    {6, ICMP6_DST_UNREACH, REJECT_ROUTE, WR_ICMP_PROHIBITED, EACCES, "reject-route"},
    {6, ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT, WR_ICMP_HOPS, EHOSTUNREACH, "ttl-exceeded"},
};

const struct wr_icmp_word *wr_icmp_word(uint64_t version, uint64_t type, uint64_t code)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].version == version && words[i].type == type && words[i].code == code)
            return &words[i];
    }
    return NULL;
}
