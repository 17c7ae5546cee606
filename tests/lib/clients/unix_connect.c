/* SPDX-License-Identifier: MIT
 * Connects without blocking, or with SO_SNDTIMEO: client PATH nonblock|timeout */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval timeout = {.tv_usec = 200000};
    int nonblock = argc > 2 && strcmp(argv[2], "nonblock") == 0;
    int fd = socket(AF_UNIX, SOCK_STREAM | (nonblock ? SOCK_NONBLOCK : 0), 0);

    strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
    if (!nonblock)
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return 0;
    printf("%s\n", strerror(errno));
    return errno == EAGAIN ? 6 : 1;
}
