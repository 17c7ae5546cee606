/* SPDX-License-Identifier: MIT
 * getaddrinfo(), and what is remembered of the answer to any lookup: see lookup.h. */
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
