/* SPDX-License-Identifier: MIT
 * See tlswire.h: what the messages say that pass in plain text. Each reads what is kept of one;
 * what was cut off is not there. */
#include <string.h>

#include "base/tlswire.h"

enum { EXTENSION_SERVER_NAME = 0, EXTENSION_ALPN = 16, EXTENSION_VERSIONS = 43 };
enum { TLS_1_3 = 0x0304 };

struct reader {
    const unsigned char *at;
    size_t left;
    bool bad;
};

static uint32_t number(struct reader *in, unsigned bytes)
{
    uint32_t result = 0;

    if (in->left < bytes) {
        in->bad = true;
        in->left = 0;
        return 0;
    }
    in->left -= bytes;
    while (bytes-- > 0)
        result = result << 8 | *in->at++;
    return result;
}

/* The next `len` bytes, as far as they are there. */
static struct reader part(struct reader *in, size_t len)
{
    struct reader result = {in->at, len > in->left ? in->left : len, len > in->left};

    in->at += result.left;
    in->left -= result.left;
    return result;
}

static void take_server_name(struct wr_wire *wire, struct reader in)
{
    struct reader list = part(&in, number(&in, 2)), name;
    bool is_host = number(&list, 1) == 0;

    name = part(&list, number(&list, 2));
    if (!is_host || list.bad || name.bad || name.left >= WR_WIRE_NAME)
        return;
    memcpy(wire->sni, name.at, name.left);
    wire->sni_len = (uint16_t)name.left;
}

static void take_alpn(struct wr_wire *wire, struct reader in)
{
    struct reader list = part(&in, number(&in, 2));

    wire->alpn_len = 0;
    while (list.left > 0) {
        struct reader name = part(&list, number(&list, 1));
        bool grease = name.left == 2 && (name.at[0] & 0x0f) == 0x0a && name.at[0] == name.at[1];

        if (name.bad || name.left == 0 || wire->alpn_len + 1 + name.left > WR_WIRE_ALPN)
            return;
        if (grease) /* RFC 8701 */
            continue;
        if (wire->alpn_len > 0)
            wire->alpn[wire->alpn_len++] = ' ';
        memcpy(wire->alpn + wire->alpn_len, name.at, name.left);
        wire->alpn_len = (uint16_t)(wire->alpn_len + name.left);
    }
}

static void take_versions(struct wr_wire *wire, struct reader in)
{
    struct reader list = part(&in, number(&in, 1));
    uint16_t low = 0xffff, high = 0;

    while (list.left >= 2) {
        uint16_t version = (uint16_t)number(&list, 2);

        if (version < 0x0300 || version > 0x03ff) /* GREASE, drafts */
            continue;
        low = version < low ? version : low;
        high = version > high ? version : high;
    }
    if (high == 0)
        return;
    wire->version_low = low;
    wire->version_high = high;
}

void wr_wire_read_client_hello(struct wr_wire *wire)
{
    struct reader in = {wire->kept, wire->kept_len, false}, extensions;

    wire->version_high = (uint16_t)number(&in, 2);
    wire->version_low = 0;
    part(&in, 32);
    part(&in, number(&in, 1)); /* session */
    part(&in, number(&in, 2)); /* cipher suites */
    part(&in, number(&in, 1)); /* compression */
    extensions = part(&in, number(&in, 2));
    while (extensions.left >= 4) {
        uint32_t type = number(&extensions, 2);
        struct reader body = part(&extensions, number(&extensions, 2));

        if (body.bad)
            break;
        if (type == EXTENSION_SERVER_NAME)
            take_server_name(wire, body);
        else if (type == EXTENSION_ALPN)
            take_alpn(wire, body);
        else if (type == EXTENSION_VERSIONS)
            take_versions(wire, body);
    }
}

void wr_wire_read_server_hello(struct wr_wire *wire)
{
    struct reader in = {wire->kept, wire->kept_len, false};
    /* SHA-256 of "HelloRetryRequest": RFC 8446, section 4.1.3 */
    static const unsigned char retry[8] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11};
    uint16_t version = (uint16_t)number(&in, 2);
    struct reader random = part(&in, 32), extensions;
    bool again = random.left == 32 && memcmp(random.at, retry, sizeof(retry)) == 0;

    part(&in, number(&in, 1)); /* session */
    wire->cipher = (uint16_t)number(&in, 2);
    number(&in, 1); /* compression */
    if (in.bad)
        return;
    extensions = part(&in, in.left >= 2 ? number(&in, 2) : 0);
    while (extensions.left >= 4) {
        uint32_t type = number(&extensions, 2);
        struct reader body = part(&extensions, number(&extensions, 2));

        if (type == EXTENSION_VERSIONS && body.left >= 2)
            version = (uint16_t)number(&body, 2);
    }
    wire->version = version;
    wire->retry |= again;
    wire->server_hello |= !again;
}

unsigned wr_wire_chain(const struct wr_wire *wire, const unsigned char **at, size_t *len,
                       unsigned max)
{
    struct reader in = {wire->kept, wire->kept_len, false};
    unsigned count = 0;

    if (!wire->certificate || wire->owner != 1 + WR_WIRE_IN || wire->version >= TLS_1_3)
        return 0;
    number(&in, 3);
    while (in.left > 3 && count < max) {
        struct reader certificate = part(&in, number(&in, 3));

        if (certificate.bad || certificate.left == 0)
            break;
        at[count] = certificate.at;
        len[count++] = certificate.left;
    }
    return count;
}
