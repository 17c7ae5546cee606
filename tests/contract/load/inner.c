/* SPDX-License-Identifier: MIT
 * A library with a copy of its own of a function that the program has too, and a failing connect.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

const char *whose(void);
const char *whose(void)
{
    return "the library's";
}

const char *inner_whose(void);
const char *inner_whose(void)
{
    return whose();
}

int inner_connect(void);
int inner_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4002)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), rc;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    rc = connect(fd, (struct sockaddr *)&to, sizeof(to));
    close(fd);
    return rc;
}
