/* SPDX-License-Identifier: MIT
 * See settings.h. Runs in the host and in the helper program. */
#include "config/settings.h"

#include <string.h>

#include "base/file.h"

const struct wr_setting_info wr_setting_info[WR_SETTINGS] = {
#define SETTING(name, variable, kind, fallback, values, meaning) \
    [WR_SETTING_##name] = {#name, #variable, #kind, fallback, values, meaning},
#include "config/settings.def"
#undef SETTING
};

/* The sentences that refuse a value, by kind. */
#define REFUSAL_choice(values) "must be one of " values
#define REFUSAL_set(values) "must be some of " values ", separated by commas"
#define REFUSAL_number(values) "must be a whole number in " values
#define REFUSAL_text(values) "must be " values
#define REFUSAL_list(values) "must be " values

static const char *const refusal[WR_SETTINGS] = {
#define SETTING(name, variable, kind, fallback, values, meaning) \
    [WR_SETTING_##name] = REFUSAL_##kind(values),
#include "config/settings.def"
#undef SETTING
};

/* One item of a list: `at` moves behind it and its separator; blanks around it are left out. */
static bool next_item(const char **at, const char *end, char separator, const char **ret_item,
                      size_t *ret_len)
{
    const char *from = *at, *to;

    if (from > end)
        return false;
    to = memchr(from, separator, (size_t)(end - from));
    if (to == NULL)
        to = end;
    *at = to + 1;
    while (from < to && *from == ' ')
        from++;
    while (to > from && to[-1] == ' ')
        to--;
    *ret_item = from;
    *ret_len = (size_t)(to - from);
    return true;
}

static bool word_index(const char *words, const char *word, size_t len, uint64_t *ret_index)
{
    const char *at = words, *end = words + strlen(words), *item;
    size_t item_len;

    for (uint64_t i = 0; next_item(&at, end, '|', &item, &item_len); i++) {
        if (item_len == len && memcmp(item, word, len) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static bool parse_set(const char *words, const char *value, size_t len, uint64_t *ret_bits)
{
    const char *at = value, *item;
    uint64_t bits = 0, index;
    size_t item_len;

    while (next_item(&at, value + len, ',', &item, &item_len)) {
        if (!word_index(words, item, item_len, &index))
            return false;
        bits |= UINT64_C(1) << index;
    }
    *ret_bits = bits;
    return true;
}

static bool parse_number(const char *bounds, const char *terminated, uint64_t *ret_number)
{
    uint64_t least, most, number;

    if (!wr_parse_uint(&bounds, &least) || strncmp(bounds, "..", 2) != 0)
        return false;
    bounds += 2;
    if (!wr_parse_uint(&bounds, &most) || !wr_parse_uint(&terminated, &number))
        return false;
    if (*terminated != '\0' || number < least || number > most)
        return false;
    *ret_number = number;
    return true;
}

static bool is_kind(enum wr_setting which, const char *kind)
{
    return strcmp(wr_setting_info[which].kind, kind) == 0;
}

/* `terminated` has `len` bytes and no other terminator. */
static bool parse(enum wr_setting which, const char *terminated, size_t len, uint64_t *ret_number)
{
    const char *values = wr_setting_info[which].values;

    *ret_number = 0;
    if (is_kind(which, "choice"))
        return word_index(values, terminated, len, ret_number);
    if (is_kind(which, "set"))
        return parse_set(values, terminated, len, ret_number);
    if (is_kind(which, "number"))
        return parse_number(values, terminated, ret_number);
    if (which == WR_SETTING_config && len != 0) /* never the working directory */
        return terminated[0] == '/' || strcmp(terminated, "none") == 0;
    return len != 0 || wr_setting_info[which].fallback[0] == '\0' || is_kind(which, "list");
}

static bool has_control(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
            return true;
    }
    return false;
}

void wr_settings_default(struct wr_settings *settings)
{
    for (enum wr_setting which = 0; which < WR_SETTINGS; which++) {
        const char *fallback = wr_setting_info[which].fallback;
        size_t len = strlen(fallback);

        settings->source[which] = WR_SOURCE_DEFAULT;
        memcpy(settings->text[which], fallback, len + 1);
        parse(which, fallback, len, &settings->number[which]);
    }
}

const char *wr_settings_set(struct wr_settings *settings, enum wr_setting which,
                            enum wr_setting_source source, const char *value, size_t len)
{
    char text[WR_SETTING_MAX];
    uint64_t number;

    if ((unsigned)which >= WR_SETTINGS)
        return "is not a setting";
    if (len == 0 && source == WR_SOURCE_ENVIRONMENT && !is_kind(which, "list"))
        return NULL;
    if (len >= sizeof(text))
        return "must be shorter than 512 bytes";
    if (has_control(value, len))
        return "must not have control characters in it";
    if (which == WR_SETTING_config && source == WR_SOURCE_FILE)
        return "can be set in the environment only";
    if (len != 0)
        memcpy(text, value, len);
    text[len] = '\0';
    if (!parse(which, text, len, &number))
        return refusal[which];
    if (settings->source[which] > source)
        return NULL;
    settings->source[which] = (uint8_t)source;
    settings->number[which] = number;
    memcpy(settings->text[which], text, len + 1);
    return NULL;
}

enum wr_setting wr_settings_by_key(const char *key, size_t len)
{
    for (enum wr_setting which = 0; which < WR_SETTINGS; which++) {
        const char *known = wr_setting_info[which].key;

        if (strlen(known) == len && memcmp(known, key, len) == 0)
            return which;
    }
    return WR_SETTINGS;
}

/* Undoes wr_settings_write_block(); false where it is malformed or does not fit. */
static bool unescape(const char *from, size_t len, struct wr_buf *out)
{
    for (size_t i = 0; i < len; i++) {
        char c = from[i];

        if (c == '\\') {
            if (++i == len || (from[i] != '\\' && from[i] != 'n'))
                return false;
            c = from[i] == 'n' ? '\n' : '\\';
        }
        wr_buf_char(out, c);
    }
    return !out->cut;
}

static void read_setting(struct wr_settings *settings, const char *line, size_t len)
{
    const char *equals = memchr(line, '=', len);
    char value[WR_SETTING_MAX];
    struct wr_buf out = wr_buf_on(value, sizeof(value));

    if (equals == NULL)
        return;
    enum wr_setting which = wr_settings_by_key(line, (size_t)(equals - line));
    if (which == WR_SETTINGS || !unescape(equals + 1, (size_t)(line + len - equals - 1), &out))
        return;
    wr_settings_set(settings, which, WR_SOURCE_FILE, out.data, out.len);
}

static void read_error(const char *line, size_t len,
                       void (*complain)(void *ctx, const char *text, size_t len), void *ctx)
{
    char text[WR_SETTING_MAX];

    if (len > sizeof(text))
        len = sizeof(text);
    for (size_t i = 0; i < len; i++)
        text[i] = has_control(line + i, 1) ? '?' : line[i];
    complain(ctx, text, len);
}

void wr_settings_read_block(struct wr_settings *settings, const char *block, size_t len,
                            void (*complain)(void *ctx, const char *text, size_t len), void *ctx)
{
    const char *end = block + len, *newline;
    unsigned errors = 0;

    for (; block < end; block = newline + 1) {
        newline = memchr(block, '\n', (size_t)(end - block));
        if (newline == NULL)
            return;
        if (block[0] != '!')
            read_setting(settings, block, (size_t)(newline - block));
        else if (errors++ < WR_SETTINGS_ERRORS)
            read_error(block + 1, (size_t)(newline - block - 1), complain, ctx);
    }
}

void wr_settings_write_block(const char *key, const char *value, size_t len, struct wr_buf *out)
{
    wr_buf_str(out, key);
    wr_buf_char(out, '=');
    for (size_t i = 0; i < len; i++) {
        if (value[i] == '\\' || value[i] == '\n')
            wr_buf_char(out, '\\');
        wr_buf_char(out, value[i] == '\n' ? 'n' : value[i]);
    }
    wr_buf_char(out, '\n');
}

bool wr_settings_list_matches(const char *list, const char *name)
{
    const char *at = list, *end = list + strlen(list), *item;
    size_t len;

    while (next_item(&at, end, ',', &item, &len)) {
        char glob[WR_SETTING_MAX];

        if (len == 0 || len >= sizeof(glob))
            continue;
        memcpy(glob, item, len);
        glob[len] = '\0';
        if (wr_glob(glob, name))
            return true;
    }
    return false;
}
