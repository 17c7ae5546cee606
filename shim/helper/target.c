/* SPDX-License-Identifier: MIT
 * The ways to name what `whyrefused check` is to connect to. See check.h. */
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/check.h"

/* What getservbyname(3) knows under another name, not everywhere, or not that it is TLS. */
static const struct scheme {
    const char *name;
    enum wr_check_way way;
    const char *port; /* NULL = it has to be given */
} schemes[] = {
    {"tcp", WR_CHECK_TCP, NULL},        {"tls", WR_CHECK_TLS, NULL},
    {"udp", WR_CHECK_UDP, NULL},        {"http", WR_CHECK_TCP, "80"},
    {"https", WR_CHECK_TLS, "443"},     {"ws", WR_CHECK_TCP, "80"},
    {"wss", WR_CHECK_TLS, "443"},       {"ssh", WR_CHECK_TCP, "22"},
    {"sftp", WR_CHECK_TCP, "22"},       {"git", WR_CHECK_TCP, "9418"},
    {"ftps", WR_CHECK_TLS, "990"},      {"smtp", WR_CHECK_TCP, "25"},
    {"smtps", WR_CHECK_TLS, "465"},     {"imap", WR_CHECK_TCP, "143"},
    {"imaps", WR_CHECK_TLS, "993"},     {"pop3s", WR_CHECK_TLS, "995"},
    {"ldap", WR_CHECK_TCP, "389"},      {"ldaps", WR_CHECK_TLS, "636"},
    {"postgres", WR_CHECK_TCP, "5432"}, {"postgresql", WR_CHECK_TCP, "5432"},
    {"mysql", WR_CHECK_TCP, "3306"},    {"mariadb", WR_CHECK_TCP, "3306"},
    {"mongodb", WR_CHECK_TCP, "27017"}, {"redis", WR_CHECK_TCP, "6379"},
    {"rediss", WR_CHECK_TLS, "6379"},   {"amqp", WR_CHECK_TCP, "5672"},
    {"amqps", WR_CHECK_TLS, "5671"},    {"mqtt", WR_CHECK_TCP, "1883"},
    {"mqtts", WR_CHECK_TLS, "8883"},    {"nats", WR_CHECK_TCP, "4222"},
};

static bool wrong(const char *word, size_t len, const char *why)
{
    fprintf(stderr, "whyrefused: check: ");
    for (size_t i = 0; i < len; i++)
        fputc(iscntrl((unsigned char)word[i]) ? '?' : word[i], stderr);
    fprintf(stderr, ": %s\n", why);
    return false;
}

static bool take_host(const char *word, size_t len, struct wr_check_target *target)
{
    if (len > 1 && word[0] == '[' && word[len - 1] == ']') {
        word++;
        len -= 2;
    }
    if (len == 0)
        return wrong(word, len, "no host is given");
    if (len >= sizeof(target->host))
        return wrong(word, 32, "the name is too long");
    memcpy(target->host, word, len);
    target->host[len] = '\0';
    return true;
}

/* Whether it is the name of a service, or of none, is for the lookup to find out. */
static bool take_port(const char *word, size_t len, struct wr_check_target *target)
{
    size_t digits = strspn(word, "0123456789");

    if (len == 0)
        return wrong(target->host, strlen(target->host), "no port is given");
    if (len >= sizeof(target->service))
        return wrong(word, 32, "a port is a number from 0 to 65535, or the name of a service");
    memcpy(target->service, word, len);
    target->service[len] = '\0';
    if (digits >= len && (len > 5 || atoi(target->service) > 65535))
        return wrong(word, len, "a port is a number from 0 to 65535");
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)word[i]) && strchr("-_+.*/", word[i]) == NULL)
            return wrong(word, len, "a port is a number from 0 to 65535, or the name of a service");
    }
    return true;
}

/* HOST[:PORT] or [V6][:PORT], `len` bytes. usual: the port where none stands there, or NULL. */
static bool take_pair(const char *word, size_t len, const char *usual,
                      struct wr_check_target *target)
{
    const char *close = word[0] == '[' ? memchr(word, ']', len) : NULL;
    const char *colon;
    size_t host;

    if (word[0] == '[' && close == NULL)
        return wrong(word, len, "the ']' behind the IPv6 address is missing");
    host = close != NULL ? (size_t)(close + 1 - word) : 0;
    colon = memchr(word + host, ':', len - host);
    if (close != NULL && host < len && colon != close + 1)
        return wrong(word, len, "behind the ']' only a ':' and the port can follow");
    if (colon != NULL && memchr(colon + 1, ':', len - (size_t)(colon + 1 - word)) != NULL)
        return wrong(word, len, "an IPv6 address before a port stands in brackets: [::1]:80");
    host = colon != NULL ? (size_t)(colon - word) : len;
    if (host == 0 || (close != NULL && host <= 2))
        return wrong(word, len, "no host is given");
    if (!take_host(word, host, target))
        return false;
    if (colon != NULL)
        return take_port(colon + 1, len - host - 1, target);
    if (usual != NULL)
        return take_port(usual, strlen(usual), target);
    return wrong(word, len, "no port is given");
}

static const struct scheme *find_scheme(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strlen(schemes[i].name) == len && strncasecmp(schemes[i].name, word, len) == 0)
            return &schemes[i];
    }
    return NULL;
}

static bool take_url(const char *word, const char *sep, struct wr_check_target *target)
{
    size_t len = (size_t)(sep - word), rest;
    const struct scheme *scheme = find_scheme(word, len);
    const char *authority = sep + 3, *user;
    char name[WR_CHECK_SERVICE];

    rest = strcspn(authority, "/?#");
    user = memrchr(authority, '@', rest);
    if (user != NULL) {
        rest -= (size_t)(user + 1 - authority);
        authority = user + 1;
    }
    if (scheme != NULL) {
        /* --udp may be said of a name that has both */
        if (scheme->way != WR_CHECK_TCP)
            target->way = scheme->way;
        return take_pair(authority, rest, scheme->port, target);
    }
    snprintf(name, sizeof(name), "%.*s", (int)len, word);
    return take_pair(authority, rest, getservbyname(name, NULL) != NULL ? name : NULL, target);
}

static bool take_path(const char *path, struct wr_check_target *target)
{
    if (strncmp(path, "//", 2) == 0)
        path += 2;
    target->way = WR_CHECK_UNIX;
    return take_host(path, strlen(path), target);
}

bool wr_check_target(const char *word, const char *port, struct wr_check_target *target)
{
    const char *sep = strstr(word, "://");

    if (strncmp(word, "unix:", 5) == 0)
        return port == NULL ? take_path(word + 5, target)
                            : wrong(port, strlen(port), "a unix socket has no port");
    if (port != NULL && sep != NULL)
        return wrong(port, strlen(port), "the port of a URL stands in it: scheme://host:port/");
    if (port != NULL)
        return take_host(word, strlen(word), target) && take_port(port, strlen(port), target);
    return sep != NULL ? take_url(word, sep, target) : take_pair(word, strlen(word), NULL, target);
}
