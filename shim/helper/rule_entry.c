/* SPDX-License-Identifier: MIT
 * See rule_entry.h. */
#include "helper/rule_entry.h"

#include <arpa/inet.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool wr_rule_entry_targets(const struct wr_rule_entry *entry, const char *name)
{
    return strncmp(entry->target->u.user.name, name, sizeof(entry->target->u.user.name)) == 0;
}

static void add(char *to, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(char *to, size_t room, const char *format, ...)
{
    size_t used = strlen(to);
    va_list args;

    va_start(args, format);
    vsnprintf(to + used, room - used, format, args);
    va_end(args);
}

static void add_net(char *to, size_t room, bool v6, const char *option, const void *address,
                    const void *mask, bool inverted)
{
    int family = v6 ? AF_INET6 : AF_INET;
    unsigned size = v6 ? 16 : 4, bits = 0;
    char text[64];

    for (unsigned i = 0; i < size; i++)
        bits += (unsigned)__builtin_popcount(((const uint8_t *)mask)[i]);
    if (bits == 0 || inet_ntop(family, address, text, sizeof(text)) == NULL)
        return;
    add(to, room, "%s %s %s/%u", inverted ? " !" : "", option, text, bits);
}

static void add_ports(char *to, size_t room, const char *option, const uint16_t ports[2],
                      bool inverted)
{
    if (ports[0] == 0 && ports[1] == 0xffff && !inverted)
        return;
    add(to, room, "%s %s %u", inverted ? " !" : "", option, ports[0]);
    if (ports[0] != ports[1])
        add(to, room, ":%u", ports[1]);
}

static void add_matches(char *to, size_t room, const struct wr_rule_entry *entry)
{
    uint32_t at = entry->head;

    while (at + sizeof(struct xt_entry_match) <= entry->target_offset) {
        const struct xt_entry_match *match = (const void *)((const char *)entry->base + at);
        size_t size = match->u.user.match_size;
        const char *name = match->u.user.name;
        int len = (int)strnlen(name, sizeof(match->u.user.name));

        if (size < sizeof(*match) || size > entry->target_offset - at)
            break;
        if (strncmp(name, "tcp", 4) == 0 && size - sizeof(*match) >= sizeof(struct xt_tcp)) {
            const struct xt_tcp *tcp = (const void *)match->data;

            add(to, room, " -m tcp");
            add_ports(to, room, "--sport", tcp->spts, (tcp->invflags & XT_TCP_INV_SRCPT) != 0);
            add_ports(to, room, "--dport", tcp->dpts, (tcp->invflags & XT_TCP_INV_DSTPT) != 0);
        } else if (strncmp(name, "udp", 4) == 0 && size - sizeof(*match) >= sizeof(struct xt_udp)) {
            const struct xt_udp *udp = (const void *)match->data;

            add(to, room, " -m udp");
            add_ports(to, room, "--sport", udp->spts, (udp->invflags & XT_UDP_INV_SRCPT) != 0);
            add_ports(to, room, "--dport", udp->dpts, (udp->invflags & XT_UDP_INV_DSTPT) != 0);
        } else if (strncmp(name, "comment", 8) == 0) {
            add(to, room, " -m comment --comment \"%.*s\"", (int)(size - sizeof(*match)),
                (const char *)match->data);
        } else {
            add(to, room, " -m %.*s ...", len, name);
        }
        at += (uint32_t)size;
    }
}

static void add_reject(char *to, size_t room, const struct wr_rule_entry *entry)
{
    static const char *const with4[] = {"icmp-net-unreachable",
                                        "icmp-host-unreachable",
                                        "icmp-proto-unreachable",
                                        "icmp-port-unreachable",
                                        "echo-reply",
                                        "icmp-net-prohibited",
                                        "icmp-host-prohibited",
                                        "tcp-reset",
                                        "icmp-admin-prohibited"};
    static const char *const with6[] = {"icmp6-no-route",
                                        "icmp6-adm-prohibited",
                                        "icmp6-not-neighbour",
                                        "icmp6-addr-unreachable",
                                        "icmp6-port-unreachable",
                                        "echo-reply",
                                        "tcp-reset",
                                        "icmp6-policy-fail",
                                        "icmp6-reject-route"};
    uint32_t with;

    if (entry->target_room < sizeof(*entry->target) + sizeof(with))
        return;
    memcpy(&with, entry->target->data, sizeof(with));
    if (with < sizeof(with4) / sizeof(with4[0]))
        add(to, room, " --reject-with %s", entry->v6 ? with6[with] : with4[with]);
}

void wr_rule_entry_text(const struct wr_rule_entry *entry, const char *chain, char *to, size_t room)
{
    const struct ip6t_entry *ip6 = entry->base;
    const struct ipt_entry *ip4 = entry->base;
    unsigned flags = entry->v6 ? ip6->ipv6.invflags : ip4->ip.invflags;
    unsigned protocol = entry->v6 ? ip6->ipv6.proto : ip4->ip.proto;
    const char *in = entry->v6 ? ip6->ipv6.iniface : ip4->ip.iniface;
    const char *out = entry->v6 ? ip6->ipv6.outiface : ip4->ip.outiface;

    snprintf(to, room, "-A %s", chain);
    if (entry->v6) {
        add_net(to, room, entry->v6, "-s", &ip6->ipv6.src, &ip6->ipv6.smsk, flags & IP6T_INV_SRCIP);
        add_net(to, room, entry->v6, "-d", &ip6->ipv6.dst, &ip6->ipv6.dmsk, flags & IP6T_INV_DSTIP);
    } else {
        add_net(to, room, entry->v6, "-s", &ip4->ip.src, &ip4->ip.smsk, flags & IPT_INV_SRCIP);
        add_net(to, room, entry->v6, "-d", &ip4->ip.dst, &ip4->ip.dmsk, flags & IPT_INV_DSTIP);
    }
    if (in[0] != '\0')
        add(to, room, "%s -i %.15s", flags & IPT_INV_VIA_IN ? " !" : "", in);
    if (out[0] != '\0')
        add(to, room, "%s -o %.15s", flags & IPT_INV_VIA_OUT ? " !" : "", out);
    if (protocol == IPPROTO_TCP)
        add(to, room, "%s -p tcp", flags & XT_INV_PROTO ? " !" : "");
    else if (protocol == IPPROTO_UDP)
        add(to, room, "%s -p udp", flags & XT_INV_PROTO ? " !" : "");
    else if (protocol != 0)
        add(to, room, "%s -p %u", flags & XT_INV_PROTO ? " !" : "", protocol);
    add_matches(to, room, entry);
    add(to, room, " -j %s", wr_rule_entry_targets(entry, "REJECT") ? "REJECT" : "DROP");
    if (wr_rule_entry_targets(entry, "REJECT"))
        add_reject(to, room, entry);
}
