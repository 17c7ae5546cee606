/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(7123)};
    struct hostent *host = argc > 1 ? gethostbyname(argv[1]) : NULL;

    if (host == NULL)
        return 1;
    memcpy(&addr.sin_addr, host->h_addr_list[0], sizeof(addr.sin_addr));
    if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return 0;
    return errno;
}
