/* SPDX-License-Identifier: MIT
 * The tables of causes; each stands in the file of its name and ends with a row without an id.
 * For diagnose/ alone: others go through wr_layers of whyrefused/cause.h. */
#ifndef WR_DIAGNOSE_CATALOGUE_H
#define WR_DIAGNOSE_CATALOGUE_H

#include "whyrefused/cause.h"

extern const struct wr_cause wr_causes_unix[];         /* unix.c: AF_UNIX, the path */
extern const struct wr_cause wr_causes_unix_socket[];  /* unix_socket.c: AF_UNIX, the socket */
extern const struct wr_cause wr_causes_route[];        /* route.c: the ways that this machine has */
extern const struct wr_cause wr_causes_route_way[];    /* route_way.c: what is met on the way */
extern const struct wr_cause wr_causes_route_return[]; /* route_return.c: what does not come back */
extern const struct wr_cause wr_causes_deny[];         /* deny.c: denied on this machine */
extern const struct wr_cause wr_causes_local[];        /* local.c: local resources */
extern const struct wr_cause wr_causes_firewall_way[]; /* firewall_way.c: rules of others */
extern const struct wr_cause wr_causes_local_address[]; /* local_address.c: addresses, ports */
extern const struct wr_cause wr_causes_local_program[]; /* local_program.c: program errors */
extern const struct wr_cause wr_causes_tcp[];           /* tcp.c: TCP refused, by what listens */
extern const struct wr_cause wr_causes_tcp_context[];   /* tcp_context.c: TCP refused, by where */
extern const struct wr_cause wr_causes_tcp_target[];    /* tcp_target.c: TCP, by what was dialled */
extern const struct wr_cause wr_causes_tcp_before[];    /* tcp_before.c: TCP, before and after */
extern const struct wr_cause wr_causes_tcp_silence[];   /* tcp_silence.c: TCP without an answer */
extern const struct wr_cause wr_causes_firewall_local[]; /* firewall_local.c: own packet filters */
extern const struct wr_cause wr_causes_udp[];            /* udp.c: refused datagrams */
extern const struct wr_cause wr_causes_nat[];            /* nat.c: TCP, led elsewhere */
extern const struct wr_cause wr_causes_tcp_peer[];   /* tcp_peer.c: TCP, by what was said on it */
extern const struct wr_cause wr_causes_dns_name[];   /* dns_name.c: names, hints, files */
extern const struct wr_cause wr_causes_dns_origin[]; /* dns_origin.c: where an address came from */
extern const struct wr_cause wr_causes_dns[];        /* dns.c: lookups, by what was answered */
extern const struct wr_cause wr_causes_dns_server[]; /* dns_server.c: lookups without an answer */
extern const struct wr_cause wr_causes_cluster[];    /* cluster.c: services of a cluster */
extern const struct wr_cause wr_causes_other[];      /* other.c: the rest */
extern const struct wr_cause wr_causes_tls[];        /* tls.c: TLS, where the two sides differ */
extern const struct wr_cause wr_causes_tls_cert[];   /* tls_cert.c: TLS, a certificate itself */
extern const struct wr_cause wr_causes_tls_trust[];  /* tls_trust.c: TLS, whom this side trusts */
extern const struct wr_cause wr_causes_tls_end[];    /* tls_end.c: TLS, ended without a reason */

/* Ranks: a bigger number is the more specific or the deeper cause. Numbers in between are fine
 * where two rows of a kind compete. */
enum wr_rank {
    WR_RANK_NOTHING = 0,   /* unexplained */
    WR_RANK_SYMPTOM = 20,  /* "no listener", "port closed" */
    WR_RANK_NEARBY = 40,   /* something similar exists elsewhere: a hint with evidence */
    WR_RANK_SPECIFIC = 60, /* the state that explains the symptom was seen */
    WR_RANK_ROOT = 80,     /* a cause under the symptom: a dead gateway, a proxy, a limit */
    WR_RANK_ARGUMENT = 100 /* the call itself could not have worked */
};

/* Asks hop by hop, where that was not done. */
#define WR_CHECK_ACTIVE \
    "[whyrefused check --active {destination.address} {destination.port}{?path_unasked}]"

/* Shows every rule of this machine's packet filters. */
#define WR_SHOW_FILTER_RULES                                \
    "sudo nft list ruleset"                                 \
    "[; sudo iptables-legacy-save{?netfilter_legacy_ipv4}]" \
    "[; sudo ip6tables-legacy-save{?netfilter_legacy_ipv6}]"

#endif
