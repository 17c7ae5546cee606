/* SPDX-License-Identifier: MIT
 * The first failure of a process: time of one refused connect(), as the process itself sees it.
 * usage: first ROUNDS LIBRARY NAME=VALUE...   (settings of the library in each variant)
 * With TO=ADDRESS among the settings it goes there, and is given up after GIVE_UP_MS. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define GIVE_UP_MS 40

static char *self;
static char preload[4200];
static int settings_count;
static char **settings;

static int child(void)
{
    struct sockaddr_in target = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *to = getenv("TO");
    int fd = socket(AF_INET, SOCK_STREAM | (to != NULL ? SOCK_NONBLOCK : 0), 0), error;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    socklen_t len = sizeof(error);
    double start;

    if (to != NULL && inet_pton(AF_INET, to, &target.sin_addr) != 1)
        return 1;
    start = now_us(CLOCK_MONOTONIC);
    if (connect(fd, (struct sockaddr *)&target, sizeof(target)) < 0 && errno == EINPROGRESS) {
        if (poll(&wait, 1, GIVE_UP_MS) > 0)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
        close(fd);
    }
    start = now_us(CLOCK_MONOTONIC) - start;
    return write(3, &start, sizeof(start)) == sizeof(start) ? 0 : 1;
}

static double measure(unsigned variant)
{
    char *argv[] = {self, "child", NULL};
    char *envp[16] = {variant < 2 ? "NONE=" : preload};
    posix_spawn_file_actions_t actions;
    double result = -1;
    int pipes[2], status;
    pid_t pid;

    for (int i = 0; i < settings_count && i < 14; i++)
        envp[i + 1] = settings[i];
    if (pipe(pipes) < 0)
        exit(1);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 3);
    if (posix_spawn(&pid, self, &actions, NULL, argv, envp) != 0)
        exit(1);
    close(pipes[1]);
    if (read(pipes[0], &result, sizeof(result)) != sizeof(result) ||
        waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "first: the child failed\n");
        exit(1);
    }
    close(pipes[0]);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

int main(int argc, char **argv)
{
    struct variants v = {
        .count = 3, .name = {"no preload", "no preload again (A/A control)", "libwhyrefused.so"}};

    if (argc == 2 && strcmp(argv[1], "child") == 0)
        return child();
    if (argc < 3)
        return 2;
    self = argv[0];
    v.rounds = (unsigned)atoi(argv[1]);
    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", argv[2]);
    settings_count = argc - 3;
    settings = argv + 3;
    run_rounds(&v, measure);
    print_variants(&v, "us", 1);
    return 0;
}
