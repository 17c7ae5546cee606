/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int pair[2];

    while (pipe(pair) == 0)
        ;
    while (dup(0) >= 0)
        ;
    return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}
