/* SPDX-License-Identifier: MIT
 * Who has the local address that bind(), listen() or a connect() from a bound port asked for.
 * The conflicts are those of inet_csk_bind_conflict() (net/ipv4/inet_connection_sock.c). */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/sys.h"
#include "probe/local.h"
#include "probe/owner.h"
#include "probe/sockdump.h"
#include "whyrefused/faults.h"

struct search {
    const struct wr_attempt *attempt;
    struct wr_addr wanted;
    bool wanted_dual; /* the IPv6 wildcard, and IPv4 with it */
    uint64_t own_inode;
    struct wr_dump_row best;
    unsigned relation, grade; /* 0 = none yet */
    unsigned time_wait;
};

static unsigned relation_of(const struct search *search, const struct wr_dump_row *row)
{
    const struct wr_addr *wanted = &search->wanted;
    bool any = wr_addr_is_any(&row->local);

    if (search->attempt->call == WR_CALL_CONNECT)
        return row->remote.port == search->attempt->target.port &&
                       wr_addr_same_host(&row->remote, &search->attempt->target)
                   ? WR_OWNER_CONNECTION
                   : 0;
    if (row->local.family == wanted->family) {
        if (wr_addr_same_host(&row->local, wanted))
            return WR_OWNER_SAME;
        if (any)
            return WR_OWNER_WILDCARD;
        return wr_addr_is_any(wanted) ? WR_OWNER_SPECIFIC : 0;
    }
    if (wanted->family == AF_INET)
        return any && row->v6only == 0 ? WR_OWNER_DUAL_STACK : 0;
    return search->wanted_dual ? WR_OWNER_IPV4 : 0;
}

static unsigned grade_of(const struct wr_dump_row *row)
{
    switch (row->state) {
    case TCP_LISTEN:
        return 4;
    case TCP_CLOSE: /* UDP that is not connected */
    case WR_DUMP_BOUND_INACTIVE:
        return 3;
    default:
        return 2;
    }
}

static bool look(void *ctx, const struct wr_dump_row *row)
{
    struct search *search = ctx;
    unsigned relation, grade = grade_of(row);

    if (row->local.port != search->wanted.port ||
        (row->inode != 0 && row->inode == search->own_inode))
        return true;
    relation = relation_of(search, row);
    if (relation == 0)
        return true;
    if (row->state == TCP_TIME_WAIT) {
        search->time_wait++;
        return true;
    }
    if (grade > search->grade) {
        search->grade = grade;
        search->relation = relation;
        search->best = *row;
    }
    return true;
}

static void set_owner(struct wr_probe_ctx *ctx, const struct search *search, int transport)
{
    struct wr_sock sock = {
        .local = search->best.local,
        .protocol = (uint8_t)transport,
        .state = search->best.state,
        .v6only = search->best.v6only,
        .device = search->best.device,
        .uid = search->best.uid,
        .inode = search->best.inode,
    };

    /* an unconnected UDP socket has the state of a closed TCP one: it is bound */
    if (transport == IPPROTO_UDP && sock.state == TCP_CLOSE)
        sock.state = WR_DUMP_BOUND_INACTIVE;
    if (sock.inode != 0)
        wr_owner_fill(ctx, &sock);
    wr_set_sock(ctx->ev, WR_FACT_port_owner, &sock);
    wr_set_bool(ctx->ev, WR_FACT_port_owner_self, sock.pid > 0 && sock.pid == ctx->host_pid);
    wr_set_uint(ctx->ev, WR_FACT_port_owner_relation, search->relation);
}

static void find_inet(struct wr_probe_ctx *ctx, int transport)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_addr *wanted = wr_ev_addr(ctx->ev, WR_FACT_local_wanted);
    struct search search = {.attempt = attempt};
    struct wr_dump_filter filter = {.protocol = transport, .states = WR_DUMP_ALL_STATES};
    struct stat st;

    if (wanted == NULL || wanted->port == 0)
        return;
    search.wanted = *wanted;
    search.wanted_dual = wanted->family == AF_INET6 && wr_addr_is_any(wanted) &&
                         wr_socket_option(attempt->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) == 0;
    if (WR_SYS(fstat, attempt->fd, &st) >= 0)
        search.own_inode = st.st_ino;
    filter.local_port = wanted->port;
    if (wr_dump_sockets(ctx, &filter, look, &search) < 0)
        return;
    wr_set_uint(ctx->ev, WR_FACT_port_owner_time_wait, search.time_wait);
    wr_set_bool(ctx->ev, WR_FACT_port_owner_hidden, search.grade == 0 && search.time_wait == 0);
    wr_set_bool(ctx->ev, WR_FACT_socket_reuseaddr,
                wr_socket_option(attempt->fd, SOL_SOCKET, SO_REUSEADDR, 0) != 0);
    if (search.grade > 0)
        set_owner(ctx, &search, transport);
    else
        wr_set_absent(ctx->ev, WR_FACT_port_owner);
}

void wr_probe_port_owner(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    int transport = wr_attempt_transport(attempt);

    if (transport != 0 && (attempt->call == WR_CALL_CONNECT ? attempt->error == EADDRNOTAVAIL
                                                            : attempt->error == EADDRINUSE))
        find_inet(ctx, transport);
}
