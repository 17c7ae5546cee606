/* SPDX-License-Identifier: MIT
 * client ADDRESS PORT: a blocking connect() with SO_SNDTIMEO; 7 where it came back in time. */
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *to;
    struct timeval limit = {.tv_usec = 300000};
    int fd, status;

    if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &to) != 0)
        return 2;
    fd = socket(to->ai_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    status = connect(fd, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno == EINPROGRESS ? 7 : 1;
    close(fd);
    return status;
}
