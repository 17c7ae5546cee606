/* SPDX-License-Identifier: MIT
 * What listens on this machine: for other probes that ask about an address of their own. */
#ifndef WR_PROBE_LISTENERS_H
#define WR_PROBE_LISTENERS_H

#include "probe/sockdiag.h"

/* The socket that would take a TCP connection from this machine to `addr` (with its port), as the
 * kernel's own lookup finds it; the wildcard address means loopback. Sockets bound to a device
 * other than lo are not found. Returns 0; -ENOENT: nobody, or the kernel can't be asked; another
 * -errno. Owner (owner.h) not filled in. 2 us. */
int wr_listener_at(struct wr_probe_ctx *ctx, const struct wr_addr *addr, struct wr_sock *ret_sock);

/* Listening sockets that were seen while the table was walked for the ports that might be meant
 * instead of the one that was dialled; one a port. */
#define WR_OTHER_PORTS 6
struct wr_other_ports {
    struct wr_sock sock[WR_OTHER_PORTS]; /* owners not filled in */
    uint8_t count;
    bool more; /* there was no room for all: then none is a hint */
};

/* The ranges of ports to look for besides the one that was dialled. Returns how many, at most
 * WR_PORT_RANGES - 1. */
unsigned wr_other_port_ranges(uint16_t dialled, struct wr_port_range *ret_ranges);

/* Picks the one that is most likely meant, fills in its owner and copies it to *ret_sock. Those of
 * the program itself are left out: nobody dials them by mistake.
 * Returns false where none stands out. *ret_same_program: it is a usual server of the port that
 * was dialled. */
bool wr_other_port_pick(struct wr_probe_ctx *ctx, uint16_t dialled, struct wr_other_ports *others,
                        struct wr_sock *ret_sock, bool *ret_same_program);

/* Facts about the program that has the socket which was found instead: found_*. */
void wr_found_server(struct wr_probe_ctx *ctx, const struct wr_sock *sock);

#endif
