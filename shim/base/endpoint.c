/* SPDX-License-Identifier: MIT
 * See endpoint.h. */
#include "base/endpoint.h"

#include <string.h>

#include "base/address.h"
#include "base/file.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool wr_same_word(const char *text, size_t len, const char *word)
{
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '\0' || lower(text[i]) != lower(word[i]))
            return false;
    }
    return word[len] == '\0';
}

static bool parse_port(const char *text, const char *end, uint16_t *ret_port)
{
    uint64_t port;

    if (text == end) {
        *ret_port = 0; /* "host:" is the default, too (RFC 3986 section 3.2.3) */
        return true;
    }
    if (!wr_parse_uint(&text, &port) || text != end || port == 0 || port > 65535)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

/* The last one: a password may have one that was not escaped. */
static const char *behind_user(const char *text, const char *end)
{
    for (const char *at = end; at > text; at--) {
        if (at[-1] == '@')
            return at;
    }
    return text;
}

bool wr_endpoint_parse(const char *text, struct wr_endpoint *ret_endpoint)
{
    struct wr_endpoint endpoint = {.scheme = "", .host = ""};
    const char *mark, *end, *host_end;

    text += strspn(text, " \t");
    mark = strstr(text, "://");
    if (mark != NULL) {
        endpoint.scheme = text;
        endpoint.scheme_len = (size_t)(mark - text);
        text = mark + 3;
    }
    end = text + strcspn(text, "/?# \t\r\n");
    text = behind_user(text, end);
    if (*text == '[') {
        endpoint.host = ++text;
        host_end = memchr(text, ']', (size_t)(end - text));
        if (host_end == NULL)
            return false;
        mark = host_end + 1;
    } else {
        endpoint.host = text;
        mark = memchr(text, ':', (size_t)(end - text));
        host_end = mark = mark != NULL ? mark : end;
    }
    endpoint.host_len = (size_t)(host_end - endpoint.host);
    if (mark != end && (*mark != ':' || !parse_port(mark + 1, end, &endpoint.port)))
        return false;
    if (endpoint.host_len != 0 && endpoint.host[endpoint.host_len - 1] == '.')
        endpoint.host_len--;
    *ret_endpoint = endpoint;
    return endpoint.host_len != 0;
}

static bool parse_v4(const char *text, const char *end, uint8_t bytes[4])
{
    for (unsigned part = 0; part < 4; part++) {
        unsigned value = 0, digits = 0;

        if (part != 0 && (text == end || *text++ != '.'))
            return false;
        for (; text < end && *text >= '0' && *text <= '9' && digits < 4; digits++)
            value = value * 10 + (unsigned)(*text++ - '0');
        if (digits == 0 || digits > 3 || value > 255)
            return false;
        bytes[part] = (uint8_t)value;
    }
    return text == end;
}

static int digit_of(char c)
{
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 4291 section 2.2. */
static bool parse_v6(const char *text, const char *end, uint8_t bytes[16])
{
    unsigned used = 0, gap = 17;

    memset(bytes, 0, 16);
    if (end - text >= 2 && text[0] == ':' && text[1] == ':') {
        gap = 0;
        text += 2;
    }
    while (text < end) {
        unsigned value = 0, digits = 0;
        const char *start = text;

        for (; text < end && digit_of(*text) >= 0 && digits < 5; digits++)
            value = value << 4 | (unsigned)digit_of(*text++);
        if (text < end && *text == '.' && used <= 12) {
            if (!parse_v4(start, end, bytes + used))
                return false;
            used += 4;
            break;
        }
        if (digits == 0 || digits > 4 || used > 14)
            return false;
        bytes[used++] = (uint8_t)(value >> 8);
        bytes[used++] = (uint8_t)value;
        if (text == end)
            break;
        if (*text++ != ':' || text == end)
            return false;
        if (*text == ':') {
            if (gap <= 16)
                return false;
            gap = used;
            text++;
        }
    }
    if (gap > 16)
        return used == 16;
    memmove(bytes + 16 - (used - gap), bytes + gap, used - gap);
    memset(bytes + gap, 0, 16 - used);
    return used <= 14;
}

bool wr_address_parse(const char *text, size_t len, struct wr_addr *ret_addr)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct wr_addr addr = {.family = AF_INET};

    if (!parse_v4(text, text + len, addr.bytes)) {
        addr.family = AF_INET6;
        if (!parse_v6(text, text + len, addr.bytes))
            return false;
        if (memcmp(addr.bytes, mapped, sizeof(mapped)) == 0)
            addr = wr_addr_from_bytes(AF_INET, addr.bytes + 12);
    }
    *ret_addr = addr;
    return true;
}
