/* SPDX-License-Identifier: MIT
 * A report of each kind of failure, hot, inside one preloaded process: the hooked connect() against
 * libc's own. usage: report ADDRESS ROUNDS CALLS      (see tests/bench/run)
 * Every call goes to another port, and is given up after a moment where no answer has come. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define MOMENT_MS 2

typedef int connect_function(int fd, const struct sockaddr *address, socklen_t len);

static connect_function *bare;
static unsigned calls;
static struct sockaddr_in target = {.sin_family = AF_INET};

static int hooked(int fd, const struct sockaddr *address, socklen_t len)
{
    return connect(fd, address, len);
}

/* A report of what is given up is made when the program lets go of the socket. */
static double measure(unsigned variant)
{
    connect_function *call = variant < 2 ? bare : hooked;
    static unsigned next;
    double total = 0;

    for (unsigned i = 0; i < calls; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error;
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        socklen_t len = sizeof(error);
        double start;

        target.sin_port = htons((uint16_t)(1000 + next++ % 50000));
        start = now_us(CLOCK_MONOTONIC);
        if (call(fd, (struct sockaddr *)&target, sizeof(target)) < 0 && errno == EINPROGRESS &&
            poll(&wait, 1, MOMENT_MS) > 0)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
        close(fd);
        total += now_us(CLOCK_MONOTONIC) - start;
    }
    return total / calls;
}

int main(int argc, char **argv)
{
    struct variants v = {.count = 3,
                         .name = {"libc's own connect", "the same again (A/A control)", "hooked"}};

    if (argc != 4 || inet_pton(AF_INET, argv[1], &target.sin_addr) != 1)
        return 2;
    bare = (connect_function *)dlsym(dlopen("libc.so.6", RTLD_NOW), "connect");
    v.rounds = (unsigned)atoi(argv[2]);
    calls = (unsigned)atoi(argv[3]);
    run_rounds(&v, measure);
    print_variants(&v, "us", 1);
    return 0;
}
