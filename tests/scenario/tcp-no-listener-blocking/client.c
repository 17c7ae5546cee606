/* SPDX-License-Identifier: MIT
 * client ADDRESS PORT: a blocking connect. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr *address = (struct sockaddr *)&in;
    socklen_t len = sizeof(in);

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
    if (connect(socket(address->sa_family, SOCK_STREAM, 0), address, len) == 0)
        return 0;
    perror("connect");
    return 1;
}
