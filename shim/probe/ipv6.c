/* SPDX-License-Identifier: MIT
 * Whether IPv6 is on where this call needs it: in the kernel at all, and on the interface
 * (Documentation/networking/ip-sysctl.rst: disable_ipv6). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/sys.h"
#include "probe/local.h"

#define CONF "/proc/sys/net/ipv6/conf/"

/* 1 = off, 0 = on, -1 = not known */
static int disabled_on(const char *device)
{
    char path[64];
    uint64_t value;

    if (wr_join(path, sizeof(path), CONF, device, "/disable_ipv6", NULL) == NULL ||
        wr_file_uint(path, &value) < 0)
        return -1;
    return value != 0;
}

struct devices {
    unsigned on, off;
    char name[WR_DEVICE_NAME]; /* one that is off */
};

static bool count_device(void *ctx, const char *name, unsigned char type)
{
    struct devices *devices = ctx;
    int off;

    (void)type;
    if (strcmp(name, "all") == 0 || strcmp(name, "default") == 0 || strcmp(name, "lo") == 0 ||
        strlen(name) >= sizeof(devices->name))
        return true;
    off = disabled_on(name);
    devices->on += off == 0;
    devices->off += off == 1;
    if (off == 1)
        strcpy(devices->name, name);
    return true;
}

static void set_disabled(struct wr_evidence *ev, int off, const char *where)
{
    if (off < 0)
        return;
    wr_set_bool(ev, WR_FACT_ipv6_disabled, off != 0);
    if (off != 0)
        wr_set_str(ev, WR_FACT_ipv6_disabled_where, where);
}

static void look_at(struct wr_probe_ctx *ctx, const struct wr_addr *addr)
{
    struct devices devices = {0};
    char name[WR_DEVICE_NAME];
    int all = disabled_on("all");

    if (wr_addr_is_loopback(addr) || wr_addr_is_any(addr)) {
        set_disabled(ctx->ev, disabled_on("lo"), all == 1 ? "all" : "lo");
        return;
    }
    if (wr_device_name(ctx, addr->scope, name)) {
        set_disabled(ctx->ev, disabled_on(name), name);
        return;
    }
    if (wr_dir_each("/proc/sys/net/ipv6/conf", ctx->scratch, WR_NETLINK_SPACE, count_device,
                    &devices) < 0)
        return;
    if (devices.on + devices.off == 0)
        set_disabled(ctx->ev, all, "all");
    else if (devices.on > 0)
        set_disabled(ctx->ev, 0, "");
    else
        set_disabled(ctx->ev, 1, all == 1 || devices.off > 1 ? "all" : devices.name);
}

void wr_probe_ipv6(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    bool v6 = attempt->target.family == AF_INET6;

    if (attempt->call == WR_CALL_SOCKET)
        v6 = attempt->domain == AF_INET6;
    if (!v6 || (attempt->error != EADDRNOTAVAIL && attempt->error != EAFNOSUPPORT &&
                attempt->error != ENETUNREACH && attempt->error != EINVAL))
        return;
    if (WR_SYS(faccessat, AT_FDCWD, "/proc/net/if_inet6", F_OK) == -ENOENT) {
        /* without /proc nothing is known */
        if (WR_SYS(faccessat, AT_FDCWD, "/proc/net/tcp", F_OK) == 0)
            wr_set_bool(ctx->ev, WR_FACT_ipv6_present, false);
        return;
    }
    wr_set_bool(ctx->ev, WR_FACT_ipv6_present, true);
    if (attempt->call != WR_CALL_SOCKET)
        look_at(ctx, &attempt->target);
}
