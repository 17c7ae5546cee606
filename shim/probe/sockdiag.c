/* SPDX-License-Identifier: MIT
 * See sockdiag.h. */
#include "probe/sockdiag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/address.h"
#include "base/file.h"
#include "base/sys.h"

#define ATTR_SKV6ONLY 11  /* INET_DIAG_SKV6ONLY */
#define ATTR_CGROUP_ID 21 /* INET_DIAG_CGROUP_ID, Linux 5.9 */

static struct wr_addr local_address(const struct inet_diag_msg *msg)
{
    struct wr_addr addr = {0};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = msg->id.idiag_sport};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = msg->id.idiag_sport};

    memcpy(&in6.sin6_addr, msg->id.idiag_src, sizeof(in6.sin6_addr));
    memcpy(&in.sin_addr, msg->id.idiag_src, sizeof(in.sin_addr));
    if (msg->idiag_family == AF_INET)
        wr_addr_from_sockaddr(&in, sizeof(in), &addr);
    else if (msg->idiag_family == AF_INET6)
        wr_addr_from_sockaddr(&in6, sizeof(in6), &addr);
    if (wr_addr_is_linklocal(&addr) && addr.family == AF_INET6)
        addr.scope = msg->id.idiag_if;
    return addr;
}

/* False where the message is too short. */
static bool read_row(const struct nlmsghdr *message, uint8_t protocol, struct wr_sock *ret_sock)
{
    const struct inet_diag_msg *msg = NLMSG_DATA(message);
    const struct rtattr *attr;
    struct wr_sock sock = {.protocol = protocol, .v6only = -1};

    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)))
        return false;
    sock.local = local_address(msg);
    sock.state = msg->idiag_state;
    sock.queue = msg->idiag_rqueue;
    sock.queue_max = msg->idiag_wqueue;
    sock.uid = msg->idiag_uid;
    sock.inode = msg->idiag_inode;
    /* a link-local address is of its device anyway: there it is the scope */
    if (sock.local.scope == 0)
        sock.device = msg->id.idiag_if;
    attr = wr_netlink_find(message, sizeof(*msg), ATTR_SKV6ONLY, sizeof(uint8_t));
    if (attr != NULL && msg->idiag_family == AF_INET6)
        sock.v6only = *(const uint8_t *)RTA_DATA(attr) != 0;
    attr = wr_netlink_find(message, sizeof(*msg), ATTR_CGROUP_ID, sizeof(uint64_t));
    if (attr != NULL)
        memcpy(&sock.cgroup_id, RTA_DATA(attr), sizeof(sock.cgroup_id));
    *ret_sock = sock;
    return true;
}

struct exact {
    uint8_t protocol;
    bool found;
    struct wr_sock *ret_sock;
};

static bool take_exact(void *arg, const struct nlmsghdr *message)
{
    struct exact *exact = arg;

    exact->found = read_row(message, exact->protocol, exact->ret_sock);
    return false;
}

int wr_sockdiag_exact(struct wr_probe_ctx *ctx, uint8_t protocol, const struct wr_addr *addr,
                      uint32_t device, struct wr_sock *ret_sock)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 diag;
    } ask = {.head = {.nlmsg_len = sizeof(ask), .nlmsg_type = SOCK_DIAG_BY_FAMILY}};
    struct exact exact = {.protocol = protocol, .ret_sock = ret_sock};
    struct inet_diag_sockid *id = &ask.diag.id;
    int fd = wr_probe_netlink(ctx, NETLINK_SOCK_DIAG), error;

    if (fd < 0)
        return fd;
    ask.diag.sdiag_family = addr->family;
    ask.diag.sdiag_protocol = protocol;
    ask.diag.idiag_states = UINT32_MAX;
    id->idiag_if = device;
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    /* net/ipv4/udp_diag.c takes the two ends the other way round */
    if (protocol == IPPROTO_UDP) {
        memcpy(id->idiag_dst, addr->bytes, wr_addr_size(addr));
        id->idiag_dport = htons(addr->port);
    } else {
        memcpy(id->idiag_src, addr->bytes, wr_addr_size(addr));
        id->idiag_sport = htons(addr->port);
    }
    error = wr_netlink_ask(fd, &ask.head, ctx->scratch, ctx->until_ns, take_exact, &exact);
    if (error < 0)
        return error;
    return exact.found ? 0 : -EBADMSG;
}

/* One range of ports is five operations: two comparisons with an argument each, and a jump. */
#define RANGE_OPS 5

/* A filter that the kernel runs over each row (inet_diag_bc_run() in net/ipv4/inet_diag.c). Its
 * checker wants every target on the path of the "yes" branches, so that "or" is: not in this
 * range -> the next one; in it -> a JMP, whose "no" branch is the end of the program = accept. */
static unsigned port_filter(const struct wr_port_range *ranges, unsigned count,
                            struct inet_diag_bc_op *op)
{
    const unsigned size = sizeof(*op);

    for (unsigned i = 0; i < count; i++, op += RANGE_OPS) {
        bool last = i + 1 == count;
        unsigned left = (count - i) * RANGE_OPS * size;
        /* from the last range on, "no" goes beyond the end = reject */
        unsigned to_next = last ? left + size : RANGE_OPS * size;

        op[0] = (struct inet_diag_bc_op){INET_DIAG_BC_S_GE, (uint8_t)(2 * size), (uint16_t)to_next};
        op[1] = (struct inet_diag_bc_op){.no = ranges[i].first};
        op[2] = (struct inet_diag_bc_op){INET_DIAG_BC_S_LE, (uint8_t)(2 * size),
                                         (uint16_t)(to_next - 2 * size)};
        op[3] = (struct inet_diag_bc_op){.no = ranges[i].last};
        op[4] =
            (struct inet_diag_bc_op){INET_DIAG_BC_JMP, (uint8_t)size, (uint16_t)(left - 4 * size)};
    }
    return count * RANGE_OPS * size;
}

struct dump {
    void (*each)(void *arg, const struct wr_sock *sock);
    void *arg;
};

static bool take_row(void *arg, const struct nlmsghdr *message)
{
    struct dump *dump = arg;
    struct wr_sock sock;

    if (read_row(message, IPPROTO_TCP, &sock))
        dump->each(dump->arg, &sock);
    return true;
}

int wr_sockdiag_ports(struct wr_probe_ctx *ctx, uint32_t states, const struct wr_port_range *ranges,
                      unsigned count, void (*each)(void *arg, const struct wr_sock *sock),
                      void *arg)
{
    /* The older request: SOCK_DIAG_BY_FAMILY would walk the table once for each family. */
    struct {
        struct nlmsghdr head;
        struct inet_diag_req diag;
        char filter[RTA_SPACE(WR_PORT_RANGES * RANGE_OPS * sizeof(struct inet_diag_bc_op))];
    } ask = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(ask.diag)),
                      .nlmsg_type = TCPDIAG_GETSOCK,
                      .nlmsg_flags = NLM_F_DUMP},
             .diag = {.idiag_family = AF_INET, .idiag_states = states}};
    struct inet_diag_bc_op ops[WR_PORT_RANGES * RANGE_OPS];
    struct dump dump = {.each = each, .arg = arg};
    int fd = wr_probe_netlink(ctx, NETLINK_SOCK_DIAG), error;

    if (fd < 0)
        return fd;
    if (count > WR_PORT_RANGES)
        return -EINVAL;
    wr_netlink_attr(&ask.head, INET_DIAG_REQ_BYTECODE, ops, port_filter(ranges, count, ops));
    error = wr_netlink_ask(fd, &ask.head, ctx->scratch, ctx->until_ns, take_row, &dump);
    if (error == -ETIME) {
        /* the dump that was left keeps it busy */
        wr_netlink_close(ctx->diag_fd);
        ctx->diag_fd = -1;
    }
    return error;
}

bool wr_sockdiag_lists_bound(void)
{
    struct utsname name;
    const char *at = name.release;
    uint64_t major, minor;

    if (WR_SYS(uname, &name) != 0 || !wr_parse_uint(&at, &major) || *at++ != '.' ||
        !wr_parse_uint(&at, &minor))
        return false;
    return major > 6 || (major == 6 && minor >= 8);
}
