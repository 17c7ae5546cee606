/* SPDX-License-Identifier: MIT
 * `whyrefused --try`: what check.c has become, with the library: connects as any program would, one
 * address after the other, and leaves it to the library to tell why that fails. */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "helper/check.h"
#include "helper/helper.h"

/* A path that is too long is tried too: that is a cause of its own. */
#define UNIX_SIZE 2048
/* Who waits less, and hangs up, is taken for one who has lost interest (base/tlsjudge.c). */
#define HANDSHAKE_MS 1200
#define STAY_MS 200

struct job {
    struct wr_check_target target;
    long timeout_ms;
    struct timespec begin;
    char name[1200]; /* of what is tried now, for people */
};

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static const char *since(const struct timespec *begin, char text[32])
{
    struct timespec now;
    double ms;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (double)(now.tv_sec - begin->tv_sec) * 1e3 + (double)(now.tv_nsec - begin->tv_nsec) / 1e6;
    if (ms < 1000)
        snprintf(text, 32, "%.1f ms", ms);
    else
        snprintf(text, 32, "%.1f s", ms / 1000);
    return text;
}

bool wr_check_wait(int fd, short events, long long until_ms)
{
    struct pollfd wait = {.fd = fd, .events = events};
    long long left;
    int count;

    do {
        left = until_ms - now_ms();
        count = poll(&wait, 1, left > 0 ? (int)left : 0);
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

static bool not_connected(const struct job *job, int error)
{
    /* no time: that of the report would be in it, which has the right one */
    printf("not connected to %s: %s\n", job->name, strerror(error));
    return false;
}

static bool too_late(const struct job *job, const char *what)
{
    char text[32];

    printf("%s %s: no answer within %s\n", what, job->name, since(&job->begin, text));
    return false;
}

static bool connected(const struct job *job)
{
    char text[32];

    printf("connected to %s in %s\n", job->name, since(&job->begin, text));
    return true;
}

/* Proxies without a backend, limits and lists of addresses take a connection and then hang up: that
 * it stands says little. Most servers wait to be spoken to, and so long nothing comes. */
static bool stays(const struct job *job, int fd)
{
    char greeting[4096]; /* all of it: what is not read makes close() a reset */
    ssize_t got;

    if (!wr_check_wait(fd, POLLIN, now_ms() + STAY_MS))
        return true;
    got = recv(fd, greeting, sizeof(greeting), 0);
    if (got > 0)
        return true;
    printf("lost the connection to %s at once: %s\n", job->name,
           got == 0 ? "the peer closed it" : strerror(errno));
    return false;
}

/* True where it stands. */
static bool try_connect(const struct job *job, int fd, const struct sockaddr *address,
                        socklen_t len)
{
    int error = 0;

    if (connect(fd, address, len) == 0)
        return connected(job);
    if (errno != EINPROGRESS)
        return not_connected(job, errno);
    if (!wr_check_wait(fd, POLLOUT, now_ms() + job->timeout_ms))
        return too_late(job, "not connected to");
    len = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    return error == 0 ? connected(job) : not_connected(job, error);
}

static int shake_hands(const struct job *job, int fd)
{
    char text[512], took[32];
    long timeout_ms = job->timeout_ms > HANDSHAKE_MS ? job->timeout_ms : HANDSHAKE_MS;
    struct timespec begin;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    switch (wr_check_handshake(fd, job->target.host, now_ms() + timeout_ms, text, sizeof(text))) {
    case WR_CHECK_TLS_DONE:
        printf("TLS with %s in %s: %s\n", job->name, since(&begin, took), text);
        return 0;
    case WR_CHECK_TLS_NO_LIBRARY:
        fprintf(stderr, "whyrefused: check: TLS cannot be tried: %s\n", text);
        return WR_EXIT_OWN;
    case WR_CHECK_TLS_FAILED:
        break;
    }
    printf("no TLS with %s: %s\n", job->name, text);
    return WR_EXIT_REFUSED;
}

/* An ICMP error comes back where nobody has the port; an answer only where the server takes an
 * empty datagram for a question. */
static bool try_datagram(const struct job *job, int fd, const struct sockaddr *address,
                         socklen_t len)
{
    char answer[65536], text[32];
    ssize_t got;

    /* else an unreachable host is not told: RFC 1122 takes that for a passing trouble */
    setsockopt(fd, address->sa_family == AF_INET ? SOL_IP : SOL_IPV6,
               address->sa_family == AF_INET ? IP_RECVERR : IPV6_RECVERR, &(int){1}, sizeof(int));
    if (connect(fd, address, len) != 0 || send(fd, "", 0, 0) < 0)
        return not_connected(job, errno);
    if (!wr_check_wait(fd, POLLIN | POLLERR, now_ms() + job->timeout_ms)) {
        printf("nothing came back from %s within %s: over UDP that may be well, or not\n",
               job->name, since(&job->begin, text));
        return true;
    }
    got = recv(fd, answer, sizeof(answer), 0);
    if (got < 0)
        return not_connected(job, errno);
    printf("an answer of %zd bytes came from %s after %s\n", got, job->name,
           since(&job->begin, text));
    return true;
}

static void set_name(struct job *job, const struct addrinfo *address)
{
    const struct wr_check_target *target = &job->target;
    const char *udp = target->way == WR_CHECK_UDP ? "UDP " : "";
    char host[80], port[8]; /* an address with its interface; a number */

    if (getnameinfo(address->ai_addr, address->ai_addrlen, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(job->name, sizeof(job->name), "%s", target->host);
        return;
    }
    if (strcmp(host, target->host) == 0)
        snprintf(job->name, sizeof(job->name), "%s %sport %s", host, udp, port);
    else
        snprintf(job->name, sizeof(job->name), "%s (%s) %sport %s", target->host, host, udp, port);
}

static int try_address(struct job *job, const struct addrinfo *address)
{
    int fd, status = WR_EXIT_REFUSED;
    bool done;

    set_name(job, address);
    clock_gettime(CLOCK_MONOTONIC, &job->begin);
    fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                address->ai_protocol);
    if (fd < 0) {
        not_connected(job, errno);
        return status;
    }
    done = (job->target.way == WR_CHECK_UDP ? try_datagram : try_connect)(job, fd, address->ai_addr,
                                                                          address->ai_addrlen);
    if (done && job->target.way == WR_CHECK_TLS)
        status = shake_hands(job, fd);
    else if (done)
        status = job->target.way == WR_CHECK_UDP || stays(job, fd) ? 0 : WR_EXIT_REFUSED;
    close(fd);
    /* it stands: another address would not make it better */
    return done && status != 0 ? -status : status;
}

static int try_host(struct job *job, int family)
{
    const struct wr_check_target *target = &job->target;
    const struct addrinfo hints = {
        .ai_family = family,
        .ai_socktype = target->way == WR_CHECK_UDP ? SOCK_DGRAM : SOCK_STREAM,
    };
    struct addrinfo *found;
    int error = getaddrinfo(target->host, target->service, &hints, &found);
    int status = WR_EXIT_REFUSED;

    if (error != 0) {
        printf("%s port %s: %s\n", target->host, target->service,
               error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return WR_EXIT_REFUSED;
    }
    for (const struct addrinfo *at = found; at != NULL && status > 0; at = at->ai_next)
        status = try_address(job, at);
    freeaddrinfo(found);
    return status < 0 ? -status : status;
}

static int try_path(struct job *job)
{
    const char *path = job->target.host;
    size_t len = strlen(path);
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        char bytes[UNIX_SIZE];
    } address = {.un.sun_family = AF_UNIX};
    int fd;
    bool done;

    snprintf(job->name, sizeof(job->name), "unix:%s", path);
    clock_gettime(CLOCK_MONOTONIC, &job->begin);
    memcpy(address.bytes + offsetof(struct sockaddr_un, sun_path), path, len);
    if (path[0] == '@')
        address.bytes[offsetof(struct sockaddr_un, sun_path)] = '\0';
    else
        len++;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        not_connected(job, errno);
        return WR_EXIT_REFUSED;
    }
    done = try_connect(job, fd, &address.any,
                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
    return done ? 0 : WR_EXIT_REFUSED;
}

/* Whether connect() is the library's: the loader only warns where it cannot preload. */
static bool is_watched(void)
{
    Dl_info info;
    void *entry = dlsym(RTLD_DEFAULT, "connect");

    return entry != NULL && dladdr(entry, &info) != 0 && info.dli_fname != NULL &&
           strstr(info.dli_fname, "libwhyrefused") != NULL;
}

int wr_helper_try(char **argv)
{
    static const char *const ways[WR_CHECK_WAYS] = {"tcp", "tls", "udp", "unix"};
    static struct job job;
    unsigned count = 0, way = 0;
    int family;

    while (argv[count] != NULL)
        count++;
    if (count != 5 || strlen(argv[3]) >= sizeof(job.target.host) ||
        strlen(argv[4]) >= sizeof(job.target.service))
        return WR_EXIT_OWN;
    while (way < WR_CHECK_WAYS && strcmp(ways[way], argv[0]) != 0)
        way++;
    if (way == WR_CHECK_WAYS)
        return WR_EXIT_OWN;
    if (!is_watched()) {
        fputs("whyrefused: check: the library could not be preloaded\n", stderr);
        return WR_EXIT_OWN;
    }
    job.target.way = (enum wr_check_way)way;
    family = argv[1][0] == '4' ? AF_INET : argv[1][0] == '6' ? AF_INET6 : AF_UNSPEC;
    job.timeout_ms = atol(argv[2]);
    strcpy(job.target.host, argv[3]);
    strcpy(job.target.service, argv[4]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return job.target.way == WR_CHECK_UNIX ? try_path(&job) : try_host(&job, family);
}
