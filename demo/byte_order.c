/* SPDX-License-Identifier: MIT
 * The port is passed without htons(), as in many a first socket program. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

    bind(server, (struct sockaddr *)&address, sizeof(address));
    listen(server, 5);
    getsockname(server, (struct sockaddr *)&address, &len);
    address.sin_port = ntohs(address.sin_port); /* the mistake */
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("byte_order: connect");
        return 1;
    }
    return 0;
}
