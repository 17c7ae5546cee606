/* SPDX-License-Identifier: MIT
 * Facts about what listens on this machine, where the destination is this machine: the socket
 * that takes connections to it, and where nobody does, what has the port in some other way. */
#include "probe/listeners.h"
#include "probe/rtnl.h"

#include <errno.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/sys.h"
#include "probe/owner.h"

#define LOOPBACK_IFINDEX 1 /* include/net/flow.h */

static struct wr_addr loopback_of(const struct wr_addr *addr)
{
    struct wr_addr loopback = wr_addr_localhost(addr->family);

    loopback.port = addr->port;
    return loopback;
}

int wr_listener_at(struct wr_probe_ctx *ctx, const struct wr_addr *addr, struct wr_sock *ret_sock)
{
    struct wr_addr at = wr_addr_is_any(addr) ? loopback_of(addr) : *addr;
    uint32_t device = wr_addr_is_loopback(&at) ? LOOPBACK_IFINDEX : at.scope;
    int error = wr_sockdiag_exact(ctx, IPPROTO_TCP, &at, device, ret_sock);

    return error == 0 && ret_sock->state != TCP_LISTEN ? -ENOENT : error;
}

#define ELSEWHERE_MAX 4

/* All that this probe remembers of one walk through the table. */
struct find {
    struct wr_addr dest;    /* where the kernel tried to connect to */
    uint32_t arrival;       /* device over which that arrives; 0 = any or not known */
    struct wr_sock here;    /* takes connections to dest */
    struct wr_sock device;  /* would, for another device */
    struct wr_sock address; /* same family, another address */
    struct wr_sock family;  /* the other family */
    struct wr_sock bound;   /* does not listen */
    uint64_t own_inode;     /* of the program's own socket: not to be found */
    /* Addresses other than the destination that have the port. */
    struct wr_addr elsewhere[ELSEWHERE_MAX];
    unsigned elsewhere_count;
    struct wr_other_ports others;
};

static bool covers(const struct wr_sock *sock, const struct wr_addr *dest)
{
    if (wr_addr_is_any(&sock->local))
        return sock->local.family == dest->family ||
               (sock->local.family == AF_INET6 && sock->v6only == 0);
    return wr_addr_same_host(&sock->local, dest) && sock->local.scope == dest->scope;
}

/* Of two sockets the one that a reader would think of: loopback, where that was not dialled. */
static void keep_better(struct wr_sock *best, const struct wr_sock *sock,
                        const struct wr_addr *dest)
{
    bool wanted = !wr_addr_is_loopback(dest);

    if (best->local.family == 0 || (wr_addr_is_loopback(&best->local) != wanted &&
                                    wr_addr_is_loopback(&sock->local) == wanted))
        *best = *sock;
}

static void take_other_port(struct find *find, const struct wr_sock *sock)
{
    struct wr_other_ports *others = &find->others;

    if (sock->device != 0 || !covers(sock, &find->dest))
        return;
    for (unsigned i = 0; i < others->count; i++) {
        if (others->sock[i].local.port == sock->local.port)
            return;
    }
    if (others->count == WR_OTHER_PORTS)
        others->more = true;
    else
        others->sock[others->count++] = *sock;
}

static void keep_address(struct find *find, const struct wr_addr *addr)
{
    if (find->elsewhere_count < ELSEWHERE_MAX)
        find->elsewhere[find->elsewhere_count] = *addr;
    find->elsewhere_count++;
}

/* Seen from another address, 127.0.0.1 and ::1 are one place. */
static bool only_there(const struct find *find)
{
    const struct wr_addr *there = &find->address.local;
    bool loopback = wr_addr_is_loopback(there) && !wr_addr_is_loopback(&find->dest);

    for (unsigned i = 0; i < find->elsewhere_count; i++) {
        if (i == ELSEWHERE_MAX || (!wr_addr_same_host(&find->elsewhere[i], there) &&
                                   !(loopback && wr_addr_is_loopback(&find->elsewhere[i]))))
            return false;
    }
    return true;
}

static void take_listener(void *arg, const struct wr_sock *sock)
{
    struct find *find = arg;

    if (sock->state != TCP_LISTEN)
        return;
    if (sock->local.port != find->dest.port) {
        take_other_port(find, sock);
        return;
    }
    if (covers(sock, &find->dest)) {
        if (sock->device == 0)
            find->here = *sock;
        else
            keep_better(&find->device, sock, &find->dest);
        return;
    }
    if (sock->local.family == find->dest.family)
        keep_better(&find->address, sock, &find->dest);
    else
        keep_better(&find->family, sock, &find->dest);
    keep_address(find, &sock->local);
}

static void take_bound(void *arg, const struct wr_sock *sock)
{
    struct find *find = arg;

    if (sock->local.port != find->dest.port || !covers(sock, &find->dest) ||
        sock->inode == find->own_inode)
        return;
    find->bound = *sock;
    find->bound.state = WR_SOCK_BOUND; /* the kernel says CLOSE */
}

static void name_device(struct wr_probe_ctx *ctx, struct wr_sock *sock)
{
    struct ifreq request = {.ifr_ifindex = (int)sock->device};

    /* any socket will do (net/socket.c sock_do_ioctl() -> dev_ioctl()) */
    if (sock->device == 0 || WR_SYS(ioctl, ctx->diag_fd, SIOCGIFNAME, &request) < 0)
        return;
    sock->device_name =
        wr_add_text(ctx->ev, request.ifr_name, (uint32_t)strnlen(request.ifr_name, IFNAMSIZ));
}

static bool take_route(void *arg, const struct nlmsghdr *message)
{
    const struct rtattr *oif =
        wr_netlink_find(message, sizeof(struct rtmsg), RTA_OIF, sizeof(uint32_t));

    if (oif != NULL)
        memcpy(arg, RTA_DATA(oif), sizeof(uint32_t));
    return false;
}

/* The device that has the address: connections from this machine to it arrive over that one
 * (measured for both families), though the packets pass through lo. 0 = not known. */
static uint32_t device_of_address(struct wr_probe_ctx *ctx, const struct wr_addr *addr)
{
    struct {
        struct nlmsghdr head;
        struct rtmsg route;
        char attrs[32];
    } ask = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(ask.route)), .nlmsg_type = RTM_GETROUTE},
             .route = {.rtm_family = addr->family,
                       .rtm_dst_len = (unsigned char)(wr_addr_size(addr) * 8),
                       .rtm_flags = RTM_F_FIB_MATCH}};
    int fd = wr_probe_netlink(ctx, NETLINK_ROUTE);
    uint32_t device = 0;

    if (fd < 0)
        return 0;
    wr_netlink_attr(&ask.head, RTA_DST, addr->bytes, wr_addr_size(addr));
    wr_netlink_ask(fd, &ask.head, ctx->scratch, ctx->until_ns, take_route, &device);
    return device;
}

static uint64_t own_inode(const struct wr_attempt *attempt)
{
    struct stat st = {0};

    return WR_SYS(fstat, attempt->fd, &st) == 0 ? st.st_ino : 0;
}

/* Where the kernel connects to when the program says 0.0.0.0 or :: (ip_route_output_key_hash_rcu()
 * in net/ipv4/route.c, tcp_v6_connect()): the source address if one is bound, else loopback. */
static struct wr_addr effective_destination(struct wr_probe_ctx *ctx)
{
    struct wr_addr dest = ctx->attempt->target;
    const struct wr_addr *source = wr_ev_addr(ctx->ev, WR_FACT_source);

    if (!wr_addr_is_any(&dest)) {
        wr_set_absent(ctx->ev, WR_FACT_wildcard_means);
        return dest;
    }
    dest = loopback_of(&dest);
    if (dest.family == AF_INET && source != NULL && source->family == AF_INET &&
        wr_ev_true(ctx->ev, WR_FACT_source_bound))
        memcpy(dest.bytes, source->bytes, 4);
    wr_set_addr(ctx->ev, WR_FACT_wildcard_means, &dest);
    return dest;
}

static bool ask_exact(struct wr_probe_ctx *ctx, struct find *find)
{
    struct wr_sock sock;

    if (wr_sockdiag_exact(ctx, IPPROTO_TCP, &find->dest, find->arrival, &sock) != 0 ||
        sock.state != TCP_LISTEN)
        return false;
    find->here = sock;
    return true;
}

/* A table of 64 Ki buckets is walked for bound sockets: 150 us, too much for every failure of a
 * program that fails often. */
#define BOUND_PAUSE_NS 50000000u
static bool may_look_for_bound(void)
{
    static uint64_t next_ns;
    uint64_t now_ns = wr_now_ns();

    if (now_ns < __atomic_load_n(&next_ns, __ATOMIC_RELAXED) || !wr_sockdiag_lists_bound())
        return false;
    __atomic_store_n(&next_ns, now_ns + BOUND_PAUSE_NS, __ATOMIC_RELAXED);
    return true;
}

static void set_or_absent(struct wr_evidence *ev, enum wr_fact fact, const struct wr_sock *sock)
{
    if (sock->local.family != 0)
        wr_set_sock(ev, fact, sock);
    else
        wr_set_absent(ev, fact);
}

/* Owner and server of the socket that explains most; true where there is one. */
static bool describe_winner(struct wr_probe_ctx *ctx, struct wr_sock *sock, bool have_winner)
{
    if (sock->local.family == 0)
        return have_winner;
    name_device(ctx, sock);
    if (!have_winner) {
        wr_owner_fill(ctx, sock);
        wr_found_server(ctx, sock);
    }
    return true;
}

static bool report_same_port(struct wr_probe_ctx *ctx, struct find *find)
{
    struct wr_evidence *ev = ctx->ev;
    bool winner = describe_winner(ctx, &find->device, false);

    winner = describe_winner(ctx, &find->address, winner);
    winner = describe_winner(ctx, &find->family, winner);
    set_or_absent(ev, WR_FACT_other_device_listener, &find->device);
    set_or_absent(ev, WR_FACT_other_address_listener, &find->address);
    set_or_absent(ev, WR_FACT_other_family_listener, &find->family);
    if (find->address.local.family != 0)
        wr_set_bool(ev, WR_FACT_other_address_sole, only_there(find));
    if (find->device.local.family != 0 && find->arrival != 0) {
        struct wr_sock arrival = {.device = find->arrival};

        name_device(ctx, &arrival);
        if (arrival.device_name.len != 0)
            wr_set_text(ev, WR_FACT_arrival_device, ev->text + arrival.device_name.at,
                        arrival.device_name.len);
    }
    return winner;
}

static bool report_udp(struct wr_probe_ctx *ctx, const struct find *find, bool winner)
{
    struct wr_sock sock;
    int error = wr_sockdiag_exact(ctx, IPPROTO_UDP, &find->dest, find->arrival, &sock);

    if (error == -ENOENT)
        wr_set_absent(ctx->ev, WR_FACT_udp_socket);
    if (error != 0)
        return winner;
    winner = describe_winner(ctx, &sock, winner);
    wr_set_sock(ctx->ev, WR_FACT_udp_socket, &sock);
    return winner;
}

static bool report_bound(struct wr_probe_ctx *ctx, struct find *find)
{
    const struct wr_port_range port = {find->dest.port, find->dest.port};
    bool found;

    if (!may_look_for_bound())
        return false;
    find->own_inode = own_inode(ctx->attempt);
    if (wr_sockdiag_ports(ctx, 1u << WR_SOCK_BOUND, &port, 1, take_bound, find) != 0)
        return false;
    found = describe_winner(ctx, &find->bound, false);
    set_or_absent(ctx->ev, WR_FACT_bound_socket, &find->bound);
    return found;
}

static void report_other_port(struct wr_probe_ctx *ctx, struct find *find, bool winner)
{
    struct wr_sock sock;
    bool same_program;

    /* what has the dialled port itself is the better hint */
    if (winner || !wr_other_port_pick(ctx, find->dest.port, &find->others, &sock, &same_program)) {
        wr_set_absent(ctx->ev, WR_FACT_other_port_listener);
        return;
    }
    wr_found_server(ctx, &sock);
    wr_set_sock(ctx->ev, WR_FACT_other_port_listener, &sock);
    wr_set_bool(ctx->ev, WR_FACT_other_port_same_program, same_program);
}

/* It came up after the refusal, or something else is wrong: with it, or on the way to it. */
static void report_listener(struct wr_probe_ctx *ctx, struct find *find)
{
    name_device(ctx, &find->here);
    wr_owner_fill(ctx, &find->here);
    wr_set_sock(ctx->ev, WR_FACT_listener, &find->here);
}

/* Nobody takes connections to the destination: what is near? */
static void look_around(struct wr_probe_ctx *ctx, struct find *find)
{
    struct wr_port_range ranges[WR_PORT_RANGES];
    unsigned count = wr_other_port_ranges(find->dest.port, ranges + 1) + 1;
    bool winner;
    int error;

    ranges[0] = (struct wr_port_range){find->dest.port, find->dest.port};
    error = wr_sockdiag_ports(ctx, 1u << TCP_LISTEN, ranges, count, take_listener, find);
    if (error < 0) {
        wr_set_errno(ctx->ev, WR_FACT_sockets_refused, -error);
        return;
    }
    wr_set_absent(ctx->ev, WR_FACT_sockets_refused);
    if (find->device.local.family != 0) {
        if (find->arrival == 0)
            find->arrival = device_of_address(ctx, &find->dest);
        if (find->arrival != 0 && find->arrival == find->device.device)
            find->here = find->device;
    }
    if (find->here.local.family != 0) {
        report_listener(ctx, find);
        return;
    }
    wr_set_absent(ctx->ev, WR_FACT_listener);
    winner = report_same_port(ctx, find);
    winner = winner || report_bound(ctx, find);
    winner = report_udp(ctx, find, winner);
    report_other_port(ctx, find, winner);
}

static bool is_tcp_connect(const struct wr_attempt *attempt)
{
    return attempt->call == WR_CALL_CONNECT && attempt->target.port != 0 &&
           (attempt->type == SOCK_STREAM || attempt->type < 0) &&
           (attempt->protocol <= 0 || attempt->protocol == IPPROTO_TCP ||
            attempt->protocol == IPPROTO_MPTCP);
}

/* A connection that was taken, too: by whom? */
static bool matters(const struct wr_attempt *attempt)
{
    return attempt->error == ECONNREFUSED || attempt->error == ETIMEDOUT ||
           attempt->error == ECONNRESET || attempt->error == EHOSTUNREACH ||
           attempt->outcome == WR_OUTCOME_CLOSED || attempt->outcome == WR_OUTCOME_ANSWERED ||
           attempt->outcome == WR_OUTCOME_SELF || attempt->outcome == WR_OUTCOME_RECOVERED;
}

void wr_probe_listeners(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct find find = {0};

    if (!is_tcp_connect(attempt) || !wr_ev_true(ctx->ev, WR_FACT_destination_local) ||
        !matters(attempt))
        return;
    find.dest = effective_destination(ctx);
    wr_set_uint(ctx->ev, WR_FACT_dialled_ip_version, find.dest.family == AF_INET ? 4 : 6);
    find.arrival = find.dest.scope != 0 ? find.dest.scope : wr_route_bound_device(ctx);
    if (find.arrival == 0 && wr_addr_is_loopback(&find.dest))
        find.arrival = LOOPBACK_IFINDEX;
    if (ask_exact(ctx, &find))
        report_listener(ctx, &find);
    else if (attempt->error == ECONNREFUSED && !wr_ev_true(ctx->ev, WR_FACT_icmp_received))
        look_around(ctx, &find);
}
