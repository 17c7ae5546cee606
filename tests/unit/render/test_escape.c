/* SPDX-License-Identifier: MIT
 * Escaping: the corpus of terminal sequences, bidi, invalid UTF-8 and CI commands; bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "render/errno.h"
#include "render/escape.h"

static char space[4096];

static const char *shown(const char *bytes, size_t len)
{
    struct wr_buf out = wr_buf_on(space, sizeof(space));

    wr_escape(&out, bytes, len);
    return wr_buf_terminate(&out);
}
#define SHOWN(bytes, as) assert_string_equal(shown(bytes, sizeof(bytes) - 1), as)

static const char *json(const char *bytes, size_t len)
{
    struct wr_buf out = wr_buf_on(space, sizeof(space));

    wr_escape_json(&out, bytes, len, 256);
    return wr_buf_terminate(&out);
}
#define JSON(bytes, as) assert_string_equal(json(bytes, sizeof(bytes) - 1), as)

static void terminal(void **state)
{
    (void)state;
    SHOWN("plain caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80 \\x", "plain café 中 😀 \\x");
    SHOWN("\x1b[2J\x1b]0;t\x07\x1b]52;c;eA==\x1b\\\x1bPq", "\\x1b[2J\\x1b]0;t\\x07\\x1b]52;c;eA=="
                                                           "\\x1b\\\\x1bPq");
    SHOWN("a\0b\n\r\t\x7f", "a\\x00b\\x0a\\x0d\\x09\\x7f");
    SHOWN("\x9b"
          "31m\x85",
          "\\x9b31m\\x85");
    SHOWN("\xc2\x9b"
          "31m\xc2\x85",
          "\\u{9b}31m\\u{85}");
    SHOWN("\xe2\x80\xae\xe2\x80\xaa\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c",
          "\\u{202e}\\u{202a}\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{61c}");
    SHOWN("\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d\xef\xbb\xbf\xe2\x81\xa0\xc2\xad",
          "\\u{200b}\\u{200c}\\u{200d}\\u{feff}\\u{2060}\\u{ad}");
    SHOWN("\xe2\x80\xa8\xe2\x80\xa9\xf3\xa0\x81\x81", "\\u{2028}\\u{2029}\\u{e0041}");
    SHOWN("", "");
}

static void invalid_utf8(void **state)
{
    (void)state;
    SHOWN("\xc0\xaf\xc1\xbf", "\\xc0\\xaf\\xc1\\xbf"); /* over-long */
    SHOWN("\xe0\x80\xaf\xf0\x80\x80\xaf", "\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf");
    SHOWN("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* surrogate */
    SHOWN("\xf4\x90\x80\x80\xf5\xff\xfe", "\\xf4\\x90\\x80\\x80\\xf5\\xff\\xfe");
    SHOWN("a\xe2\x82", "a\\xe2\\x82"); /* cut off */
    SHOWN("\xe2\x28\xa1", "\\xe2(\\xa1");
    JSON("\xc0\xaf\xed\xa0\x80z", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
}

static void json_strings(void **state)
{
    (void)state;
    JSON("a\"b\\c/\b\n\x1f\x7f", "a\\\"b\\\\c/\\u0008\\u000a\\u001f\\u007f");
    JSON("\0", "\xef\xbf\xbd");
    JSON("\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81", "\\u009b\\u202e\\udb40\\udc41");
    JSON("caf\xc3\xa9 \xf0\x9f\x98\x80", "café 😀");
}

static void ci_commands(void **state)
{
    (void)state;
    SHOWN("x ##vso[task.x]##[error]###teamcity[",
          "x #\\x23vso[task.x]#\\x23[error]#\\x23\\x23teamcity[");
    JSON("##[x]#", "#\\u0023[x]#");
    SHOWN("#chan fe80::1 # #", "#chan fe80::1 # #");
}

static void field_bound(void **state)
{
    static char long_text[70000];

    (void)state;
    memset(long_text, 'a', sizeof(long_text));
    assert_int_equal(strlen(shown(long_text, 256)), 256);
    assert_string_equal(shown(long_text, 257) + 253, "…");
    assert_string_equal(shown(long_text, sizeof(long_text)) + 253, "…");
    memset(long_text, 0x1b, sizeof(long_text)); /* four bytes shown each */
    assert_int_equal(strlen(shown(long_text, 64)), 256);
    assert_string_equal(shown(long_text, 65) + 252, "…");
    for (size_t i = 0; i + 3 <= 900; i += 3)
        memcpy(long_text + i, "\xe4\xb8\xad", 3);
    assert_string_equal(shown(long_text, 900) + 250, "\xb8\xad…");
}

static void json_bound(void **state)
{
    char small[16];
    struct wr_buf out = wr_buf_on(small, sizeof(small));

    (void)state;
    wr_escape_json(&out, "0123456789abcdef", 16, 8);
    assert_memory_equal(small, "01234567…", 11);
    assert_int_equal(out.len, 11);
    out = wr_buf_on(small, 8); /* a character that does not fit is left out whole */
    wr_escape_json(&out, "012345\x01", 7, 100);
    assert_int_equal(out.len, 6);
    assert_true(out.cut);
    out = wr_buf_on(small, sizeof(small)); /* the limit inside a character */
    wr_escape_json(&out, "ab\xe4\xb8\xad", 5, 3);
    assert_memory_equal(small, "ab…", 5);
    assert_int_equal(out.len, 5);
}

static bool shell(const char *bytes, size_t len)
{
    struct wr_buf out = wr_buf_on(space, sizeof(space));
    bool ok = wr_escape_shell(&out, bytes, len);

    if (!ok)
        assert_int_equal(out.len, 0);
    wr_buf_terminate(&out);
    return ok;
}
#define SHELL(bytes, as)                              \
    do {                                              \
        assert_true(shell(bytes, sizeof(bytes) - 1)); \
        assert_string_equal(space, as);               \
    } while (0)
#define NO_SHELL(bytes) assert_false(shell(bytes, sizeof(bytes) - 1))

static void shell_words(void **state)
{
    static char long_text[300];

    (void)state;
    SHELL("/run/a_b.sock:80@x%1+=,-", "/run/a_b.sock:80@x%1+=,-");
    SHELL("", "''");
    SHELL("a b", "'a b'");
    SHELL("it's", "'it'\\''s'");
    SHELL("$(x)`y`;&|<>*?~#!{}[]\"\\", "'$(x)`y`;&|<>*?~#!{}[]\"\\'");
    SHELL("~root", "'~root'");
    SHELL("caf\xc3\xa9", "'caf\xc3\xa9'");
    NO_SHELL("a\nb");
    NO_SHELL("a\x1b");
    NO_SHELL("a\0");
    NO_SHELL("\xff");
    NO_SHELL("\xe2\x80\xae");
    NO_SHELL("-o");
    memset(long_text, 'a', sizeof(long_text));
    assert_true(shell(long_text, 256));
    assert_false(shell(long_text, 257));
}

/* Whatever goes in: what comes out is printable UTF-8, on one line, and bounded. */
static void random_bytes(void **state)
{
    static const char *const pieces[] = {"\x1b]8;;", "\n::error::", "\r##vso[", "\xe2\x80", "\xf0",
                                         "\xc2\x9b", "'",           "\"",       "\\",       "x"};
    char bytes[400];

    (void)state;
    srand(7);
    for (int round = 0; round < 20000; round++) {
        size_t len = 0;

        while (len < 380 && rand() % 60 != 0) {
            const char *piece = pieces[rand() % 10];
            size_t piece_len = strlen(piece);

            if (rand() % 3 == 0) {
                bytes[len++] = (char)rand();
                continue;
            }
            memcpy(bytes + len, piece, piece_len);
            len += piece_len;
        }
        const char *text = shown(bytes, len);
        assert_in_range(strlen(text), 0, WR_FIELD_SHOWN);
        for (size_t at = 0; text[at] != '\0';) {
            uint32_t code;
            size_t used = wr_utf8_decode(text + at, strlen(text) - at, &code);

            assert_true(used > 0 && wr_code_is_shown(code));
            at += used;
        }
    }
}

static void errnos(void **state)
{
    (void)state;
    assert_string_equal(wr_errno_name(111), "ECONNREFUSED");
    assert_string_equal(wr_errno_text(111), "Connection refused");
    assert_string_equal(wr_errno_name(11), "EAGAIN");
    assert_null(wr_errno_name(0));
    assert_null(wr_errno_name(-5));
    assert_null(wr_errno_name(41)); /* a hole in the numbers */
    assert_null(wr_errno_name(530));
    assert_int_equal(wr_errno_by_name("EPERM", 5), 1);
    assert_int_equal(wr_errno_by_name("EPERMX", 6), 0);
    for (int i = 1; i < 134; i++) {
        if (wr_errno_name(i) != NULL)
            assert_string_equal(wr_errno_text(i), strerror(i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal),     cmocka_unit_test(invalid_utf8),
        cmocka_unit_test(json_strings), cmocka_unit_test(field_bound),
        cmocka_unit_test(ci_commands),  cmocka_unit_test(json_bound),
        cmocka_unit_test(shell_words),  cmocka_unit_test(random_bytes),
        cmocka_unit_test(errnos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
