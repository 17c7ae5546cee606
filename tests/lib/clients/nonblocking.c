/* SPDX-License-Identifier: MIT
 * client ADDRESS PORT: a non-blocking connect; the error comes out of SO_ERROR. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr *address = (struct sockaddr *)&in;
    socklen_t len = sizeof(in);
    int fd, error = 0;

    if (argc != 3)
        return 2;
    if (strchr(argv[1], ':') != NULL) {
        inet_pton(AF_INET6, argv[1], &in6.sin6_addr);
        in6.sin6_port = htons((unsigned short)atoi(argv[2]));
        address = (struct sockaddr *)&in6;
        len = sizeof(in6);
    } else {
        inet_pton(AF_INET, argv[1], &in.sin_addr);
        in.sin_port = htons((unsigned short)atoi(argv[2]));
    }
    fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connect(fd, address, len) != 0 && errno == EINPROGRESS) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};

        len = sizeof(error);
        poll(&ready, 1, 10000);
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    } else {
        error = errno;
    }
    close(fd);
    if (error != 0)
        puts(strerror(error));
    return error != 0;
}
