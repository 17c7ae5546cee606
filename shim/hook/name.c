/* SPDX-License-Identifier: MIT
 * getaddrinfo(): its results are remembered, so that a report names what the program asked for. */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "failure.h"
#include "hook/hook.h"
#include "track/names.h"

/* "10.0.0.1", "::1": the program means the address, whatever name led to it before. */
static bool is_numeric(const char *name)
{
    return strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0';
}

WR_EXPORT int getaddrinfo(const char *restrict name, const char *restrict service,
                          const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    int rc = WR_REAL(getaddrinfo)(name, service, hints, result);

    if (rc == 0 && name != NULL) {
        int error = errno;
        if (wr_enabled())
            wr_names_add(is_numeric(name) ? "" : name, service, *result);
        errno = error;
    }
    return rc;
}
