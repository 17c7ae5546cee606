/* SPDX-License-Identifier: MIT
 * Reads golden facts. See facts.h. */
#include "facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char why[512];

static const char *fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *fault(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    return why;
}

static const struct {
    int number;
    const char *name;
} errnos[] = {
#define E(name)     \
    {               \
        name, #name \
    }
    E(EPERM),           E(ENOENT),          E(EINTR),        E(EIO),          E(EBADF),
    E(EAGAIN),          E(ENOMEM),          E(EACCES),       E(EFAULT),       E(EBUSY),
    E(EEXIST),          E(ENODEV),          E(ENOTDIR),      E(EISDIR),       E(EINVAL),
    E(ENFILE),          E(EMFILE),          E(ENOSPC),       E(EROFS),        E(EPIPE),
    E(ENAMETOOLONG),    E(ENOSYS),          E(ELOOP),        E(ENODATA),      E(EPROTO),
    E(ENOTSOCK),        E(EDESTADDRREQ),    E(EMSGSIZE),     E(EPROTOTYPE),   E(ENOPROTOOPT),
    E(EPROTONOSUPPORT), E(ESOCKTNOSUPPORT), E(EOPNOTSUPP),   E(EPFNOSUPPORT), E(EAFNOSUPPORT),
    E(EADDRINUSE),      E(EADDRNOTAVAIL),   E(ENETDOWN),     E(ENETUNREACH),  E(ENETRESET),
    E(ECONNABORTED),    E(ECONNRESET),      E(ENOBUFS),      E(EISCONN),      E(ENOTCONN),
    E(ETIMEDOUT),       E(ECONNREFUSED),    E(EHOSTDOWN),    E(EHOSTUNREACH), E(EALREADY),
    E(EINPROGRESS),     E(ESTALE),          E(EKEYREJECTED),
#undef E
};

static bool parse_errno(const char *text, int *ret_number)
{
    for (unsigned i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
        if (strcmp(errnos[i].name, text) == 0) {
            *ret_number = errnos[i].number;
            return true;
        }
    }
    return false;
}

static bool parse_number(const char *text, uint64_t *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtoull(text, &end, 0);
    return errno == 0 && end != text && *end == '\0' && *text != '-';
}

static bool parse_port(const char *text, struct wr_addr *addr)
{
    uint64_t port;

    if (!parse_number(text, &port) || port > 65535)
        return false;
    addr->port = (uint16_t)port;
    return true;
}

/* 10.0.0.1, 10.0.0.1:80, ::1, [::1]:80, fe80::1%3, [fe80::1%3]:80, *:80 */
static bool parse_addr(const char *text, struct wr_addr *ret_addr)
{
    char host[128];
    const char *port = NULL;
    char *scope, *end;

    memset(ret_addr, 0, sizeof(*ret_addr));
    if (strlen(text) >= sizeof(host))
        return false;
    strcpy(host, text[0] == '[' ? text + 1 : text);
    if (text[0] == '[') {
        end = strchr(host, ']');
        if (end == NULL)
            return false;
        if (end[1] == ':')
            port = text + (end - host) + 3;
        *end = '\0';
    } else if (strchr(text, ':') != NULL && strchr(text, ':') == strrchr(text, ':')) {
        end = strchr(host, ':');
        *end = '\0';
        port = strchr(text, ':') + 1;
    }
    scope = strchr(host, '%');
    if (scope != NULL) {
        *scope = '\0';
        ret_addr->scope = (uint32_t)strtoul(scope + 1, NULL, 10);
    }
    if (strcmp(host, "*") == 0)
        strcpy(host, "0.0.0.0");
    if (inet_pton(AF_INET, host, ret_addr->bytes) == 1)
        ret_addr->family = AF_INET;
    else if (inet_pton(AF_INET6, host, ret_addr->bytes) == 1)
        ret_addr->family = AF_INET6;
    else
        return false;
    return port == NULL || parse_port(port, ret_addr);
}

/* "text" with \" \\ \n \t \xNN, into bytes. Returns the length, or -1. */
static int parse_text(const char *text, char *bytes)
{
    size_t len = strlen(text);
    int used = 0;

    if (len < 2 || text[0] != '"' || text[len - 1] != '"')
        return -1;
    for (size_t i = 1; i < len - 1; i++) {
        unsigned byte;

        if (text[i] != '\\') {
            bytes[used++] = text[i];
            continue;
        }
        i++;
        if (text[i] == 'x' && sscanf(text + i + 1, "%2x", &byte) == 1) {
            bytes[used++] = (char)byte;
            i += 2;
        } else {
            bytes[used++] = text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i];
        }
    }
    return used;
}

static bool sock_part(struct wr_evidence *ev, struct wr_sock *sock, const char *key,
                      const char *value)
{
    struct wr_text text = {0};
    uint64_t number = 0;
    bool is_number = parse_number(value, &number);

    if (!is_number || strcmp(key, "program") == 0 || strcmp(key, "container") == 0)
        text = wr_add_text(ev, value, (uint32_t)strlen(value));
    if (strcmp(key, "program") == 0)
        sock->program = text;
    else if (strcmp(key, "unit") == 0)
        sock->unit = text;
    else if (strcmp(key, "container") == 0)
        sock->container = text;
    else if (strcmp(key, "device_name") == 0)
        sock->device_name = text;
    else if (!is_number)
        return false;
    else if (strcmp(key, "pid") == 0)
        sock->pid = (int32_t)number;
    else if (strcmp(key, "uid") == 0)
        sock->uid = (uint32_t)number;
    else if (strcmp(key, "v6only") == 0)
        sock->v6only = (int8_t)number;
    else if (strcmp(key, "device") == 0)
        sock->device = (uint32_t)number;
    else if (strcmp(key, "queue") == 0)
        sock->queue = (uint32_t)number;
    else if (strcmp(key, "queue_max") == 0)
        sock->queue_max = (uint32_t)number;
    else if (strcmp(key, "inode") == 0)
        sock->inode = number;
    else if (strcmp(key, "cgroup_id") == 0)
        sock->cgroup_id = number;
    else
        return false;
    return true;
}

static const char *set_sock(struct wr_evidence *ev, enum wr_fact fact, char *text)
{
    struct wr_sock sock = {.uid = UINT32_MAX, .v6only = -1};
    char *save, *state = strtok_r(text, " ", &save), *protocol = strtok_r(NULL, " ", &save);
    char *address = strtok_r(NULL, " ", &save);

    bool is_unix = protocol != NULL && strcmp(protocol, "unix") == 0;
    if (address == NULL ||
        (is_unix ? strcmp(address, "-") != 0 : !parse_addr(address, &sock.local)))
        return fault("a socket is `STATE tcp|udp|unix ADDRESS:PORT|- [key=value...]`");
    if (!is_unix && strcmp(protocol, "tcp") != 0 && strcmp(protocol, "udp") != 0)
        return fault("protocol `%s` is not tcp, udp or unix", protocol);
    if (!is_unix)
        sock.protocol = strcmp(protocol, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
    if (strcmp(state, "LISTEN") == 0)
        sock.state = 10;
    else if (strcmp(state, "BOUND") == 0)
        sock.state = 13;
    else if (strcmp(state, "OPEN") == 0)
        sock.state = sock.protocol == IPPROTO_TCP ? 1 : 7;
    else
        return fault("socket state `%s` is not LISTEN, BOUND or OPEN", state);
    for (char *part = strtok_r(NULL, " ", &save); part; part = strtok_r(NULL, " ", &save)) {
        char *value = strchr(part, '=');

        if (value == NULL)
            return fault("socket part `%s` is not key=value", part);
        *value++ = '\0';
        if (!sock_part(ev, &sock, part, value))
            return fault("socket part `%s=%s` is not understood", part, value);
    }
    wr_set_sock(ev, fact, &sock);
    return ev->state[fact] == WR_PRESENT ? NULL : fault("more sockets than evidence holds");
}

static const char *set_fact(struct wr_evidence *ev, enum wr_fact fact, char *value)
{
    static char bytes[4096];
    struct wr_addr addr;
    uint64_t number;
    int error, len;

    if (strcmp(value, "absent") == 0) {
        wr_set_absent(ev, fact);
        return NULL;
    }
    switch (wr_fact_info[fact].kind) {
    case WR_KIND_bool:
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return fault("`%s` is not true, false or absent", value);
        wr_set_bool(ev, fact, value[0] == 't');
        return NULL;
    case WR_KIND_uint:
        if (!parse_number(value, &number))
            return fault("`%s` is not a number", value);
        wr_set_uint(ev, fact, number);
        return NULL;
    case WR_KIND_errno:
        if (!parse_errno(value, &error))
            return fault("`%s` is no errno that tests/diagnose/facts.c knows", value);
        wr_set_errno(ev, fact, error);
        return NULL;
    case WR_KIND_addr:
        if (!parse_addr(value, &addr))
            return fault("`%s` is not an address", value);
        wr_set_addr(ev, fact, &addr);
        return NULL;
    case WR_KIND_text:
        len = strlen(value) < sizeof(bytes) ? parse_text(value, bytes) : -1;
        if (len < 0)
            return fault("a text is written in \"double quotes\"");
        wr_set_text(ev, fact, bytes, (uint32_t)len);
        return NULL;
    case WR_KIND_sock:
        return set_sock(ev, fact, value);
    }
    return fault("a fact of unknown kind");
}

static enum wr_fact fact_by_name(const char *name)
{
    enum wr_fact fact = 0;

    while (fact < WR_FACTS && strcmp(wr_fact_info[fact].name, name) != 0)
        fact++;
    return fact;
}

const char *match_name(enum wr_match match)
{
    static const char *const names[] = {"no",       "ruled out", "unknown",
                                        "possible", "likely",    "certain"};

    return match <= WR_MATCH_CERTAIN ? names[match] : "?";
}

static const char *read_expectation(struct golden *golden, char *text)
{
    char id[128], confidence[32];

    if (golden->cause != NULL)
        return fault("a second `=>` line");
    if (sscanf(text, "%127s %31s", id, confidence) != 2)
        return fault("`=>` wants a cause and a confidence");
    golden->cause = wr_cause_by_id(id);
    if (golden->cause == NULL)
        return fault("there is no cause %s", id);
    for (golden->confidence = WR_MATCH_POSSIBLE; golden->confidence <= WR_MATCH_CERTAIN;
         golden->confidence++) {
        if (strcmp(match_name(golden->confidence), confidence) == 0)
            return NULL;
    }
    return fault("confidence `%s` is not possible, likely or certain", confidence);
}

static char *trim(char *text)
{
    size_t len;

    while (*text == ' ' || *text == '\t')
        text++;
    len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        text[--len] = '\0';
    return text;
}

static const char *read_line(struct golden *golden, char *line)
{
    char *value;
    enum wr_fact fact;

    line = trim(line);
    if (*line == '\0' || *line == '#')
        return NULL;
    if (strncmp(line, "=>", 2) == 0)
        return read_expectation(golden, line + 2);
    if (strncmp(line, "~>", 2) == 0) {
        if (golden->ruled_out_count == GOLDEN_RULED_OUT)
            return fault("too many `~>` lines");
        golden->ruled_out[golden->ruled_out_count] = wr_cause_by_id(trim(line + 2));
        if (golden->ruled_out[golden->ruled_out_count++] == NULL)
            return fault("there is no cause %s", trim(line + 2));
        return NULL;
    }
    value = strchr(line, '=');
    if (value == NULL)
        return fault("not a `name = value` line: %s", line);
    *value++ = '\0';
    line = trim(line);
    fact = fact_by_name(line);
    if (fact == WR_FACTS)
        return fault("there is no fact %s", line);
    if (golden->ev.state[fact] != WR_UNKNOWN)
        return fault("fact %s twice", line);
    return set_fact(&golden->ev, fact, trim(value));
}

const char *golden_read(const char *path, struct golden *ret_golden)
{
    static char complaint[600];
    FILE *file = fopen(path, "r");
    const char *problem = NULL;
    char line[8192];
    unsigned number = 0;

    memset(ret_golden, 0, sizeof(*ret_golden));
    ret_golden->path = path;
    if (file == NULL)
        return fault("cannot be read: %s", strerror(errno));
    while (problem == NULL && fgets(line, sizeof(line), file) != NULL) {
        number++;
        problem = read_line(ret_golden, line);
    }
    fclose(file);
    if (problem != NULL) {
        snprintf(complaint, sizeof(complaint), "line %u: %s", number, problem);
        return complaint;
    }
    return ret_golden->cause == NULL ? "has no `=> cause confidence` line" : NULL;
}
