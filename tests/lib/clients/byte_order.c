/* SPDX-License-Identifier: MIT
 * Connects to an address and port, without htons() or htonl() where it is told so. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    uint16_t port = (uint16_t)atoi(argc > 2 ? argv[2] : "0");
    int rc, is_v6;

    if (argc != 4)
        return 64;
    is_v6 = inet_pton(AF_INET6, argv[1], &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, argv[1], &v4.sin_addr) != 1)
        return 64;
    if (strchr(argv[3], 'p') == NULL)
        port = htons(port);
    if (strchr(argv[3], 'a') != NULL)
        v4.sin_addr.s_addr = htonl(v4.sin_addr.s_addr);
    v6.sin6_port = v4.sin_port = port;
    rc = is_v6 ? connect(socket(AF_INET6, SOCK_STREAM, 0), (struct sockaddr *)&v6, sizeof(v6))
               : connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&v4, sizeof(v4));
    if (rc == 0)
        return 0;
    rc = errno;
    perror("client");
    return rc == ECONNREFUSED ? 3 : rc == ENETUNREACH ? 4 : 5;
}
