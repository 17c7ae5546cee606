/* SPDX-License-Identifier: MIT
 * Fails before any library is initialised: .preinit_array runs before every constructor, ours
 * too. */
#include "observe.h"

static struct {
    int fd, rc, error;
} early[3];

static void fail_early(int argc, char **argv, char **env)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(PORT_CLOSED)};

    (void)argc, (void)argv, (void)env;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (unsigned i = 0; i < sizeof(early) / sizeof(early[0]); i++) {
        early[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        errno = 77;
        early[i].rc = connect(early[i].fd, (struct sockaddr *)&addr, sizeof(addr));
        early[i].error = errno;
        close(early[i].fd);
    }
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **,
                                                                            char **) = fail_early;

static void before_ours(void)
{
    for (unsigned i = 0; i < sizeof(early) / sizeof(early[0]); i++)
        say("  fd %d rc %d errno %d\n", early[i].fd, early[i].rc, early[i].error);
}

/* And still as usual afterwards. */
static void afterwards(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);

    addr.sin_addr.s_addr = htonl(0x7f000002);
    OBSERVE(CONNECT(tcp(), addr));
}

const struct test_case cases[] = {
    {"constructor", "before ours", before_ours},
    {"constructor", "afterwards", afterwards},
    {0},
};
