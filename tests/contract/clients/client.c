/* SPDX-License-Identifier: MIT
 * connect() without waiting, and the ways to learn what became of it: client HOW ADDRESS PORT. The
 * exit status is the errno that it met. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int status(long result)
{
    return result < 0 ? errno : 0;
}

static int learn(int fd, const char *how)
{
    char byte = 'x';

    if (strcmp(how, "send") == 0)
        return status(send(fd, &byte, 1, MSG_NOSIGNAL));
    if (strcmp(how, "recv") == 0)
        return status(recv(fd, &byte, 1, 0));
    if (strcmp(how, "read") == 0)
        return status(read(fd, &byte, 1));
    if (strcmp(how, "write") == 0)
        return status(write(fd, &byte, 1));
    if (strcmp(how, "shutdown") == 0)
        return status(shutdown(fd, SHUT_RDWR));
    if (strcmp(how, "dup2") == 0)
        return dup2(0, fd) < 0 ? errno : 0;
    if (strcmp(how, "close") == 0)
        return status(close(fd));
    return 0; /* exit */
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};

    if (argc != 4 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
        return 99;
    to.sin_port = htons((unsigned short)atoi(argv[3]));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 || errno != EINPROGRESS)
        return 98;
    poll(&ready, 1, 300);
    return learn(fd, argv[1]);
}
