/* SPDX-License-Identifier: MIT
 * See redact.h. */
#include "render/redact.h"

#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "render/escape.h"

/* FNV-1a, 64 bits, with the finalizer of MurmurHash3 (both in the public domain). */
static uint64_t hash(const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c | 0x20);
        h = (h ^ c) * 0x100000001b3u;
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
    size_t name = len;

    if (len == 0 || bytes[0] != '/') {
        wr_escape(out, bytes, len);
        return;
    }
    while (name > 0 && bytes[name - 1] != '/')
        name--;
    wr_buf_str(out, "…/");
    wr_escape(out, bytes + name, len - name);
}

enum wr_text_class wr_text_class(const struct wr_evidence *ev, enum wr_fact fact)
{
    const char *unit = wr_fact_info[fact].unit;

    if (strcmp(unit, "host") == 0)
        return WR_TEXT_HOST;
    if (strcmp(unit, "path") == 0)
        return WR_TEXT_PATH;
    if (ev->state[fact] == WR_PRESENT && ev->value[fact].text.len != 0 &&
        ev->text[ev->value[fact].text.at] == '/')
        return WR_TEXT_PATH;
    return WR_TEXT_PLAIN;
}
