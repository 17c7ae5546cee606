/* SPDX-License-Identifier: MIT
 * Runs the probes of probes.def. See probe.h. */
#include "probe/probe.h"

#include <errno.h>

static const struct {
    enum wr_tier tier;
    unsigned about; /* FOR_ bits */
    void (*run)(struct wr_probe_ctx *ctx);
} probes[] = {
#define PROBE(name, tier, about, reads) {WR_TIER_##tier, about, wr_probe_##name},
#include "probe/probes.def"
#undef PROBE
};

int wr_probe_netlink(struct wr_probe_ctx *ctx, int protocol)
{
    int *fd = protocol == NETLINK_ROUTE ? &ctx->route_fd : &ctx->diag_fd;

    if (*fd < 0)
        *fd = wr_netlink_open(protocol);
    ctx->no_descriptors |= *fd == -EMFILE;
    return *fd;
}

struct apart {
    struct wr_probe_ctx *ctx;
    void (*run)(struct wr_probe_ctx *ctx);
};

/* The numbers of the netlink sockets that are open lead to something else there, or to nothing. */
static void run_apart(void *arg)
{
    const struct apart *apart = arg;
    struct wr_probe_ctx ctx = *apart->ctx;

    ctx.route_fd = ctx.diag_fd = -1;
    apart->run(&ctx);
    wr_netlink_close(ctx.route_fd);
    wr_netlink_close(ctx.diag_fd);
    apart->ctx->no_descriptors |= ctx.no_descriptors;
}

void wr_probe_apart(struct wr_probe_ctx *ctx, void (*run)(struct wr_probe_ctx *ctx))
{
    struct apart apart = {ctx, run};

    if (ctx->helper == NULL || ctx->helper->apart(ctx->helper, run_apart, &apart) < 0)
        run(ctx);
}

static unsigned about_of(const struct wr_attempt *attempt)
{
    return attempt->call == WR_CALL_LOOKUP      ? FOR_LOOKUP
           : attempt->call == WR_CALL_HANDSHAKE ? FOR_TLS
                                                : FOR_SOCKET;
}

bool wr_probe_all(const struct wr_attempt *attempt, int32_t host_pid, enum wr_tier tier,
                  uint64_t until_ns, char *scratch, const struct wr_probe_helper *helper,
                  struct wr_evidence *ev, bool *ret_no_descriptors)
{
    struct wr_probe_ctx ctx = {.attempt = attempt,
                               .ev = ev,
                               .host_pid = host_pid,
                               .until_ns = until_ns,
                               .tier = tier,
                               .scratch = scratch,
                               .route_fd = -1,
                               .diag_fd = -1,
                               .helper = helper};
    unsigned about = about_of(attempt);
    bool complete = true;

    for (unsigned i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        if (probes[i].tier > tier || (probes[i].about & about) == 0)
            continue;
        /* what is left open is known without asking anybody */
        if (wr_probe_out_of_time(&ctx) && probes[i].run != wr_probe_doubts) {
            complete = false;
            continue;
        }
        probes[i].run(&ctx);
    }
    wr_probe_doubts(&ctx);
    wr_netlink_close(ctx.route_fd);
    wr_netlink_close(ctx.diag_fd);
    *ret_no_descriptors = ctx.no_descriptors;
    return complete;
}
