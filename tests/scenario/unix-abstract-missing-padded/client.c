/* SPDX-License-Identifier: MIT
 * The classic mistake with abstract names: client NAME */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)argc;
    strncpy(address.sun_path + 1, argv[1], sizeof(address.sun_path) - 2);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return 0;
    return errno == ECONNREFUSED ? 6 : 1;
}
