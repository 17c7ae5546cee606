/* SPDX-License-Identifier: MIT
 * Whom the resolver asks, and for which names (base/resolvconf.h). */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/file.h"
#include "probe/resolv.h"

static unsigned stub_of(const struct wr_addr *server)
{
    static const uint8_t resolved[4] = {127, 0, 0, 53}, extra[4] = {127, 0, 0, 54},
                         docker[4] = {127, 0, 0, 11};

    if (!wr_addr_is_loopback(server))
        return 0;
    if (server->family == AF_INET &&
        (memcmp(server->bytes, resolved, 4) == 0 || memcmp(server->bytes, extra, 4) == 0))
        return WR_STUB_RESOLVED;
    return server->family == AF_INET && memcmp(server->bytes, docker, 4) == 0 ? WR_STUB_DOCKER
                                                                              : WR_STUB_LOCAL;
}

static void set_servers(struct wr_evidence *ev, const struct wr_resolv *resolv)
{
    char text[192];
    struct wr_buf out = wr_buf_on(text, sizeof(text));
    unsigned stub = stub_of(&resolv->servers[0]);

    for (unsigned i = 0; i < resolv->count; i++) {
        struct wr_addr addr = resolv->servers[i];

        addr.port = 0;
        if (i > 0)
            wr_buf_str(&out, ", ");
        wr_buf_addr(&out, &addr);
    }
    wr_set_str(ev, WR_FACT_resolv_servers, wr_buf_terminate(&out));
    if (stub != 0)
        wr_set_uint(ev, WR_FACT_resolv_stub, stub);
    else
        wr_set_absent(ev, WR_FACT_resolv_stub);
    wr_set_uint(ev, WR_FACT_resolv_ignored, resolv->ignored);
    wr_set_uint(ev, WR_FACT_resolv_bad, resolv->bad);
    if (resolv->ignored > 0)
        wr_set_addr(ev, WR_FACT_resolv_fourth, &resolv->fourth);
    else
        wr_set_absent(ev, WR_FACT_resolv_fourth);
}

/* Afterwards its search domains stand in one line. */
static void set_search(struct wr_evidence *ev, struct wr_resolv *resolv)
{
    wr_set_uint(ev, WR_FACT_resolv_ndots, resolv->ndots);
    if (resolv->search_count == 0) {
        wr_set_absent(ev, WR_FACT_resolv_search);
        return;
    }
    for (unsigned i = 0; i + 1 < resolv->search_len; i++) {
        if (resolv->search[i] == '\0')
            resolv->search[i] = ' ';
    }
    wr_set_text(ev, WR_FACT_resolv_search, resolv->search, resolv->search_len - 1);
}

struct find {
    bool found;
};

/* "  sl  local_address rem_address ...": a socket that has port 53 */
static bool take_udp(void *arg, const char *line)
{
    struct find *find = arg;
    const char *colon = strchr(line, ':');

    colon = colon != NULL ? strchr(colon + 1, ':') : NULL;
    find->found = colon != NULL && strncmp(colon + 1, "0035 ", 5) == 0;
    return !find->found;
}

static void look_for_server(struct wr_probe_ctx *ctx)
{
    static const char *const paths[] = {"/proc/thread-self/net/udp", "/proc/thread-self/net/udp6"};
    struct find find = {.found = false};

    for (unsigned i = 0; i < 2 && !find.found; i++) {
        int rc = wr_file_lines(paths[i], 256, wr_probe_file_space(ctx), WR_PROBE_FILE_SPACE,
                               ctx->until_ns, take_udp, &find);

        if (rc < 0 && !(rc == -ENOENT && i == 1))
            return;
    }
    wr_set_bool(ctx->ev, WR_FACT_resolv_default_served, find.found);
}

void wr_probe_resolv_conf(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_resolv resolv;
    char target[256];
    long len;

    if (attempt->outcome != WR_OUTCOME_ERROR || !wr_resolv_read(ctx, &resolv))
        return;
    wr_set_uint(ctx->ev, WR_FACT_resolv_state, (uint64_t)resolv.state);
    if (resolv.error != 0)
        wr_set_errno(ctx->ev, WR_FACT_resolv_error, resolv.error);
    else
        wr_set_absent(ctx->ev, WR_FACT_resolv_error);
    len = wr_link_read("/etc/resolv.conf", target, sizeof(target));
    if (len > 0)
        wr_set_str(ctx->ev, WR_FACT_resolv_link, target);
    else if (len == -EINVAL || len == -ENOENT)
        wr_set_absent(ctx->ev, WR_FACT_resolv_link);
    set_servers(ctx->ev, &resolv);
    set_search(ctx->ev, &resolv);
    if (resolv.state != WR_RESOLV_READ)
        look_for_server(ctx);
}
