/* SPDX-License-Identifier: MIT
 * See redact.h. */
#include "render/redact.h"

#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/hash.h"
#include "render/template.h"

/* FNV-1a with the finalizer of MurmurHash3 (in the public domain). */
static uint64_t hash(const char *bytes, size_t len)
{
    uint64_t h = WR_HASH_START;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c | 0x20);
        h = wr_hash_step(h, c);
    }
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

void wr_redact_host(struct wr_buf *out, const char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t h;

    if (len > 1 && bytes[len - 1] == '.')
        len--;
    if (len == 9 && memcmp(bytes, "localhost", 9) == 0) {
        wr_buf_mem(out, bytes, len);
        return;
    }
    h = hash(bytes, len);
    wr_buf_str(out, "host-");
    for (int shift = 28; shift >= 0; shift -= 4)
        wr_buf_char(out, digits[h >> shift & 15]);
}

struct wr_addr wr_redact_addr(const struct wr_addr *addr)
{
    struct wr_addr hidden = {.family = addr->family, .port = addr->port};
    uint64_t h;

    if (addr->family == 0 || wr_addr_is_any(addr) || wr_addr_is_loopback(addr))
        return *addr;
    h = hash((const char *)addr->bytes, wr_addr_size(addr));
    if (addr->family == AF_INET) {
        hidden.bytes[0] = (uint8_t)(0xf0 | (h >> 24 & 0x0f));
        hidden.bytes[1] = (uint8_t)(h >> 16);
        hidden.bytes[2] = (uint8_t)(h >> 8);
        /* never 255.255.255.255 */
        hidden.bytes[3] = (uint8_t)(h & 0x7f);
    } else {
        hidden.bytes[0] = 1;
        memcpy(hidden.bytes + 8, &h, 8);
    }
    return hidden;
}

void wr_redact_path(struct wr_buf *out, const char *bytes, size_t len)
{
    size_t start = len > 0 && bytes[0] == '@', name = len;

    if (start >= len || bytes[start] != '/') {
        wr_buf_mem(out, bytes, len);
        return;
    }
    while (bytes[name - 1] != '/')
        name--;
    wr_buf_str(out, start != 0 ? "@…/" : "…/");
    wr_buf_mem(out, bytes + name, len - name);
}

enum wr_text_class wr_text_class(enum wr_fact fact)
{
    const char *unit = wr_fact_info[fact].unit;

    if (strcmp(unit, "host") == 0)
        return WR_TEXT_HOST;
    return strcmp(unit, "path") == 0      ? WR_TEXT_PATH
           : strcmp(unit, "command") == 0 ? WR_TEXT_COMMAND
                                          : WR_TEXT_PLAIN;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Four numbers with dots between. */
static bool parse_ipv4(const char *bytes, size_t len, struct wr_addr *ret_addr)
{
    unsigned part = 0, value = 0, digits = 0;

    *ret_addr = (struct wr_addr){.family = AF_INET};
    for (size_t i = 0; i <= len; i++) {
        if (i == len || bytes[i] == '.') {
            if (digits == 0 || part > 3)
                return false;
            ret_addr->bytes[part++] = (uint8_t)value;
            value = digits = 0;
        } else if (bytes[i] >= '0' && bytes[i] <= '9' && digits < 3) {
            value = value * 10 + (unsigned)(bytes[i] - '0');
            digits++;
        } else {
            return false;
        }
        if (value > 255)
            return false;
    }
    return part == 4;
}

static void put_ipv4(struct wr_buf *out, const char *bytes, size_t len)
{
    struct wr_addr addr;

    if (parse_ipv4(bytes, len, &addr)) {
        addr = wr_redact_addr(&addr);
        wr_buf_addr(out, &addr);
    } else {
        wr_buf_mem(out, bytes, len);
    }
}

/* A run of hexadecimal digits, dots and colons: an address perhaps, with a port perhaps. */
static void put_run(struct wr_buf *out, const char *run, size_t len)
{
    size_t colons = 0, start = 0;

    for (size_t i = 0; i < len; i++)
        colons += run[i] == ':';
    if (colons >= 2 && len > 3) { /* "::" and "::1" may be seen */
        wr_redact_host(out, run, len);
        return;
    }
    for (size_t i = 0; i <= len; i++) {
        if (i < len && run[i] != ':')
            continue;
        put_ipv4(out, run + start, i - start);
        if (i < len)
            wr_buf_char(out, ':');
        start = i + 1;
    }
}

static void put_without_addresses(struct wr_buf *out, const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t start = at, end;

        while (at < len && (is_hex(bytes[at]) || bytes[at] == '.' || bytes[at] == ':'))
            at++;
        for (end = at; end > start && bytes[end - 1] == '.'; end--)
            ; /* the end of a sentence */
        put_run(out, bytes + start, end - start);
        wr_buf_mem(out, bytes + end, at - end);
        if (at < len)
            wr_buf_char(out, bytes[at++]);
    }
}

void wr_redact_text(struct wr_buf *out, const char *bytes, size_t len, enum wr_text_class class,
                    unsigned quote)
{
    bool path = class == WR_TEXT_PATH || (len > 0 && bytes[0] == '/') ||
                (len > 1 && bytes[0] == '@' && bytes[1] == '/');

    if (path && (quote & WR_QUOTE_HIDE_PATHS) != 0)
        wr_redact_path(out, bytes, len);
    else if (class == WR_TEXT_HOST && (quote & WR_QUOTE_HIDE_HOSTS) != 0)
        wr_redact_host(out, bytes, len);
    else if ((quote & WR_QUOTE_HIDE_HOSTS) != 0)
        put_without_addresses(out, bytes, len);
    else
        wr_buf_mem(out, bytes, len);
}
