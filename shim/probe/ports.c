/* SPDX-License-Identifier: MIT
 * Whether the kernel still had a local port to choose. What takes a port away from connect() and
 * bind() is the rule of __inet_hash_connect() and inet_csk_find_open_port() in net/ipv4/. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/address.h"
#include "base/file.h"
#include "base/sys.h"
#include "probe/local.h"
#include "probe/sockdump.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51 /* Linux 6.3 */
#endif

#define SYSCTL "/proc/sys/net/ipv4/"
#define PORT_BYTES 8192 /* a bit for each port */

struct ports {
    unsigned first, last;
    uint8_t *taken, *reserved;   /* one behind the other in the file space */
    const struct wr_addr *local; /* NULL or wildcard: any */
    bool wildcard;
    unsigned time_wait;
};

_Static_assert(2 * PORT_BYTES <= WR_PROBE_FILE_SPACE, "both bitmaps fit");

static bool bit(const uint8_t *map, unsigned port)
{
    return (map[port / 8] & (1u << (port % 8))) != 0;
}

static void set_bit(uint8_t *map, unsigned port)
{
    map[port / 8] |= (uint8_t)(1u << (port % 8));
}

/* "first last" of a sysctl, narrowed by the socket's own range. */
static bool read_range(int fd, struct ports *ports)
{
    char text[64];
    const char *at = text;
    uint64_t first, last;
    unsigned own = (unsigned)wr_socket_option(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, 0);

    if (wr_file_read(SYSCTL "ip_local_port_range", text, sizeof(text)) < 0 ||
        !wr_parse_uint(&at, &first))
        return false;
    at += strspn(at, " \t");
    if (!wr_parse_uint(&at, &last) || last > 65535 || first > last)
        return false;
    ports->first = (unsigned)first;
    ports->last = (unsigned)last;
    if ((own & 0xffff) > ports->first && (own & 0xffff) <= ports->last)
        ports->first = own & 0xffff;
    if (own >> 16 >= ports->first && own >> 16 < ports->last)
        ports->last = own >> 16;
    return true;
}

/* "8080,9000-9010" */
static void read_reserved(struct wr_probe_ctx *ctx, struct ports *ports)
{
    const char *at = ctx->scratch;
    uint64_t from, to;
    long len = wr_file_read(SYSCTL "ip_local_reserved_ports", ctx->scratch, WR_NETLINK_SPACE);

    if (len < 0 && len != -EFBIG)
        return;
    while (wr_parse_uint(&at, &from)) {
        to = from;
        if (*at == '-') {
            at++;
            if (!wr_parse_uint(&at, &to))
                return;
        }
        for (; from <= to && from <= 65535; from++)
            set_bit(ports->reserved, (unsigned)from);
        if (*at != ',')
            return;
        at++;
    }
}

static void take_port(struct ports *ports, const struct wr_dump_row *row)
{
    unsigned port = row->local.port;

    if (port < ports->first || port > ports->last || bit(ports->taken, port))
        return;
    set_bit(ports->taken, port);
    ports->time_wait += row->state == TCP_TIME_WAIT && !bit(ports->reserved, port);
}

/* A connection to the same peer takes its port, if it has our local address. */
static bool to_peer(void *ctx, const struct wr_dump_row *row)
{
    struct ports *ports = ctx;

    if (ports->wildcard || wr_addr_same_host(&row->local, ports->local))
        take_port(ports, row);
    return true;
}

/* A port that somebody bound is left out by connect(), whatever its address. */
static bool bound_port(void *ctx, const struct wr_dump_row *row)
{
    take_port(ctx, row);
    return true;
}

/* For bind(): every socket on the port with that address or the wildcard. */
static bool on_address(void *ctx, const struct wr_dump_row *row)
{
    struct ports *ports = ctx;

    if (ports->wildcard || wr_addr_is_any(&row->local) ||
        wr_addr_same_host(&row->local, ports->local))
        take_port(ports, row);
    return true;
}

static int collect(struct wr_probe_ctx *ctx, int transport, struct ports *ports)
{
    struct wr_dump_filter filter = {.protocol = transport, .states = WR_DUMP_ALL_STATES};
    int error;

    if (!wr_attempt_reaches(ctx->attempt) || transport == IPPROTO_UDP)
        return wr_dump_sockets(ctx, &filter, on_address, ports);
    filter.peer = &ctx->attempt->target;
    error = wr_dump_sockets(ctx, &filter, to_peer, ports);
    if (error < 0)
        return error;
    filter.peer = NULL;
    filter.states = 1u << TCP_LISTEN | 1u << WR_DUMP_BOUND_INACTIVE;
    return wr_dump_sockets(ctx, &filter, bound_port, ports);
}

/* The kernel was to choose a port, and the error is one that says there was none. */
static bool matters(const struct wr_probe_ctx *ctx, int transport)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_addr *local = wr_ev_addr(ctx->ev, WR_FACT_local_wanted);

    if (transport == 0 || (local != NULL && local->port != 0))
        return false;
    if (wr_attempt_reaches(attempt))
        return attempt->target.family != 0 &&
               attempt->error == (transport == IPPROTO_TCP ? EADDRNOTAVAIL : EAGAIN) &&
               !wr_ev_true(ctx->ev, WR_FACT_ipv6_disabled);
    return attempt->error == EADDRINUSE;
}

void wr_probe_ports(struct wr_probe_ctx *ctx)
{
    int transport = wr_attempt_transport(ctx->attempt);
    struct ports ports = {.local = wr_ev_addr(ctx->ev, WR_FACT_local_wanted)};
    unsigned usable = 0, taken = 0;

    if (!matters(ctx, transport) || !read_range(ctx->attempt->fd, &ports))
        return;
    ports.wildcard = ports.local == NULL || wr_addr_is_any(ports.local);
    ports.taken = (uint8_t *)wr_probe_file_space(ctx);
    ports.reserved = ports.taken + PORT_BYTES;
    memset(ports.taken, 0, 2 * PORT_BYTES);
    read_reserved(ctx, &ports);
    wr_set_uint(ctx->ev, WR_FACT_port_range_first, ports.first);
    wr_set_uint(ctx->ev, WR_FACT_port_range_last, ports.last);
    for (unsigned port = ports.first; port <= ports.last; port++)
        usable += !bit(ports.reserved, port);
    wr_set_uint(ctx->ev, WR_FACT_port_range_usable, usable);
    wr_set_bool(ctx->ev, WR_FACT_port_range_uncounted, true);
    if (collect(ctx, transport, &ports) < 0)
        return;
    wr_set_bool(ctx->ev, WR_FACT_port_range_uncounted, false);
    for (unsigned port = ports.first; port <= ports.last; port++)
        taken += !bit(ports.reserved, port) && bit(ports.taken, port);
    wr_set_uint(ctx->ev, WR_FACT_port_range_taken, taken);
    wr_set_uint(ctx->ev, WR_FACT_port_range_time_wait, ports.time_wait);
}
