/* SPDX-License-Identifier: MIT
 * See aton.h. */
#include "base/aton.h"

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 99;
}

static const char *part(const char *at, const char *end, uint64_t *ret_value)
{
    int base = 10, digit;
    uint64_t value = 0;

    if (at == end || digit_of(*at) > 9)
        return NULL;
    if (*at == '0' && at + 1 < end) {
        base = 8;
        if (at[1] == 'x' || at[1] == 'X') {
            base = 16;
            at += 2;
            if (at == end || digit_of(*at) > 15)
                return NULL;
        }
    }
    for (; at < end && (digit = digit_of(*at)) < base; at++) {
        value = value * (unsigned)base + (unsigned)digit;
        if (value > UINT32_MAX)
            return NULL;
    }
    *ret_value = value;
    return at;
}

bool wr_aton(const char *text, size_t len, uint8_t ret_bytes[4])
{
    const char *at = text, *end = text + len;
    uint64_t value = 0;
    unsigned count = 0;
    uint8_t bytes[4];

    for (;;) {
        at = part(at, end, &value);
        if (at == NULL)
            return false;
        if (at == end)
            break;
        if (*at++ != '.' || count == 3 || value > 255)
            return false;
        bytes[count++] = (uint8_t)value;
    }
    if (value >> (8 * (4 - count)) != 0)
        return false;
    for (unsigned left = 4; left > count; left--) {
        bytes[left - 1] = (uint8_t)value;
        value >>= 8;
    }
    for (unsigned i = 0; i < 4; i++)
        ret_bytes[i] = bytes[i];
    return true;
}
