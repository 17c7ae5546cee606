/* SPDX-License-Identifier: MIT
 * See unit_port.h. */
#include "probe/unit_port.h"

#include <string.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/file.h"

/* A part of the value; quotes at its ends are cut off. */
struct word {
    const char *at;
    size_t len;
};

static bool is_port(const char *at, size_t len, uint16_t port)
{
    const char *rest = at;
    uint64_t number;

    return len > 0 && len <= 5 && wr_parse_uint(&rest, &number) && rest == at + len &&
           number == port;
}

bool wr_unit_listens(const char *value, const struct wr_addr *dest)
{
    struct wr_endpoint endpoint;
    struct wr_addr addr;

    if (is_port(value, strlen(value), dest->port))
        return true;
    if (strchr(value, '/') != NULL || !wr_endpoint_parse(value, &endpoint) ||
        endpoint.port != dest->port || !wr_address_parse(endpoint.host, endpoint.host_len, &addr))
        return false;
    /* an IPv6 wildcard takes IPv4, too, unless it is told not to */
    if (wr_addr_is_any(&addr))
        return addr.family == AF_INET6 || dest->family == AF_INET;
    return wr_addr_same_host(&addr, dest);
}

static bool next_word(const char **value, struct word *ret_word)
{
    static const char blanks[] = " \t", quotes[] = "\"'";
    const char *at = *value + strspn(*value, blanks);

    if (*at == '\0')
        return false;
    ret_word->at = at;
    ret_word->len = strcspn(at, blanks);
    *value = at + ret_word->len;
    while (ret_word->len > 0 && strchr(quotes, ret_word->at[0]) != NULL) {
        ret_word->at++;
        ret_word->len--;
    }
    while (ret_word->len > 0 && strchr(quotes, ret_word->at[ret_word->len - 1]) != NULL)
        ret_word->len--;
    return true;
}

/* Behind the last of these characters; the whole word where there is none. */
static struct word tail_of(const struct word *word, char mark)
{
    struct word tail = *word;

    for (size_t i = word->len; i > 0; i--) {
        if (word->at[i - 1] != mark)
            continue;
        tail.at += i;
        tail.len -= i;
        break;
    }
    return tail;
}

/* "80", "0.0.0.0:80", ":80", "http://0.0.0.0:80/" */
static bool names_port(struct word word, uint16_t port)
{
    struct word tail;

    while (word.len > 0 && word.at[word.len - 1] == '/')
        word.len--;
    tail = tail_of(&word, ':');
    return is_port(tail.at, tail.len, port);
}

static bool has(const struct word *word, const char *part)
{
    size_t len = strlen(part);

    for (size_t i = 0; i + len <= word->len; i++) {
        if (wr_same_word(word->at + i, len, part))
            return true;
    }
    return false;
}

static bool ends(const struct word *word, const char *part)
{
    size_t len = strlen(part);

    return word->len >= len && wr_same_word(word->at + word->len - len, len, part);
}

static bool is_one_of(const struct word *word, const char *const *list, bool exact)
{
    for (; *list != NULL; list++) {
        if (exact ? word->len == strlen(*list) && memcmp(word->at, *list, word->len) == 0
                  : has(word, *list))
            return true;
    }
    return false;
}

/* Whether an option says where to listen. -S: php; runserver, http.server: python. */
static bool is_listen_option(struct word key)
{
    static const char *const exact[] = {"-p",    "-P",    "-b",        "-l",          "-L",
                                        "-S",    "-a",    "--http",    "--https",     "--urls",
                                        "-addr", "-http", "runserver", "http.server", NULL};
    static const char *const peers[] = {"remote", "proxy",  "target",  "upstream", "connect",
                                        "peer",   "master", "backend", "dest",     "db",
                                        "sql",    "redis",  "join",    "forward",  NULL};

    if (is_one_of(&key, exact, true))
        return true;
    if (key.len < 2 || key.at[0] != '-' || is_one_of(&key, peers, false))
        return false;
    return ends(&key, "port") || has(&key, "listen") || has(&key, "bind") || ends(&key, "addr") ||
           ends(&key, "address");
}

/* docker and podman: -p 8080:80, -p 127.0.0.1:8080:80, --publish=8080:80/tcp */
static bool is_publish(const struct word *key)
{
    static const char *const publish[] = {"-p", "--publish", NULL};

    return is_one_of(key, publish, true);
}

static bool publishes(const struct word *mapping, uint16_t port)
{
    struct word inner = tail_of(mapping, ':'), outer = *mapping;

    if (inner.len == mapping->len)
        return false;
    outer.len -= inner.len + 1;
    outer = tail_of(&outer, ':');
    return is_port(outer.at, outer.len, port);
}

static bool serves(const struct word *key, const struct word *value, uint16_t port)
{
    if (is_publish(key) && publishes(value, port))
        return true;
    return is_listen_option(*key) && names_port(*value, port) &&
           !(is_publish(key) && tail_of(value, ':').len != value->len);
}

bool wr_unit_command_serves(const char *value, uint16_t port)
{
    struct word before = {.at = "", .len = 0}, word;

    while (next_word(&value, &word)) {
        const char *sign = memchr(word.at, '=', word.len);
        struct word key = {.at = word.at, .len = 2}, rest = {.at = word.at + 2};

        if (serves(&before, &word, port))
            return true;
        if (sign != NULL) {
            key.len = (size_t)(sign - word.at);
            rest.at = sign + 1;
        }
        rest.len = word.len > key.len ? word.len - (size_t)(rest.at - word.at) : 0;
        if (rest.len != 0 && word.at[0] == '-' && serves(&key, &rest, port))
            return true;
        before = word;
    }
    return false;
}

bool wr_unit_environment_serves(const char *value, uint16_t port)
{
    static const char *const exact[] = {"PORT",     "HTTP_PORT", "HTTPS_PORT", "SERVER_PORT",
                                        "APP_PORT", "WEB_PORT",  NULL};
    static const char *const parts[] = {"LISTEN", "BIND", NULL};
    struct word word;

    while (next_word(&value, &word)) {
        const char *sign = memchr(word.at, '=', word.len);
        struct word key = {.at = word.at}, rest;

        if (sign == NULL)
            continue;
        key.len = (size_t)(sign - word.at);
        rest = (struct word){.at = sign + 1, .len = word.len - key.len - 1};
        if ((is_one_of(&key, exact, true) || is_one_of(&key, parts, false)) &&
            names_port(rest, port))
            return true;
    }
    return false;
}
