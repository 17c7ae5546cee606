/* SPDX-License-Identifier: MIT
 * The rule of iptables-legacy that ends the probes: whose counter moved. Only tables that exist
 * are asked for, as the kernel makes others on demand. See rule.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "helper/rule.h"
#include "helper/rule_entry.h"
#include "helper/rule_listing.h"

#define TABLES_MAX 8
#define TABLE_BYTES_MAX (8u << 20)

/* What ipt_getinfo and ip6t_getinfo have in common; the structs are the same. */
struct table {
    struct ipt_getinfo info;
    struct ipt_get_entries *before, *after;
};

static struct {
    bool v6;
    struct table table[TABLES_MAX];
    unsigned count;
} legacy;

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "one for both");
_Static_assert(sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries), "one for both");

static struct ipt_get_entries *get(int fd, const char *name, struct ipt_getinfo *info)
{
    int level = legacy.v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    struct ipt_get_entries *entries;
    socklen_t len = sizeof(*info);

    memset(info, 0, sizeof(*info));
    snprintf(info->name, sizeof(info->name), "%s", name);
    if (getsockopt(fd, level, IPT_SO_GET_INFO, info, &len) != 0 || info->size > TABLE_BYTES_MAX)
        return NULL;
    len = (socklen_t)(sizeof(*entries) + info->size);
    entries = calloc(1, len);
    if (entries == NULL)
        return NULL;
    snprintf(entries->name, sizeof(entries->name), "%s", name);
    entries->size = info->size;
    if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, entries, &len) != 0) {
        free(entries);
        return NULL;
    }
    return entries;
}

static int open_socket(void)
{
    return socket(legacy.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

bool wr_rule_legacy_begin(const struct wr_rule_job *job, const char **ret_why)
{
    char name[64];
    FILE *names;
    int fd;

    legacy.v6 = job->request.destination.family == AF_INET6;
    names = fopen(legacy.v6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", "re");
    if (names == NULL) {
        if (errno != ENOENT)
            *ret_why = "the list of iptables-legacy's tables can't be read";
        return errno != ENOENT;
    }
    fd = open_socket();
    while (fgets(name, sizeof(name), names) != NULL && legacy.count < TABLES_MAX) {
        struct table *table = &legacy.table[legacy.count++];

        name[strcspn(name, "\n")] = '\0';
        table->before = fd < 0 ? NULL : get(fd, name, &table->info);
        if (table->before == NULL)
            *ret_why = "a table of iptables-legacy can't be read";
    }
    if (fd >= 0)
        close(fd);
    fclose(names);
    return legacy.count != 0;
}

/* False at the end, and where the table is malformed. */
static bool read_entry(const struct ipt_get_entries *entries, uint32_t at,
                       struct wr_rule_entry *entry)
{
    const char *base = (const char *)entries->entrytable + at;
    uint32_t left = at <= entries->size ? entries->size - at : 0;

    memset(entry, 0, sizeof(*entry));
    entry->base = base;
    entry->v6 = legacy.v6;
    entry->at = at;
    if (legacy.v6) {
        const struct ip6t_entry *ip6 = (const void *)base;

        if (left < sizeof(*ip6))
            return false;
        entry->head = sizeof(*ip6);
        entry->target_offset = ip6->target_offset;
        entry->next_offset = ip6->next_offset;
        entry->packets = ip6->counters.pcnt;
    } else {
        const struct ipt_entry *ip4 = (const void *)base;

        if (left < sizeof(*ip4))
            return false;
        entry->head = sizeof(*ip4);
        entry->target_offset = ip4->target_offset;
        entry->next_offset = ip4->next_offset;
        entry->packets = ip4->counters.pcnt;
    }
    if (entry->next_offset > left || entry->target_offset < entry->head ||
        entry->target_offset + sizeof(struct xt_entry_target) > entry->next_offset)
        return false;
    entry->target = (const void *)(base + entry->target_offset);
    entry->target_room = entry->next_offset - entry->target_offset;
    return true;
}

/* Verdict of a standard target: -NF_DROP - 1, ..., or where it jumps to. */
static int verdict(const struct wr_rule_entry *entry)
{
    int value;

    if (entry->target->u.user.name[0] != '\0' ||
        entry->target_room < sizeof(struct xt_standard_target))
        return -NF_ACCEPT - 1;
    memcpy(&value, (const char *)entry->target + offsetof(struct xt_standard_target, verdict),
           sizeof(value));
    return value;
}

static bool ends(const struct wr_rule_entry *entry)
{
    return wr_rule_entry_targets(entry, "REJECT") || verdict(entry) == -NF_DROP - 1;
}

/* The first match of that name; NULL where there is none. */
static const void *find_match(const struct wr_rule_entry *entry, const char *name, size_t least)
{
    uint32_t at = entry->head;

    while (at + sizeof(struct xt_entry_match) <= entry->target_offset) {
        const struct xt_entry_match *match = (const void *)((const char *)entry->base + at);
        size_t size = match->u.user.match_size;

        if (size < sizeof(*match) || size > entry->target_offset - at)
            break;
        if ((name == NULL || strncmp(match->u.user.name, name, sizeof(match->u.user.name)) == 0) &&
            size - sizeof(*match) >= least)
            return match;
        at += (uint32_t)size;
    }
    return NULL;
}

static bool masked(const void *address, const void *mask, const struct wr_addr *of, bool inverted)
{
    const uint8_t *a = address, *m = mask;

    for (unsigned i = 0; i < wr_addr_size(of); i++) {
        if ((a[i] & m[i]) != (of->bytes[i] & m[i]))
            return inverted;
    }
    return !inverted;
}

/* The ports of a rule's match for the probe's protocol; NULL where it has none. */
static const uint16_t *ports_of(const struct wr_rule_entry *entry, bool datagram, bool source,
                                bool *ret_inverted)
{
    const struct xt_entry_match *match = datagram ? find_match(entry, "udp", sizeof(struct xt_udp))
                                                  : find_match(entry, "tcp", sizeof(struct xt_tcp));

    if (match == NULL)
        return NULL;
    if (datagram) {
        const struct xt_udp *udp = (const void *)match->data;

        *ret_inverted = (udp->invflags & (source ? XT_UDP_INV_SRCPT : XT_UDP_INV_DSTPT)) != 0;
        return source ? udp->spts : udp->dpts;
    }
    const struct xt_tcp *tcp = (const void *)match->data;

    *ret_inverted = (tcp->invflags & (source ? XT_TCP_INV_SRCPT : XT_TCP_INV_DSTPT)) != 0;
    return source ? tcp->spts : tcp->dpts;
}

static bool from_to(const struct wr_rule_entry *entry, const struct wr_addr *from,
                    const struct wr_addr *to, bool datagram, bool any_source_port)
{
    const struct ip6t_entry *ip6 = entry->base;
    const struct ipt_entry *ip4 = entry->base;
    /* of a request the source is not asked for: the probes have ports of their own */
    const unsigned port = any_source_port ? to->port : from->port;
    bool proper, inverted = false;
    const uint16_t *ports = ports_of(entry, datagram, !any_source_port, &inverted);

    if (legacy.v6)
        proper =
            masked(&ip6->ipv6.src, &ip6->ipv6.smsk, from, ip6->ipv6.invflags & IP6T_INV_SRCIP) &&
            masked(&ip6->ipv6.dst, &ip6->ipv6.dmsk, to, ip6->ipv6.invflags & IP6T_INV_DSTIP);
    else
        proper = masked(&ip4->ip.src, &ip4->ip.smsk, from, ip4->ip.invflags & IPT_INV_SRCIP) &&
                 masked(&ip4->ip.dst, &ip4->ip.dmsk, to, ip4->ip.invflags & IPT_INV_DSTIP);
    if (proper && ports != NULL)
        return (port >= ports[0] && port <= ports[1]) != inverted;
    return proper;
}

/* Whether the rule is for packets such as ours. */
static bool can_be_ours(const struct wr_rule_entry *entry, const struct wr_rule_job *job)
{
    const struct ip6t_entry *ip6 = entry->base;
    const struct ipt_entry *ip4 = entry->base;
    unsigned protocol = legacy.v6 ? ip6->ipv6.proto : ip4->ip.proto;
    const bool datagram = job->request.protocol == IPPROTO_UDP;
    const struct wr_addr *ends_at[] = {&job->request.destination, &job->nat};

    if (protocol != 0 && protocol != job->request.protocol &&
        !((legacy.v6 ? ip6->ipv6.invflags : ip4->ip.invflags) & XT_INV_PROTO))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        if (ends_at[i]->family != 0 && (from_to(entry, &job->source, ends_at[i], datagram, true) ||
                                        from_to(entry, ends_at[i], &job->source, datagram, false)))
            return true;
    }
    return false;
}

static const char *const hook_words[NF_INET_NUMHOOKS] = {"prerouting", "input", "forward", "output",
                                                         "postrouting"};
static const char *const hook_chains[NF_INET_NUMHOOKS] = {"PREROUTING", "INPUT", "FORWARD",
                                                          "OUTPUT", "POSTROUTING"};

struct walk {
    char chain[XT_FUNCTION_MAXNAMELEN];
    uint32_t start; /* of the chain's first rule */
    unsigned rule;
    int hook; /* of a built-in chain, else -1 */
};

/* Follows the chains: where a built-in one begins, and the ERROR entries that name others. */
static bool walk_on(const struct table *table, const struct wr_rule_entry *entry, struct walk *walk)
{
    for (int hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
        if ((table->info.valid_hooks >> hook & 1) != 0 &&
            table->info.hook_entry[hook] == entry->at) {
            snprintf(walk->chain, sizeof(walk->chain), "%s", hook_chains[hook]);
            walk->start = entry->at;
            walk->rule = 0;
            walk->hook = hook;
        }
    }
    if (wr_rule_entry_targets(entry, XT_ERROR_TARGET) &&
        entry->target_room >= sizeof(struct xt_error_target)) {
        snprintf(walk->chain, sizeof(walk->chain), "%.*s", XT_FUNCTION_MAXNAMELEN - 1,
                 (const char *)entry->target + offsetof(struct xt_error_target, errorname));
        walk->start = entry->at + entry->next_offset;
        walk->rule = 0;
        walk->hook = -1;
        return false;
    }
    walk->rule++;
    return true;
}

/* The hook from which a chain was come to: by rules whose counters moved as well. */
static int hook_of(const struct table *table, uint32_t start, unsigned least)
{
    for (unsigned depth = 0; depth < 16; depth++) {
        struct walk walk = {.hook = -1};
        struct wr_rule_entry now, then;
        uint32_t at = 0;
        bool stepped = false;

        for (; read_entry(table->after, at, &now); at += now.next_offset) {
            if (!walk_on(table, &now, &walk) || verdict(&now) != (int)start ||
                !read_entry(table->before, at, &then) || now.packets - then.packets < least)
                continue;
            if (walk.hook >= 0)
                return walk.hook;
            start = walk.start;
            stepped = true;
            break;
        }
        if (!stepped)
            break;
    }
    return -1;
}

static void describe(const struct table *table, const struct wr_rule_entry *entry,
                     const struct walk *walk, unsigned least, struct wr_rule_found *found)
{
    const char *program = legacy.v6 ? "ip6tables-legacy" : "iptables-legacy";
    int hook = walk->hook >= 0 ? walk->hook : hook_of(table, walk->start, least);

    memset(found, 0, sizeof(*found));
    found->tool = program;
    snprintf(found->table, sizeof(found->table), "%s", table->info.name);
    snprintf(found->chain, sizeof(found->chain), "%s", walk->chain);
    found->policy = walk->hook >= 0 && entry->at == table->info.underflow[walk->hook];
    found->rejects = wr_rule_entry_targets(entry, "REJECT");
    if (hook >= 0)
        snprintf(found->hook, sizeof(found->hook), "%s", hook_words[hook]);
    if (found->policy) {
        snprintf(found->text, sizeof(found->text), "-P %s DROP", walk->chain);
    } else {
        found->number = walk->rule;
        wr_rule_entry_text(entry, walk->chain, found->text, sizeof(found->text));
    }
    found->varies = wr_rule_listing_varies(found->text);
    found->asks_port = wr_rule_listing_asks_port(found->text, false);
    if (!wr_rule_plain_name(walk->chain))
        snprintf(found->command, sizeof(found->command), "sudo %s-save -t %s", program,
                 found->table);
    else if (found->policy)
        snprintf(found->command, sizeof(found->command), "sudo %s -t %s -L %s -v -n", program,
                 found->table, found->chain);
    else
        snprintf(found->command, sizeof(found->command), "sudo %s -t %s -L %s %u -v -n", program,
                 found->table, found->chain, walk->rule);
}

/* How many of the table's rules can have ended all of the probes. */
static unsigned look(const struct table *table, const struct wr_rule_job *job,
                     struct wr_rule_found *found)
{
    struct walk walk = {.hook = -1};
    struct wr_rule_entry now, then;
    unsigned count = 0;

    for (uint32_t at = 0; read_entry(table->after, at, &now); at += now.next_offset) {
        if (!walk_on(table, &now, &walk) || !ends(&now) || !read_entry(table->before, at, &then) ||
            now.packets - then.packets < job->probes || !can_be_ours(&now, job))
            continue;
        if (count++ == 0)
            describe(table, &now, &walk, job->probes, found);
    }
    return count;
}

bool wr_rule_legacy_found(const struct wr_rule_job *job, struct wr_rule_found *ret_found,
                          const char **ret_why)
{
    unsigned count = 0;
    int fd = open_socket();

    for (unsigned i = 0; fd >= 0 && i < legacy.count; i++) {
        struct table *table = &legacy.table[i];
        struct ipt_getinfo info;
        struct wr_rule_found found;
        unsigned here;

        free(table->after);
        table->after = get(fd, table->info.name, &info);
        if (table->after == NULL || memcmp(&info, &table->info, sizeof(info)) != 0) {
            *ret_why = "the rules of iptables-legacy were changed at that moment";
            continue;
        }
        here = look(table, job, &found);
        if (here != 0 && count == 0)
            *ret_found = found;
        count += here;
    }
    if (fd >= 0)
        close(fd);
    if (count > 1)
        *ret_why = "several rules of iptables-legacy dropped packets at that moment";
    return count == 1;
}
