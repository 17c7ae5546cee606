/* SPDX-License-Identifier: MIT
 * Whether a socket has the file that the path leads to, asked of the kernel. */
#include <errno.h>

#include "base/sys.h"
#include "probe/probe.h"

/* Whether any socket has the file, in whatever network namespace: unix_diag shows only those of
 * ours, but paths reach across. A datagram socket of our own asks: connecting it sends nothing, is
 * answered EPROTOTYPE where a socket of another type has the file, and ECONNREFUSED where no
 * socket has it (unix_find_bsd() of net/unix/af_unix.c). */
void wr_probe_unix_held(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_evidence *ev = ctx->ev;
    long fd, rc;

    if (attempt->error != ECONNREFUSED || attempt->call != WR_CALL_CONNECT ||
        !wr_ev_text_is(ev, WR_FACT_unix_file_type, "socket") ||
        ev->state[WR_FACT_unix_held] != WR_UNKNOWN || attempt->address_read < attempt->address_len)
        return;
    fd = WR_SYS(socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    rc = WR_SYS(connect, fd, attempt->address.bytes, attempt->address_len);
    WR_SYS(close, fd);
    if (rc == 0 || rc == -EPROTOTYPE || rc == -ECONNREFUSED)
        wr_set_bool(ev, WR_FACT_unix_held, rc != -ECONNREFUSED);
}
