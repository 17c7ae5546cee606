/* SPDX-License-Identifier: MIT
 * The lookups besides getaddrinfo(): results, h_errno, errno and static buffers. */
#include "observe.h"

#include <resolv.h>

static void say_host(const struct hostent *host, const struct hostent *space)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (host == NULL) {
        say("  none, h_errno %d\n", h_errno);
        return;
    }
    inet_ntop(host->h_addrtype, host->h_addr_list[0], text, sizeof(text));
    say("  %s %d %d %s own %d h_errno %d\n", host->h_name, host->h_addrtype, host->h_length, text,
        host == space, h_errno);
}

static const char *const names[] = {"127.0.0.1", "localhost", "::1",   "nothing.invalid",
                                    "",          "a b",       "1.2.3", NULL};

static void gethostbyname_all(void)
{
    for (int i = 0; names[i] != NULL; i++) {
        struct hostent *host;

        h_errno = 9;
        OBSERVE((host = gethostbyname(names[i])) != NULL);
        say_host(host, NULL);
        OBSERVE(fail_once());
        say_host(host, NULL); /* the static buffer outlives a report */
    }
}

static void gethostbyname2_all(void)
{
    for (int i = 0; names[i] != NULL; i++) {
        struct hostent *host;

        h_errno = 9;
        OBSERVE((host = gethostbyname2(names[i], i % 2 == 0 ? AF_INET6 : AF_INET)) != NULL);
        say_host(host, NULL);
        OBSERVE((host = gethostbyname2(names[i], 77)) != NULL);
        say_host(host, NULL);
    }
}

static void gethostbyname_r_all(void)
{
    for (int i = 0; names[i] != NULL; i++) {
        struct hostent space, *host = &space;
        char buffer[2000];
        int h_error = 9;

        h_errno = 9;
        OBSERVE(gethostbyname_r(names[i], &space, buffer, sizeof(buffer), &host, &h_error));
        say_host(host, &space);
        OBSERVE(gethostbyname_r(names[i], &space, buffer, 8, &host, &h_error)); /* ERANGE */
        say("  result %d h_error %d\n", host == NULL, h_error);
    }
}

static void gethostbyname2_r_all(void)
{
    for (int i = 0; names[i] != NULL; i++) {
        struct hostent space, *host = &space;
        char buffer[2000];
        int h_error = 9;

        h_errno = 9;
        OBSERVE(
            gethostbyname2_r(names[i], AF_INET6, &space, buffer, sizeof(buffer), &host, &h_error));
        say_host(host, &space);
        OBSERVE(
            gethostbyname2_r(names[i], AF_INET, &space, buffer, sizeof(buffer), &host, &h_error));
        say_host(host, &space);
    }
}

static void getaddrinfo_a_all(void)
{
    struct gaicb requests[3] = {{.ar_name = "127.0.0.1", .ar_service = "4002"},
                                {.ar_name = "not a name"},
                                {.ar_name = NULL, .ar_service = "80"}};
    struct gaicb *list[] = {&requests[0], NULL, &requests[1], &requests[2]};

    OBSERVE(getaddrinfo_a(GAI_WAIT, list, 4, NULL));
    for (int i = 0; i < 3; i++)
        say("  %d %d\n", gai_error(&requests[i]), requests[i].ar_result != NULL);
    OBSERVE(getaddrinfo_a(77, list, 4, NULL));
    usleep(1500000); /* the threads of the lookups end */
}

static void gai_error_all(void)
{
    struct gaicb request = {.ar_name = "127.0.0.1", .ar_service = "4002"};
    struct gaicb *list[] = {&request};
    const struct gaicb *waited[] = {&request};

    OBSERVE(getaddrinfo_a(GAI_NOWAIT, list, 1, NULL));
    while (gai_suspend(waited, 1, NULL) == EAI_INTR)
        ;
    OBSERVE(gai_error(&request));
    OBSERVE(gai_error(&request));
    say("  %d\n", request.ar_result != NULL);
    usleep(1500000);
}

static void getnameinfo_all(void)
{
    static const char *const addresses[] = {"127.0.0.1", "192.0.2.7"};

    for (unsigned i = 0; i < 2; i++) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
        char host[256] = "", service[32] = "";

        inet_pton(AF_INET, addresses[i], &in.sin_addr);
        for (int flags = 0; flags <= NI_NAMEREQD; flags += NI_NAMEREQD) {
            h_errno = 9;
            OBSERVE(getnameinfo((struct sockaddr *)&in, sizeof(in), host, sizeof(host), service,
                                sizeof(service), flags));
            say("  %s %s h_errno %d\n", host, service, h_errno);
        }
    }
    OBSERVE(getnameinfo(NULL, 0, NULL, 0, NULL, 0, 0));
}

/* There is no server: what counts is what is told of that. */
static unsigned char answer[512];

#define CASES(name, ...)                                      \
    static void name##_all(void)                              \
    {                                                         \
        struct __res_state state;                             \
                                                              \
        memset(&state, 0, sizeof(state));                     \
        res_ninit(&state);                                    \
        h_errno = 9;                                          \
        OBSERVE(name(__VA_ARGS__));                           \
        say("  h_errno %d %d\n", h_errno, state.res_h_errno); \
        res_nclose(&state);                                   \
    }
#define REST 1, 1, answer, sizeof(answer)

CASES(res_query, "db.test", REST)
CASES(res_search, "db.test.", REST)
CASES(res_querydomain, "db", "test", REST)
CASES(res_nquery, &state, "db.test", REST)
CASES(res_nsearch, &state, "db.test.", REST)
CASES(res_nquerydomain, &state, "db", "test", REST)

/* Under their names of before glibc 2.34. */
#define OLD(name, call, ...)                                    \
    extern int name##_before(__VA_ARGS__);                      \
    __asm__(".symver " #name "_before, " #name "@GLIBC_2.2.5"); \
    static void name##_all(void)                                \
    {                                                           \
        struct __res_state state;                               \
                                                                \
        memset(&state, 0, sizeof(state));                       \
        res_ninit(&state);                                      \
        h_errno = 9;                                            \
        OBSERVE(name##_before call);                            \
        say("  h_errno %d %d\n", h_errno, state.res_h_errno);   \
        res_nclose(&state);                                     \
    }

OLD(__res_query, ("db.test", REST), const char *, int, int, unsigned char *, int)
OLD(__res_search, ("db.test.", REST), const char *, int, int, unsigned char *, int)
OLD(__res_querydomain, ("db", "test", REST), const char *, const char *, int, int, unsigned char *,
    int)
OLD(__res_nquery, (&state, "db.test", REST), res_state, const char *, int, int, unsigned char *,
    int)
OLD(__res_nsearch, (&state, "db.test.", REST), res_state, const char *, int, int, unsigned char *,
    int)
OLD(__res_nquerydomain, (&state, "db", "test", REST), res_state, const char *, const char *, int,
    int, unsigned char *, int)

const struct test_case cases[] = {
    {"gethostbyname", "all", gethostbyname_all},
    {"gethostbyname2", "all", gethostbyname2_all},
    {"gethostbyname_r", "all", gethostbyname_r_all},
    {"gethostbyname2_r", "all", gethostbyname2_r_all},
    {"getaddrinfo_a", "all", getaddrinfo_a_all},
    {"gai_error", "all", gai_error_all},
    {"getnameinfo", "all", getnameinfo_all},
    {"res_query", "all", res_query_all},
    {"res_search", "all", res_search_all},
    {"res_querydomain", "all", res_querydomain_all},
    {"res_nquery", "all", res_nquery_all},
    {"res_nsearch", "all", res_nsearch_all},
    {"res_nquerydomain", "all", res_nquerydomain_all},
    {"__res_query", "all", __res_query_all},
    {"__res_search", "all", __res_search_all},
    {"__res_querydomain", "all", __res_querydomain_all},
    {"__res_nquery", "all", __res_nquery_all},
    {"__res_nsearch", "all", __res_nsearch_all},
    {"__res_nquerydomain", "all", __res_nquerydomain_all},
    {0},
};
