/* SPDX-License-Identifier: MIT
 * ICMP errors that arrive while the request is on its way out: they do not end the socket, and
 * SO_ERROR alone tells of them. What the program sees afterwards. */
#include "observe.h"

#include <poll.h>
#include <sys/epoll.h>

#define PORT_REJECTED 4003
#define EVENT_SECONDS 3

static const char rules[] =
    "unset LD_PRELOAD; nft -f - 2>/dev/null <<END\n"
    "table inet reject_it { chain i { type filter hook input priority 0; tcp dport 4003 reject "
    "with icmpx admin-prohibited; }; }\nEND";

static int rejected(int flags)
{
    static int made = -1;

    if (made < 0)
        made = system(rules) == 0;
    if (!made)
        say("  no packet filter here\n");
    return made ? socket(AF_INET, SOCK_STREAM | flags, 0) : -1;
}

static short wait_for(int fd, short events, int ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};

    return poll(&poll_fd, 1, ms) < 0 ? -1 : poll_fd.revents;
}

static int so_error(int fd)
{
    int error = -1;
    socklen_t len = sizeof(error);

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : -1;
}

/* Up to where nearly every program goes. */
static int fetched(void)
{
    struct sockaddr_in addr = v4(PORT_REJECTED);
    int fd = rejected(SOCK_NONBLOCK);

    if (fd < 0)
        return fd;
    OBSERVE(CONNECT(fd, addr));
    say("  revents %x\n", (unsigned)wait_for(fd, POLLOUT, EVENT_SECONDS * 1000));
    OBSERVE(so_error(fd));
    return fd;
}

static void fetch_and_close(void)
{
    int fd = fetched();

    if (fd >= 0)
        OBSERVE(close(fd));
}

/* The socket goes on trying, and the next request brings the next error. */
static void fetch_and_go_on(void)
{
    struct sockaddr_in addr = v4(PORT_REJECTED);
    int fd = fetched();

    if (fd < 0)
        return;
    OBSERVE(so_error(fd));
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(send(fd, "x", 1, MSG_NOSIGNAL));
    for (int i = 0; i < 30 && (wait_for(fd, POLLOUT, 0) & POLLHUP) == 0; i++)
        usleep(100000);
    say("  revents %x\n", (unsigned)wait_for(fd, POLLOUT, 0));
    OBSERVE(so_error(fd));
    OBSERVE(so_error(fd));
    OBSERVE(send(fd, "x", 1, MSG_NOSIGNAL));
}

static void fetch_and_retry(void)
{
    struct sockaddr_in addr = v4(PORT_REJECTED), closed = v4(PORT_CLOSED), open = v4(PORT_OPEN);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    int fd = fetched();

    if (fd < 0)
        return;
    OBSERVE(connect(fd, &none, sizeof(none)));
    OBSERVE(CONNECT(fd, addr));
    say("  revents %x\n", (unsigned)wait_for(fd, POLLOUT, EVENT_SECONDS * 1000));
    OBSERVE(so_error(fd));
    OBSERVE(connect(fd, &none, sizeof(none)));
    OBSERVE(CONNECT(fd, closed));
    OBSERVE(so_error(fd));
    OBSERVE(connect(fd, &none, sizeof(none)));
    OBSERVE(CONNECT(fd, open));
    OBSERVE(wait_for(fd, POLLOUT, EVENT_SECONDS * 1000) & POLLOUT);
    OBSERVE(so_error(fd));
}

/* Edge-triggered: the next event is the next error, as ever. */
static void fetch_and_wait_for_an_edge(void)
{
    struct sockaddr_in addr = v4(PORT_REJECTED);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET};
    int fd = rejected(SOCK_NONBLOCK), epoll = epoll_create1(0);

    if (fd < 0)
        return;
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    OBSERVE(epoll_wait(epoll, &event, 1, EVENT_SECONDS * 1000));
    OBSERVE(so_error(fd));
    OBSERVE(epoll_wait(epoll, &event, 1, EVENT_SECONDS * 1000));
    OBSERVE(so_error(fd));
}

static void blocking(void)
{
    struct sockaddr_in addr = v4(PORT_REJECTED), open = v4(PORT_OPEN);
    int fd = rejected(0);

    if (fd < 0)
        return;
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(so_error(fd));
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(CONNECT(fd, open));
}

/* Nobody fetched it: it stays. */
static void not_fetched(void)
{
    struct sockaddr_in addr = v4(PORT_REJECTED);
    int fd = rejected(SOCK_NONBLOCK);

    if (fd < 0)
        return;
    OBSERVE(CONNECT(fd, addr));
    say("  revents %x\n", (unsigned)wait_for(fd, POLLOUT, EVENT_SECONDS * 1000));
    OBSERVE(CONNECT(fd, addr)); /* EALREADY */
    OBSERVE(send(fd, "x", 1, MSG_NOSIGNAL));
    say("  revents %x\n", (unsigned)wait_for(fd, POLLOUT, EVENT_SECONDS * 1000));
    OBSERVE(so_error(fd));
}

const struct test_case cases[] = {
    {"getsockopt", "fetched, closed", fetch_and_close},
    {"getsockopt", "fetched, waited on", fetch_and_go_on},
    {"getsockopt", "fetched, tried again", fetch_and_retry},
    {"getsockopt", "fetched, edge-triggered", fetch_and_wait_for_an_edge},
    {"connect", "blocking", blocking},
    {"connect", "not fetched", not_fetched},
    {0},
};
