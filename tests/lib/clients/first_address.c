/* SPDX-License-Identifier: MIT
 * Tries only the first address of a name; then ends, or goes on, as it is told. */
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    const struct timespec longer_than_held = {.tv_sec = 1, .tv_nsec = 500000000};
    int fd;

    if (argc != 4 || getaddrinfo(argv[1], argv[2], &hints, &list) != 0)
        return 99;
    fd = socket(list->ai_family, SOCK_STREAM, 0);
    if (connect(fd, list->ai_addr, list->ai_addrlen) == 0)
        return 98;
    close(fd);
    if (strcmp(argv[3], "killed") == 0)
        kill(getpid(), SIGKILL);
    if (strcmp(argv[3], "exits") == 0)
        _exit(3);
    if (strcmp(argv[3], "execs") == 0)
        execl("/bin/true", "true", (char *)NULL);
    if (strcmp(argv[3], "aborts") == 0)
        abort();
    nanosleep(&longer_than_held, NULL);
    return 0;
}
