/* SPDX-License-Identifier: MIT
 * Elements of DER (ITU-T X.690). Pure. For x509.c and x509name.c. */
#ifndef WR_BASE_DER_H
#define WR_BASE_DER_H

#include <string.h>

#include "base/x509.h"

enum {
    WR_DER_BOOLEAN = 0x01,
    WR_DER_INTEGER = 0x02,
    WR_DER_BITS = 0x03,
    WR_DER_BYTES = 0x04,
    WR_DER_OID = 0x06,
    WR_DER_UTC_TIME = 0x17,
    WR_DER_TIME = 0x18,
    WR_DER_SEQUENCE = 0x30,
    WR_DER_SET = 0x31
};

struct wr_der_element {
    unsigned tag;
    struct wr_span inside, whole;
};

/* Takes the next element off the front. False where there is none, or it is broken. */
static inline bool wr_der_next(struct wr_span *from, struct wr_der_element *ret)
{
    const unsigned char *at = from->at;
    size_t head = 2, len;

    if (from->len < 2 || (at[0] & 0x1f) == 0x1f)
        return false;
    len = at[1];
    if (len > 0x80 && len <= 0x84) {
        head += len - 0x80;
        if (from->len < head)
            return false;
        len = 0;
        for (size_t i = 2; i < head; i++)
            len = len << 8 | at[i];
    } else if (len >= 0x80) {
        return false;
    }
    if (len > from->len - head)
        return false;
    ret->tag = at[0];
    ret->inside = (struct wr_span){at + head, len};
    ret->whole = (struct wr_span){at, head + len};
    from->at += head + len;
    from->len -= head + len;
    return true;
}

/* The same, where it has to be of that kind. */
static inline bool wr_der_take(struct wr_span *from, unsigned tag, struct wr_span *ret_inside)
{
    struct wr_der_element element;

    if (!wr_der_next(from, &element) || element.tag != tag)
        return false;
    *ret_inside = element.inside;
    return true;
}

static inline bool wr_der_is(struct wr_span span, const char *bytes, size_t len)
{
    return span.len == len && memcmp(span.at, bytes, len) == 0;
}
#define WR_DER_IS(span, literal) wr_der_is((span), (literal), sizeof(literal) - 1)

#endif
