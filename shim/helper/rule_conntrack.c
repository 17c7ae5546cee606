/* SPDX-License-Identifier: MIT
 * Where address translation leads the probe: the event with which conntrack makes an entry for it
 * names both directions. See rule.h. */
#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "helper/rule.h"

static int events = -1;

void wr_rule_conntrack_begin(void)
{
    /* Without conntrack there is no translation; and it is not to be loaded for us. */
    if (access("/proc/sys/net/netfilter/nf_conntrack_count", F_OK) == 0)
        events = wr_rule_listen(NFNLGRP_CONNTRACK_NEW);
}

int wr_rule_conntrack_fd(void)
{
    return events;
}

static bool read_end(const void *tuple, size_t len, bool source, struct wr_addr *ret_addr)
{
    size_t ip_len, ports_len, size;
    const void *ip = wr_rule_attr(tuple, len, CTA_TUPLE_IP, 0, &ip_len);
    const void *ports = wr_rule_attr(tuple, len, CTA_TUPLE_PROTO, 0, &ports_len);
    const void *bytes, *port;
    uint16_t number;

    if (ip == NULL || ports == NULL)
        return false;
    port =
        wr_rule_attr(ports, ports_len, source ? CTA_PROTO_SRC_PORT : CTA_PROTO_DST_PORT, 2, &size);
    if (port == NULL)
        return false;
    bytes = wr_rule_attr(ip, ip_len, source ? CTA_IP_V4_SRC : CTA_IP_V4_DST, 4, &size);
    if (bytes != NULL) {
        *ret_addr = wr_addr_from_bytes(AF_INET, bytes);
    } else {
        bytes = wr_rule_attr(ip, ip_len, source ? CTA_IP_V6_SRC : CTA_IP_V6_DST, 16, &size);
        if (bytes == NULL)
            return false;
        *ret_addr = wr_addr_from_bytes(AF_INET6, bytes);
    }
    memcpy(&number, port, sizeof(number));
    ret_addr->port = ntohs(number);
    return true;
}

static bool same(const struct wr_addr *a, const struct wr_addr *b)
{
    return wr_addr_same_host(a, b) && a->port == b->port;
}

static void take(void *ctx, const struct nlmsghdr *message)
{
    struct wr_rule_job *job = ctx;
    const char *attrs = (const char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof(struct nfgenmsg));
    size_t len, orig_len, reply_len;
    const void *orig, *reply;
    struct wr_addr from, to, target;

    if (message->nlmsg_type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW) ||
        message->nlmsg_len < NLMSG_SPACE(sizeof(struct nfgenmsg)))
        return;
    len = message->nlmsg_len - NLMSG_SPACE(sizeof(struct nfgenmsg));
    orig = wr_rule_attr(attrs, len, CTA_TUPLE_ORIG, 0, &orig_len);
    reply = wr_rule_attr(attrs, len, CTA_TUPLE_REPLY, 0, &reply_len);
    if (orig == NULL || reply == NULL || !read_end(orig, orig_len, true, &from) ||
        !read_end(orig, orig_len, false, &to) || !read_end(reply, reply_len, true, &target))
        return;
    if (same(&from, &job->source) && same(&to, &job->request.destination))
        job->nat = target;
}

void wr_rule_conntrack_take(struct wr_rule_job *job)
{
    if (events >= 0)
        wr_rule_drain(events, take, job);
}
