/* SPDX-License-Identifier: MIT
 * What the fuzz targets share. Each takes bytes and aborts when a promise is broken. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(holds)                                                           \
    do {                                                                         \
        if (!(holds)) {                                                          \
            fprintf(stderr, "broken: %s (%s:%d)\n", #holds, __FILE__, __LINE__); \
            abort();                                                             \
        }                                                                        \
    } while (0)

/* Input that is taken in pieces. */
struct input {
    const uint8_t *data;
    size_t left;
};

static inline uint8_t take(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->data++;
}

static inline uint64_t take_number(struct input *in, unsigned bytes)
{
    uint64_t number = 0;

    while (bytes-- > 0)
        number = number << 8 | take(in);
    return number;
}

/* At most `max` bytes of what is left; the length is chosen by the input. */
static inline size_t take_bytes(struct input *in, char *to, size_t max)
{
    size_t len = take(in);

    if (len == 255)
        len = take_number(in, 2);
    len = len > max ? max : len;
    len = len > in->left ? in->left : len;
    memcpy(to, in->data, len);
    in->data += len;
    in->left -= len;
    return len;
}

/* No byte that a terminal obeys, no broken UTF-8 lead; newlines only where allowed. */
static inline bool is_harmless(const char *bytes, size_t len, bool newlines)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == '\n' && newlines)
            continue;
        if (c < 0x20 || c == 0x7f)
            return false;
        /* C1 controls as UTF-8: c2 80 .. c2 9f */
        if (c == 0xc2 && i + 1 < len && ((unsigned char)bytes[i + 1] & 0xe0) == 0x80)
            return false;
        /* bidi controls: e2 80 aa..ae, e2 81 a6..a9 */
        if (c == 0xe2 && i + 2 < len) {
            unsigned char b = (unsigned char)bytes[i + 1], d = (unsigned char)bytes[i + 2];

            if ((b == 0x80 && d >= 0xaa && d <= 0xae) || (b == 0x81 && d >= 0xa6 && d <= 0xa9))
                return false;
        }
    }
    return true;
}

static inline bool is_utf8(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)bytes[i];
        unsigned more = c < 0x80   ? 0
                        : c < 0xc2 ? 9
                        : c < 0xe0 ? 1
                        : c < 0xf0 ? 2
                        : c < 0xf5 ? 3
                                   : 9;

        if (more == 9 || i + more >= len + (more == 0))
            return false;
        for (unsigned n = 1; n <= more; n++) {
            if (((unsigned char)bytes[i + n] & 0xc0) != 0x80)
                return false;
        }
        i += more + 1;
    }
    return true;
}

#endif
