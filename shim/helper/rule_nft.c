/* SPDX-License-Identifier: MIT
 * The rule of nftables (and of iptables-nft) that ends the probe: the kernel tells of each rule
 * that a marked packet meets (NFT_MSG_TRACE). See rule.h. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "helper/rule.h"
#include "helper/rule_listing.h"

#define LIBRARY "libnftables.so.1"
/* Before every chain that others have: also those before conntrack (-200) and raw (-300). */
#define FIRST "-2000000000"

#define FUNCTIONS(F)             \
    F(nft_ctx_new)               \
    F(nft_ctx_free)              \
    F(nft_ctx_buffer_output)     \
    F(nft_ctx_get_output_buffer) \
    F(nft_ctx_buffer_error)      \
    F(nft_ctx_output_set_flags)  \
    F(nft_run_cmd_from_buffer)

static struct {
#define MEMBER(name) __typeof__(name) *name;
    FUNCTIONS(MEMBER)
#undef MEMBER
    struct nft_ctx *ctx;
} nft;

struct place {
    char table[64], chain[128];
    uint8_t family;
};

/* Packets of the probe and of its answers. */
struct packet {
    uint32_t id;
    bool answer;
    struct place base; /* the chain at a hook that it is in */
};

struct decision {
    bool made, policy;
    uint64_t handle;
    struct place at, base;
};

static struct {
    int fd;
    char table[32];
    bool saw;
    unsigned count;
    struct packet packet[16];
    struct decision request, answer;
} trace = {.fd = -1};

static const char *load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        return "the library of nft (" LIBRARY ") is not installed";
#define FIND(name)                    \
    nft.name = dlsym(library, #name); \
    if (nft.name == NULL)             \
        return "the library of nft (" LIBRARY ") lacks " #name;
    FUNCTIONS(FIND)
#undef FIND
    return NULL;
}

static void put_addr(char *to, size_t size, const struct wr_addr *addr)
{
    struct wr_addr host = *addr;
    struct wr_buf buf = wr_buf_on(to, size);

    host.port = 0;
    host.scope = 0;
    wr_buf_addr(&buf, &host);
    wr_buf_terminate(&buf);
}

/* Requests are marked where they leave and where they come in; translated ones have another
 * destination by then. Answers are marked likewise. */
static bool make_table(const struct wr_rule_job *job)
{
    char source[64], destination[64], command[2048];
    const char *over = job->request.protocol == IPPROTO_UDP ? "udp" : "tcp";
    const char *ip = job->source.family == AF_INET6 ? "ip6" : "ip";
    unsigned from = job->source.port, to = job->request.destination.port;
    int len;

    put_addr(source, sizeof(source), &job->source);
    put_addr(destination, sizeof(destination), &job->request.destination);
    len = snprintf(command, sizeof(command),
                   "add table inet %s { flags owner; "
                   "chain output { type filter hook output priority " FIRST "; policy accept; "
                   "%s saddr %s %s daddr %s %s sport %u %s dport %u meta nftrace set 1; "
                   "%s daddr %s %s dport %u meta nftrace set 1; }; "
                   "chain prerouting { type filter hook prerouting priority " FIRST
                   "; policy accept; "
                   "%s saddr %s %s sport %u meta nftrace set 1; "
                   "%s daddr %s %s dport %u meta nftrace set 1; }; }",
                   trace.table, ip, source, ip, destination, over, from, over, to, ip, source, over,
                   from, ip, source, over, from, ip, source, over, from);
    return len > 0 && (size_t)len < sizeof(command) &&
           nft.nft_run_cmd_from_buffer(nft.ctx, command) == 0;
}

const char *wr_rule_nft_begin(const struct wr_rule_job *job)
{
    const char *why = load();

    if (why != NULL)
        return why;
    nft.ctx = nft.nft_ctx_new(NFT_CTX_DEFAULT);
    if (nft.ctx == NULL)
        return "the library of nft could not begin";
    nft.nft_ctx_buffer_output(nft.ctx);
    nft.nft_ctx_buffer_error(nft.ctx);
    trace.fd = wr_rule_listen(NFNLGRP_NFTRACE);
    if (trace.fd < 0)
        return "the kernel does not let this process trace packets (CAP_NET_ADMIN)";
    snprintf(trace.table, sizeof(trace.table), "whyrefused_%d", (int)getpid());
    if (!make_table(job)) {
        wr_rule_nft_end();
        return "a table that ends with its process can't be made here: it needs Linux 5.12 and "
               "nftables 0.9.9";
    }
    return NULL;
}

int wr_rule_nft_fd(void)
{
    return trace.fd;
}

bool wr_rule_nft_saw(void)
{
    return trace.saw;
}

void wr_rule_nft_end(void)
{
    if (trace.fd >= 0)
        close(trace.fd);
    trace.fd = -1;
    if (nft.ctx != NULL)
        nft.nft_ctx_free(nft.ctx); /* its socket owned the table */
    nft.ctx = NULL;
}

struct step {
    uint32_t id, type, policy;
    int verdict; /* NF_* or negative: NFT_* */
    uint64_t handle;
    struct place at;
    bool first; /* of the chain at a hook: the packet's headers stand in it */
    uint16_t source_port;
};

static uint32_t number(const void *bytes, size_t len, uint16_t type, uint32_t fallback)
{
    uint32_t value;
    size_t size;
    const void *attr = wr_rule_attr(bytes, len, type, 4, &size);

    if (attr == NULL)
        return fallback;
    memcpy(&value, attr, sizeof(value));
    return ntohl(value);
}

static void text(const void *bytes, size_t len, uint16_t type, char *to, size_t room)
{
    size_t size;
    const char *attr = wr_rule_attr(bytes, len, type, 1, &size);

    to[0] = '\0';
    if (attr != NULL)
        snprintf(to, room, "%.*s", (int)strnlen(attr, size), attr);
}

static bool read_step(const struct nlmsghdr *message, struct step *step)
{
    const struct nfgenmsg *generation = NLMSG_DATA(message);
    const char *attrs = (const char *)generation + NLMSG_ALIGN(sizeof(*generation));
    const void *part;
    size_t len, size;

    if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) ||
        message->nlmsg_len < NLMSG_SPACE(sizeof(*generation)))
        return false;
    len = message->nlmsg_len - NLMSG_SPACE(sizeof(*generation));
    memset(step, 0, sizeof(*step));
    step->at.family = generation->nfgen_family;
    step->id = number(attrs, len, NFTA_TRACE_ID, 0);
    step->type = number(attrs, len, NFTA_TRACE_TYPE, 0);
    step->policy = number(attrs, len, NFTA_TRACE_POLICY, NF_ACCEPT);
    text(attrs, len, NFTA_TRACE_TABLE, step->at.table, sizeof(step->at.table));
    text(attrs, len, NFTA_TRACE_CHAIN, step->at.chain, sizeof(step->at.chain));
    step->verdict = NF_ACCEPT;
    part = wr_rule_attr(attrs, len, NFTA_TRACE_VERDICT, 0, &size);
    if (part != NULL)
        step->verdict = (int)number(part, size, NFTA_VERDICT_CODE, NF_ACCEPT);
    part = wr_rule_attr(attrs, len, NFTA_TRACE_RULE_HANDLE, 8, &size);
    if (part != NULL) {
        memcpy(&step->handle, part, sizeof(step->handle));
        step->handle = be64toh(step->handle);
    }
    step->first = wr_rule_attr(attrs, len, NFTA_TRACE_NETWORK_HEADER, 1, &size) != NULL;
    part = wr_rule_attr(attrs, len, NFTA_TRACE_TRANSPORT_HEADER, 4, &size);
    if (part != NULL) {
        memcpy(&step->source_port, part, sizeof(step->source_port));
        step->source_port = ntohs(step->source_port);
    }
    return true;
}

static struct packet *packet_of(uint32_t id)
{
    for (unsigned i = 0; i < trace.count; i++) {
        if (trace.packet[i].id == id)
            return &trace.packet[i];
    }
    return NULL;
}

static bool ends(const struct step *step)
{
    if (step->type == NFT_TRACETYPE_POLICY)
        return step->policy == NF_DROP;
    return step->type == NFT_TRACETYPE_RULE && step->verdict >= 0 &&
           (step->verdict & NF_VERDICT_MASK) == NF_DROP;
}

static void take(void *ctx, const struct nlmsghdr *message)
{
    const struct wr_rule_job *job = ctx;
    struct packet *packet;
    struct decision *decision;
    struct step step;

    if (!read_step(message, &step))
        return;
    packet = packet_of(step.id);
    if (strcmp(step.at.table, trace.table) == 0) {
        if (packet == NULL && trace.count < sizeof(trace.packet) / sizeof(trace.packet[0]))
            packet = &trace.packet[trace.count++];
        if (packet == NULL)
            return;
        packet->id = step.id;
        if (step.source_port != 0)
            packet->answer = step.source_port != job->source.port;
        trace.saw = true;
        return;
    }
    if (packet == NULL) /* somebody else's trace */
        return;
    if (step.first)
        packet->base = step.at;
    decision = packet->answer ? &trace.answer : &trace.request;
    if (ends(&step) && !decision->made)
        *decision = (struct decision){.made = true,
                                      .policy = step.type == NFT_TRACETYPE_POLICY,
                                      .handle = step.handle,
                                      .at = step.at,
                                      .base = packet->base};
}

bool wr_rule_nft_take(const struct wr_rule_job *job)
{
    if (trace.fd >= 0)
        wr_rule_drain(trace.fd, take, (void *)job);
    return trace.request.made || trace.answer.made;
}

static const char *family_word(uint8_t family)
{
    switch (family) {
    case NFPROTO_IPV4:
        return "ip";
    case NFPROTO_IPV6:
        return "ip6";
    case NFPROTO_INET:
        return "inet";
    case NFPROTO_NETDEV:
        return "netdev";
    case NFPROTO_BRIDGE:
        return "bridge";
    default:
        return "";
    }
}

static const struct decision *decided(void)
{
    return trace.request.made ? &trace.request : &trace.answer;
}

bool wr_rule_nft_found(struct wr_rule_found *found)
{
    const struct decision *decision = decided();

    if (!decision->made)
        return false;
    memset(found, 0, sizeof(*found));
    found->tool = "nft";
    snprintf(found->family, sizeof(found->family), "%s", family_word(decision->at.family));
    snprintf(found->table, sizeof(found->table), "%s", decision->at.table);
    snprintf(found->chain, sizeof(found->chain), "%s", decision->at.chain);
    found->policy = decision->policy;
    found->number = decision->policy ? 0 : decision->handle;
    if (wr_rule_plain_name(found->table) && wr_rule_plain_name(found->chain))
        snprintf(found->command, sizeof(found->command), "sudo nft -a list chain %s %s %s",
                 found->family, found->table, found->chain);
    else
        snprintf(found->command, sizeof(found->command), "sudo nft -a list ruleset");
    return true;
}

/* What nft prints of a chain. Holds until the next. */
static const char *list_chain(const struct place *at)
{
    char command[320];

    if (!wr_rule_plain_name(at->table) || !wr_rule_plain_name(at->chain))
        return "";
    snprintf(command, sizeof(command), "list chain %s %s %s", family_word(at->family), at->table,
             at->chain);
    if (nft.nft_run_cmd_from_buffer(nft.ctx, command) != 0)
        return "";
    return nft.nft_ctx_get_output_buffer(nft.ctx);
}

void wr_rule_nft_list(struct wr_rule_found *found)
{
    const struct decision *decision = decided();
    const char *listing;

    nft.ctx = nft.nft_ctx_new(NFT_CTX_DEFAULT);
    if (nft.ctx == NULL)
        return;
    nft.nft_ctx_buffer_output(nft.ctx);
    nft.nft_ctx_buffer_error(nft.ctx);
    nft.nft_ctx_output_set_flags(nft.ctx, NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_STATELESS);
    listing = list_chain(&decision->at);
    wr_rule_listing_text(listing, decision->handle, decision->policy, found->text,
                         sizeof(found->text));
    found->rejects = !decision->policy && wr_rule_listing_rejects(found->text);
    found->varies = wr_rule_listing_varies(listing);
    found->asks_port = wr_rule_listing_asks_port(found->text, decision == &trace.answer);
    if (!wr_rule_listing_hook(listing, found->hook, sizeof(found->hook)) &&
        decision->base.chain[0] != '\0')
        wr_rule_listing_hook(list_chain(&decision->base), found->hook, sizeof(found->hook));
    nft.nft_ctx_free(nft.ctx);
    nft.ctx = NULL;
}
