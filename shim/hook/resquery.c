/* SPDX-License-Identifier: MIT
 * res_query() and its kin: of addresses; what else they ask for is often not there, and that is no
 * failure. See lookup.h. The names with two underscores are what programs import that were built
 * with glibc before 2.34. */
#include <errno.h>
#include <netdb.h>
#include <resolv.h>

#include "base/clock.h"
#include "base/dns.h"
#include "failure.h"
#include "hook/hook.h"
#include "hook/lookup.h"

/* glibc before 2.34 */
#undef res_query
#undef res_search
#undef res_querydomain
#undef res_nquery
#undef res_nsearch
#undef res_nquerydomain

/* A message that was too long for the buffer is told in its whole length, and cut. */
static WR_COLD void answered(const char *name, const unsigned char *answer, int len, int size,
                             uint64_t asked_ns)
{
    int error = errno;

    if (name != NULL && wr_enabled()) {
        struct wr_name_group group = {.asked_ns = asked_ns};
        struct wr_dns_answers answers;
        struct wr_addr addr;

        wr_dns_begin(&answers, answer, (size_t)(len < size ? len : size));
        while (wr_dns_next(&answers, &addr))
            wr_names_append(&group, &addr);
        wr_lookup_answered(&group, name, NULL);
    }
    errno = error;
}

static WR_COLD void failed(const char *function, const char *name, int type, uint64_t asked_ns)
{
    struct wr_name_lookup lookup = {.function = function,
                                    .result = wr_lookup_result(h_errno),
                                    .family = type == ns_t_aaaa ? AF_INET6 : AF_INET,
                                    .record_type = (uint16_t)type};

    while (*lookup.function == '_')
        lookup.function++;
    if (type == ns_t_a || type == ns_t_aaaa ||
        (lookup.result != EAI_NONAME && lookup.result != EAI_NODATA))
        wr_lookup_failed(&lookup, name, NULL, asked_ns);
}

/* Each of them under both of its names. */
#define ASK(function, name, answer, size, ...)       \
    uint64_t asked_ns = wr_now_ns();                 \
    int len = WR_REAL(function)(__VA_ARGS__);        \
                                                     \
    if (len > 0 && (size) > 0)                       \
        answered(name, answer, len, size, asked_ns); \
    else if (len < 0)                                \
        failed(#function, name, type, asked_ns);     \
    return len

#define DEF_QUERY(function)                                                                        \
    extern int function(const char *, int, int, unsigned char *, int);                             \
    WR_EXPORT int function(const char *name, int class, int type, unsigned char *answer, int size) \
    {                                                                                              \
        ASK(function, name, answer, size, name, class, type, answer, size);                        \
    }

#define DEF_NQUERY(function)                                                       \
    extern int function(res_state, const char *, int, int, unsigned char *, int);  \
    WR_EXPORT int function(res_state state, const char *name, int class, int type, \
                           unsigned char *answer, int size)                        \
    {                                                                              \
        ASK(function, name, answer, size, state, name, class, type, answer, size); \
    }

#define DEF_QUERYDOMAIN(function)                                                     \
    extern int function(const char *, const char *, int, int, unsigned char *, int);  \
    WR_EXPORT int function(const char *name, const char *domain, int class, int type, \
                           unsigned char *answer, int size)                           \
    {                                                                                 \
        ASK(function, name, answer, size, name, domain, class, type, answer, size);   \
    }

#define DEF_NQUERYDOMAIN(function)                                                              \
    extern int function(res_state, const char *, const char *, int, int, unsigned char *, int); \
    WR_EXPORT int function(res_state state, const char *name, const char *domain, int class,    \
                           int type, unsigned char *answer, int size)                           \
    {                                                                                           \
        ASK(function, name, answer, size, state, name, domain, class, type, answer, size);      \
    }

DEF_QUERY(res_query)
DEF_QUERY(res_search)
DEF_QUERYDOMAIN(res_querydomain)
DEF_NQUERY(res_nquery)
DEF_NQUERY(res_nsearch)
DEF_NQUERYDOMAIN(res_nquerydomain)
DEF_QUERY(__res_query)
DEF_QUERY(__res_search)
DEF_QUERYDOMAIN(__res_querydomain)
DEF_NQUERY(__res_nquery)
DEF_NQUERY(__res_nsearch)
DEF_NQUERYDOMAIN(__res_nquerydomain)
