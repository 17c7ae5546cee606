/* SPDX-License-Identifier: MIT
 * Whether the destination makes sense when its bytes are swapped: htons() or htonl() forgotten.
 * Runs after route and listeners. Costs one or two exact questions to the kernel, no walk. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/service.h"
#include "probe/listeners.h"
#include "probe/local.h"
#include "probe/owner.h"
#include "probe/rtnl.h"

/* Ports that programs are often written for: where nothing was seen to listen, swapped bytes that
 * give one of these are worth a mention. The whole table of services would be hit by chance. */
static const uint16_t common_ports[] = {
    21,   22,   23,   25,   53,   80,   110,  143,  389,   443,   445,   465,
    587,  636,  993,  995,  1433, 1521, 1883, 2375, 2379,  3000,  3128,  3306,
    3389, 4222, 5000, 5432, 5672, 5900, 6379, 6443, 8000,  8080,  8081,  8443,
    8500, 8888, 9000, 9042, 9090, 9092, 9200, 9418, 10000, 11211, 15672, 27017,
};

static bool is_common(uint16_t port)
{
    for (unsigned i = 0; i < sizeof(common_ports) / sizeof(common_ports[0]); i++) {
        if (common_ports[i] == port)
            return true;
    }
    return false;
}

static uint16_t swapped_port(uint16_t port)
{
    return (uint16_t)(port << 8 | port >> 8);
}

/* No service is known for the port, but one for the swapped one. */
static bool looks_swapped(uint16_t port)
{
    return wr_service_name(port, IPPROTO_TCP) == NULL && is_common(swapped_port(port));
}

static void set_meant(struct wr_evidence *ev, const struct wr_addr *meant, bool address, bool port)
{
    wr_set_addr(ev, WR_FACT_swapped_destination, meant);
    wr_set_bool(ev, WR_FACT_swapped_address, address);
    wr_set_bool(ev, WR_FACT_swapped_port, port);
}

static bool take_listener(struct wr_probe_ctx *ctx, const struct wr_addr *meant)
{
    struct wr_sock sock;

    if (wr_listener_at(ctx, meant, &sock) != 0)
        return false;
    wr_owner_fill(ctx, &sock);
    wr_set_sock(ctx->ev, WR_FACT_swapped_listener, &sock);
    return true;
}

/* The dialled port is open here in some way: then its bytes are in order. */
static bool port_is_known_here(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_listener) || wr_ev_has(ev, WR_FACT_other_device_listener) ||
           wr_ev_has(ev, WR_FACT_other_address_listener) ||
           wr_ev_has(ev, WR_FACT_other_family_listener) || wr_ev_has(ev, WR_FACT_bound_socket);
}

static void look_at_port(struct wr_probe_ctx *ctx)
{
    struct wr_addr meant = ctx->attempt->target;
    bool local = wr_ev_true(ctx->ev, WR_FACT_destination_local);
    bool found = false;

    meant.port = swapped_port(meant.port);
    if (meant.port == ctx->attempt->target.port || (local && port_is_known_here(ctx->ev))) {
        wr_set_absent(ctx->ev, WR_FACT_swapped_destination);
        return;
    }
    if (local) {
        found = take_listener(ctx, &meant);
        if (!found)
            wr_set_absent(ctx->ev, WR_FACT_swapped_listener);
    }
    if (found || looks_swapped(ctx->attempt->target.port))
        set_meant(ctx->ev, &meant, false, true);
    else
        wr_set_absent(ctx->ev, WR_FACT_swapped_destination);
}

/* 127.0.0.0/24 of 127.0.0.0/8: one in 256 addresses ends in 127. */
static bool is_own(struct wr_probe_ctx *ctx, const struct wr_addr *addr)
{
    struct wr_route_query query = {.to = *addr, .uid = wr_route_uid(ctx)};
    struct wr_route_answer answer;

    if (addr->bytes[0] == 127)
        return addr->bytes[1] == 0 && addr->bytes[2] == 0;
    return addr->bytes[0] != 0 && wr_route_ask(ctx, &query, false, &answer) == 0 &&
           answer.error == 0 && answer.type == RTN_LOCAL;
}

static bool look_at_address(struct wr_probe_ctx *ctx)
{
    const struct wr_addr *dialled = &ctx->attempt->target;
    struct wr_addr meant = *dialled;
    bool other_port = false;

    for (unsigned i = 0; i < 4; i++)
        meant.bytes[i] = dialled->bytes[3 - i];
    if (dialled->family != AF_INET || wr_addr_same_host(&meant, dialled) || !is_own(ctx, &meant))
        return false;
    if (!take_listener(ctx, &meant)) {
        /* who forgets one forgets the other */
        meant.port = swapped_port(dialled->port);
        other_port = take_listener(ctx, &meant) || looks_swapped(dialled->port);
        if (!other_port)
            meant.port = dialled->port;
        if (!wr_ev_has(ctx->ev, WR_FACT_swapped_listener))
            wr_set_absent(ctx->ev, WR_FACT_swapped_listener);
    }
    set_meant(ctx->ev, &meant, true, other_port);
    return true;
}

void wr_probe_byteorder(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    bool local = wr_ev_true(ctx->ev, WR_FACT_destination_local);

    if (attempt->call != WR_CALL_CONNECT || attempt->target.port == 0 ||
        wr_attempt_transport(attempt) != IPPROTO_TCP)
        return;
    if (attempt->error != ECONNREFUSED && attempt->error != ETIMEDOUT &&
        attempt->error != ENETUNREACH && attempt->error != EHOSTUNREACH)
        return;
    if (!local && look_at_address(ctx))
        return;
    if (attempt->error == ECONNREFUSED || attempt->error == ETIMEDOUT)
        look_at_port(ctx);
    else
        wr_set_absent(ctx->ev, WR_FACT_swapped_destination);
}
