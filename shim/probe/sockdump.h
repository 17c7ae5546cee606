/* SPDX-License-Identifier: MIT
 * Dumps of this network namespace's TCP or UDP sockets, narrowed by the kernel itself
 * (sock_diag(7), INET_DIAG_REQ_BYTECODE of linux/inet_diag.h). For the probes. */
#ifndef WR_PROBE_SOCKDUMP_H
#define WR_PROBE_SOCKDUMP_H

#include "probe/probe.h"

struct wr_dump_filter {
    int protocol;               /* IPPROTO_TCP, IPPROTO_UDP */
    uint32_t states;            /* 1 << TCP_LISTEN and so on */
    const struct wr_addr *peer; /* only sockets with this remote address and port; NULL = any */
    uint16_t local_port;        /* only this one; 0 = any. Not together with peer */
};

struct wr_dump_row {
    struct wr_addr local, remote; /* v4-mapped as IPv4 */
    uint8_t socket_family;        /* AF_INET6 for a v4-mapped one, too */
    uint8_t state;
    int8_t v6only; /* -1 = not told */
    uint32_t device, uid;
    uint64_t inode; /* 0 for TIME_WAIT */
};

#define WR_DUMP_ALL_STATES 0xffffffffu
#define WR_DUMP_BOUND_INACTIVE 13 /* bound, not listening; kernel 6.8 */

/* Calls each(ctx, row) for every socket of either family; each returns false to stop. Uses the
 * netlink space of the scratch. Returns 0 (also where it was stopped), -ETIME where the budget
 * ended, or another -errno. */
int wr_dump_sockets(struct wr_probe_ctx *ctx, const struct wr_dump_filter *filter,
                    bool (*each)(void *ctx, const struct wr_dump_row *row), void *each_ctx);

#endif
