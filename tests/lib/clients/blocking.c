/* SPDX-License-Identifier: MIT
 * client ADDRESS PORT: a blocking connect. */
#include <stdio.h>

#include "address.h"

int main(int argc, char **argv)
{
    struct sockaddr_storage address;
    socklen_t len;

    if (argc != 3)
        return 2;
    len = read_address(argv[1], argv[2], &address);
    if (connect(socket(address.ss_family, SOCK_STREAM, 0), (void *)&address, len) == 0)
        return 0;
    perror("connect");
    return 1;
}
