/* SPDX-License-Identifier: MIT
 * What a connection costs from its beginning to its end on loopback: connect, write, read and
 * close, the hooked functions against libc's own. With VARIANT (0 or 2) only that one runs, to be
 * looked at with strace -c. usage: connection ANSWER-BYTES ROUNDS CALLS [VARIANT] */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define ANSWER_MAX 16384

struct functions {
    int (*connect)(int fd, const struct sockaddr *address, socklen_t len);
    ssize_t (*write)(int fd, const void *bytes, size_t size);
    ssize_t (*read)(int fd, void *bytes, size_t size);
    int (*close)(int fd);
};

static struct functions bare, hooked;
static unsigned calls;
static size_t answer;
static struct sockaddr_in target = {.sin_family = AF_INET};

static void find(void *library, struct functions *ret)
{
    *(void **)&ret->connect = dlsym(library, "connect");
    *(void **)&ret->write = dlsym(library, "write");
    *(void **)&ret->read = dlsym(library, "read");
    *(void **)&ret->close = dlsym(library, "close");
}

static double measure(unsigned variant)
{
    const struct functions *f = variant < 2 ? &bare : &hooked;
    double start = now_us(CLOCK_MONOTONIC);
    char bytes[ANSWER_MAX];

    for (unsigned i = 0; i < calls; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (f->connect(fd, (struct sockaddr *)&target, sizeof(target)) != 0 ||
            f->write(fd, "hello\n", 6) != 6)
            exit(1);
        for (size_t got = 0; got < answer;) {
            ssize_t n = f->read(fd, bytes, sizeof(bytes));

            if (n <= 0)
                exit(1);
            got += (size_t)n;
        }
        f->close(fd);
    }
    return (now_us(CLOCK_MONOTONIC) - start) / calls;
}

static void *serve(void *arg)
{
    static const char bytes[ANSWER_MAX];
    char word[6];
    int peer;

    while ((peer = accept(*(int *)arg, NULL, NULL)) >= 0) {
        if (bare.read(peer, word, sizeof(word)) > 0 && bare.write(peer, bytes, answer) > 0)
            bare.read(peer, word, sizeof(word));
        bare.close(peer);
    }
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
                         .name = {"libc's own", "the same again (A/A control)", "hooked"}};

    if (argc < 4 || (answer = (size_t)atoi(argv[1])) == 0 || answer > ANSWER_MAX)
        return 2;
    v.rounds = (unsigned)atoi(argv[2]);
    calls = (unsigned)atoi(argv[3]);
    find(dlopen("libc.so.6", RTLD_NOW), &bare);
    find(RTLD_DEFAULT, &hooked);
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    start_server();
    if (argc > 4) {
        for (unsigned i = 0; i < v.rounds; i++)
            measure((unsigned)atoi(argv[4]));
        return 0;
    }
    run_rounds(&v, measure);
    print_variants(&v, "us", 1);
    return 0;
}
