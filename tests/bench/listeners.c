/* SPDX-License-Identifier: MIT
 * Holds N listening TCP sockets on loopback open, then runs a command. usage: listeners N CMD... */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    if (argc < 3)
        return 2;
    for (int i = atoi(argv[1]); i > 0; i--) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 1) < 0) {
            perror("listeners");
            return 1;
        }
    }
    /* The sockets are inherited: they live as long as the command does. */
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
