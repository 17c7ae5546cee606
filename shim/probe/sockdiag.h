/* SPDX-License-Identifier: MIT
 * Questions to sock_diag(7) about the sockets of this network namespace. Readable by any user.
 * For the probes. */
#ifndef WR_PROBE_SOCKDIAG_H
#define WR_PROBE_SOCKDIAG_H

#include "probe/probe.h"

/* wr_sock.state of a socket that is bound and does not listen (TCP_BOUND_INACTIVE). */
#define WR_SOCK_BOUND 13

/* The socket to which the kernel itself would give a connection (TCP) or a datagram (UDP) for
 * this address and port, arriving over `device` (0 = any; then sockets that are bound to a device
 * are not found). An AF_INET address finds dual-stack sockets, too. Returns 0; -ENOENT where
 * nobody has it, or where the kernel was built without this interface; another -errno. */
int wr_sockdiag_exact(struct wr_probe_ctx *ctx, uint8_t protocol, const struct wr_addr *addr,
                      uint32_t device, struct wr_sock *ret_sock);

struct wr_port_range {
    uint16_t first, last;
};
#define WR_PORT_RANGES 12

/* Calls each() for the TCP sockets of both families in the states (1 << TCP_LISTEN,
 * 1 << WR_SOCK_BOUND) whose port is in one of the ranges. One walk through the kernel's table:
 * 10 us for LISTEN, 150 us for BOUND. each() must not ask again. At most WR_PORT_RANGES ranges.
 * Returns 0 (all were seen), or -errno; -ETIME when ctx->until_ns came first. */
int wr_sockdiag_ports(struct wr_probe_ctx *ctx, uint32_t states, const struct wr_port_range *ranges,
                      unsigned count, void (*each)(void *arg, const struct wr_sock *sock),
                      void *arg);

/* Linux lists bound sockets that do not listen since 6.8 (commit 91051f003948). */
bool wr_sockdiag_lists_bound(void);

#endif
