/* SPDX-License-Identifier: MIT
 * What the tables of TCP causes share. For tcp.c and tcp_context.c alone. */
#ifndef WR_DIAGNOSE_TCP_H
#define WR_DIAGNOSE_TCP_H

#include "diagnose/catalogue.h"

/* Rows that ask what listens are undecided where the sockets could not be listed. */
#define WR_TCP_SOCKETS_UNSEEN(ask)                                        \
    {                                                                     \
        WR_FACT_sockets_refused, "what listens on this machine",          \
            "the kernel's list of sockets (sock_diag) could not be asked" \
            "[: {sockets_refused.text}]",                                 \
            ask, .decides = true                                          \
    }

#endif
