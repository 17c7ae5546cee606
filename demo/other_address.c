/* SPDX-License-Identifier: MIT
 * A server listens on 127.0.0.2 only; the client asks 127.0.0.1. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

static struct sockaddr_in loopback(unsigned host, unsigned short port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(0x7f000000u | host)};
}

static unsigned short serve(void)
{
    struct sockaddr_in address = loopback(2, 0);
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    bind(fd, (struct sockaddr *)&address, sizeof(address));
    listen(fd, 5);
    getsockname(fd, (struct sockaddr *)&address, &len);
    return ntohs(address.sin_port);
}

static int fetch(unsigned short port)
{
    struct sockaddr_in address = loopback(1, port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("other_address: connect");
        return 1;
    }
    return 0;
}

int main(void)
{
    return fetch(serve());
}
