/* SPDX-License-Identifier: MIT
 * Which policy rule or route refused the destination: the kernel's lookup gives only its error.
 * Walks rules and tables as fib_rules_lookup() does (net/core/fib_rules.c). */
#include <errno.h>
#include <linux/fib_rules.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "probe/probe.h"
#include "probe/rtnl.h"

#define TABLES_MAX 32

/* The longest match of one table. */
struct best {
    uint32_t table, metric;
    uint8_t type, prefix_len;
    bool matched, has_default;
    struct wr_addr prefix;
};

struct walk {
    struct wr_probe_ctx *ctx;
    struct wr_route_query query;
    uint32_t uid;
    const char *device; /* name of query.device */

    struct best tables[TABLES_MAX];
    uint32_t tables_used;
    bool tables_full;

    bool done;        /* a rule or a route decided */
    int error;        /* with what; 0 = it found a way */
    uint32_t skip_to; /* FR_ACT_GOTO: rules of a lower priority do not count */
    bool default_route;
    const struct best *refusing, *thrown;
    bool by_rule; /* the rule itself refuses */
    uint8_t rule_type;
    char rule[192];
    size_t rule_len;
};

static struct best *table_of(struct walk *walk, uint32_t table, bool add)
{
    for (uint32_t i = 0; i < walk->tables_used; i++) {
        if (walk->tables[i].table == table)
            return &walk->tables[i];
    }
    if (!add)
        return NULL;
    if (walk->tables_used == TABLES_MAX) {
        walk->tables_full = true;
        return NULL;
    }
    walk->tables[walk->tables_used] = (struct best){.table = table};
    return &walk->tables[walk->tables_used++];
}

static bool better(const struct best *than, uint8_t prefix_len, uint32_t metric)
{
    return !than->matched || prefix_len > than->prefix_len ||
           (prefix_len == than->prefix_len && metric < than->metric);
}

/* An IPv6 route can be for some sources only. */
static bool from_source(const struct walk *walk, const struct nlmsghdr *message)
{
    const struct rtmsg *route = NLMSG_DATA(message);
    const struct wr_addr source = wr_rtnl_addr(message, sizeof(*route), RTA_SRC, AF_INET6);

    return route->rtm_src_len == 0 || route->rtm_family != AF_INET6 ||
           (walk->query.from.family != 0 &&
            wr_prefix_covers(&source, route->rtm_src_len, &walk->query.from));
}

static bool take_route(void *each_ctx, const struct nlmsghdr *message)
{
    struct walk *walk = each_ctx;
    const struct rtmsg *route = NLMSG_DATA(message);
    const size_t fixed = sizeof(*route);
    struct wr_addr prefix;
    struct best *best;
    uint32_t metric;

    if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH(fixed) ||
        route->rtm_family != walk->query.to.family || (route->rtm_flags & RTM_F_CLONED) != 0)
        return true;
    if (!from_source(walk, message))
        return true;
    metric = wr_rtnl_u32(message, fixed, RTA_PRIORITY, 0);
    /* the entry that stands for "nothing" in IPv6 tables of older kernels */
    if (route->rtm_type == RTN_UNREACHABLE && metric == UINT32_MAX)
        return true;
    if ((route->rtm_flags & RTNH_F_DEAD) != 0)
        return true;
    best = table_of(walk, wr_rtnl_u32(message, fixed, RTA_TABLE, route->rtm_table), true);
    if (best == NULL)
        return true;
    prefix = wr_rtnl_addr(message, fixed, RTA_DST, route->rtm_family);
    prefix.family = route->rtm_family;
    if (route->rtm_dst_len == 0 && route->rtm_type == RTN_UNICAST)
        best->has_default = true;
    if (!wr_prefix_covers(&prefix, route->rtm_dst_len, &walk->query.to) ||
        !better(best, route->rtm_dst_len, metric))
        return true;
    best->matched = true;
    best->type = route->rtm_type;
    best->prefix_len = route->rtm_dst_len;
    best->prefix = prefix;
    best->metric = metric;
    return true;
}

/* Attribute of a rule with a value of that type, or NULL. */
#define RULE_ATTR(message, attr, type) ((const type *)rule_attr(message, attr, sizeof(type)))

static const void *rule_attr(const struct nlmsghdr *message, unsigned short type, size_t size)
{
    const struct rtattr *attr = wr_netlink_find(message, sizeof(struct fib_rule_hdr), type, size);

    return attr == NULL ? NULL : RTA_DATA(attr);
}

static bool in_range(const struct fib_rule_port_range *range, uint16_t port)
{
    return range == NULL || (port >= range->start && port <= range->end);
}

static bool selects_addresses(const struct walk *walk, const struct nlmsghdr *message)
{
    const struct fib_rule_hdr *rule = NLMSG_DATA(message);
    const struct wr_route_query *query = &walk->query;
    struct wr_addr to = wr_rtnl_addr(message, sizeof(*rule), FRA_DST, rule->family);
    struct wr_addr from = wr_rtnl_addr(message, sizeof(*rule), FRA_SRC, rule->family);

    if (to.family != 0 && !wr_prefix_covers(&to, rule->dst_len, &query->to))
        return false;
    return from.family == 0 || rule->src_len == 0 ||
           (query->from.family != 0 && wr_prefix_covers(&from, rule->src_len, &query->from));
}

/* net/core/fib_rules.c fib_rule_match(), for a packet of this machine's own */
static bool selects(const struct walk *walk, const struct nlmsghdr *message)
{
    const struct fib_rule_hdr *rule = NLMSG_DATA(message);
    const struct wr_route_query *query = &walk->query;
    const char *in = rule_attr(message, FRA_IIFNAME, 1);
    const char *out = rule_attr(message, FRA_OIFNAME, 1);
    const uint32_t *mark = RULE_ATTR(message, FRA_FWMARK, uint32_t);
    const uint32_t *mask = RULE_ATTR(message, FRA_FWMASK, uint32_t);
    const struct fib_rule_uid_range *uid =
        RULE_ATTR(message, FRA_UID_RANGE, struct fib_rule_uid_range);
    const uint8_t *protocol = RULE_ATTR(message, FRA_IP_PROTO, uint8_t);
    bool matches = true;

    if (in != NULL && strncmp(in, "lo", 3) != 0)
        matches = false;
    if (out != NULL && (walk->device == NULL || strncmp(out, walk->device, 16) != 0))
        matches = false;
    if (((query->mark ^ (mark == NULL ? 0 : *mark)) & (mask == NULL ? 0 : *mask)) != 0)
        matches = false;
    if (uid != NULL && (walk->uid < uid->start || walk->uid > uid->end))
        matches = false;
    if (protocol != NULL && *protocol != query->protocol)
        matches = false;
    if (!in_range(RULE_ATTR(message, FRA_SPORT_RANGE, struct fib_rule_port_range),
                  query->from.port) ||
        !in_range(RULE_ATTR(message, FRA_DPORT_RANGE, struct fib_rule_port_range), query->to.port))
        matches = false;
    if (!selects_addresses(walk, message))
        matches = false;
    return matches != ((rule->flags & FIB_RULE_INVERT) != 0);
}

static void print_ports(struct wr_buf *buf, const char *key,
                        const struct fib_rule_port_range *range)
{
    if (range == NULL)
        return;
    wr_buf_str(buf, key);
    wr_buf_uint(buf, range->start);
    if (range->end != range->start) {
        wr_buf_char(buf, '-');
        wr_buf_uint(buf, range->end);
    }
}

static void print_addresses(struct wr_buf *buf, const struct nlmsghdr *message)
{
    const struct fib_rule_hdr *rule = NLMSG_DATA(message);
    struct wr_addr to = wr_rtnl_addr(message, sizeof(*rule), FRA_DST, rule->family);
    struct wr_addr from = wr_rtnl_addr(message, sizeof(*rule), FRA_SRC, rule->family);

    wr_buf_str(buf, (rule->flags & FIB_RULE_INVERT) != 0 ? "not from " : "from ");
    if (from.family != 0 && rule->src_len != 0)
        wr_buf_prefix(buf, &from, rule->src_len);
    else
        wr_buf_str(buf, "all");
    if (to.family != 0 && rule->dst_len != 0) {
        wr_buf_str(buf, " to ");
        wr_buf_prefix(buf, &to, rule->dst_len);
    }
}

static void print_selectors(struct wr_buf *buf, const struct nlmsghdr *message)
{
    const char *out = rule_attr(message, FRA_OIFNAME, 1);
    const uint32_t *mark = RULE_ATTR(message, FRA_FWMARK, uint32_t);
    const uint32_t *mask = RULE_ATTR(message, FRA_FWMASK, uint32_t);
    const struct fib_rule_uid_range *uid =
        RULE_ATTR(message, FRA_UID_RANGE, struct fib_rule_uid_range);
    const uint8_t *protocol = RULE_ATTR(message, FRA_IP_PROTO, uint8_t);

    /* no other one selects what this machine sends */
    if (rule_attr(message, FRA_IIFNAME, 1) != NULL)
        wr_buf_str(buf, " iif lo");
    if (mark != NULL) {
        wr_buf_str(buf, " fwmark 0x");
        wr_buf_hex(buf, *mark);
        if (mask != NULL && *mask != UINT32_MAX) {
            wr_buf_str(buf, "/0x");
            wr_buf_hex(buf, *mask);
        }
    }
    if (out != NULL) {
        wr_buf_str(buf, " oif ");
        wr_buf_mem(buf, out, strnlen(out, 15));
    }
    if (uid != NULL) {
        wr_buf_str(buf, " uidrange ");
        wr_buf_uint(buf, uid->start);
        wr_buf_char(buf, '-');
        wr_buf_uint(buf, uid->end);
    }
    if (protocol != NULL) {
        wr_buf_str(buf, " ipproto ");
        if (*protocol == IPPROTO_TCP || *protocol == IPPROTO_UDP)
            wr_buf_str(buf, *protocol == IPPROTO_TCP ? "tcp" : "udp");
        else
            wr_buf_uint(buf, *protocol);
    }
    print_ports(buf, " sport ", RULE_ATTR(message, FRA_SPORT_RANGE, struct fib_rule_port_range));
    print_ports(buf, " dport ", RULE_ATTR(message, FRA_DPORT_RANGE, struct fib_rule_port_range));
}

static const char *action_name(uint8_t action)
{
    switch (action) {
    case FR_ACT_BLACKHOLE:
        return " blackhole";
    case FR_ACT_UNREACHABLE:
        return " unreachable";
    case FR_ACT_PROHIBIT:
        return " prohibit";
    default:
        return " lookup ";
    }
}

/* As `ip rule` prints it. */
static void keep_rule(struct walk *walk, const struct nlmsghdr *message, uint32_t table)
{
    const struct fib_rule_hdr *rule = NLMSG_DATA(message);
    struct wr_buf buf = wr_buf_on(walk->rule, sizeof(walk->rule));

    wr_buf_uint(&buf, wr_rtnl_u32(message, sizeof(*rule), FRA_PRIORITY, 0));
    wr_buf_str(&buf, ": ");
    print_addresses(&buf, message);
    print_selectors(&buf, message);
    wr_buf_str(&buf, action_name(rule->action));
    if (rule->action == FR_ACT_TO_TBL)
        wr_buf_table(&buf, table);
    walk->rule_len = buf.len;
}

static void decide_by_rule(struct walk *walk, const struct nlmsghdr *message, uint8_t type,
                           int error)
{
    walk->done = true;
    walk->by_rule = true;
    walk->rule_type = type;
    walk->error = error;
    keep_rule(walk, message, 0);
}

static int error_of(uint8_t type)
{
    switch (type) {
    case RTN_BLACKHOLE:
        return EINVAL;
    case RTN_UNREACHABLE:
        return EHOSTUNREACH;
    case RTN_PROHIBIT:
        return EACCES;
    default:
        return 0;
    }
}

static void look_in_table(struct walk *walk, const struct nlmsghdr *message)
{
    const struct fib_rule_hdr *rule = NLMSG_DATA(message);
    const uint32_t table = wr_rtnl_u32(message, sizeof(*rule), FRA_TABLE, rule->table);
    const uint32_t suppress =
        wr_rtnl_u32(message, sizeof(*rule), FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
    const struct best *best = table_of(walk, table, false);

    if (best == NULL)
        return;
    if (best->has_default && (suppress == UINT32_MAX))
        walk->default_route = true;
    if (!best->matched || walk->done)
        return;
    if (best->type == RTN_THROW) {
        if (walk->thrown == NULL) {
            walk->thrown = best;
            keep_rule(walk, message, table);
        }
        return;
    }
    if (error_of(best->type) == 0 && suppress != UINT32_MAX && best->prefix_len <= suppress)
        return;
    walk->done = true;
    walk->error = error_of(best->type);
    if (walk->error != 0) {
        walk->refusing = best;
        keep_rule(walk, message, table);
    }
}

static bool take_rule(void *each_ctx, const struct nlmsghdr *message)
{
    struct walk *walk = each_ctx;
    const struct fib_rule_hdr *rule = NLMSG_DATA(message);
    uint32_t priority;

    if (message->nlmsg_type != RTM_NEWRULE || message->nlmsg_len < NLMSG_LENGTH(sizeof(*rule)) ||
        rule->family != walk->query.to.family)
        return true;
    priority = wr_rtnl_u32(message, sizeof(*rule), FRA_PRIORITY, 0);
    if (priority < walk->skip_to || !selects(walk, message))
        return true;
    if (rule->action == FR_ACT_TO_TBL)
        look_in_table(walk, message);
    if (walk->done)
        return true;
    if (rule->action == FR_ACT_GOTO)
        walk->skip_to = wr_rtnl_u32(message, sizeof(*rule), FRA_GOTO, 0);
    else if (rule->action == FR_ACT_UNREACHABLE)
        decide_by_rule(walk, message, RTN_UNREACHABLE, ENETUNREACH);
    else if (rule->action == FR_ACT_PROHIBIT)
        decide_by_rule(walk, message, RTN_PROHIBIT, EACCES);
    else if (rule->action == FR_ACT_BLACKHOLE)
        decide_by_rule(walk, message, RTN_BLACKHOLE, EINVAL);
    return true;
}

static int walk_all(struct walk *walk)
{
    const struct rtmsg route = {.rtm_family = walk->query.to.family};
    const struct fib_rule_hdr rule = {.family = walk->query.to.family};
    struct wr_rtnl_request request;
    int rc;

    wr_rtnl_request(&request, RTM_GETROUTE, &route, sizeof(route));
    request.head.nlmsg_flags = NLM_F_DUMP;
    rc = wr_rtnl_ask(walk->ctx, &request, take_route, walk);
    if (rc < 0)
        return rc;
    wr_rtnl_request(&request, RTM_GETRULE, &rule, sizeof(rule));
    request.head.nlmsg_flags = NLM_F_DUMP;
    return wr_rtnl_ask(walk->ctx, &request, take_rule, walk);
}

static void set_route(struct wr_evidence *ev, const struct best *route)
{
    static const char *const names[] = {[RTN_BLACKHOLE] = "blackhole ",
                                        [RTN_UNREACHABLE] = "unreachable ",
                                        [RTN_PROHIBIT] = "prohibit ",
                                        [RTN_THROW] = "throw "};
    char text[96];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_buf_str(&buf, names[route->type]);
    wr_buf_prefix(&buf, &route->prefix, route->prefix_len);
    wr_buf_str(&buf, " table ");
    wr_buf_table(&buf, route->table);
    wr_set_text(ev, WR_FACT_refusing_route, text, (uint32_t)buf.len);
    wr_set_uint(ev, WR_FACT_refusing_type, route->type);
}

static void set_facts(const struct walk *walk, struct wr_evidence *ev)
{
    const int error = walk->done ? walk->error : ENETUNREACH;
    const struct best *route = walk->done ? walk->refusing : walk->thrown;

    wr_set_bool(ev, WR_FACT_default_route, walk->default_route);
    /* where the walk comes out elsewhere than the kernel did, it has missed something */
    if (walk->tables_full || !wr_ev_is(ev, WR_FACT_route_error, (uint64_t)error)) {
        wr_set_bool(ev, WR_FACT_refusal_hidden, true);
        return;
    }
    wr_set_bool(ev, WR_FACT_refusal_hidden, false);
    wr_set_absent(ev, WR_FACT_refusing_route);
    wr_set_absent(ev, WR_FACT_refusing_rule);
    wr_set_absent(ev, WR_FACT_refusing_type);
    if (walk->by_rule)
        wr_set_uint(ev, WR_FACT_refusing_type, walk->rule_type);
    else if (route != NULL)
        set_route(ev, route);
    if (walk->by_rule || (route != NULL && route->table != RT_TABLE_MAIN))
        wr_set_text(ev, WR_FACT_refusing_rule, walk->rule, (uint32_t)walk->rule_len);
}

void wr_probe_rules(struct wr_probe_ctx *ctx)
{
    struct walk *walk = (struct walk *)(void *)wr_probe_file_space(ctx);
    struct wr_link link;

    _Static_assert(sizeof(*walk) <= WR_PROBE_FILE_SPACE, "the walk fits the scratch space");
    if (!wr_ev_has(ctx->ev, WR_FACT_route_error))
        return;
    memset(walk, 0, sizeof(*walk));
    walk->ctx = ctx;
    walk->query = wr_route_query_of(ctx, false);
    walk->uid = wr_route_uid(ctx);
    if (walk->query.device != 0 && wr_link_get(ctx, walk->query.device, &link) == 0)
        walk->device = link.name;
    if (walk_all(walk) == 0)
        set_facts(walk, ctx->ev);
}
