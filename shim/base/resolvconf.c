/* SPDX-License-Identifier: MIT
 * See resolvconf.h. Everything that is odd here is so in glibc, too. */
#include "base/resolvconf.h"

#include <string.h>

#include "base/address.h"
#include "base/aton.h"
#include "base/endpoint.h"
#include "base/file.h"

/* resolv.h: RES_MAXNDOTS, RES_MAXRETRANS, RES_MAXRETRY */
enum { NDOTS_MAX = 15, TIMEOUT_MAX = 30, ATTEMPTS_MAX = 5 };

#define BLANKS " \t\n"

void wr_resolv_begin(struct wr_resolv *resolv)
{
    memset(resolv, 0, sizeof(*resolv));
    resolv->ndots = 1;
    resolv->timeout_s = 5;
    resolv->attempts = 2;
}

static void add_search(struct wr_resolv *resolv, const char *name, size_t len)
{
    if (len + 1 > sizeof(resolv->search) - resolv->search_len) {
        resolv->search_cut = true;
        return;
    }
    memcpy(resolv->search + resolv->search_len, name, len);
    resolv->search[resolv->search_len + len] = '\0';
    resolv->search_len += (unsigned)len + 1;
    resolv->search_count++;
}

static void set_search(struct wr_resolv *resolv, const char *list, bool only_first)
{
    resolv->search_given = true;
    resolv->search_cut = false;
    resolv->search_count = resolv->search_len = 0;
    for (;;) {
        size_t len;

        list += strspn(list, BLANKS);
        len = strcspn(list, BLANKS);
        if (len == 0)
            return;
        add_search(resolv, list, len);
        list += len;
        if (only_first)
            return;
    }
}

static bool parse_v6(struct wr_resolv *resolv, const char *text, size_t len,
                     struct wr_addr *ret_addr)
{
    const char *scope = memchr(text, '%', len), *number;
    size_t scope_len = 0;
    uint64_t index;

    if (scope != NULL) {
        scope_len = len - (size_t)(scope + 1 - text);
        len = (size_t)(scope++ - text);
    }
    if (!wr_address_parse(text, len, ret_addr))
        return false;
    if (scope == NULL || !wr_addr_is_linklocal(ret_addr))
        return true;
    number = scope;
    if (wr_parse_uint(&number, &index) && number == scope + scope_len && index <= UINT32_MAX) {
        ret_addr->scope = (uint32_t)index;
    } else if (resolv->count < WR_RESOLV_SERVERS && scope_len > 0 &&
               scope_len < sizeof(resolv->interface[0])) {
        memcpy(resolv->interface[resolv->count], scope, scope_len);
        resolv->interface[resolv->count][scope_len] = '\0';
    }
    return true;
}

static void add_server(struct wr_resolv *resolv, const char *text)
{
    struct wr_addr addr = {.family = AF_INET};
    size_t len;

    text += strspn(text, " \t");
    len = strcspn(text, BLANKS);
    if (len == 0)
        return;
    if (!wr_aton(text, len, addr.bytes) &&
        (memchr(text, ':', len) == NULL || !parse_v6(resolv, text, len, &addr))) {
        resolv->bad++;
        return;
    }
    addr.port = 53;
    if (resolv->count < WR_RESOLV_SERVERS) {
        resolv->servers[resolv->count++] = addr;
    } else {
        if (resolv->ignored++ == 0)
            resolv->fourth = addr;
    }
}

static unsigned number_of(const char *text, unsigned max)
{
    uint64_t value;

    if (!wr_parse_uint(&text, &value))
        return 0;
    return value < max ? (unsigned)value : max;
}

static void set_option(struct wr_resolv *resolv, const char *option, size_t len)
{
    const struct {
        const char *word;
        bool *flag;
    } flags[] = {
        {"use-vc", &resolv->use_vc},
        {"edns0", &resolv->edns0},
        {"trust-ad", &resolv->trust_ad},
        {"rotate", &resolv->rotate},
        {"no-aaaa", &resolv->no_aaaa},
        {"no-tld-query", &resolv->no_tld_query},
        {"no_tld_query", &resolv->no_tld_query},
    };

    if (len >= 6 && strncmp(option, "ndots:", 6) == 0)
        resolv->ndots = number_of(option + 6, NDOTS_MAX);
    else if (len >= 8 && strncmp(option, "timeout:", 8) == 0)
        resolv->timeout_s = number_of(option + 8, TIMEOUT_MAX);
    else if (len >= 9 && strncmp(option, "attempts:", 9) == 0)
        resolv->attempts = number_of(option + 9, ATTEMPTS_MAX);
    else if (len >= 14 && strncmp(option, "single-request", 14) == 0)
        resolv->single_request = true;
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strncmp(option, flags[i].word, strlen(flags[i].word)) == 0)
            *flags[i].flag = true;
    }
}

void wr_resolv_options(struct wr_resolv *resolv, const char *value)
{
    for (;;) {
        size_t len;

        value += strspn(value, BLANKS);
        len = strcspn(value, BLANKS);
        if (len == 0)
            return;
        set_option(resolv, value, len);
        value += len;
    }
}

/* What follows a keyword and a blank; NULL where the line begins otherwise. */
static const char *behind(const char *line, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(line, word, len) != 0 || (line[len] != ' ' && line[len] != '\t'))
        return NULL;
    return line + len;
}

void wr_resolv_line(struct wr_resolv *resolv, const char *line)
{
    const char *value;

    if (*line == ';' || *line == '#')
        return;
    if ((value = behind(line, "domain")) != NULL)
        set_search(resolv, value, true);
    else if ((value = behind(line, "search")) != NULL)
        set_search(resolv, value, false);
    else if ((value = behind(line, "nameserver")) != NULL)
        add_server(resolv, value);
    else if ((value = behind(line, "options")) != NULL)
        wr_resolv_options(resolv, value);
}

void wr_resolv_localdomain(struct wr_resolv *resolv, const char *value)
{
    set_search(resolv, value, false);
    resolv->from_environment = true;
}

void wr_resolv_end(struct wr_resolv *resolv, const char *host_name)
{
    const char *dot = strchr(host_name, '.');

    if (resolv->count == 0) {
        resolv->servers[0] =
            (struct wr_addr){.family = AF_INET, .bytes = {127, 0, 0, 1}, .port = 53};
        resolv->count = 1;
        if (resolv->state == WR_RESOLV_READ)
            resolv->state = WR_RESOLV_EMPTY;
    }
    if (resolv->search_count == 0 && !resolv->search_cut) {
        resolv->search_given = resolv->from_environment = false;
        if (dot != NULL && dot[1] != '\0')
            add_search(resolv, dot + 1, strlen(dot + 1));
    }
}

const char *wr_resolv_search(const struct wr_resolv *resolv, unsigned index)
{
    const char *at = resolv->search;

    if (index >= resolv->search_count)
        return NULL;
    while (index-- > 0)
        at += strlen(at) + 1;
    return at;
}
