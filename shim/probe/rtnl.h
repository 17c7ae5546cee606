/* SPDX-License-Identifier: MIT
 * What the probes of the routing family share: one route lookup, one interface, and how ip(8)
 * would print them. For shim/probe/ alone. */
#ifndef WR_PROBE_RTNL_H
#define WR_PROBE_RTNL_H

#include "base/buf.h"
#include "probe/probe.h"

/* What a socket asks the routing tables: family 0, 0 = not said. */
struct wr_route_query {
    struct wr_addr to, from; /* ports count: rules can match them */
    uint32_t device, mark;
    int protocol; /* IPPROTO_TCP, IPPROTO_UDP; others are not asked for */
    uint32_t uid;
};

struct wr_route_answer {
    int error; /* errno of the lookup, > 0; the rest holds only where it is 0 */
    uint8_t type;
    uint8_t prefix_len;
    struct wr_addr prefix; /* only for matched */
    uint32_t table, device;
    uint32_t flags;                 /* rtm_flags: RTNH_F_LINKDOWN, ... */
    struct wr_addr gateway, source; /* family 0 = none */
};

/* Asks the kernel which way it would send (rtnetlink(7) RTM_GETROUTE).
 * matched: asks for the route of the table that matched instead of the way that comes out of it.
 * Returns 0 where the kernel answered, if only with an error; else -errno. */
int wr_route_ask(struct wr_probe_ctx *ctx, const struct wr_route_query *query, bool matched,
                 struct wr_route_answer *ret_answer);

/* The question that the attempt's socket asks, from the facts that sockopts and socket set.
 * plain: without its device, mark and source. */
struct wr_route_query wr_route_query_of(const struct wr_probe_ctx *ctx, bool plain);

/* Index of the interface that the socket is bound to; 0 = none. */
uint32_t wr_route_bound_device(const struct wr_probe_ctx *ctx);

/* The user whose rules the kernel asks for (uidrange): the socket's owner. */
uint32_t wr_route_uid(const struct wr_probe_ctx *ctx);

/* A request of this family, ready for attributes; size of its fixed part. */
struct wr_rtnl_request {
    struct nlmsghdr head;
    char rest[256];
};
void wr_rtnl_request(struct wr_rtnl_request *request, unsigned short type, const void *fixed,
                     size_t size);

/* wr_netlink_ask() on the shared socket, which is closed where a dump was left early. */
int wr_rtnl_ask(struct wr_probe_ctx *ctx, struct wr_rtnl_request *request, wr_netlink_each each,
                void *each_ctx);

/* An address attribute; family 0 where it is not there. */
struct wr_addr wr_rtnl_addr(const struct nlmsghdr *message, size_t fixed, unsigned short type,
                            int family);
uint32_t wr_rtnl_u32(const struct nlmsghdr *message, size_t fixed, unsigned short type,
                     uint32_t fallback);

/* True where the first len bits are the same and the families, too. */
bool wr_prefix_covers(const struct wr_addr *prefix, unsigned len, const struct wr_addr *addr);

struct wr_link {
    uint32_t index;
    uint32_t flags; /* IFF_ of linux/if.h */
    char name[16], kind[16];
    uint16_t type; /* ARPHRD_ of linux/if_arp.h */
    bool carrier;
};
/* Reads a RTM_NEWLINK message. Returns false where it is none. */
bool wr_link_of(const struct nlmsghdr *message, struct wr_link *ret_link);
/* 0, or -errno; -ENODEV where there is no such interface. */
int wr_link_get(struct wr_probe_ctx *ctx, uint32_t index, struct wr_link *ret_link);

/* "default", "10.9.0.0/16", "10.9.0.1" */
void wr_buf_prefix(struct wr_buf *buf, const struct wr_addr *prefix, unsigned len);
/* "main", "local", "default" or the number. */
void wr_buf_table(struct wr_buf *buf, uint32_t table);

#endif
