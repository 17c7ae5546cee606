/* SPDX-License-Identifier: MIT
 * What the hooks of read() and write() cost on descriptors that are not ours, inside one preloaded
 * process: the hooked function against libc's own.
 * usage: io read|write|empty ROUNDS CALLS      (empty: a read that fails with EAGAIN) */
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"

typedef ssize_t io_function(int fd, void *bytes, size_t size);

static io_function *bare, *hooked;
static unsigned calls;
static int fd;

static double measure(unsigned variant)
{
    io_function *call = variant < 2 ? bare : hooked;
    char byte = 0;
    double start = now_us(CLOCK_MONOTONIC);

    for (unsigned i = 0; i < calls; i++)
        call(fd, &byte, 1);
    return (now_us(CLOCK_MONOTONIC) - start) / calls;
}

int main(int argc, char **argv)
{
    struct variants v = {.count = 3,
                         .name = {"libc's own", "the same again (A/A control)", "hooked"}};
    int pipes[2];

    if (argc != 4 || pipe2(pipes, O_NONBLOCK) != 0)
        return 2;
    const char *name = argv[1][0] == 'w' ? "write" : "read";

    fd = argv[1][0] == 'w'   ? open("/dev/null", O_WRONLY)
         : argv[1][0] == 'r' ? open("/dev/zero", O_RDONLY)
                             : pipes[0];
    bare = (io_function *)dlsym(dlopen("libc.so.6", RTLD_NOW), name);
    hooked = (io_function *)dlsym(RTLD_DEFAULT, name);
    v.rounds = (unsigned)atoi(argv[2]);
    calls = (unsigned)atoi(argv[3]);
    run_rounds(&v, measure);
    print_variants(&v, "ns", 1000);
    return 0;
}
