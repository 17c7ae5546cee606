/* SPDX-License-Identifier: MIT
 * Passes a path of any length: client PATH */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        char bytes[512];
    } address = {.un.sun_family = AF_UNIX};
    size_t len = strlen(argv[1]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)argc;
    memcpy(address.bytes + offsetof(struct sockaddr_un, sun_path), argv[1], len + 1);
    if (connect(fd, &address.any, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1)) ==
        0)
        return 0;
    return errno == EINVAL ? 6 : 1;
}
