/* SPDX-License-Identifier: MIT
 * accept(): success, failure, what is to be tried again, hostile arguments. */
#include "observe.h"

#include <sys/syscall.h>

static int server(int type)
{
    struct sockaddr_in addr = v4(0);
    int fd = socket(AF_INET, type, 0);

    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        say("cannot bind\n");
    return fd;
}

static int dial(int fd)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int client = tcp();

    getsockname(fd, (struct sockaddr *)&addr, &len);
    if (CONNECT(client, addr) != 0)
        say("cannot connect\n");
    return client;
}

static void works(int (*take)(int, struct sockaddr *, socklen_t *))
{
    int fd = server(SOCK_STREAM), taken;
    struct sockaddr_in from;
    socklen_t len = sizeof(from);

    listen(fd, 8);
    dial(fd);
    OBSERVE(taken = take(fd, (struct sockaddr *)&from, &len));
    say("  len %u family %d flags %x\n", len, from.sin_family, (unsigned)fcntl(taken, F_GETFD));
    dial(fd);
    OBSERVE(take(fd, NULL, NULL));
    dial(fd);
    OBSERVE(take(fd, (struct sockaddr *)8, &len));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    OBSERVE(take(fd, NULL, NULL));
    OBSERVE(shutdown(fd, SHUT_RDWR));
    OBSERVE(take(fd, NULL, NULL));
}

/* A descriptor that a failed connect() had comes back from accept(). */
static void inherits(int (*take)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = server(SOCK_STREAM), old = tcp(), taken;
    char byte;

    listen(fd, 8);
    dial(fd);
    OBSERVE(CONNECT(old, addr));
    syscall(SYS_close, old); /* close(), past every hook */
    OBSERVE(taken = take(fd, NULL, NULL));
    fcntl(taken, F_SETFL, O_NONBLOCK);
    OBSERVE(read(taken, &byte, 1));
    OBSERVE(send(taken, "x", 1, MSG_NOSIGNAL));
    OBSERVE(close(taken));
}

static void fails(int (*take)(int, struct sockaddr *, socklen_t *))
{
    int fd = server(SOCK_STREAM), zero = open("/dev/zero", O_RDONLY);
    struct rlimit limit;

    OBSERVE(take(fd, NULL, NULL));
    OBSERVE(take(server(SOCK_DGRAM), NULL, NULL));
    OBSERVE(take(zero, NULL, NULL));
    OBSERVE(take(-1, NULL, NULL));
    OBSERVE(take(4000, NULL, NULL));
    listen(fd, 8);
    dial(fd);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)dup(0);
    close((int)limit.rlim_cur);
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < 3; i++)
        OBSERVE(take(fd, NULL, NULL));
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    OBSERVE(take(fd, NULL, NULL));
}

static void on_alarm(int number)
{
    (void)number;
}

static void interrupted(int (*take)(int, struct sockaddr *, socklen_t *))
{
    struct sigaction action = {.sa_handler = on_alarm};
    int fd = server(SOCK_STREAM);

    listen(fd, 8);
    sigaction(SIGALRM, &action, NULL);
    ualarm(50000, 50000); /* again and again: the first may come before the call */
    OBSERVE(take(fd, NULL, NULL));
    ualarm(0, 0);
}

static int by_accept(int fd, struct sockaddr *address, socklen_t *len)
{
    return accept(fd, address, len);
}

static int by_accept4(int fd, struct sockaddr *address, socklen_t *len)
{
    return accept4(fd, address, len, SOCK_CLOEXEC);
}

static void accept_all(void)
{
    works(by_accept);
    inherits(by_accept);
    fails(by_accept);
    interrupted(by_accept);
}

static void accept4_all(void)
{
    works(by_accept4);
    inherits(by_accept4);
    fails(by_accept4);
    interrupted(by_accept4);
    OBSERVE(accept4(server(SOCK_STREAM), NULL, NULL, 1));
}

const struct test_case cases[] = {
    {"accept", "all", accept_all},
    {"accept4", "all", accept4_all},
    {0},
};
