/* SPDX-License-Identifier: MIT
 * Counters of this network namespace, as /proc/net/netstat lists them. For shim/probe/ alone. */
#ifndef WR_PROBE_NETSTAT_H
#define WR_PROBE_NETSTAT_H

#include "probe/probe.h"

/* The counter of that name in the lines TcpExt of a text of that form. */
bool wr_netstat_value(const char *text, const char *name, uint64_t *ret_value);
/* The same, read now. Uses up ctx's file space. */
bool wr_netstat_read(struct wr_probe_ctx *ctx, const char *name, uint64_t *ret_value);

#endif
