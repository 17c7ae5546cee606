/* SPDX-License-Identifier: MIT
 * See hostname.h. */
#include "base/hostname.h"

#include <string.h>
#include <sys/socket.h>

#include "base/aton.h"
#include "base/endpoint.h"

#define LABEL_MAX 63
#define NAME_MAX_ 253

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool has(const char *text, size_t len, const char *what)
{
    return memmem(text, len, what, strlen(what)) != NULL;
}

static unsigned count_of(const char *text, size_t len, char c)
{
    unsigned count = 0;

    for (size_t i = 0; i < len; i++)
        count += text[i] == c;
    return count;
}

static uint8_t family_of(const char *text, size_t len)
{
    struct wr_addr addr;
    uint8_t bytes[4];

    if (len == 0)
        return 0;
    if (wr_aton(text, len, bytes))
        return AF_INET;
    return memchr(text, ':', len) != NULL && wr_address_parse(text, len, &addr) ? AF_INET6 : 0;
}

static enum wr_name_fault fault_with(struct wr_name_form *form, enum wr_name_fault fault,
                                     const char *part, size_t part_len)
{
    form->part = part;
    form->part_len = part_len;
    return fault;
}

static enum wr_name_fault labels(struct wr_name_form *form, const char *name, size_t len,
                                 size_t whole_len)
{
    const char *at = name, *end = name + len;

    if (len == 1 && *name == '.')
        return WR_NAME_FINE; /* the root */
    if (end[-1] == '.' && len == whole_len) {
        end--;
        whole_len--;
    }
    while (at <= end) {
        const char *dot = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
        size_t label = (size_t)((dot != NULL ? dot : end) - at);

        if (label == 0 && (dot != NULL || len == whole_len || len == whole_len + 1))
            return WR_NAME_EMPTY_LABEL;
        if (label > LABEL_MAX)
            return fault_with(form, WR_NAME_LABEL_LONG, at, label);
        at += label + 1;
    }
    return whole_len > NAME_MAX_ ? WR_NAME_LONG : WR_NAME_FINE;
}

/* What programs put for "there is none". */
static bool is_word(const char *name, size_t len)
{
    static const char *const words[] = {"undefined", "null", "none", "nil", "nan", "(null)"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (wr_same_word(name, len, words[i]))
            return true;
    }
    return false;
}

static enum wr_name_fault characters(struct wr_name_form *form, const char *name, size_t len,
                                     size_t whole_len)
{
    bool number = true;

    if (is_word(name, len))
        return WR_NAME_WORD;
    for (size_t i = 0; i < len; i++) {
        number = number && (name[i] == '.' || (name[i] >= '0' && name[i] <= '9'));
        if ((unsigned char)name[i] >= 0x80)
            return WR_NAME_NOT_ASCII;
        if (is_blank(name[i]))
            return WR_NAME_BLANK;
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_name_char(name[i]) || (i == 0 && name[i] == '-'))
            return fault_with(form, WR_NAME_CHARACTER, name + i, 1);
    }
    if (number && count_of(name, len, '.') < len)
        return WR_NAME_NUMBER;
    return labels(form, name, len, whole_len);
}

static void take_endpoint(struct wr_name_form *form, const char *text)
{
    struct wr_endpoint endpoint;

    if (!wr_endpoint_parse(text, &endpoint))
        return;
    form->host = endpoint.host;
    form->host_len = endpoint.host_len;
    form->port = endpoint.port;
}

static void take_span(struct wr_name_form *form, const char *text, size_t len)
{
    form->host = text;
    form->host_len = len;
}

static bool is_placeholder(const char *name, size_t len)
{
    return has(name, len, "${") || has(name, len, "$(") || has(name, len, "{{") ||
           (name[0] == '$' && len > 1) || (name[0] == '<' && name[len - 1] == '>') ||
           (len > 2 && name[0] == '%' && name[len - 1] == '%') || wr_same_word(name, len, "%s");
}

/* "host:port" and what has more colons. */
static enum wr_name_fault colons(struct wr_name_form *form, const char *name, size_t len)
{
    const char *scope = memchr(name, '%', len);
    const char *colon = memchr(name, ':', len);

    if (scope != NULL && family_of(name, (size_t)(scope - name)) == AF_INET6) {
        form->family = AF_INET6;
        return fault_with(form, WR_NAME_SCOPE, scope + 1, len - (size_t)(scope + 1 - name));
    }
    if (count_of(name, len, ':') > 1)
        return WR_NAME_IPV6;
    take_endpoint(form, name);
    if (form->host_len == 0)
        take_span(form, name, (size_t)(colon - name));
    return WR_NAME_PORT;
}

static enum wr_name_fault slashes(struct wr_name_form *form, const char *name, size_t len)
{
    const char *slash = memchr(name, '/', len);
    size_t before = (size_t)(slash - name), rest = len - before - 1;

    if (before == 0)
        return WR_NAME_FILE;
    if (family_of(name, before) != 0 && rest > 0 && strspn(slash + 1, "0123456789") >= rest) {
        take_span(form, name, before);
        return WR_NAME_NETWORK;
    }
    take_endpoint(form, name);
    return WR_NAME_PATH;
}

/* What is around a name. */
static enum wr_name_fault wrapping(struct wr_name_form *form, const char *name, size_t len)
{
    size_t front = 0, back = len;

    while (front < len && is_blank(name[front]))
        front++;
    while (back > front && is_blank(name[back - 1]))
        back--;
    if (front > 0 || back < len) {
        take_span(form, name + front, back - front);
        return WR_NAME_BLANKS_AROUND;
    }
    if (name[0] == '"' || name[0] == '\'' || name[0] == '`') {
        back -= len > 1 && name[len - 1] == name[0];
        take_span(form, name + 1, back - 1);
        return WR_NAME_QUOTES;
    }
    return WR_NAME_FINE;
}

static enum wr_name_fault fault_of(struct wr_name_form *form, const char *name, size_t len,
                                   size_t whole_len)
{
    enum wr_name_fault fault;

    if (len == 0)
        return WR_NAME_EMPTY;
    fault = wrapping(form, name, len);
    if (fault != WR_NAME_FINE)
        return fault;
    form->family = family_of(name, len);
    if (form->family != 0)
        return WR_NAME_FINE;
    if (is_placeholder(name, len))
        return WR_NAME_PLACEHOLDER;
    if (has(name, len, "://")) {
        take_endpoint(form, name);
        return WR_NAME_URL;
    }
    if (memchr(name, ',', len) != NULL || memchr(name, ';', len) != NULL)
        return WR_NAME_LIST;
    if (name[0] == '[') {
        take_endpoint(form, name);
        return WR_NAME_BRACKETS;
    }
    if (memchr(name, '@', len) != NULL) {
        take_endpoint(form, name);
        return WR_NAME_USER;
    }
    if (memchr(name, '/', len) != NULL)
        return slashes(form, name, len);
    if (memchr(name, ':', len) != NULL)
        return colons(form, name, len);
    return characters(form, name, len, whole_len);
}

void wr_name_form(const char *name, size_t len, size_t whole_len, struct wr_name_form *ret_form)
{
    struct wr_name_form form = {.host = name, .part = name}, meant = {.host = name, .part = name};

    form.fault = fault_of(&form, name, len, whole_len);
    /* only what would do, and where nothing of it is missing */
    if (form.host_len > 0 && (whole_len > len || fault_of(&meant, form.host, form.host_len,
                                                          form.host_len) != WR_NAME_FINE))
        form.host_len = 0;
    if (form.host_len == 0)
        form.port = 0;
    *ret_form = form;
}

void wr_name_hide_password(char *name)
{
    char *start = strstr(name, "://"), *end, *at, *colon;

    start = start != NULL ? start + 3 : name;
    end = start + strcspn(start, "/?#");
    at = memrchr(start, '@', (size_t)(end - start));
    if (at == NULL)
        return;
    colon = memchr(start, ':', (size_t)(at - start));
    if (colon == NULL)
        return;
    colon++;
    for (unsigned dots = 0; dots < 3 && colon < at; dots++)
        *colon++ = '.';
    memmove(colon, at, strlen(at) + 1);
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment, in three rows. */
bool wr_name_is_near(const char *a, size_t a_len, const char *b, size_t b_len)
{
    enum { LONGEST = 80 };
    uint8_t rows[3][LONGEST + 1];
    unsigned allowed = a_len < 3 ? 0 : a_len < 7 ? 1 : 2;

    if (a_len > LONGEST || b_len > LONGEST || a_len + 2 < b_len || b_len + 2 < a_len)
        return false;
    for (unsigned j = 0; j <= b_len; j++)
        rows[0][j] = (uint8_t)j;
    for (unsigned i = 1; i <= a_len; i++) {
        const uint8_t *before = rows[(i - 1) % 3], *before2 = rows[(i + 1) % 3];
        uint8_t *row = rows[i % 3];

        row[0] = (uint8_t)i;
        for (unsigned j = 1; j <= b_len; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            unsigned cost = least(least(before[j] + 1u, row[j - 1] + 1u), before[j - 1] + !same);

            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                cost = least(cost, before2[j - 2] + 1u);
            row[j] = (uint8_t)cost;
        }
    }
    return rows[a_len % 3][b_len] > 0 && rows[a_len % 3][b_len] <= allowed;
}
