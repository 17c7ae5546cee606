/* SPDX-License-Identifier: MIT
 * A server listens on port 8080, and a packet filter rule rejects what comes in for it: demo/run
 * makes the rule, in a network namespace of its own. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#define PORT 8080

static struct sockaddr_in here(void)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void serve(void)
{
    struct sockaddr_in address = here();
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    bind(fd, (struct sockaddr *)&address, sizeof(address));
    listen(fd, 5);
}

static int fetch(void)
{
    struct sockaddr_in address = here();
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("firewall: connect");
        return 1;
    }
    return 0;
}

int main(void)
{
    serve();
    return fetch();
}
