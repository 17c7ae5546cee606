/* SPDX-License-Identifier: MIT
 * The names in a certificate: distinguished names as text, and whether it is for a host (RFC 6125).
 * See x509.h. */
#include <sys/socket.h>

#include "base/address.h"
#include "base/der.h"
#include "base/endpoint.h"
#include "base/x509.h"

enum { UTF8 = 0x0c, TELETEX = 0x14, UNIVERSAL = 0x1c, BMP = 0x1e };
enum { SAN_DNS = 0x82, SAN_IP = 0x87 };
/* What is copied of one value. */
#define VALUE_MAX 200

static void put_rune(struct wr_buf *buf, uint32_t rune)
{
    if (rune < 0x80) {
        wr_buf_char(buf, (char)rune);
    } else if (rune < 0x800) {
        wr_buf_char(buf, (char)(0xc0 | rune >> 6));
        wr_buf_char(buf, (char)(0x80 | (rune & 0x3f)));
    } else {
        wr_buf_char(buf, (char)(0xe0 | (rune >> 12 & 0x0f)));
        wr_buf_char(buf, (char)(0x80 | (rune >> 6 & 0x3f)));
        wr_buf_char(buf, (char)(0x80 | (rune & 0x3f)));
    }
}

static void put_value(struct wr_buf *buf, unsigned tag, struct wr_span value)
{
    size_t len = value.len < VALUE_MAX ? value.len : VALUE_MAX;
    unsigned width = tag == UNIVERSAL ? 4 : tag == BMP ? 2 : 1;

    if (width == 1 && tag != TELETEX) {
        wr_buf_mem(buf, (const char *)value.at, len);
        return;
    }
    for (size_t i = 0; i + width <= len; i += width) {
        uint32_t rune = 0;

        for (unsigned n = 0; n < width; n++)
            rune = rune << 8 | value.at[i + n];
        put_rune(buf, rune > 0xffff || (rune >= 0xd800 && rune < 0xe000) ? '?' : rune);
    }
}

/* The attribute 2.5.4.`type` of a Name. */
static bool find_attribute(struct wr_span name, unsigned char type, struct wr_der_element *ret)
{
    const char oid[] = {0x55, 0x04, (char)type};
    struct wr_span list, set, pair, kind;

    if (!wr_der_take(&name, WR_DER_SEQUENCE, &list))
        return false;
    while (wr_der_take(&list, WR_DER_SET, &set)) {
        while (wr_der_take(&set, WR_DER_SEQUENCE, &pair)) {
            if (wr_der_take(&pair, WR_DER_OID, &kind) && wr_der_is(kind, oid, sizeof(oid)) &&
                wr_der_next(&pair, ret))
                return true;
        }
    }
    return false;
}

static bool put_attribute(struct wr_buf *buf, struct wr_span name, unsigned char type,
                          const char *word, bool more)
{
    struct wr_der_element value;

    if (name.at == NULL || !find_attribute(name, type, &value) || value.inside.len == 0)
        return false;
    wr_buf_str(buf, more ? ", " : "");
    wr_buf_str(buf, word);
    put_value(buf, value.tag, value.inside);
    return true;
}

void wr_x509_put_name(struct wr_buf *buf, struct wr_span name)
{
    enum { COMMON_NAME = 3, COUNTRY = 6, ORGANISATION = 10, UNIT = 11 };
    bool common = put_attribute(buf, name, COMMON_NAME, "CN=", false);
    bool more = put_attribute(buf, name, ORGANISATION, "O=", common) || common;

    if (!common)
        more = put_attribute(buf, name, UNIT, "OU=", more) || more;
    if (!more)
        put_attribute(buf, name, COUNTRY, "C=", false);
}

static bool ip_of(struct wr_span bytes, struct wr_addr *ret)
{
    if (bytes.len != 4 && bytes.len != 16)
        return false;
    *ret = wr_addr_from_bytes(bytes.len == 4 ? AF_INET : AF_INET6, bytes.at);
    return true;
}

static bool next_name(struct wr_span *list, struct wr_der_element *ret)
{
    while (wr_der_next(list, ret)) {
        if ((ret->tag == SAN_DNS && ret->inside.len > 0) || ret->tag == SAN_IP)
            return true;
    }
    return false;
}

void wr_x509_put_names(struct wr_buf *buf, const struct wr_x509 *certificate, unsigned max)
{
    struct wr_span list = certificate->names;
    struct wr_der_element element;
    struct wr_addr address;
    unsigned count = 0;

    for (; next_name(&list, &element); count++) {
        if (count >= max)
            continue;
        wr_buf_str(buf, count > 0 ? ", " : "");
        if (element.tag == SAN_DNS)
            put_value(buf, UTF8, element.inside);
        else if (ip_of(element.inside, &address))
            wr_buf_addr(buf, &address);
    }
    if (count > max) {
        wr_buf_str(buf, " and ");
        wr_buf_uint(buf, count - max);
        wr_buf_str(buf, " more");
    }
    if (count == 0)
        put_attribute(buf, certificate->subject, 3, "", false);
}

static bool same_letter(unsigned char a, unsigned char b)
{
    if (a >= 'A' && a <= 'Z')
        a = (unsigned char)(a + 'a' - 'A');
    if (b >= 'A' && b <= 'Z')
        b = (unsigned char)(b + 'a' - 'A');
    return a == b;
}

/* RFC 6125, 6.4: a wildcard is the whole of the leftmost label, and stands for one label. */
static bool host_matches(struct wr_span pattern, const char *name, size_t len)
{
    if (pattern.len > 0 && pattern.at[pattern.len - 1] == '.')
        pattern.len--;
    if (pattern.len > 2 && pattern.at[0] == '*' && pattern.at[1] == '.') {
        const char *dot = memchr(name, '.', len);

        if (dot == NULL || dot == name || memchr(pattern.at + 2, '.', pattern.len - 2) == NULL)
            return false;
        len -= (size_t)(dot - name);
        name = dot;
        pattern.at++;
        pattern.len--;
    }
    if (pattern.len != len || len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!same_letter(pattern.at[i], (unsigned char)name[i]))
            return false;
    }
    return true;
}

bool wr_x509_is_for(const struct wr_x509 *certificate, const char *name)
{
    struct wr_span list = certificate->names;
    size_t len = strlen(name);
    struct wr_der_element element;
    struct wr_addr wanted, address;
    bool is_ip = wr_address_parse(name, len, &wanted), any = false;

    if (len > 0 && name[len - 1] == '.')
        len--;
    while (next_name(&list, &element)) {
        any |= element.tag == SAN_DNS;
        if (is_ip ? element.tag == SAN_IP && ip_of(element.inside, &address) &&
                        wr_addr_same_host(&address, &wanted)
                  : element.tag == SAN_DNS && host_matches(element.inside, name, len))
            return true;
    }
    return !is_ip && !any && find_attribute(certificate->subject, 3, &element) &&
           host_matches(element.inside, name, len);
}
