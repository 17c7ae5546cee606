/* SPDX-License-Identifier: MIT
 * What rpfilter.c and rpfilter_try.c share. For shim/probe/ alone. */
#ifndef WR_PROBE_RPFILTER_H
#define WR_PROBE_RPFILTER_H

#include "probe/probe.h"

/* Packets that the reverse path filter of this network namespace has dropped so far. */
#define WR_RPFILTER_COUNTER "IPReversePathFilter"

/* Of a TCP connection over IPv4 that got no answer from another machine. */
bool wr_rpfilter_matters(const struct wr_probe_ctx *ctx);

#endif
