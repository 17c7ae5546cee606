/* SPDX-License-Identifier: MIT
 * getaddrinfo() and getaddrinfo_a(), and what is remembered of the answer to any lookup: see
 * lookup.h. */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "failure.h"
#include "hook/hook.h"
#include "hook/lookup.h"

/* "10.0.0.1", "::1": the program means the address, whatever name led to it before. */
static bool is_numeric(const char *name)
{
    return strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0';
}

void wr_lookup_answered(struct wr_name_group *group, const char *name, const char *service)
{
    if (group->count > 0)
        wr_names_add(group, is_numeric(name) ? "" : name, service);
}

static void remember(const char *name, const char *service, const struct addrinfo *list,
                     uint64_t asked_ns)
{
    struct wr_name_group group = {.asked_ns = asked_ns};
    struct wr_addr addr;

    /* the list repeats an address for every socket type */
    for (; list != NULL; list = list->ai_next) {
        if (wr_addr_from_sockaddr(list->ai_addr, list->ai_addrlen, &addr))
            wr_names_append(&group, &addr);
    }
    wr_lookup_answered(&group, name, service);
}

WR_EXPORT int getaddrinfo(const char *restrict name, const char *restrict service,
                          const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    uint64_t asked_ns = wr_now_ns();
    int rc = WR_REAL(getaddrinfo)(name, service, hints, result);

    if (rc == 0 && name != NULL) {
        int error = errno;
        if (wr_enabled())
            remember(name, service, *result, asked_ns);
        errno = error;
    }
    return rc;
}

static WR_COLD void answered(const struct gaicb *request, uint64_t asked_ns)
{
    int error = errno;

    if (wr_enabled())
        remember(request->ar_name, request->ar_service, request->ar_result, asked_ns);
    errno = error;
}

/* Those that the program waits for are answered when it returns. */
WR_EXPORT int getaddrinfo_a(int mode, struct gaicb *list[restrict], int count,
                            struct sigevent *restrict event)
{
    uint64_t asked_ns = wr_now_ns();
    int rc = WR_REAL(getaddrinfo_a)(mode, list, count, event);

    for (int i = 0; rc == 0 && mode == GAI_WAIT && i < count; i++) {
        if (list[i] != NULL && list[i]->ar_name != NULL && list[i]->ar_result != NULL)
            answered(list[i], asked_ns);
    }
    return rc;
}

/* The others, when it asks whether they are: maybe again and again, of which the first time counts.
 */
WR_EXPORT int gai_error(struct gaicb *request)
{
    int rc = WR_REAL(gai_error)(request);
    struct wr_addr addr;

    if (rc != 0 || request->ar_name == NULL || request->ar_result == NULL)
        return rc;
    if (wr_addr_from_sockaddr(request->ar_result->ai_addr, request->ar_result->ai_addrlen, &addr)) {
        struct wr_name_group known;

        if (!wr_names_group(&addr, &known) || strcmp(known.name, request->ar_name) != 0)
            answered(request, wr_now_ns());
    }
    return rc;
}
