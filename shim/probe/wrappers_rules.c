/* SPDX-License-Identifier: MIT
 * Reads and matches the rules of hosts.allow and hosts.deny. See wrappers.h. The order of things
 * is that of hosts_access.c of tcp_wrappers 7.6. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/endpoint.h"
#include "base/file.h"
#include "probe/wrappers.h"

static const char separators[] = ", \t\r\n";

static bool is_word(const char *token, const char *word)
{
    return wr_same_word(token, strlen(token), word);
}

/* Cuts the text at the first `c` outside of brackets; the rest, or NULL. "\:" stands for ":". */
static char *split_at(char *text, char c)
{
    bool brackets = false;

    for (; *text != '\0'; text++) {
        if (*text == '[')
            brackets = true;
        else if (*text == ']')
            brackets = false;
        else if (*text == '\\' && text[1] == ':')
            text++;
        else if (*text == c && !brackets) {
            *text = '\0';
            return text + 1;
        }
    }
    return NULL;
}

static char *next_token(char **text)
{
    char *token = *text + strspn(*text, separators);

    if (*token == '\0') {
        *text = token;
        return NULL;
    }
    *text = token + strcspn(token, separators);
    if (**text != '\0')
        *(*text)++ = '\0';
    return token;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;

    return memcmp(a, b, bytes) == 0 &&
           (rest == 0 || ((a[bytes] ^ b[bytes]) & (0xffu << (8 - rest)) & 0xffu) == 0);
}

/* "10.0.0.0/255.0.0.0", "10.0.0.0/8", "[fd00::]/8", "[::1]" */
static bool match_network(const char *token, const struct wr_addr *addr)
{
    bool brackets = token[0] == '[';
    const char *net = token + brackets, *mask;
    size_t len = strcspn(net, brackets ? "]" : "/");
    struct wr_addr base, bits;
    uint64_t number = wr_addr_size(addr) * 8;

    if (!wr_address_parse(net, len, &base) || base.family != addr->family)
        return false;
    if (brackets && net[len] != ']')
        return false;
    mask = net + len + brackets;
    if (*mask == '\0')
        return same_bits(base.bytes, addr->bytes, (unsigned)number);
    if (*mask++ != '/')
        return false;
    if (wr_address_parse(mask, strlen(mask), &bits)) {
        if (bits.family != AF_INET || addr->family != AF_INET)
            return false;
        for (unsigned i = 0; i < 4; i++) {
            if ((addr->bytes[i] & bits.bytes[i]) != base.bytes[i])
                return false;
        }
        return true;
    }
    return wr_parse_uint(&mask, &number) && *mask == '\0' && number <= wr_addr_size(addr) * 8 &&
           same_bits(base.bytes, addr->bytes, (unsigned)number);
}

static bool is_numeric(const char *token)
{
    return token[0] == '[' ||
           (token[0] >= '0' && token[0] <= '9' && token[strspn(token, "0123456789./")] == '\0');
}

static bool match_prefix(const char *token, const struct wr_addr *addr)
{
    char text[64];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_buf_addr(&buf, addr);
    wr_buf_terminate(&buf);
    return strncmp(text, token, strlen(token)) == 0;
}

static enum wr_rule_match match_host(const char *token, const struct wr_addr *addr)
{
    size_t len = strlen(token);

    if (is_word(token, "ALL"))
        return WR_RULE_YES;
    if (is_numeric(token)) {
        if (token[len - 1] == '.')
            return match_prefix(token, addr) ? WR_RULE_YES : WR_RULE_NO;
        return match_network(token, addr) ? WR_RULE_YES : WR_RULE_NO;
    }
    return WR_RULE_MAYBE;
}

static enum wr_rule_match match_client(char *token, const struct wr_wrapped *who)
{
    char *host = token[0] != '@' ? split_at(token + (token[0] != '\0'), '@') : NULL;
    enum wr_rule_match match;

    if (host == NULL)
        return match_host(token, &who->client);
    match = match_host(host, &who->client);
    return match == WR_RULE_YES && !is_word(token, "ALL") ? WR_RULE_MAYBE : match;
}

static enum wr_rule_match match_daemon(char *token, const struct wr_wrapped *who)
{
    char *host = split_at(token + (token[0] != '\0'), '@');
    enum wr_rule_match at = host != NULL ? match_host(host, &who->server) : WR_RULE_YES;
    enum wr_rule_match match = WR_RULE_NO;

    if (is_word(token, "ALL") || (who->daemon[0] != '\0' && is_word(token, who->daemon)))
        match = WR_RULE_YES;
    else if (who->daemon[0] == '\0')
        match = WR_RULE_MAYBE;
    else if (strpbrk(token, "*?") != NULL && wr_glob(token, who->daemon))
        match = WR_RULE_YES;
    return match < at ? match : at;
}

/* "a, b EXCEPT c EXCEPT d": what follows EXCEPT is a list of the same form. */
static enum wr_rule_match match_list(char *list, const struct wr_wrapped *who,
                                     enum wr_rule_match (*match)(char *token,
                                                                 const struct wr_wrapped *who))
{
    enum wr_rule_match base = WR_RULE_NO, result = WR_RULE_NO, here = WR_RULE_NO;
    bool negated = false, first = true;
    char *token;

    /* from the left: a list that does not match makes what follows it moot */
    for (;;) {
        token = next_token(&list);
        if (token != NULL && !is_word(token, "EXCEPT")) {
            enum wr_rule_match one = here == WR_RULE_YES ? WR_RULE_NO : match(token, who);

            here = one > here ? one : here;
            continue;
        }
        if (first)
            base = result = here;
        else if (here == WR_RULE_MAYBE && result != WR_RULE_NO)
            result = WR_RULE_MAYBE;
        else if (here == WR_RULE_YES)
            result = negated ? WR_RULE_NO : base;
        if (token == NULL || here == WR_RULE_NO)
            return result;
        first = false;
        negated = !negated;
        here = WR_RULE_NO;
    }
}

static void read_options(char *options, struct wr_rule *rule)
{
    while (options != NULL) {
        char *next = split_at(options, ':');
        char *token = next_token(&options);

        if (token != NULL && (is_word(token, "deny") || is_word(token, "twist")))
            rule->denies = true;
        else if (token != NULL && is_word(token, "allow"))
            rule->allows = true;
        options = next;
    }
}

struct wr_rule wr_rule_match(char *line, const struct wr_wrapped *who)
{
    struct wr_rule rule = {.match = WR_RULE_NO};
    enum wr_rule_match client;
    char *clients, *options;

    if (line[0] == '#' || line[strspn(line, separators)] == '\0')
        return rule;
    clients = split_at(line, ':');
    if (clients == NULL)
        return rule;
    options = split_at(clients, ':');
    rule.match = match_list(line, who, match_daemon);
    if (rule.match == WR_RULE_NO)
        return rule;
    client = match_list(clients, who, match_client);
    rule.match = client < rule.match ? client : rule.match;
    read_options(options, &rule);
    return rule;
}

struct reading {
    const struct wr_wrapped *who;
    struct wr_rule_found *found;
    bool deny_file, joining, too_long;
    uint32_t at; /* number of the line */
    size_t len;
    char joined[WR_RULE_LINE];
};

static bool weigh(struct reading *reading)
{
    struct wr_rule_found *found = reading->found;
    struct wr_rule rule;

    memcpy(found->text, reading->joined, reading->len + 1);
    rule = wr_rule_match(reading->joined, reading->who);
    if (rule.match == WR_RULE_MAYBE)
        found->unsure = true;
    if (rule.match != WR_RULE_YES)
        return true;
    found->found = true;
    found->denies = rule.denies || (reading->deny_file && !rule.allows);
    return false;
}

static bool take_line(void *ctx, const char *line)
{
    struct reading *reading = ctx;
    size_t len = strlen(line);

    reading->at++;
    if (!reading->joining) {
        reading->len = 0;
        reading->found->line = reading->at;
        reading->too_long = false;
    }
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        len--;
    reading->joining = len > 0 && line[len - 1] == '\\';
    len -= reading->joining;
    if (reading->len + len + 1 > sizeof(reading->joined)) {
        reading->too_long = true;
    } else {
        memcpy(reading->joined + reading->len, line, len);
        reading->len += len;
        reading->joined[reading->len] = '\0';
    }
    if (reading->joining)
        return true;
    if (reading->too_long) {
        reading->found->unsure = true;
        return true;
    }
    return weigh(reading);
}

int wr_rule_find(const char *path, bool deny_file, const struct wr_wrapped *who, char *space,
                 size_t size, uint64_t until_ns, struct wr_rule_found *ret_found)
{
    struct reading *reading = (struct reading *)space;

    memset(ret_found, 0, sizeof(*ret_found));
    if (size < sizeof(*reading) + WR_RULE_LINE)
        return -ENOBUFS;
    memset(reading, 0, sizeof(*reading));
    reading->who = who;
    reading->found = ret_found;
    reading->deny_file = deny_file;
    return wr_file_lines(path, 0, space + sizeof(*reading), size - sizeof(*reading), until_ns,
                         take_line, reading);
}
