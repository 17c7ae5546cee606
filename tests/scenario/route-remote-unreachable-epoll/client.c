/* SPDX-License-Identifier: MIT
 * Connects without blocking, waits with epoll, and exits with the error. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static int dial(const char *host, const char *port)
{
    struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = to4.sin_port};
    int v6 = inet_pton(AF_INET, host, &to4.sin_addr) != 1;
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (v6 && inet_pton(AF_INET6, host, &to6.sin6_addr) != 1)
        exit(2);
    if (connect(fd, v6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to4,
                v6 ? sizeof(to6) : sizeof(to4)) == 0 ||
        errno != EINPROGRESS)
        exit(2);
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event event = {.events = EPOLLOUT};
    int error = 0, epoll = epoll_create1(0);
    int fd = argc == 3 ? dial(argv[1], argv[2]) : -1;
    socklen_t len = sizeof(error);

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 || epoll_wait(epoll, &event, 1, 20000) != 1)
        return 2;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error;
}
