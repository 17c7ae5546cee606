/* SPDX-License-Identifier: MIT
 * What the TLS library knows of the handshake that failed: asked while the program's call has not
 * returned. The libraries themselves stand in shim/tls/. */
#include "tls/tls.h"
#include "probe/probe.h"

void wr_probe_tls(struct wr_probe_ctx *ctx)
{
    const struct wr_handshake *handshake = &ctx->attempt->handshake;

    if (ctx->attempt->call != WR_CALL_HANDSHAKE || handshake->library == NULL)
        return;
    wr_set_str(ctx->ev, WR_FACT_tls_library, handshake->library->name);
    if (handshake->function != NULL)
        wr_set_str(ctx->ev, WR_FACT_tls_function, handshake->function);
    if (handshake->object != NULL)
        handshake->library->look(handshake, ctx);
}
