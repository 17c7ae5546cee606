/* SPDX-License-Identifier: MIT
 * gethostbyname() and its kin. See lookup.h. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "failure.h"
#include "hook/hook.h"
#include "hook/lookup.h"
#include "speak.h"

static bool take(const struct hostent *host, const char *address, struct wr_addr *ret_addr)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    if (host->h_addrtype == AF_INET && host->h_length == sizeof(struct in_addr)) {
        *ret_addr = wr_addr_from_bytes(AF_INET, address);
        return true;
    }
    if (host->h_addrtype != AF_INET6 || host->h_length != sizeof(in6.sin6_addr))
        return false;
    memcpy(&in6.sin6_addr, address, sizeof(in6.sin6_addr));
    return wr_addr_from_sockaddr(&in6, sizeof(in6), ret_addr);
}

static WR_COLD void answered(const char *name, const struct hostent *host, uint64_t asked_ns)
{
    int error = errno;

    if (wr_enabled()) {
        struct wr_name_group group = {.asked_ns = asked_ns};
        struct wr_addr addr;

        for (char **at = host->h_addr_list; at != NULL && *at != NULL; at++) {
            if (take(host, *at, &addr))
                wr_names_append(&group, &addr);
        }
        wr_lookup_answered(&group, name, NULL);
    }
    errno = error;
    if (wr_speak_listens())
        wr_lookup_found(name, asked_ns);
}

static WR_COLD void failed(const char *function, const char *name, int family, int h_error,
                           uint64_t asked_ns)
{
    struct wr_name_lookup lookup = {
        .function = function, .result = wr_lookup_result(h_error), .family = family};

    wr_lookup_failed(&lookup, name, NULL, asked_ns);
}

WR_EXPORT struct hostent *gethostbyname(const char *name)
{
    uint64_t asked_ns = wr_now_ns();
    struct hostent *host = WR_REAL(gethostbyname)(name);

    if (host != NULL)
        answered(name, host, asked_ns);
    else
        failed("gethostbyname", name, AF_INET, h_errno, asked_ns);
    return host;
}

WR_EXPORT struct hostent *gethostbyname2(const char *name, int family)
{
    uint64_t asked_ns = wr_now_ns();
    struct hostent *host = WR_REAL(gethostbyname2)(name, family);

    if (host != NULL)
        answered(name, host, asked_ns);
    else
        failed("gethostbyname2", name, family, h_errno, asked_ns);
    return host;
}

WR_EXPORT int gethostbyname_r(const char *restrict name, struct hostent *restrict space,
                              char *restrict buffer, size_t size, struct hostent **restrict result,
                              int *restrict h_error)
{
    uint64_t asked_ns = wr_now_ns();
    int rc = WR_REAL(gethostbyname_r)(name, space, buffer, size, result, h_error);

    if (rc == 0 && *result != NULL)
        answered(name, *result, asked_ns);
    else if (rc != ERANGE) /* the program calls again, with more room */
        failed("gethostbyname_r", name, AF_INET, *h_error, asked_ns);
    return rc;
}

WR_EXPORT int gethostbyname2_r(const char *restrict name, int family,
                               struct hostent *restrict space, char *restrict buffer, size_t size,
                               struct hostent **restrict result, int *restrict h_error)
{
    uint64_t asked_ns = wr_now_ns();
    int rc = WR_REAL(gethostbyname2_r)(name, family, space, buffer, size, result, h_error);

    if (rc == 0 && *result != NULL)
        answered(name, *result, asked_ns);
    else if (rc != ERANGE) /* the program calls again, with more room */
        failed("gethostbyname2_r", name, family, *h_error, asked_ns);
    return rc;
}
