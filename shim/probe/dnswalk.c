/* SPDX-License-Identifier: MIT
 * See dnswalk.h. The order is that of __res_context_search() (glibc resolv/res_query.c). */
#include "probe/dnswalk.h"

#include <string.h>

#include "base/buf.h"

bool wr_dnswalk_plausible(const char *name)
{
    if (name[0] == '\0')
        return false;
    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;

        if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
            c != '_' && c != '.')
            return false;
    }
    return true;
}

bool wr_dnswalk_numeric(const char *name)
{
    return strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0';
}

static unsigned dots_of(const char *name)
{
    unsigned dots = 0;

    for (; *name != '\0'; name++)
        dots += *name == '.';
    return dots;
}

static bool ends_in_dot(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && name[len - 1] == '.';
}

/* name.domain; the root of the search list is the name as it is. */
static bool below(const char *name, const char *domain, char ret[WR_DNSWALK_NAME])
{
    size_t len = strlen(name);
    struct wr_buf out = wr_buf_on(ret, WR_DNSWALK_NAME);

    len -= ends_in_dot(name);
    wr_buf_mem(&out, name, len);
    if (domain[0] != '\0' && strcmp(domain, ".") != 0) {
        wr_buf_char(&out, '.');
        wr_buf_str(&out, domain);
    }
    wr_buf_char(&out, '\0');
    return !out.cut;
}

bool wr_dnswalk_name(const struct wr_resolv *resolv, const char *name, bool searched,
                     unsigned index, char ret[WR_DNSWALK_NAME])
{
    unsigned dots = dots_of(name), domains = resolv->search_count;
    bool as_it_is_first = dots >= resolv->ndots || ends_in_dot(name);

    if (!searched || ends_in_dot(name))
        return index == 0 && below(name, "", ret);
    if (as_it_is_first) {
        if (index == 0)
            return below(name, "", ret);
        index--;
    }
    if (index < domains)
        return below(name, wr_resolv_search(resolv, index), ret);
    return !as_it_is_first && index == domains &&
           (dots > 0 || domains == 0 || !resolv->no_tld_query) && below(name, "", ret);
}

/* The domain without its first label; NULL where that is no domain that a host could be in. */
static const char *parent_of(const char *domain)
{
    const char *parent = strchr(domain, '.');

    return parent != NULL && strchr(parent + 1, '.') != NULL ? parent + 1 : NULL;
}

static bool is_searched(const struct wr_resolv *resolv, const char *domain)
{
    for (unsigned i = 0; i < resolv->search_count; i++) {
        if (strcmp(wr_resolv_search(resolv, i), domain) == 0)
            return true;
    }
    return false;
}

bool wr_dnswalk_other(const struct wr_resolv *resolv, const char *name, bool searched,
                      unsigned index, char ret[WR_DNSWALK_NAME], bool *ret_by_search)
{
    bool passed_over = !searched || ends_in_dot(name);

    *ret_by_search = passed_over;
    if (passed_over) {
        if (index < resolv->search_count)
            return below(name, wr_resolv_search(resolv, index), ret);
        return false;
    }
    for (unsigned i = 0; i < resolv->search_count; i++) {
        const char *parent = parent_of(wr_resolv_search(resolv, i));

        if (parent == NULL || is_searched(resolv, parent))
            continue;
        if (index-- == 0)
            return below(name, parent, ret);
    }
    return false;
}

static unsigned lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32u : c;
}

/* `ending` begins with a dot; a dot at the end of the name does not count. */
static bool ends_in(const char *name, const char *ending)
{
    size_t len = strlen(name) - ends_in_dot(name), of = strlen(ending);

    if (len <= of)
        return false;
    for (size_t i = 0; i < of; i++) {
        if (lower((unsigned char)name[len - of + i]) != (unsigned char)ending[i])
            return false;
    }
    return true;
}

const char *wr_dnswalk_internal(const char *name)
{
    /* RFC 6762 appendix G, RFC 8375, RFC 9476's neighbours, RFC 6303; Kubernetes and others */
    static const char *const endings[] = {
        ".cluster.local", ".svc",         ".internal",        ".local",
        ".lan",           ".corp",        ".home.arpa",       ".home",
        ".intranet",      ".intra",       ".private",         ".localdomain",
        ".consul",        ".docker",      ".10.in-addr.arpa", ".168.192.in-addr.arpa",
        ".d.f.ip6.arpa",  ".c.f.ip6.arpa"};

    for (unsigned i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (ends_in(name, endings[i]))
            return endings[i];
    }
    for (unsigned second = 16; second < 32; second++) {
        char zone[24];
        struct wr_buf out = wr_buf_on(zone, sizeof(zone));

        wr_buf_char(&out, '.');
        wr_buf_uint(&out, second);
        wr_buf_str(&out, ".172.in-addr.arpa");
        if (ends_in(name, wr_buf_terminate(&out)))
            return ".172.in-addr.arpa";
    }
    return NULL;
}
