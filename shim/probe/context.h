/* SPDX-License-Identifier: MIT
 * When the surroundings of a failed connect() are worth a look: they cost. For tcp_netns.c and
 * container.c. */
#ifndef WR_PROBE_CONTEXT_H
#define WR_PROBE_CONTEXT_H

#include <errno.h>

#include "probe/probe.h"

/* A TCP connection was refused by this machine, and nothing listens there. */
static inline bool wr_context_unserved(const struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    return attempt->call == WR_CALL_CONNECT && attempt->error == ECONNREFUSED &&
           attempt->target.family != 0 && attempt->target.port != 0 &&
           (attempt->type < 0 || attempt->type == SOCK_STREAM) &&
           wr_ev_true(ctx->ev, WR_FACT_destination_local) &&
           wr_ev_absent(ctx->ev, WR_FACT_listener);
}

#endif
