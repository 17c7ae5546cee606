/* SPDX-License-Identifier: MIT
 * See escape.h. */
#include "render/escape.h"

#include <string.h>

#define CUT_MARK "\xe2\x80\xa6" /* … */

struct range {
    uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}
#define IN(ranges, code) in_ranges(ranges, sizeof(ranges) / sizeof((ranges)[0]), code)

size_t wr_utf8_decode(const char *bytes, size_t len, uint32_t *ret_code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *b = (const unsigned char *)bytes;
    size_t need = b[0] < 0x80                   ? 1
                  : b[0] >= 0xc2 && b[0] < 0xe0 ? 2
                  : (b[0] & 0xf0) == 0xe0       ? 3
                  : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
                                                : 0;
    uint32_t code;

    if (need == 0 || need > len)
        return 0;
    code = need == 1 ? b[0] : b[0] & (0xffu >> (need + 1));
    for (size_t i = 1; i < need; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (b[i] & 0x3fu);
    }
    if (code < least[need] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_code = code;
    return need;
}

bool wr_code_is_shown(uint32_t code)
{
    /* Cc, Zl, Zp, and the default-ignorable code points of Unicode 15 (DerivedCoreProperties),
     * interlinear annotation and non-characters: all of them invisible or obeyed. */
    static const struct range hidden[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
        {0x61c, 0x61c},     {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
        {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
        {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
        {0xfff0, 0xfffb},   {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
        {0xf0000, 0x10ffff}};

    return !IN(hidden, code) && (code & 0xfffe) != 0xfffe;
}

unsigned wr_code_width(uint32_t code)
{
    static const struct range combining[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                                             {0x610, 0x61a},   {0x64b, 0x65f},   {0x1ab0, 0x1aff},
                                             {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f}};
    static const struct range wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
                                        {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
                                        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
                                        {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
                                        {0x20000, 0x3fffd}};

    if (IN(combining, code))
        return 0;
    return IN(wide, code) ? 2 : 1;
}

unsigned wr_text_width(const char *text, size_t len)
{
    unsigned width = 0;

    for (size_t at = 0; at < len;) {
        uint32_t code = ' ';
        size_t used = wr_utf8_decode(text + at, len - at, &code);

        width += wr_code_width(code);
        at += used == 0 ? 1 : used;
    }
    return width;
}

static void put_byte(struct wr_buf *out, unsigned char byte)
{
    wr_buf_str(out, byte < 16 ? "\\x0" : "\\x");
    wr_buf_hex(out, byte);
}

/* The second '#' of "##": CI systems take "##[" and "##vso[" in the middle of a line too. */
static bool is_ci_mark(const char *bytes, size_t at)
{
    return at > 0 && bytes[at] == '#' && bytes[at - 1] == '#';
}

/* The shown form of the character at `bytes`; returns how many bytes it took. */
static size_t put_shown(struct wr_buf *out, const char *bytes, size_t len)
{
    uint32_t code;
    size_t used = wr_utf8_decode(bytes, len, &code);

    if (used == 0) {
        put_byte(out, (unsigned char)bytes[0]);
        return 1;
    }
    if (wr_code_is_shown(code)) {
        wr_buf_mem(out, bytes, used);
    } else if (code < 0x80) {
        put_byte(out, (unsigned char)code);
    } else {
        wr_buf_str(out, "\\u{");
        wr_buf_hex(out, code);
        wr_buf_char(out, '}');
    }
    return used;
}

void wr_escape(struct wr_buf *out, const char *bytes, size_t len)
{
    char shown[WR_FIELD_SHOWN];
    struct wr_buf field = wr_buf_on(shown, sizeof(shown));
    size_t fits = 0; /* what stays when the mark has to follow */

    for (size_t at = 0; at < len;) {
        if (is_ci_mark(bytes, at)) {
            put_byte(&field, '#');
            at++;
        } else {
            at += put_shown(&field, bytes + at, len - at);
        }
        if (field.cut) {
            field.len = fits;
            wr_buf_str(&field, CUT_MARK);
            break;
        }
        if (field.len <= sizeof(shown) - strlen(CUT_MARK))
            fits = field.len;
    }
    wr_buf_mem(out, shown, field.len);
}

void wr_escape_str(struct wr_buf *out, const char *terminated)
{
    wr_escape(out, terminated, strlen(terminated));
}

#define JSON_CHAR_MAX 12 /* a surrogate pair */

static void put_u(struct wr_buf *out, uint32_t unit)
{
    wr_buf_str(out, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        wr_buf_char(out, "0123456789abcdef"[unit >> shift & 15]);
}

/* Hidden characters too are written as \u: a log is also read with cat(1). */
static size_t json_char(char *to, const char *bytes, size_t len, size_t *ret_used)
{
    struct wr_buf out = wr_buf_on(to, JSON_CHAR_MAX);
    uint32_t code;

    *ret_used = wr_utf8_decode(bytes, len, &code);
    if (*ret_used == 0 || code == 0) {
        *ret_used = 1;
        wr_buf_str(&out, "\xef\xbf\xbd"); /* U+FFFD; \u0000 is refused by some readers */
    } else if (code == '"' || code == '\\') {
        wr_buf_char(&out, '\\');
        wr_buf_char(&out, (char)code);
    } else if (!wr_code_is_shown(code)) {
        if (code > 0xffff)
            put_u(&out, 0xd7c0 + (code >> 10));
        put_u(&out, code > 0xffff ? 0xdc00 | (code & 0x3ff) : code);
    } else {
        wr_buf_mem(&out, bytes, *ret_used);
    }
    return out.len;
}

void wr_escape_json(struct wr_buf *out, const char *bytes, size_t len, size_t max)
{
    size_t taken = len < max ? len : max;
    bool cut = taken < len;

    for (size_t at = 0; at < taken;) {
        char form[JSON_CHAR_MAX];
        size_t used, form_len = json_char(form, bytes + at, len - at, &used);

        if (is_ci_mark(bytes, at)) {
            struct wr_buf mark = wr_buf_on(form, sizeof(form));

            put_u(&mark, '#');
            form_len = mark.len;
        }
        if (at + used > taken)
            break; /* the limit falls inside a character */
        if (form_len > out->size - out->len) {
            out->cut = true;
            return;
        }
        wr_buf_mem(out, form, form_len);
        at += used;
    }
    if (cut && out->size - out->len >= strlen(CUT_MARK))
        wr_buf_str(out, CUT_MARK);
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_./:@%+=,-", c) != NULL);
}

bool wr_escape_shell(struct wr_buf *out, const char *bytes, size_t len)
{
    bool plain = len > 0;

    if (len > WR_FIELD_SHOWN || (len > 0 && bytes[0] == '-'))
        return false;
    for (size_t at = 0; at < len;) {
        uint32_t code;
        size_t used = wr_utf8_decode(bytes + at, len - at, &code);

        if (used == 0 || !wr_code_is_shown(code))
            return false;
        plain = plain && is_plain(bytes[at]);
        at += used;
    }
    if (plain) {
        wr_buf_mem(out, bytes, len);
        return true;
    }
    wr_buf_char(out, '\'');
    for (size_t at = 0; at < len; at++) {
        if (bytes[at] == '\'')
            wr_buf_str(out, "'\\''");
        else
            wr_buf_char(out, bytes[at]);
    }
    wr_buf_char(out, '\'');
    return true;
}
