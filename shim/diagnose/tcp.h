/* SPDX-License-Identifier: MIT
 * What the tables of TCP causes share. For the files tcp*.c alone. */
#ifndef WR_DIAGNOSE_TCP_H
#define WR_DIAGNOSE_TCP_H

#include <errno.h>
#include <sys/socket.h>

#include "diagnose/catalogue.h"

/* A TCP connect that was refused, with no ICMP error seen: a reset answered it, and none that a
 * rule of this machine is known to have made (firewall_local.c). */
#define WR_TCP_CITES_RESET                                                          \
    WR_FACT_error, WR_FACT_destination, WR_FACT_icmp_received, WR_FACT_socket_type, \
        WR_FACT_reset_by_kernel
static inline bool wr_tcp_refused_by_reset(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_error, ECONNREFUSED) && wr_ev_has(ev, WR_FACT_destination) &&
           !wr_ev_true(ev, WR_FACT_icmp_received) && !wr_ev_false(ev, WR_FACT_reset_by_kernel) &&
           wr_ev_uint(ev, WR_FACT_socket_type, SOCK_STREAM) == SOCK_STREAM;
}

/* The same, by this machine. */
#define WR_TCP_CITES_HERE WR_TCP_CITES_RESET, WR_FACT_destination_local
static inline bool wr_tcp_refused_here(const struct wr_evidence *ev)
{
    return wr_tcp_refused_by_reset(ev) && wr_ev_true(ev, WR_FACT_destination_local);
}

/* Of a connect that this machine refused: no packet filter had a say in it. Reads netfilter_rules
 * beyond WR_TCP_CITES_HERE. */
static inline bool wr_tcp_unfiltered(const struct wr_evidence *ev)
{
    return wr_ev_false(ev, WR_FACT_netfilter_rules) || wr_ev_true(ev, WR_FACT_reset_by_kernel);
}

/* Rows that ask what listens are undecided where the sockets could not be listed. */
#define WR_TCP_SOCKETS_UNSEEN(ask)                                        \
    {                                                                     \
        WR_FACT_sockets_refused, "what listens on this machine",          \
            "the kernel's list of sockets (sock_diag) could not be asked" \
            "[: {sockets_refused.text}]",                                 \
            ask, .decides = true                                          \
    }

#endif
