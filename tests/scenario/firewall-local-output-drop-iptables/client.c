/* SPDX-License-Identifier: MIT
 * Waits for a connection for one and a half second, and ends. */
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *to;
    struct pollfd poll_fd = {.events = POLLOUT};

    if (argc < 2 || getaddrinfo(argv[1], "7123", &hints, &to) != 0)
        return 2;
    poll_fd.fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(poll_fd.fd, to->ai_addr, to->ai_addrlen);
    return poll(&poll_fd, 1, 1500) == 0 ? 7 : 1;
}
