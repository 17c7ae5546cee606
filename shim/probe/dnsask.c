/* SPDX-License-Identifier: MIT
 * See dnsask.h. Connected sockets that keep ICMP errors (ip(7) IP_RECVERR): so a closed port, a
 * router that has no way and a filter are told apart from silence. */
#include "probe/dnsask.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <time.h>
/* linux/errqueue.h needs struct timespec */
#include <linux/errqueue.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/sys.h"
#include "track/pace.h"

/* What a server may send that is no answer before no more is read. */
#define DATAGRAMS_MAX 16
/* No socket could be had: no errno of the kernel (include/linux/err.h MAX_ERRNO) */
#define NO_SOCKET (-4096)

/* Sixteen lookups at once, then one a second: a storm of names that do not resolve neither costs
 * the program the budget for each, nor the nameservers twice the questions. */
static struct wr_pace pace = {.interval_ns = 1000000000u, .at_once = 16};

bool wr_dns_talk_may(void)
{
    return wr_pace_take(&pace, wr_now_ns());
}

static struct wr_dns_question question_of(const struct wr_dns_talk *talk, unsigned type,
                                          enum wr_dns_form form)
{
    return (struct wr_dns_question){.name = talk->name,
                                    .id = (uint16_t)(talk->id + type * WR_DNS_FORMS + form),
                                    .type = talk->types[type],
                                    .payload = form == WR_DNS_PLAIN ? 0 : talk->payload,
                                    .checking_disabled = form == WR_DNS_UNCHECKED};
}

static void end_server(struct wr_dns_server *server, unsigned types, enum wr_dns_outcome outcome)
{
    server->skip = true;
    for (unsigned i = 0; i < types; i++) {
        if (server->said[i].outcome == 0)
            server->said[i].outcome = (uint8_t)outcome;
    }
}

/* The question could not be sent, or an ICMP error came back. */
static enum wr_dns_outcome outcome_of_error(int error)
{
    return error == ECONNREFUSED ? WR_NS_PORT_CLOSED
           : error == EPERM      ? WR_NS_DENIED
                                 : WR_NS_UNREACHABLE;
}

static void failed(struct wr_dns_talk *talk, struct wr_dns_server *server, int error)
{
    if (server->error == 0)
        server->error = error;
    end_server(server, talk->types_count, outcome_of_error(error));
}

static int open_socket(const struct wr_addr *to, int type, bool *ret_no_descriptors)
{
    struct sockaddr_storage name;
    const int one = 1;
    socklen_t len = wr_addr_to_sockaddr(to, &name);
    long fd = WR_SYS(socket, to->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (fd < 0) {
        *ret_no_descriptors |= fd == -EMFILE;
        return NO_SOCKET;
    }
    if (type == SOCK_DGRAM && to->family == AF_INET)
        WR_SYS(setsockopt, fd, SOL_IP, IP_RECVERR, &one, sizeof(one));
    else if (type == SOCK_DGRAM)
        WR_SYS(setsockopt, fd, SOL_IPV6, IPV6_RECVERR, &one, sizeof(one));
    error = WR_SYS(connect, fd, &name, len);
    if (error == 0 || error == -EINPROGRESS)
        return (int)fd;
    WR_SYS(close, fd);
    return (int)error;
}

void wr_dns_talk_open(struct wr_dns_talk *talk)
{
    for (unsigned i = 0; i < talk->count; i++) {
        struct wr_dns_server *server = &talk->server[i];

        server->tcp_fd = -1;
        server->ede = WR_DNS_EDE_NONE;
        server->fd = open_socket(&server->addr, SOCK_DGRAM, &talk->no_descriptors);
        if (server->fd == NO_SOCKET) /* nothing is known of the server */
            server->skip = true;
        else if (server->fd < 0)
            failed(talk, server, -server->fd);
    }
}

void wr_dns_talk_close(struct wr_dns_talk *talk)
{
    for (unsigned i = 0; i < talk->count; i++) {
        if (talk->server[i].fd >= 0)
            WR_SYS(close, talk->server[i].fd);
        if (talk->server[i].tcp_fd >= 0)
            WR_SYS(close, talk->server[i].tcp_fd);
        talk->server[i].fd = talk->server[i].tcp_fd = -1;
    }
}

static bool icmp_of(struct msghdr *msg, struct sock_extended_err *ret_error,
                    struct wr_addr *ret_offender)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        if (!(c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) &&
            !(c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR))
            continue;
        if (c->cmsg_len < CMSG_LEN(sizeof(*ret_error)))
            continue;
        memcpy(ret_error, CMSG_DATA(c), sizeof(*ret_error));
        wr_addr_from_sockaddr(CMSG_DATA(c) + sizeof(*ret_error),
                              (socklen_t)(c->cmsg_len - CMSG_LEN(sizeof(*ret_error))),
                              ret_offender);
        ret_offender->port = 0;
        return true;
    }
    return false;
}

/* Returns false where there is none. */
static bool take_error(struct wr_dns_talk *talk, struct wr_dns_server *server)
{
    char control[256], payload[8];
    struct iovec iov = {payload, sizeof(payload)};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};
    struct sock_extended_err error = {.ee_errno = 0};
    struct wr_addr offender = {.family = 0};

    if (WR_SYS(recvmsg, server->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    if (server->error != 0 || !icmp_of(&msg, &error, &offender) || error.ee_errno == 0 ||
        error.ee_errno == EMSGSIZE)
        return true;
    if (error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6) {
        server->icmp = true;
        server->offender = offender;
    }
    failed(talk, server, (int)error.ee_errno);
    return true;
}

static void put(struct wr_dns_talk *talk, struct wr_dns_server *server, unsigned type,
                enum wr_dns_form form)
{
    unsigned char message[WR_DNS_QUESTION_MAX];
    struct wr_dns_question question = question_of(talk, type, form);
    size_t len = wr_dns_ask(&question, message, sizeof(message));
    long sent;

    if (server->skip || len == 0 || (server->said[type].sent & 1u << form) != 0)
        return;
    server->said[type].sent |= (uint8_t)(1u << form);
    sent = WR_SYS(sendto, server->fd, message, len, MSG_NOSIGNAL);
    if (sent >= 0)
        return;
    /* it may be what came back of the question before: then the queue tells from whom */
    while (take_error(talk, server))
        ;
    /* a full buffer is no word on the server */
    if (sent != -EAGAIN && sent != -ENOBUFS)
        failed(talk, server, (int)-sent);
}

static uint8_t outcome_of(const struct wr_dns_reply *reply)
{
    switch (reply->rcode) {
    case WR_DNS_NOERROR:
        return reply->truncated     ? WR_NS_TRUNCATED
               : reply->records > 0 ? WR_NS_ANSWER
               : reply->damaged     ? WR_NS_GARBAGE
                                    : WR_NS_NODATA;
    case WR_DNS_NXDOMAIN:
        return WR_NS_NXDOMAIN;
    case WR_DNS_SERVFAIL:
        return WR_NS_SERVFAIL;
    case WR_DNS_REFUSED:
        return WR_NS_REFUSED;
    case WR_DNS_NOTIMP:
        return WR_NS_NOTIMP;
    case WR_DNS_FORMERR:
    case WR_DNS_BADVERS:
        return WR_NS_FORMERR;
    default:
        return WR_NS_CODE;
    }
}

static void ask_over_tcp(struct wr_dns_talk *talk, struct wr_dns_server *server)
{
    if (server->tcp_asked)
        return;
    server->tcp_asked = true;
    server->tcp_fd = open_socket(&server->addr, SOCK_STREAM, &talk->no_descriptors);
    if (server->tcp_fd == NO_SOCKET)
        server->tcp_asked = false;
    else if (server->tcp_fd < 0)
        server->tcp_error = -server->tcp_fd;
}

static void keep_ede(struct wr_dns_server *server, const struct wr_dns_reply *reply)
{
    if (reply->ede == WR_DNS_EDE_NONE || server->ede != WR_DNS_EDE_NONE)
        return;
    server->ede = reply->ede;
    server->ede_len =
        (uint16_t)(reply->ede_len < sizeof(server->ede_text) ? reply->ede_len
                                                             : sizeof(server->ede_text));
    memcpy(server->ede_text, reply->ede_text, server->ede_len);
}

/* An answer without EDNS stands where the program's resolver asks without, too. */
static bool counts(const struct wr_dns_talk *talk, const struct wr_dns_said *said,
                   enum wr_dns_form form)
{
    return form == WR_DNS_FULL || (form == WR_DNS_PLAIN && !talk->needs_edns &&
                                   (said->outcome == 0 || said->outcome == WR_NS_FORMERR ||
                                    said->outcome == WR_NS_NOTIMP));
}

static void take_reply(struct wr_dns_talk *talk, struct wr_dns_server *server, unsigned type,
                       enum wr_dns_form form, const struct wr_dns_reply *reply)
{
    struct wr_dns_said *said = &server->said[type];
    uint8_t outcome = outcome_of(reply);

    if (said->by_form[form] != 0)
        return;
    said->by_form[form] = outcome;
    if (!counts(talk, said, form))
        return;
    said->outcome = outcome;
    said->us = (uint32_t)((wr_now_ns() - talk->start_ns) / 1000);
    said->first = reply->first;
    keep_ede(server, reply);
    if (outcome == WR_NS_SERVFAIL)
        put(talk, server, type, WR_DNS_UNCHECKED);
    else if (form == WR_DNS_FULL && (outcome == WR_NS_FORMERR || outcome == WR_NS_NOTIMP))
        put(talk, server, type, WR_DNS_PLAIN);
    else if (outcome == WR_NS_TRUNCATED)
        ask_over_tcp(talk, server);
}

static void look_for_expected(struct wr_dns_talk *talk, struct wr_dns_said *said,
                              const void *message, size_t len)
{
    struct wr_dns_answers answers;
    struct wr_addr addr;

    if (talk->expected.family == 0)
        return;
    wr_dns_begin(&answers, message, len);
    while (wr_dns_next(&answers, &addr))
        said->has_expected |= wr_addr_same_host(&addr, &talk->expected);
}

static void take_datagram(struct wr_dns_talk *talk, struct wr_dns_server *server,
                          const void *message, size_t len)
{
    for (unsigned type = 0; type < talk->types_count; type++) {
        for (unsigned form = 0; form < WR_DNS_FORMS; form++) {
            struct wr_dns_question question = question_of(talk, type, (enum wr_dns_form)form);
            struct wr_dns_reply reply;

            if ((server->said[type].sent & 1u << form) == 0 ||
                wr_dns_read(&question, message, len, &reply) != WR_DNS_READ)
                continue;
            take_reply(talk, server, type, (enum wr_dns_form)form, &reply);
            look_for_expected(talk, &server->said[type], message, len);
            return;
        }
    }
    server->strange = true;
}

static void receive(struct wr_dns_talk *talk, struct wr_dns_server *server)
{
    unsigned char message[1280];

    for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
        long len = WR_SYS(recvfrom, server->fd, message, sizeof(message), MSG_DONTWAIT);

        if (len >= 0)
            take_datagram(talk, server, message, (size_t)len);
        else if (!take_error(talk, server))
            return;
    }
}

static void finish_tcp(struct wr_dns_server *server)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (WR_SYS(getsockopt, server->tcp_fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return;
    server->tcp_open = error == 0;
    server->tcp_error = error;
    WR_SYS(close, server->tcp_fd);
    server->tcp_fd = -1;
}

static bool has_all(const struct wr_dns_talk *talk, const struct wr_dns_server *server)
{
    if (server->skip)
        return true;
    for (unsigned i = 0; i < talk->types_count; i++) {
        const struct wr_dns_said *said = &server->said[i];

        if (said->outcome == 0 ||
            ((said->sent & 1u << WR_DNS_UNCHECKED) != 0 && said->by_form[WR_DNS_UNCHECKED] == 0) ||
            ((said->outcome == WR_NS_FORMERR || said->outcome == WR_NS_NOTIMP) &&
             said->by_form[WR_DNS_PLAIN] == 0))
            return false;
    }
    return server->tcp_fd < 0;
}

/* Returns false when there is nothing more to wait for. */
static bool wait_and_take(struct wr_dns_talk *talk, uint64_t until_ns)
{
    struct pollfd fds[2 * WR_DNSASK_SERVERS];
    uint64_t now_ns = wr_now_ns();
    uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec left = {(time_t)(left_ns / 1000000000u), (long)(left_ns % 1000000000u)};
    bool waits = false;

    for (unsigned i = 0; i < talk->count; i++) {
        bool all = has_all(talk, &talk->server[i]);

        waits |= !all;
        fds[2 * i] = (struct pollfd){.fd = all ? -1 : talk->server[i].fd, .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = talk->server[i].tcp_fd, .events = POLLOUT};
    }
    if (!waits || left_ns == 0 || WR_SYS(ppoll, fds, 2 * talk->count, &left, NULL) <= 0)
        return false;
    for (unsigned i = 0; i < talk->count; i++) {
        if (fds[2 * i].revents != 0)
            receive(talk, &talk->server[i]);
        if (fds[2 * i + 1].revents != 0)
            finish_tcp(&talk->server[i]);
    }
    return true;
}

static void end_question(struct wr_dns_talk *talk)
{
    for (unsigned i = 0; i < talk->count; i++) {
        struct wr_dns_server *server = &talk->server[i];

        for (unsigned n = 0; n < talk->types_count && !server->skip; n++) {
            if (server->said[n].outcome == 0)
                server->said[n].outcome = server->strange ? WR_NS_GARBAGE : WR_NS_SILENT;
        }
        if (server->tcp_fd >= 0) {
            WR_SYS(close, server->tcp_fd);
            server->tcp_fd = -1;
        }
    }
}

/* From the time and from where the kernel has put us, which nobody outside knows; the port is the
 * kernel's choice. Who guessed both would mislead our report, not the program. */
static uint16_t new_id(const struct wr_dns_talk *talk)
{
    uint64_t seed[] = {wr_now_ns(), (uintptr_t)talk, (uintptr_t)__builtin_frame_address(0)};
    uint64_t hash = wr_hash(WR_HASH_START, seed, sizeof(seed));

    return (uint16_t)(hash ^ hash >> 32);
}

bool wr_dns_talk_ask(struct wr_dns_talk *talk, const char *name, uint64_t until_ns)
{
    unsigned char message[WR_DNS_QUESTION_MAX];
    struct wr_dns_question question;
    uint64_t half_ns;

    talk->name = name;
    talk->id = new_id(talk);
    talk->start_ns = wr_now_ns();
    half_ns = until_ns > talk->start_ns ? talk->start_ns + (until_ns - talk->start_ns) / 2 : 0;
    question = question_of(talk, 0, WR_DNS_FULL);
    if (wr_dns_ask(&question, message, sizeof(message)) == 0)
        return false;
    for (unsigned i = 0; i < talk->count; i++) {
        if (!talk->server[i].skip)
            memset(talk->server[i].said, 0, sizeof(talk->server[i].said));
        for (unsigned n = 0; n < talk->types_count; n++)
            put(talk, &talk->server[i], n, WR_DNS_FULL);
    }
    while (wait_and_take(talk, half_ns))
        ;
    for (unsigned i = 0; i < talk->count; i++) {
        for (unsigned n = 0; n < talk->types_count; n++) {
            if (talk->server[i].said[n].outcome == 0)
                put(talk, &talk->server[i], n, WR_DNS_PLAIN);
        }
    }
    while (wait_and_take(talk, until_ns))
        ;
    end_question(talk);
    return true;
}
