/* SPDX-License-Identifier: MIT
 * Socket options that choose the way or its length. Reads them only (getsockopt).
 * They outlive a failed connect(), so what is read now is what held then. */
#include <netinet/in.h>
#include <string.h>

#include "base/sys.h"
#include "probe/probe.h"

/* Defaults are 64, 128 or 255; 32 was the last smaller one (Windows 95). */
#define TTL_SMALL 32

static bool get(const struct wr_probe_ctx *ctx, int level, int option, int *ret_value)
{
    int value = 0;
    socklen_t len = sizeof(value);

    if (WR_SYS(getsockopt, ctx->attempt->fd, level, option, &value, &len) < 0 ||
        len != sizeof(value))
        return false;
    *ret_value = value;
    return true;
}

static void set_device(struct wr_probe_ctx *ctx)
{
    char name[16] = "";
    socklen_t len = sizeof(name);

    if (WR_SYS(getsockopt, ctx->attempt->fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len) < 0)
        return;
    if (len == 0 || name[0] == '\0')
        wr_set_absent(ctx->ev, WR_FACT_bound_device);
    else
        wr_set_text(ctx->ev, WR_FACT_bound_device, name, (uint32_t)strnlen(name, sizeof(name)));
}

void wr_probe_sockopts(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    int value;

    if (!wr_attempt_reaches(attempt) || attempt->target.family == 0 || attempt->fd < 0)
        return;
    set_device(ctx);
    if (get(ctx, SOL_SOCKET, SO_MARK, &value))
        wr_set_uint(ctx->ev, WR_FACT_socket_mark, (uint32_t)value);
    /* v4-mapped destinations of an AF_INET6 socket go out with the IPv4 TTL, which is readable
     * there, too */
    if (attempt->target.family == AF_INET ? get(ctx, IPPROTO_IP, IP_TTL, &value)
                                          : get(ctx, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value)) {
        if (value > 0) {
            wr_set_uint(ctx->ev, WR_FACT_socket_ttl, (uint64_t)value);
            wr_set_bool(ctx->ev, WR_FACT_socket_ttl_small, value < TTL_SMALL);
        }
    }
}
