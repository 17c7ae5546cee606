/* SPDX-License-Identifier: MIT
 * Where the configured nameservers are, as this machine sees them without a packet: the way to the
 * first, and who has the port where one is this machine itself. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/sys.h"
#include "probe/dnswalk.h"
#include "probe/owner.h"
#include "probe/resolv.h"
#include "probe/rtnl.h"
#include "probe/sockdiag.h"
#include "probe/sockdump.h"

struct stub {
    uint8_t address[4];
    const char *program, *unit, *path;
};

/* systemd-resolved.service(8); Docker's embedded server (its rules lead the address elsewhere); the
 * Kubernetes cache on each node */
static const struct stub known_stubs[] = {
    {{127, 0, 0, 53}, "systemd-resolved", "systemd-resolved", NULL},
    {{127, 0, 0, 54}, "systemd-resolved", "systemd-resolved", NULL},
    {{127, 0, 0, 11}, "Docker's resolver", NULL, NULL},
    {{169, 254, 20, 10}, "the Kubernetes node-local cache", NULL, NULL},
};
/* ... of which any may serve at another loopback address: the first that is installed */
static const struct stub installed_stubs[] = {
    {{0}, "dnsmasq", "dnsmasq", "/usr/sbin/dnsmasq"},
    {{0}, "unbound", "unbound", "/usr/sbin/unbound"},
    {{0}, "BIND", "named", "/usr/sbin/named"},
    {{0}, "the PowerDNS Recursor", "pdns-recursor", "/usr/sbin/pdns_recursor"},
    {{0}, "Knot Resolver", "kresd@1", "/usr/sbin/kresd"},
    {{0}, "stubby", "stubby", "/usr/bin/stubby"},
    {{0}, "dnscrypt-proxy", "dnscrypt-proxy", "/usr/sbin/dnscrypt-proxy"},
};

static bool any_socket(void *arg, const struct wr_dump_row *row)
{
    (void)row;
    *(bool *)arg = true;
    return false;
}

/* Where the kernel does not list sockets, that none was found says nothing: some are always there,
 * but there need be none on this port. */
static void set_socket(struct wr_probe_ctx *ctx, const struct wr_addr *server)
{
    struct wr_dump_filter filter = {
        .protocol = IPPROTO_UDP, .states = WR_DUMP_ALL_STATES, .local_port = server->port};
    bool any = false;
    struct wr_sock sock;
    int rc;

    if (wr_dump_sockets(ctx, &filter, any_socket, &any) < 0)
        return;
    rc = wr_sockdiag_exact(ctx, IPPROTO_UDP, server, 0, &sock);
    if (rc == -ENOENT && any) /* one that is bound to a device is found only over that */
        rc = wr_sockdiag_exact(ctx, IPPROTO_UDP, server, 1, &sock);
    if (rc == -ENOENT)
        wr_set_absent(ctx->ev, WR_FACT_dns_stub_socket);
    if (rc != 0)
        return;
    wr_owner_fill(ctx, &sock);
    wr_set_sock(ctx->ev, WR_FACT_dns_stub_socket, &sock);
}

static const struct stub *stub_at(const struct wr_addr *server)
{
    for (unsigned i = 0; i < sizeof(known_stubs) / sizeof(known_stubs[0]); i++) {
        if (server->family == AF_INET && memcmp(server->bytes, known_stubs[i].address, 4) == 0)
            return &known_stubs[i];
    }
    for (unsigned i = 0; i < sizeof(installed_stubs) / sizeof(installed_stubs[0]); i++) {
        if (WR_SYS(faccessat, AT_FDCWD, installed_stubs[i].path, F_OK) == 0)
            return &installed_stubs[i];
    }
    return NULL;
}

static void set_stub(struct wr_probe_ctx *ctx, const struct wr_addr *server)
{
    static const uint8_t docker[4] = {127, 0, 0, 11};
    const struct stub *stub = stub_at(server);

    wr_set_addr(ctx->ev, WR_FACT_dns_stub, server);
    wr_set_bool(ctx->ev, WR_FACT_dns_stub_redirected,
                server->family == AF_INET && memcmp(server->bytes, docker, 4) == 0);
    if (stub != NULL)
        wr_set_str(ctx->ev, WR_FACT_dns_stub_program, stub->program);
    if (stub != NULL && stub->unit != NULL)
        wr_set_str(ctx->ev, WR_FACT_dns_stub_unit, stub->unit);
    set_socket(ctx, server);
}

static int ask_route(struct wr_probe_ctx *ctx, const struct wr_addr *server,
                     struct wr_route_answer *ret_answer)
{
    struct wr_route_query query = {
        .to = *server, .protocol = IPPROTO_UDP, .uid = wr_route_uid(ctx)};

    return wr_route_ask(ctx, &query, false, ret_answer);
}

static bool is_local(struct wr_probe_ctx *ctx, const struct wr_addr *server)
{
    struct wr_route_answer answer;

    return wr_addr_is_loopback(server) ||
           (ask_route(ctx, server, &answer) == 0 && answer.error == 0 && answer.type == RTN_LOCAL);
}

/* Over IPv6 the kernel looks again with a source of its own where there is no way without one: an
 * error is told for IPv4 only. */
static void set_route(struct wr_probe_ctx *ctx, const struct wr_addr *server)
{
    struct wr_evidence *ev = ctx->ev;
    struct wr_route_answer answer;
    struct wr_link link;

    wr_set_addr(ev, WR_FACT_dns_first_server, server);
    if (ask_route(ctx, server, &answer) != 0)
        return;
    if (answer.error != 0) {
        if (server->family == AF_INET)
            wr_set_errno(ev, WR_FACT_dns_route_error, answer.error);
        return;
    }
    wr_set_absent(ev, WR_FACT_dns_route_error);
    if (answer.type == RTN_LOCAL)
        wr_set_absent(ev, WR_FACT_dns_route_device);
    else if (answer.device != 0 && wr_link_get(ctx, answer.device, &link) == 0)
        wr_set_str(ev, WR_FACT_dns_route_device, link.name);
    if (answer.gateway.family != 0)
        wr_set_addr(ev, WR_FACT_dns_route_gateway, &answer.gateway);
    else
        wr_set_absent(ev, WR_FACT_dns_route_gateway);
}

static bool is_public(const struct wr_addr *server)
{
    return !wr_addr_is_loopback(server) && !wr_addr_is_private(server) &&
           !wr_addr_is_linklocal(server) && !wr_addr_is_any(server);
}

void wr_probe_dns_places(struct wr_probe_ctx *ctx)
{
    const char *zone = wr_dnswalk_internal(ctx->attempt->name);
    struct wr_resolv *resolv = (struct wr_resolv *)(void *)ctx->scratch;
    struct wr_addr servers[WR_RESOLV_SERVERS];
    bool public = true;
    unsigned count;

    if (ctx->attempt->outcome != WR_OUTCOME_ERROR)
        return;
    if (zone != NULL)
        wr_set_str(ctx->ev, WR_FACT_dns_internal_zone, zone);
    else
        wr_set_absent(ctx->ev, WR_FACT_dns_internal_zone);
    if (!wr_resolv_read(ctx, resolv))
        return;
    count = resolv->count;
    memcpy(servers, resolv->servers, sizeof(servers)); /* what follows needs the space */
    for (unsigned i = 0; i < count; i++)
    public = public && is_public(&servers[i]);
    wr_set_bool(ctx->ev, WR_FACT_dns_servers_public, public);
    set_route(ctx, &servers[0]);
    for (unsigned i = 0; i < count; i++) {
        if (is_local(ctx, &servers[i])) {
            set_stub(ctx, &servers[i]);
            return;
        }
    }
    wr_set_absent(ctx->ev, WR_FACT_dns_stub);
}
