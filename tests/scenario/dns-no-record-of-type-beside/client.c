/* SPDX-License-Identifier: MIT */
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

enum { THREADS = 12, NAMES = 3 };

static int ask(const char *name, int family, int flags)
{
    struct addrinfo hints = {.ai_family = family, .ai_flags = flags, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int rc = getaddrinfo(name, "80", &hints, &list);

    if (rc == 0)
        freeaddrinfo(list);
    return rc;
}

/* IPv6 first, or IPv4 first, or the question whether it is a number. */
static void *run(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;

    for (unsigned i = 0; i < NAMES; i++) {
        char name[32];

        snprintf(name, sizeof(name), "n%u.ok.test", me * NAMES + i);
        if (me % 3 == 0 && ask(name, AF_INET6, 0) == 0)
            return arg;
        if (me % 3 == 2 && ask(name, AF_UNSPEC, AI_NUMERICHOST) == 0)
            return arg;
        if (ask(name, AF_INET, 0) != 0)
            return arg;
        if (me % 3 == 1 && ask(name, AF_INET6, 0) == 0)
            return arg;
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int bad = 0;

    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run, (void *)i);
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed;

        pthread_join(threads[i], &failed);
        bad += failed != NULL;
    }
    return bad;
}
