/* SPDX-License-Identifier: MIT
 * Fails to connect, blocking and not, in a thread too, and says what it got. For
 * tests/contract/hosts. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(unsigned short port, int flags)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0), error = 0;
    socklen_t len = sizeof(error);

    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};

        poll(&wait, 1, 5000);
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    }
    close(fd);
    return error;
}

static void *fail_in_thread(void *arg)
{
    *(int *)arg = fail(3, 0);
    return NULL;
}

int main(void)
{
    char *memory = malloc(100);
    pthread_t thread;
    int error = 0;

    pthread_create(&thread, NULL, fail_in_thread, &error);
    pthread_join(thread, NULL);
    printf("%d %d %d\n", fail(1, 0), fail(2, SOCK_NONBLOCK), error);
    free(memory);
    return 3;
}
