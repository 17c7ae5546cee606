/* SPDX-License-Identifier: MIT
 * The task "rule" of worker.h: sends a request to connect, or an empty datagram, under watch, and
 * tells which rule ended it. Called by worker.c. The parts are in rule.h. */
#include "helper/rule.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/netlink.h"
#include "helper/helper.h"

/* What follows on the wait: the table's end, and the rule's text. */
#define AFTER_MS 20
#define WAIT_MS 100
#define MS 1000000ull
/* Counters are moved by everybody's packets: those of a rule that moved by at least so many. */
#define COUNTED_PROBES 3
#define SOON_NS 3000000u

int wr_rule_listen(int group)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void wr_rule_drain(int fd, void (*each)(void *ctx, const struct nlmsghdr *message), void *ctx)
{
    static _Alignas(8) char space[65536];

    /* bounded: others' packets make messages, too */
    for (unsigned i = 0; i < 1000; i++) {
        ssize_t len = recv(fd, space, sizeof(space), MSG_DONTWAIT);
        const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)space;

        if (len < 0 && (errno == EINTR || errno == ENOBUFS))
            continue;
        if (len <= 0)
            return;
        for (int left = (int)len; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
            each(ctx, message);
    }
}

bool wr_rule_plain_name(const char *name)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/";

    return name[0] != '\0' && name[0] != '-' && name[strspn(name, plain)] == '\0';
}

static bool is_datagram(const struct wr_rule_request *request)
{
    return request->protocol == IPPROTO_UDP;
}

static int type_of(const struct wr_rule_request *request)
{
    return is_datagram(request) ? SOCK_DGRAM : SOCK_STREAM;
}

/* A socket as the program's was: its mark and device choose the way, and rules may ask for them. */
static int open_as(const struct wr_rule_request *request, int type)
{
    int fd = socket(request->destination.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const struct linger at_once = {.l_onoff = 1};

    if (fd < 0)
        return -1;
    if (request->mark != 0)
        setsockopt(fd, SOL_SOCKET, SO_MARK, &request->mark, sizeof(request->mark));
    if (request->device[0] != '\0')
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, request->device,
                   (socklen_t)strnlen(request->device, sizeof(request->device)));
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    return fd;
}

/* The source address that the kernel takes; connect() on a datagram socket sends nothing. */
static bool find_source(const struct wr_rule_request *request, struct wr_addr *ret_source)
{
    struct sockaddr_storage address;
    socklen_t len;
    int fd;
    bool found;

    if (request->source.family != 0) {
        *ret_source = request->source;
        ret_source->port = 0;
        return true;
    }
    fd = open_as(request, SOCK_DGRAM);
    if (fd < 0)
        return false;
    len = wr_addr_to_sockaddr(&request->destination, &address);
    found = connect(fd, (struct sockaddr *)&address, len) == 0;
    len = sizeof(address);
    found = found && getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
            wr_addr_from_sockaddr(&address, len, ret_source);
    close(fd);
    ret_source->port = 0;
    return found;
}

/* Bound before anything is watched, so that nothing else of the host has its port. */
static int open_probe(const struct wr_rule_request *request, struct wr_addr *source)
{
    struct sockaddr_storage address;
    socklen_t len = wr_addr_to_sockaddr(source, &address);
    int fd = open_as(request, type_of(request));

    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, len) == 0) {
        len = sizeof(address);
        if (getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
            wr_addr_from_sockaddr(&address, len, source))
            return fd;
    }
    close(fd);
    return -1;
}

/* True where it has ended: connected, or with an error. A datagram has no good end that shows. */
static bool has_ended(const struct wr_rule_job *job, int fd, bool *ret_connected)
{
    const bool datagram = is_datagram(&job->request);
    struct pollfd poll_fd = {.fd = fd, .events = datagram ? 0 : POLLOUT};
    int error = 0;
    socklen_t len = sizeof(error);

    if (poll(&poll_fd, 1, 0) <= 0)
        return false;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    *ret_connected = !datagram && error == 0 && (poll_fd.revents & POLLERR) == 0;
    return true;
}

/* True where it is over before that time. */
static bool wait_for_end(struct wr_rule_job *job, int fd, uint64_t until_ns)
{
    const short what = is_datagram(&job->request) ? 0 : POLLOUT;

    for (;;) {
        uint64_t now_ns = wr_now_ns();
        struct pollfd polls[] = {{.fd = fd, .events = what},
                                 {.fd = wr_rule_nft_fd(), .events = POLLIN},
                                 {.fd = wr_rule_conntrack_fd(), .events = POLLIN}};
        bool ended = has_ended(job, fd, &job->connected);

        wr_rule_conntrack_take(job);
        if (wr_rule_nft_take(job) || ended)
            return true;
        if (now_ns >= until_ns)
            return false;
        poll(polls, 3, (int)((until_ns - now_ns) / 1000000u) + 1);
    }
}

/* The error is not of interest: what met it is told by who watches. */
static void send_one(const struct wr_rule_job *job, int fd)
{
    struct sockaddr_storage address;
    socklen_t len = wr_addr_to_sockaddr(&job->request.destination, &address);

    if (connect(fd, (struct sockaddr *)&address, len) == 0 && is_datagram(&job->request))
        send(fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* True where the end of the first was seen. */
static bool send_probes(struct wr_rule_job *job, int first, bool counted, uint64_t until_ns)
{
    int others[COUNTED_PROBES - 1] = {-1, -1};
    struct wr_rule_found found;
    const char *why;
    uint64_t soon_ns;
    bool ended = false;

    send_one(job, first);
    job->probes = 1;
    for (unsigned i = 0; counted && i < COUNTED_PROBES - 1; i++) {
        others[i] = open_as(&job->request, type_of(&job->request));
        if (others[i] < 0)
            break;
        send_one(job, others[i]);
        job->probes++;
    }
    /* what this machine itself drops it has dropped by now */
    soon_ns = wr_now_ns() + SOON_NS;
    if (counted)
        ended = wait_for_end(job, first, soon_ns < until_ns ? soon_ns : until_ns) ||
                wr_rule_legacy_found(job, &found, &why);
    ended = ended || wait_for_end(job, first, until_ns);
    for (unsigned i = 0; i < COUNTED_PROBES - 1; i++) {
        if (others[i] >= 0)
            close(others[i]);
    }
    return ended;
}

static bool table_seen(void *ctx, const struct nlmsghdr *message)
{
    (void)message;
    *(bool *)ctx = true;
    return false;
}

/* Where there is no table there is nothing to follow, and none is made. */
static bool nft_tables_exist(uint64_t until_ns)
{
    static _Alignas(8) char space[WR_NETLINK_SPACE];
    struct {
        struct nlmsghdr header;
        struct nfgenmsg generation;
    } request = {.header = {.nlmsg_len = sizeof(request),
                            .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE,
                            .nlmsg_flags = NLM_F_DUMP}};
    int fd = wr_netlink_open(NETLINK_NETFILTER);
    bool seen = false;

    if (fd < 0)
        return true;
    if (wr_netlink_ask(fd, &request.header, space, until_ns, table_seen, &seen) == -EPERM)
        seen = true; /* then it can't be followed, which is said */
    wr_netlink_close(fd);
    return seen;
}

static void put(struct wr_buf *out, const char *key, const char *value)
{
    if (value[0] == '\0')
        return;
    wr_buf_str(out, key);
    wr_buf_char(out, '\t');
    for (; *value != '\0'; value++)
        wr_buf_char(out, (unsigned char)*value < 0x20 || *value == 0x7f ? '?' : *value);
    wr_buf_char(out, '\n');
}

static void put_number(struct wr_buf *out, const char *key, uint64_t value)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    put(out, key, digits);
}

static void put_nat(struct wr_buf *out, const struct wr_rule_job *job)
{
    char text[64];
    struct wr_addr host = job->nat;
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    if (job->nat.family == 0)
        return;
    if (wr_addr_same_host(&job->nat, &job->request.destination) &&
        job->nat.port == job->request.destination.port) {
        put(out, "nat", "-");
        return;
    }
    host.port = 0;
    host.scope = 0;
    wr_buf_addr(&buf, &host);
    put(out, "nat", wr_buf_terminate(&buf));
    put_number(out, "natport", job->nat.port);
}

/* The text takes longest to find: what is known before is said before. */
static void put_found(struct wr_buf *out, struct wr_rule_found *found, bool by_nft)
{
    char table[96];

    snprintf(table, sizeof(table), "%s%s%s", found->family, found->family[0] != '\0' ? " " : "",
             found->table);
    put(out, "examined", "1");
    put(out, "found", "1");
    put(out, "tool", found->tool);
    put(out, "table", table);
    put(out, "chain", found->chain);
    if (found->number != 0)
        put_number(out, "number", found->number);
    put(out, "policy", found->policy ? "1" : "0");
    put(out, "command", found->command);
    if (by_nft) {
        wr_worker_say(out);
        wr_rule_nft_list(found);
    }
    put(out, "text", found->text);
    if (found->text[0] != '\0') {
        put(out, "rejects", found->rejects ? "1" : "0");
        put(out, "varies", found->varies ? "1" : "0");
        put(out, "asksport", found->asks_port ? "1" : "0");
    }
    put(out, "hook", found->hook);
}

struct watch {
    bool nft, legacy; /* there are such tables */
    const char *nft_why, *legacy_why;
};

static void tell(struct wr_buf *out, const struct wr_rule_job *job, struct watch *watch)
{
    struct wr_rule_found found;
    const char *why = watch->nft_why;

    put_nat(out, job);
    if (!job->connected && wr_rule_nft_found(&found)) {
        put_found(out, &found, true);
        return;
    }
    if (!job->connected && watch->legacy && watch->legacy_why == NULL &&
        wr_rule_legacy_found(job, &found, &watch->legacy_why)) {
        put_found(out, &found, false);
        return;
    }
    if (watch->nft && why == NULL && !wr_rule_nft_saw())
        why = "the request was not seen by nft's trace";
    if (why == NULL)
        why = watch->legacy_why;
    /* a rule may still meet the answer */
    if (why == NULL && job->hurried)
        why = "there was no time left to wait for an answer";
    put(out, "examined", why == NULL ? "1" : "0");
    if (why == NULL)
        put(out, "found", "0");
    else
        put(out, "missing", why);
}

static bool read_request(struct wr_rule_request *ret_request)
{
    size_t len = 0;
    char *bytes = wr_read_all(WR_WORKER_REQUEST_FD, sizeof(*ret_request), &len);
    bool whole = bytes != NULL && len == sizeof(*ret_request);

    if (whole)
        memcpy(ret_request, bytes, sizeof(*ret_request));
    free(bytes);
    if (!whole || ret_request->magic != WR_RULE_MAGIC ||
        (ret_request->protocol != IPPROTO_TCP && ret_request->protocol != IPPROTO_UDP) ||
        ret_request->destination.port == 0 ||
        memchr(ret_request->device, '\0', sizeof(ret_request->device)) == NULL)
        return false;
    return (ret_request->destination.family == AF_INET ||
            ret_request->destination.family == AF_INET6) &&
           (ret_request->source.family == 0 ||
            ret_request->source.family == ret_request->destination.family);
}

static void follow(struct wr_rule_job *job, int probe, uint64_t until_ns, struct wr_buf *answer)
{
    struct watch watch = {.nft = nft_tables_exist(until_ns)};
    uint64_t wait_ns;

    watch.legacy = wr_rule_legacy_begin(job, &watch.legacy_why);
    if (watch.nft)
        watch.nft_why = wr_rule_nft_begin(job);
    wr_rule_conntrack_begin();
    wait_ns = wr_now_ns() + (job->request.wait_ms != 0 ? job->request.wait_ms : WAIT_MS) * MS;
    job->hurried = !send_probes(job, probe, watch.legacy && watch.legacy_why == NULL,
                                wait_ns > until_ns ? until_ns : wait_ns) &&
                   wait_ns > until_ns;
    wr_rule_nft_end();
    tell(answer, job, &watch);
}

void wr_worker_rule(struct wr_buf *answer)
{
    static struct wr_rule_job job;
    uint64_t until_ns = wr_now_ns();
    int probe;

    if (!read_request(&job.request)) {
        put(answer, "missing", "the request is malformed");
        return;
    }
    if (job.request.left_ms <= AFTER_MS) {
        put(answer, "missing", "there was no time left for it");
        return;
    }
    until_ns += (uint64_t)(job.request.left_ms - AFTER_MS) * 1000000u;
    if (!find_source(&job.request, &job.source) ||
        (probe = open_probe(&job.request, &job.source)) < 0) {
        put(answer, "missing", "a socket like the program's could not be made");
        return;
    }
    follow(&job, probe, until_ns, answer);
    close(probe);
}
