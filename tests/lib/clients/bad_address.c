/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static int answer(int rc)
{
    return rc == 0 ? 0 : errno;
}

int main(int argc, char **argv)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    int family = argc > 1 && argv[1][0] == '6' ? AF_INET6 : AF_INET;
    struct sockaddr *address = (struct sockaddr *)(family == AF_INET ? (void *)&in : (void *)&in6);
    struct sockaddr *other = (struct sockaddr *)(family == AF_INET ? (void *)&in6 : (void *)&in);
    socklen_t len = family == AF_INET ? sizeof(in) : sizeof(in6);
    int fd = socket(family, SOCK_STREAM, 0);

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in6.sin6_addr = in6addr_loopback;
    if (argc < 3 || fd < 0)
        return 255;
    if (strcmp(argv[2], "short") == 0)
        return answer(connect(fd, address, sizeof(address)));
    if (strcmp(argv[2], "pointer") == 0)
        return answer(connect(fd, (struct sockaddr *)8, len));
    if (strcmp(argv[2], "negative") == 0)
        return answer(connect(fd, address, (socklen_t)-1));
    if (strcmp(argv[2], "swapped") == 0) {
        address->sa_family = htons(address->sa_family);
        return answer(connect(fd, address, len));
    }
    if (strcmp(argv[2], "unset") == 0) {
        memset(address, 0, len);
        ((struct sockaddr_in *)(void *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return answer(bind(fd, address, len));
    }
    return answer(connect(fd, other, sizeof(in6)));
}
