/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    while (socket(argc > 1 && argv[1][0] == '6' ? AF_INET6 : AF_INET, SOCK_STREAM, 0) >= 0)
        ;
    return errno;
}
