/* SPDX-License-Identifier: MIT
 * One more request to connect to an address of this machine, where it has to be told whether the
 * kernel or a rule answered the program's, or swallowed it: nothing leaves the machine. */
#include <errno.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include "base/address.h"
#include "base/file.h"
#include "base/icmpwords.h"
#include "base/sys.h"
#include "base/tcpinfo.h"
#include "probe/icmp.h"
#include "track/pace.h"
#include "whyrefused/faults.h"

/* A counter that other connections move, too, is asked again. */
#define TRIES 3
/* This machine answers itself within microseconds; after this it does not. */
#define ANSWER_NS 8000000u

/* A storm of failures costs no storm of requests. */
static struct wr_pace pace = {.interval_ns = 100000000u, .at_once = 16};

/* What the program's address means: 0.0.0.0 and :: are this machine, too. */
static const struct wr_addr *target_of(const struct wr_probe_ctx *ctx)
{
    const struct wr_addr *meant = wr_ev_addr(ctx->ev, WR_FACT_wildcard_means);

    return meant != NULL && meant->port != 0 ? meant : &ctx->attempt->target;
}

struct counters {
    bool known;
    uint64_t resets;  /* sent by the kernel's TCP, over IPv4 and IPv6: not by a rule */
    uint64_t packets; /* on the loopback interface */
};

struct result {
    enum wr_replay outcome;
    int error;
    bool icmp;
    struct wr_icmp_error icmp_error;
    bool counted;
    uint64_t resets, packets; /* by how much the counters moved */
};

/* The n-th number, from 0, of a line. */
static bool number_at(const char *line, unsigned n, uint64_t *ret_value)
{
    for (unsigned i = 0; line != NULL; i++) {
        while (*line == ' ')
            line++;
        /* MaxConn is -1 */
        if (*line == '-')
            line++;
        if (!wr_parse_uint(&line, ret_value))
            return false;
        if (i == n)
            return true;
    }
    return false;
}

static bool read_beginning(const char *path, char *space, size_t size)
{
    const long len = wr_file_read(path, space, size);

    return len > 0 || len == -EFBIG;
}

/* Of the thread's own network namespace: /proc/net is that of the process's first thread. */
static bool read_resets(char *space, uint64_t *ret_resets)
{
    static const char name[] = "OutRsts";
    const char *names, *values;
    unsigned n = 0;

    if (!read_beginning("/proc/thread-self/net/snmp", space, 4096))
        return false;
    names = wr_line_value(space, "Tcp:");
    values = names != NULL ? wr_line_next(names) : NULL;
    if (values == NULL || strncmp(values, "Tcp:", 4) != 0)
        return false;
    for (; *names != '\n' && *names != '\0'; n++) {
        if (strncmp(names, name, sizeof(name) - 1) == 0)
            return number_at(values + 4, n, ret_resets);
        while (*names != ' ' && *names != '\n' && *names != '\0')
            names++;
        while (*names == ' ')
            names++;
    }
    return false;
}

static bool read_packets(char *space, uint64_t *ret_packets)
{
    const char *lo;

    if (!read_beginning("/proc/thread-self/net/dev", space, 1024)) /* it is the first one */
        return false;
    lo = wr_line_value(space, "    lo:");
    return lo != NULL && number_at(lo, 1, ret_packets);
}

static void read_counters(struct wr_probe_ctx *ctx, struct counters *ret)
{
    char *space = wr_probe_file_space(ctx);

    ret->known = read_resets(space, &ret->resets) && read_packets(space, &ret->packets);
}

static bool set_option(int fd, int level, int option, const void *value, socklen_t len)
{
    return WR_SYS(setsockopt, fd, level, option, value, len) == 0;
}

/* The program's choice of the way: a rule may ask for it. False where it can't be made alike. */
static bool choose_way(const struct wr_probe_ctx *ctx, int fd)
{
    const struct wr_evidence *ev = ctx->ev;
    const struct wr_addr *source = wr_ev_addr(ev, WR_FACT_source);
    const uint32_t mark = (uint32_t)wr_ev_uint(ev, WR_FACT_socket_mark, 0);

    if (wr_ev_has(ev, WR_FACT_bound_device)) {
        const struct wr_text device = ev->value[WR_FACT_bound_device].text;

        if (device.len >= IFNAMSIZ ||
            !set_option(fd, SOL_SOCKET, SO_BINDTODEVICE, ev->text + device.at, device.len))
            return false;
    }
    if (mark != 0 && !set_option(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
        return false;
    /* what it takes unasked is the destination's own address; bind(2) is none of our calls */
    return source == NULL || !wr_ev_true(ev, WR_FACT_source_bound) || wr_addr_is_any(source) ||
           wr_addr_same_host(source, target_of(ctx));
}

/* A socket like the program's, which keeps ICMP errors and ends without a word. */
static int open_socket(struct wr_probe_ctx *ctx)
{
    const int family = ctx->attempt->target.family, one = 1;
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    long fd = WR_SYS(socket, family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

    if (fd == -EMFILE)
        ctx->no_descriptors = true;
    if (fd < 0)
        return -1;
    set_option((int)fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    set_option((int)fd, SOL_IP, IP_RECVERR, &one, sizeof(one));
    if (family == AF_INET6)
        set_option((int)fd, SOL_IPV6, IPV6_RECVERR, &one, sizeof(one));
    if (choose_way(ctx, (int)fd))
        return (int)fd;
    WR_SYS(close, fd);
    return -1;
}

/* False where nothing comes back until then. */
static bool wait_for_answer(int fd, uint64_t until_ns)
{
    struct pollfd poll = {.fd = fd, .events = POLLOUT};
    const uint64_t now_ns = wr_now_ns();
    const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec left = {.tv_sec = (time_t)(left_ns / 1000000000u),
                            .tv_nsec = (long)(left_ns % 1000000000u)};

    return WR_SYS(ppoll, &poll, 1, &left, 0, 8) > 0;
}

static void take_answer(struct wr_probe_ctx *ctx, int fd, struct result *ret)
{
    int error = 0;
    socklen_t len = sizeof(error);
    struct wr_tcpinfo info;

    /* taking the ICMP error clears the pending one */
    if (wr_icmp_take(fd, target_of(ctx), &ret->icmp_error)) {
        ret->icmp = true;
        ret->outcome = WR_REPLAY_ICMP;
        return;
    }
    if (WR_SYS(getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return;
    ret->error = error;
    if (error == ECONNREFUSED)
        ret->outcome = WR_REPLAY_RESET;
    else if (error != 0)
        ret->outcome = WR_REPLAY_ERROR;
    else if (wr_tcpinfo(fd, &info) && info.state == WR_TCP_ESTABLISHED)
        ret->outcome = WR_REPLAY_CONNECTED;
}

/* Counters are read around as little as can be: what others do meanwhile counts, too. */
static bool try_once(struct wr_probe_ctx *ctx, uint64_t until_ns, struct result *ret)
{
    struct counters before, after;
    struct sockaddr_storage name;
    const socklen_t len = wr_addr_to_sockaddr(target_of(ctx), &name);
    const int fd = open_socket(ctx);
    long rc;

    if (fd < 0)
        return false;
    *ret = (struct result){.outcome = WR_REPLAY_SILENT};
    read_counters(ctx, &before);
    rc = WR_SYS(connect, fd, &name, len);
    read_counters(ctx, &after);
    if (rc == -EINPROGRESS && wait_for_answer(fd, until_ns)) {
        take_answer(ctx, fd, ret);
        read_counters(ctx, &after);
    } else if (rc == 0) {
        ret->outcome = WR_REPLAY_CONNECTED;
    } else if (rc != -EINPROGRESS) {
        ret->outcome = WR_REPLAY_ERROR;
        ret->error = (int)-rc;
    }
    WR_SYS(close, fd);
    ret->counted = before.known && after.known;
    ret->resets = after.resets - before.resets;
    ret->packets = after.packets - before.packets;
    return true;
}

/* What all tries together show. */
struct shown {
    struct result first;
    unsigned tries, by_kernel; /* tries in which the kernel sent one reset and no more */
    bool counted;
    bool none_by_kernel;   /* a try was reset, and the kernel had sent no reset at all */
    uint64_t packets;      /* the least of the tries: others' traffic only adds */
    unsigned packets_seen; /* in how many of them */
};

static bool is_settled(const struct shown *shown)
{
    switch (shown->first.outcome) {
    case WR_REPLAY_RESET:
        return shown->by_kernel > 1 || (shown->none_by_kernel && shown->packets_seen > 1);
    case WR_REPLAY_ICMP:
    case WR_REPLAY_SILENT:
        return shown->packets_seen > 1;
    default: /* a listener need not see more of us */
        return true;
    }
}

static void try_all(struct wr_probe_ctx *ctx, uint64_t until_ns, struct shown *shown)
{
    struct result result;

    while (shown->tries < TRIES && try_once(ctx, until_ns, &result)) {
        if (shown->tries == 0) {
            shown->first = result;
            shown->packets = UINT64_MAX;
        } else if (result.outcome != shown->first.outcome) {
            shown->counted = false; /* it changes under our hands */
            return;
        }
        shown->counted = result.counted;
        if (!result.counted)
            return;
        shown->tries++;
        shown->by_kernel += result.resets == 1;
        shown->none_by_kernel |= result.resets == 0;
        if (result.packets < shown->packets) {
            shown->packets = result.packets;
            shown->packets_seen = 0;
        }
        shown->packets_seen += result.packets == shown->packets;
        if (is_settled(shown))
            return;
    }
}

/* An answer that this machine gave itself passed the loopback interface; where none did, address
 * translation led the request to another. */
static void set_reset(struct wr_evidence *ev, const struct shown *shown)
{
    if (shown->none_by_kernel && shown->packets != 0)
        wr_set_bool(ev, WR_FACT_reset_by_kernel, false);
    else if (!shown->none_by_kernel && shown->by_kernel > 1)
        wr_set_bool(ev, WR_FACT_reset_by_kernel, true);
}

static void set_facts(struct wr_probe_ctx *ctx, const struct shown *shown, uint64_t took_ns)
{
    struct wr_evidence *ev = ctx->ev;
    const bool known_reset =
        ctx->attempt->error == ECONNREFUSED && wr_ev_false(ev, WR_FACT_icmp_received);

    if (shown->first.outcome == 0)
        return;
    wr_set_uint(ev, WR_FACT_replay_outcome, shown->first.outcome);
    wr_set_uint(ev, WR_FACT_replay_us, took_ns / 1000);
    if (shown->first.error != 0)
        wr_set_errno(ev, WR_FACT_replay_error, shown->first.error);
    else if (!shown->first.icmp)
        wr_set_absent(ev, WR_FACT_replay_error);
    if (shown->first.icmp && !known_reset && !wr_ev_true(ev, WR_FACT_icmp_received))
        wr_icmp_set(ctx, &shown->first.icmp_error, true);
    if (!shown->counted)
        return;
    if (shown->packets_seen > 1)
        wr_set_uint(ev, WR_FACT_replay_packets, shown->packets);
    if (shown->first.outcome == WR_REPLAY_RESET)
        set_reset(ev, shown);
}

/* A listener gets a connection that ends at once: only where there is something to tell. */
static bool is_worth(const struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_evidence *ev = ctx->ev;
    const bool unfiltered = wr_ev_false(ev, WR_FACT_netfilter_rules);

    if (attempt->call != WR_CALL_CONNECT || attempt->type != SOCK_STREAM ||
        attempt->protocol == IPPROTO_SCTP || attempt->target.family == 0 ||
        attempt->target.port == 0 || !wr_ev_true(ev, WR_FACT_destination_local))
        return false;
    if (attempt->outcome == WR_OUTCOME_GAVE_UP || attempt->error == ETIMEDOUT)
        return !unfiltered && !wr_ev_true(ev, WR_FACT_accept_queue_full);
    if (attempt->outcome != WR_OUTCOME_ERROR)
        return false;
    return wr_icmp_rejects(attempt->error) && !unfiltered;
}

void wr_probe_replay(struct wr_probe_ctx *ctx)
{
    struct shown shown = {.tries = 0};
    const uint64_t start_ns = wr_now_ns();

    if (!is_worth(ctx) || !wr_pace_take(&pace, start_ns))
        return;
    try_all(ctx, wr_probe_part_until(ctx, ANSWER_NS), &shown);
    set_facts(ctx, &shown, wr_now_ns() - start_ns);
}
