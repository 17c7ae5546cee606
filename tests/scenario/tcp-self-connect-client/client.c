/* SPDX-License-Identifier: MIT
 * Connects without blocking, waits, and asks for the error. usage: client ADDRESS PORT */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *to;
    struct linger linger = {.l_onoff = 1};
    struct pollfd poll_for = {.events = POLLOUT};
    int error = 0, fd;
    socklen_t len = sizeof(error);

    if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &to) != 0)
        return 2;
    fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    connect(fd, to->ai_addr, to->ai_addrlen);
    poll_for.fd = fd;
    poll(&poll_for, 1, 5000);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error != 0;
}
