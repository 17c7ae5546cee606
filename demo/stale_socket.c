/* SPDX-License-Identifier: MIT
 * A daemon has ended and left its socket file behind. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address_in(const char *directory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/app.sock", directory);
    return address;
}

static void leave_socket_behind(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    bind(fd, (const struct sockaddr *)address, sizeof(*address));
    listen(fd, 5);
    close(fd);
}

int main(void)
{
    char directory[] = "/tmp/whyrefused-demo-XXXXXX";
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), failed;

    if (mkdtemp(directory) == NULL)
        return 2;
    address = address_in(directory);
    leave_socket_behind(&address);
    failed = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0;
    if (failed)
        perror("stale_socket: connect");
    unlink(address.sun_path);
    rmdir(directory);
    return failed;
}
