/* SPDX-License-Identifier: MIT
 * The address of a client's command line. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Returns its length. */
static socklen_t read_address(const char *text, const char *port, struct sockaddr_storage *ret)
{
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
    struct sockaddr_in *in = (struct sockaddr_in *)ret;

    memset(ret, 0, sizeof(*ret));
    if (strchr(text, ':') != NULL) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((unsigned short)atoi(port));
        inet_pton(AF_INET6, text, &in6->sin6_addr);
        return sizeof(*in6);
    }
    in->sin_family = AF_INET;
    in->sin_port = htons((unsigned short)atoi(port));
    inet_pton(AF_INET, text, &in->sin_addr);
    return sizeof(*in);
}
