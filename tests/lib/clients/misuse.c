/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (argc > 1 && strcmp(argv[1], "negative") == 0)
        fd = -1;
    else
        close(fd);
    if (argc > 1 && strcmp(argv[1], "file") == 0)
        fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    return connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0 ? 0 : errno;
}
