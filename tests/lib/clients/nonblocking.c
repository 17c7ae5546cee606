/* SPDX-License-Identifier: MIT
 * client ADDRESS PORT: a non-blocking connect; the error comes out of SO_ERROR. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "address.h"

int main(int argc, char **argv)
{
    struct sockaddr_storage address;
    socklen_t len;
    int fd, error = 0;

    if (argc != 3)
        return 2;
    len = read_address(argv[1], argv[2], &address);
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connect(fd, (void *)&address, len) != 0 && errno == EINPROGRESS) {
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
