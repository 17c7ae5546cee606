/* SPDX-License-Identifier: MIT
 * See sockdump.h. */
#include "probe/sockdump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"

/* One condition: operator, host condition, up to 16 bytes of address. */
struct condition {
    struct inet_diag_bc_op op;
    struct inet_diag_hostcond host;
    uint32_t addr[4];
};

/* Returns the length of the condition; 0 where all sockets are asked for. */
static size_t condition_of(const struct wr_dump_filter *filter, struct condition *out)
{
    size_t len = sizeof(out->op) + sizeof(out->host);

    memset(out, 0, sizeof(*out));
    if (filter->peer != NULL) {
        unsigned size = wr_addr_size(filter->peer);

        out->op.code = INET_DIAG_BC_D_COND;
        out->host.family = filter->peer->family;
        out->host.prefix_len = (uint8_t)(size * 8);
        out->host.port = filter->peer->port;
        memcpy(out->addr, filter->peer->bytes, size);
        len += size;
    } else if (filter->local_port != 0) {
        out->op.code = INET_DIAG_BC_S_COND;
        out->host.port = filter->local_port;
    } else {
        return 0;
    }
    /* "yes" ends at the end of the program: accepted; "no" behind it: not */
    out->op.yes = (unsigned char)len;
    out->op.no = (unsigned short)(len + 4);
    return len;
}

struct walk {
    bool (*each)(void *ctx, const struct wr_dump_row *row);
    void *ctx;
    bool stopped;
};

static struct wr_addr address_of(int family, const void *bytes, uint16_t port_be)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct wr_addr addr;

    if (family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0)
        addr = wr_addr_from_bytes(AF_INET, (const char *)bytes + sizeof(mapped));
    else
        addr = wr_addr_from_bytes(family, bytes);
    addr.port = ntohs(port_be);
    return addr;
}

static bool take(void *ctx, const struct nlmsghdr *message)
{
    struct walk *walk = ctx;
    const struct inet_diag_msg *msg = NLMSG_DATA(message);
    const struct rtattr *v6only;
    struct wr_dump_row row = {.v6only = -1};

    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)) ||
        (msg->idiag_family != AF_INET && msg->idiag_family != AF_INET6))
        return true;
    row.local = address_of(msg->idiag_family, msg->id.idiag_src, msg->id.idiag_sport);
    row.remote = address_of(msg->idiag_family, msg->id.idiag_dst, msg->id.idiag_dport);
    row.socket_family = msg->idiag_family;
    row.state = msg->idiag_state;
    row.device = msg->id.idiag_if;
    row.uid = msg->idiag_uid;
    row.inode = msg->idiag_inode;
    v6only = wr_netlink_find(message, sizeof(*msg), INET_DIAG_SKV6ONLY, 1);
    if (v6only != NULL)
        row.v6only = *(const uint8_t *)RTA_DATA(v6only) != 0;
    walk->stopped = !walk->each(walk->ctx, &row);
    return !walk->stopped;
}

static int dump_family(struct wr_probe_ctx *ctx, int family, const struct wr_dump_filter *filter,
                       struct walk *walk)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 req;
        char room[RTA_SPACE(sizeof(struct condition))];
    } request = {
        .head = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.req)),
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_DUMP},
        .req = {.sdiag_family = (uint8_t)family,
                .sdiag_protocol = (uint8_t)filter->protocol,
                .idiag_states = filter->states},
    };
    struct condition condition;
    size_t len = condition_of(filter, &condition);
    int fd = wr_probe_netlink(ctx, NETLINK_SOCK_DIAG);
    int error;

    if (fd < 0)
        return fd;
    if (len > 0)
        wr_netlink_attr(&request.head, INET_DIAG_REQ_BYTECODE, &condition, len);
    error = wr_netlink_ask(fd, &request.head, ctx->scratch, ctx->until_ns, take, walk);
    if (walk->stopped || error == -ETIME) {
        wr_netlink_close(ctx->diag_fd);
        ctx->diag_fd = -1;
    }
    return error;
}

int wr_dump_sockets(struct wr_probe_ctx *ctx, const struct wr_dump_filter *filter,
                    bool (*each)(void *ctx, const struct wr_dump_row *row), void *each_ctx)
{
    struct walk walk = {.each = each, .ctx = each_ctx};
    int error = 0;

    if (filter->peer == NULL || filter->peer->family == AF_INET)
        error = dump_family(ctx, AF_INET, filter, &walk);
    if (error == 0 && !walk.stopped)
        error = dump_family(ctx, AF_INET6, filter, &walk);
    /* a kernel without IPv6 answers that it knows no such family */
    return error == -ENOENT ? 0 : error;
}
