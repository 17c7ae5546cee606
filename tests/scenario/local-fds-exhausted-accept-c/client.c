/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
    struct rlimit limit = {20, 20};
    int server, client, one = 1;

    if (argc < 2 || getaddrinfo(argv[1], "8080", &hints, &found) != 0)
        return 1;
    server = socket(found->ai_family, SOCK_STREAM, 0);
    client = socket(found->ai_family, SOCK_STREAM, 0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(server, found->ai_addr, found->ai_addrlen) != 0 || listen(server, 4) != 0 ||
        connect(client, found->ai_addr, found->ai_addrlen) != 0)
        return 2;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY) >= 0)
        ;
    return accept4(server, NULL, NULL, SOCK_CLOEXEC) < 0 ? errno : 3;
}
