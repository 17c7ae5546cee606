/* SPDX-License-Identifier: MIT
 * What the hooks cost inside one preloaded process: the hooked function against libc's own.
 * usage: calls udp|tcp|refused|storm ROUNDS CALLS      (see tests/bench/run) */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

typedef int connect_function(int fd, const struct sockaddr *address, socklen_t len);

static connect_function *bare;
static unsigned calls;
static int failing; /* to another port each */
static struct sockaddr_in target = {.sin_family = AF_INET};

static int hooked(int fd, const struct sockaddr *address, socklen_t len)
{
    return connect(fd, address, len);
}

static connect_function *function_of(unsigned variant)
{
    return variant < 2 ? bare : hooked;
}

/* Connects one UDP socket again and again: the cheapest call that succeeds. */
static double measure_udp(unsigned variant)
{
    connect_function *call = function_of(variant);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    double start;

    target.sin_port = htons(9);
    start = now_us(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < calls; i++)
        call(fd, (struct sockaddr *)&target, sizeof(target));
    start = now_us(CLOCK_MONOTONIC) - start;
    close(fd);
    return start / calls;
}

/* New sockets; only the connects are timed. For "refused" the failures go to another port each:
 * a repeated one is only counted, which is what "storm" measures. */
static double measure_tcp(unsigned variant)
{
    connect_function *call = function_of(variant);
    double total = 0;

    for (unsigned i = 0; i < calls; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        double start;

        if (failing)
            target.sin_port = htons(1 + i % 1000);
        start = now_us(CLOCK_MONOTONIC);
        call(fd, (struct sockaddr *)&target, sizeof(target));
        total += now_us(CLOCK_MONOTONIC) - start;
        close(fd);
    }
    return total / calls;
}

static void *serve(void *arg)
{
    int fd = *(int *)arg, peer;

    while ((peer = accept(fd, NULL, NULL)) >= 0)
        close(peer);
    return NULL;
}

static void start_server(void)
{
    static int fd;
    pthread_t thread;

    fd = listen_at(&target, 4096);
    pthread_create(&thread, NULL, serve, &fd);
}

int main(int argc, char **argv)
{
    struct variants v = {.count = 3,
                         .name = {"libc's own connect", "the same again (A/A control)", "hooked"}};
    int kind = argc == 4 ? argv[1][0] : 0;

    if (kind == 0)
        return 2;
    bare = (connect_function *)dlsym(dlopen("libc.so.6", RTLD_NOW), "connect");
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    target.sin_port = htons(1);
    v.rounds = (unsigned)atoi(argv[2]);
    calls = (unsigned)atoi(argv[3]);
    failing = kind == 'r';
    if (kind == 't') {
        target.sin_port = 0;
        start_server();
    }
    run_rounds(&v, kind == 'u' ? measure_udp : measure_tcp);
    /* the first of a storm is in one sample of many, and the median drops it */
    print_variants(&v, kind == 'u' ? "ns" : "us", kind == 'u' ? 1000 : 1);
    return 0;
}
