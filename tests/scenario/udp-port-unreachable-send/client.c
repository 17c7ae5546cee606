/* SPDX-License-Identifier: MIT
 * client ADDRESS PORT: sends datagrams until one is refused; then 7. */
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *to;
    int fd;

    if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &to) != 0)
        return 2;
    fd = socket(to->ai_family, SOCK_DGRAM, 0);
    if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
        return 3;
    for (int i = 0; i < 100; i++) {
        if (send(fd, "x", 1, 0) < 0)
            return errno == ECONNREFUSED ? 7 : 4;
    }
    return 1;
}
