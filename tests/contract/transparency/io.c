/* SPDX-License-Identifier: MIT
 * Reads, writes and ends of descriptors: that work, that deliver the error of a pending connect(),
 * hostile arguments, cancellation, signals. */
#include "observe.h"

#include <stdatomic.h>
#include <stdbool.h>

#include <poll.h>
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>

/* --- connections --------------------------------------------------------------------------- */

/* A connection to this very process; the other end in *peer. */
static int connection(int *peer)
{
    struct sockaddr_in addr = v4(0);
    socklen_t len = sizeof(addr);
    int server = tcp(), fd = tcp();

    if (bind(server, (struct sockaddr *)&addr, sizeof(addr)) != 0 || listen(server, 1) != 0 ||
        getsockname(server, (struct sockaddr *)&addr, &len) != 0 || CONNECT(fd, addr) != 0)
        say("  no connection\n");
    *peer = accept(server, NULL, NULL);
    close(server);
    return fd;
}

/* A non-blocking connect() that was refused; nobody has asked for the error yet. */
static int refused(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    CONNECT(fd, addr);
    poll(&poll_fd, 1, 5000);
    return fd;
}

/* One whose handshake never ends: the listener's queue is full. */
static int pending(void)
{
    static struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int fd;

    if (addr.sin_port == 0) {
        int server = tcp();

        addr = v4(0);
        bind(server, (struct sockaddr *)&addr, sizeof(addr));
        listen(server, 0);
        getsockname(server, (struct sockaddr *)&addr, &len);
        CONNECT(tcp(), addr);
    }
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CONNECT(fd, addr);
    return fd;
}

static void reset(int peer)
{
    struct linger now = {1, 0};

    setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(peer);
}

static void readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    OBSERVE(poll(&poll_fd, 1, 5000));
}

static void *unreadable(void)
{
    return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* --- every way to receive and to send, on every kind of descriptor -------------------------- */

typedef ssize_t receive_function(int fd, void *bytes, size_t size);
typedef ssize_t send_function(int fd, const void *bytes, size_t size);

/* After each the error is gone, or the bytes are. */
static void receive_by(receive_function *receive)
{
    char bytes[64] = "", *bad = unreadable();
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int peer, fd = connection(&peer), udp = socket(AF_INET, SOCK_DGRAM, 0), pipes[2];

    OBSERVE(write(peer, "hello world", 11));
    OBSERVE(receive(fd, bytes, 5));
    OBSERVE(receive(fd, bytes, 0));
    OBSERVE(receive(fd, bad, 5));
    OBSERVE(receive(fd, NULL, 5));
    OBSERVE(receive(fd, bytes + 5, 20));
    say("  %.20s\n", bytes);
    OBSERVE(close(peer));
    OBSERVE(receive(fd, bytes, 5));
    OBSERVE(receive(fd, bytes, 5));
    fd = connection(&peer);
    reset(peer);
    OBSERVE(receive(fd, bytes, 5));
    OBSERVE(receive(fd, bytes, 5));
    fd = connection(&peer);
    close(peer);
    OBSERVE(receive(fd, bytes, 5));
    fd = refused();
    OBSERVE(receive(fd, bytes, 5));
    OBSERVE(receive(fd, bytes, 5));
    fd = refused();
    OBSERVE(receive(fd, bad, 5));
    OBSERVE(receive(fd, bytes, 5));
    OBSERVE(receive(pending(), bytes, 5));
    OBSERVE(CONNECT(udp, addr));
    OBSERVE(send(udp, "x", 1, 0));
    OBSERVE(receive(udp, bytes, 5));
    OBSERVE(fcntl(udp, F_SETFL, O_NONBLOCK));
    OBSERVE(receive(udp, bytes, 5));
    OBSERVE(pipe(pipes));
    OBSERVE(write(pipes[1], "abc", 3));
    OBSERVE(receive(pipes[0], bytes, 2));
    OBSERVE(receive(pipes[1], bytes, 2));
    OBSERVE(receive(-1, bytes, 2));
    OBSERVE(receive(0x7fffffff, bytes, 2));
    OBSERVE(receive(tcp(), bytes, 2));
}

static void send_by(send_function *send_it)
{
    char bytes[64] = "", *bad = unreadable();
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int peer, fd = connection(&peer), udp = socket(AF_INET, SOCK_DGRAM, 0), pipes[2];

    signal(SIGPIPE, SIG_IGN);
    OBSERVE(send_it(fd, "hello", 5));
    OBSERVE(send_it(fd, "", 0));
    OBSERVE(send_it(fd, bad, 5));
    OBSERVE(read(peer, bytes, sizeof(bytes)));
    say("  %.20s\n", bytes);
    reset(peer);
    OBSERVE(send_it(fd, "x", 1));
    OBSERVE(send_it(fd, "x", 1));
    fd = refused();
    OBSERVE(send_it(fd, "x", 1));
    OBSERVE(send_it(fd, "x", 1));
    OBSERVE(read(fd, bytes, 1));
    OBSERVE(send_it(pending(), "x", 1));
    OBSERVE(CONNECT(udp, addr));
    OBSERVE(send_it(udp, "x", 1));
    OBSERVE(send_it(udp, "x", 1));
    OBSERVE(send_it(udp, bad, 5));
    OBSERVE(pipe(pipes));
    OBSERVE(send_it(pipes[1], "abc", 3));
    OBSERVE(close(pipes[0]));
    OBSERVE(send_it(pipes[1], "abc", 3));
    OBSERVE(send_it(-1, "x", 1));
    OBSERVE(send_it(0x7fffffff, "x", 1));
    OBSERVE(send_it(tcp(), "x", 1));
}

#define BY(name, way, bytes_type, call)                                             \
    static ssize_t by_##name(int fd, bytes_type *bytes, size_t size)                \
    {                                                                               \
        struct iovec vector[2] = {{(void *)bytes, size}, {NULL, 0}};                \
        struct mmsghdr message = {.msg_hdr = {.msg_iov = vector, .msg_iovlen = 2}}; \
        (void)vector, (void)message;                                                \
        return call;                                                                \
    }                                                                               \
    static void name##_all(void)                                                    \
    {                                                                               \
        way(by_##name);                                                             \
    }
#define RECEIVE(name, call) BY(name, receive_by, void, call)
#define SEND(name, call) BY(name, send_by, const void, call)

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *bytes, size_t size, size_t room, int flags,
                       struct sockaddr *address, socklen_t *len);
ssize_t __read(int fd, void *bytes, size_t size);
ssize_t __write(int fd, const void *bytes, size_t size);
ssize_t __send(int fd, const void *bytes, size_t size, int flags);
int __connect(int fd, const struct sockaddr *address, socklen_t len);
int __close(int fd);
int __dup2(int fd, int to);
int __fcntl(int fd, int command, ...);

RECEIVE(read, read(fd, bytes, size))
RECEIVE(readv, readv(fd, vector, 2))
RECEIVE(recv, recv(fd, bytes, size, 0))
RECEIVE(recvfrom, recvfrom(fd, bytes, size, 0, NULL, NULL))
RECEIVE(recvmsg, recvmsg(fd, &message.msg_hdr, 0))
RECEIVE(recvmmsg, recvmmsg(fd, &message, 1, 0, NULL))
RECEIVE(read_chk, __read_chk(fd, bytes, size, size))
RECEIVE(recv_chk, __recv_chk(fd, bytes, size, size, 0))
RECEIVE(recvfrom_chk, __recvfrom_chk(fd, bytes, size, size, 0, NULL, NULL))
RECEIVE(old_read, __read(fd, bytes, size))
SEND(write, write(fd, bytes, size))
SEND(writev, writev(fd, vector, 2))
SEND(send, send(fd, bytes, size, 0))
SEND(sendto, sendto(fd, bytes, size, 0, NULL, 0))
SEND(sendmsg, sendmsg(fd, &message.msg_hdr, 0))
SEND(sendmmsg, sendmmsg(fd, &message, 1, 0))
SEND(old_write, __write(fd, bytes, size))
SEND(old_send, __send(fd, bytes, size, 0))

/* --- what only some can do ------------------------------------------------------------------ */

static void recv_flags(void)
{
    char bytes[16];
    int peer, fd = connection(&peer);

    OBSERVE(recv(fd, bytes, 4, MSG_DONTWAIT));
    OBSERVE(write(peer, "0123456789", 10));
    readable(fd);
    OBSERVE(recv(fd, bytes, 4, MSG_PEEK));
    OBSERVE(recv(fd, bytes, 4, MSG_PEEK | MSG_DONTWAIT));
    OBSERVE(recv(fd, NULL, 4, MSG_TRUNC));
    OBSERVE(recv(fd, bytes, 4, MSG_WAITALL));
    OBSERVE(recv(fd, bytes, 4, MSG_OOB));
    OBSERVE(recv(fd, bytes, 4, MSG_ERRQUEUE | MSG_DONTWAIT));
    OBSERVE(recv(refused(), bytes, 4, MSG_PEEK));
    fd = refused();
    OBSERVE(recv(fd, bytes, 4, MSG_ERRQUEUE | MSG_DONTWAIT));
    OBSERVE(recv(fd, bytes, 4, 0));
}

static void messages_hostile(void)
{
    char byte = 'x', *bad = unreadable();
    int peer, fd = connection(&peer);
    struct iovec vector = {bad, 5}, good = {&byte, 1};
    volatile int minus = -1;
    struct msghdr message = {.msg_iov = (void *)bad, .msg_iovlen = 1};

    OBSERVE(sendmsg(fd, NULL, 0));
    OBSERVE(sendmsg(fd, (void *)bad, 0));
    OBSERVE(sendmsg(fd, &message, 0));
    OBSERVE(recvmsg(fd, NULL, MSG_DONTWAIT));
    OBSERVE(recvmsg(fd, (void *)bad, MSG_DONTWAIT));
    OBSERVE(recvmsg(fd, &message, MSG_DONTWAIT));
    message.msg_iov = &vector;
    OBSERVE(sendmsg(fd, &message, 0));
    message.msg_iovlen = 99999;
    OBSERVE(sendmsg(fd, &message, 0));
    OBSERVE(writev(fd, (void *)bad, 1));
    OBSERVE(writev(fd, &good, minus));
    OBSERVE(readv(fd, (void *)bad, 1));
    OBSERVE(sendmmsg(fd, (void *)bad, 1, 0));
    OBSERVE(sendmmsg(fd, NULL, 0, 0));
    OBSERVE(recvmmsg(fd, (void *)bad, 1, MSG_DONTWAIT, NULL));
    OBSERVE(sendmsg(refused(), (void *)bad, 0));
    OBSERVE(recvmsg(refused(), (void *)bad, 0));
    OBSERVE(sendmmsg(refused(), (void *)bad, 1, 0));
}

static void sendto_elsewhere(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED), far = v4(80);
    struct iovec vector = {(char[]){"x"}, 1};
    struct msghdr message = {
        .msg_name = &far, .msg_namelen = sizeof(far), .msg_iov = &vector, .msg_iovlen = 1};
    int udp = socket(AF_INET, SOCK_DGRAM, 0);

    far.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1: no route */
    OBSERVE(sendto(udp, "x", 1, 0, (struct sockaddr *)&far, sizeof(far)));
    OBSERVE(sendmsg(udp, &message, 0));
    OBSERVE(sendto(udp, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(sendto(udp, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(sendto(udp, "x", 1, 0, unreadable(), sizeof(addr)));
    OBSERVE(sendto(udp, "x", 1, 0, (struct sockaddr *)&addr, 3));
    far.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    OBSERVE(sendto(udp, "x", 1, 0, (struct sockaddr *)&far, sizeof(far)));
    OBSERVE(sendmsg(udp, &message, 0));
}

static void sendto_fast(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED), open = v4(PORT_OPEN);
    struct iovec vector = {(char[]){"x"}, 1};
    struct msghdr message = {
        .msg_name = &addr, .msg_namelen = sizeof(addr), .msg_iov = &vector, .msg_iovlen = 1};
    int fd = tcp(), waits = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
    struct pollfd poll_fd = {.fd = waits, .events = POLLOUT};
    socklen_t len = sizeof(error);

    OBSERVE(sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&open, sizeof(open)));
    OBSERVE(sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&open, sizeof(open)));
    OBSERVE(sendto(tcp(), "x", 1, MSG_FASTOPEN, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(sendto(tcp(), "x", 1, MSG_FASTOPEN, unreadable(), sizeof(addr)));
    OBSERVE(sendto(tcp(), "x", 1, MSG_FASTOPEN, NULL, 0));
    OBSERVE(sendmsg(tcp(), &message, MSG_FASTOPEN));
    OBSERVE(sendmsg(tcp(), unreadable(), MSG_FASTOPEN));
    OBSERVE(sendto(waits, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(poll(&poll_fd, 1, 5000));
    OBSERVE(getsockopt(waits, SOL_SOCKET, SO_ERROR, &error, &len));
    say("  SO_ERROR %d\n", error);
}

/* --- ends ------------------------------------------------------------------------------------ */

static void close_while_pending(void)
{
    int fd = pending(), copy = dup(fd), error = -1;
    socklen_t len = sizeof(error);

    OBSERVE(close(fd));
    OBSERVE(close(copy));
    OBSERVE(close(copy));
    OBSERVE(close(refused()));
    fd = refused();
    copy = dup(fd);
    OBSERVE(close(fd));
    OBSERVE(getsockopt(copy, SOL_SOCKET, SO_ERROR, &error, &len));
    say("  SO_ERROR %d\n", error);
    OBSERVE(dup2(0, pending()) > 0);
    OBSERVE(dup2(999, pending()));
    OBSERVE(dup3(0, pending(), 0x1234));
    OBSERVE(syscall(SYS_close, pending()));
    OBSERVE(syscall(SYS_close, refused()));
    OBSERVE(syscall(SYS_close, -1));
}

/* A child that closes its copy has not given up, and takes no error away. */
static void fork_while_pending(void)
{
    int fd = refused(), error = -1;
    socklen_t len = sizeof(error);
    pid_t pid = fork();

    if (pid == 0) {
        close(fd);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
    say("  SO_ERROR %d\n", error);
    fd = refused();
    pid = fork();
    if (pid == 0) {
        usleep(100000);
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
        _exit(error);
    }
    OBSERVE(close(fd));
    waitpid(pid, &error, 0);
    say("  child saw %d\n", WEXITSTATUS(error));
    pid = vfork();
    if (pid == 0) {
        close(fd);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void shutdown_all(void)
{
    char byte;
    int peer, fd = connection(&peer);

    OBSERVE(shutdown(fd, SHUT_WR));
    OBSERVE(close(peer));
    OBSERVE(read(fd, &byte, 1));
    OBSERVE(shutdown(fd, SHUT_RDWR));
    OBSERVE(shutdown(tcp(), SHUT_RDWR));
    OBSERVE(shutdown(fd, 99));
    OBSERVE(shutdown(-1, SHUT_RD));
    OBSERVE(shutdown(0, SHUT_RD));
    fd = pending();
    OBSERVE(shutdown(fd, SHUT_RD));
    OBSERVE(shutdown(fd, SHUT_RDWR));
    OBSERVE(read(fd, &byte, 1));
    fd = refused();
    OBSERVE(shutdown(fd, SHUT_RDWR));
    OBSERVE(read(fd, &byte, 1));
}

static void close_range_all(void)
{
    int fd = pending();

    OBSERVE(close_range((unsigned)fd, (unsigned)fd + 5, 0x1000));
    OBSERVE(close_range((unsigned)fd, (unsigned)fd - 1, 0));
    OBSERVE(close_range((unsigned)fd, (unsigned)fd, CLOSE_RANGE_CLOEXEC));
    OBSERVE(fcntl(fd, F_GETFD));
    OBSERVE(close_range((unsigned)fd, ~0u, 0));
    OBSERVE(fcntl(fd, F_GETFD));
    OBSERVE(close_range(3, ~0u, CLOSE_RANGE_UNSHARE));
    OBSERVE(fail_once());
}

static void closefrom_all(void)
{
    int fd = pending();

    closefrom(fd);
    OBSERVE(fcntl(fd, F_GETFD));
    closefrom(3);
    OBSERVE(fail_once());
}

static void old_names(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp();

    OBSERVE(__connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(__dup2(fd, 40));
    OBSERVE(__fcntl(fd, F_DUPFD, 50));
    OBSERVE(__fcntl(fd, F_GETFL));
    OBSERVE(__close(fd));
    OBSERVE(__close(fd));
    OBSERVE(__close(pending()));
}

/* --- threads and signals --------------------------------------------------------------------- */

static volatile int cleaned;

static void clean(void *unused)
{
    (void)unused;
    cleaned++;
}

static atomic_bool about_to_wait;

static void *receive_until_cancelled(void *fd)
{
    char byte;

    pthread_cleanup_push(clean, NULL);
    about_to_wait = true;
    if (recv(*(int *)fd, &byte, 1, 0) < 1 || read(*(int *)fd, &byte, 1) < 1)
        return NULL;
    pthread_cleanup_pop(0);
    return NULL;
}

static void *connect_until_cancelled(void *fd)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);

    pthread_cleanup_push(clean, NULL);
    /* the queue of the listener that pending() made is full */
    pending();
    getsockname(*(int *)fd, (struct sockaddr *)&addr, &len);
    about_to_wait = true;
    CONNECT(tcp(), addr);
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel(void *(*run)(void *), int fd)
{
    pthread_t thread;
    void *result;

    about_to_wait = false;
    OBSERVE(pthread_create(&thread, NULL, run, &fd));
    while (!about_to_wait)
        usleep(1000);
    usleep(100000);
    OBSERVE(pthread_cancel(thread));
    OBSERVE(pthread_join(thread, &result));
    say("  cancelled %d cleaned %d\n", result == PTHREAD_CANCELED, cleaned);
}

static void cancelled(void)
{
    struct sockaddr_in addr = v4(0);
    int peer, fd = connection(&peer), server = tcp();
    socklen_t len = sizeof(addr);

    cancel(receive_until_cancelled, fd);
    OBSERVE(write(peer, "x", 1));
    cancel(receive_until_cancelled, fd);
    bind(server, (struct sockaddr *)&addr, sizeof(addr));
    listen(server, 0);
    getsockname(server, (struct sockaddr *)&addr, &len);
    CONNECT(tcp(), addr);
    cancel(connect_until_cancelled, server);
    OBSERVE(fail_once());
}

static sigjmp_buf jump;

static void on_alarm(int signal)
{
    if (signal == SIGALRM)
        siglongjmp(jump, 1);
}

static void interrupted(void)
{
    struct sigaction jumps = {.sa_handler = on_alarm}, returns = {.sa_handler = on_alarm};
    struct itimerval timer = {{0, 0}, {0, 50000}};
    char byte;
    int peer, fd = connection(&peer);
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    timer_t clock;
    /* the first may come before the call */
    struct itimerspec often = {{0, 50000000}, {0, 50000000}}, never = {{0, 0}, {0, 0}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    volatile int server = tcp(), client = tcp();

    addr = v4(0);
    bind(server, (struct sockaddr *)&addr, sizeof(addr));
    listen(server, 0);
    getsockname(server, (struct sockaddr *)&addr, &len);
    CONNECT(tcp(), addr);
    sigaction(SIGALRM, &jumps, NULL);
    sigaction(SIGUSR1, &returns, NULL);
    timer_create(CLOCK_MONOTONIC, &event, &clock);
    timer_settime(clock, 0, &often, NULL);
    OBSERVE(recv(fd, &byte, 1, 0));
    OBSERVE(CONNECT(client, addr));
    timer_settime(clock, 0, &never, NULL);
    OBSERVE(close(client));
    client = tcp();
    if (sigsetjmp(jump, 1) == 0) {
        setitimer(ITIMER_REAL, &timer, NULL);
        CONNECT(client, addr);
        say("  not jumped\n");
    }
    OBSERVE(close(client));
    client = tcp();
    OBSERVE(setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &timer.it_value, sizeof(timer.it_value)));
    OBSERVE(CONNECT(client, addr));
    OBSERVE(close(client));
    OBSERVE(fail_once());
}

const struct test_case cases[] = {
    {"read", "read", read_all},
    {"readv", "readv", readv_all},
    {"recv", "recv", recv_all},
    {"recv", "recv with flags", recv_flags},
    {"recvfrom", "recvfrom", recvfrom_all},
    {"recvmsg", "recvmsg", recvmsg_all},
    {"recvmmsg", "recvmmsg", recvmmsg_all},
    {"__read_chk", "__read_chk", read_chk_all},
    {"__recv_chk", "__recv_chk", recv_chk_all},
    {"__recvfrom_chk", "__recvfrom_chk", recvfrom_chk_all},
    {"__read", "__read", old_read_all},
    {"write", "write", write_all},
    {"writev", "writev", writev_all},
    {"send", "send", send_all},
    {"sendto", "sendto", sendto_all},
    {"sendto", "sendto elsewhere", sendto_elsewhere},
    {"sendto", "sendto fast open", sendto_fast},
    {"sendmsg", "sendmsg", sendmsg_all},
    {"sendmsg", "hostile messages", messages_hostile},
    {"sendmmsg", "sendmmsg", sendmmsg_all},
    {"__write", "__write", old_write_all},
    {"__send", "__send", old_send_all},
    {"close", "close while pending", close_while_pending},
    {"fork", "fork while pending", fork_while_pending},
    {"shutdown", "shutdown", shutdown_all},
    {"close_range", "close_range", close_range_all},
    {"closefrom", "closefrom", closefrom_all},
    {"__connect", "old names", old_names},
    {"__close", "old names again", old_names},
    {"__dup2", "old names once more", old_names},
    {"__fcntl", "old names to the end", old_names},
    {"threads", "cancelled while waiting", cancelled},
    {"signals", "interrupted while waiting", interrupted},
    {0},
};
