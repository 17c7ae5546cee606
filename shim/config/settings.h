/* SPDX-License-Identifier: MIT
 * The settings: defaults, then the configuration file (read by the helper program), then the
 * environment. settings.def is the one list. Used by pipeline.c and the helper. */
#ifndef WR_CONFIG_SETTINGS_H
#define WR_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define WR_SETTING_MAX 512 /* longest value, with its terminator */

enum wr_setting {
#define SETTING(name, environment, kind, fallback, values, meaning) WR_SETTING_##name,
#include "config/settings.def"
#undef SETTING
    WR_SETTINGS
};

enum wr_setting_source { WR_SOURCE_DEFAULT, WR_SOURCE_FILE, WR_SOURCE_ENVIRONMENT };

struct wr_settings {
    uint8_t source[WR_SETTINGS]; /* enum wr_setting_source */
    /* Of numbers; of choices the index in their values; of sets a bit (1 << index) for each. */
    uint64_t number[WR_SETTINGS];
    char text[WR_SETTINGS][WR_SETTING_MAX]; /* terminated, without control bytes */
};
_Static_assert(sizeof(struct wr_settings) <= 8192, "settings must fit the pipeline's space");

/* The indexes of WR_SETTING_redact. */
enum wr_redact { WR_REDACT_NONE, WR_REDACT_ARGS, WR_REDACT_HOSTS, WR_REDACT_PATHS };

struct wr_setting_info {
    const char *key;         /* as in the file: "budget_ms" */
    const char *environment; /* "WHYREFUSED_BUDGET_MS" */
    /* "choice": one of the values. "set": any of the values, separated by commas. "number":
     * decimal, within its bounds. "text": anything. "list": globs, separated by commas. */
    const char *kind;
    const char *fallback;
    const char *values; /* form: settings.def */
    const char *meaning;
};
extern const struct wr_setting_info wr_setting_info[WR_SETTINGS];

/* Every setting to its default. */
void wr_settings_default(struct wr_settings *settings);

/* Sets one from its text. Returns NULL, or a fixed sentence that says why the value is refused
 * (the setting is then unchanged); it follows "KEY VALUE: ". A setting from a stronger source is
 * left as it is; the same source overrides itself. An empty value empties a list, and of the
 * other kinds leaves the setting as it is where it comes from the environment. */
const char *wr_settings_set(struct wr_settings *settings, enum wr_setting which,
                            enum wr_setting_source source, const char *value, size_t len);

/* The setting with this key; WR_SETTINGS where there is none. */
enum wr_setting wr_settings_by_key(const char *key, size_t len);

/* The flat block that the helper hands over: "key=value\n" lines, in the value a backslash as
 * two, a newline as backslash and n; errors as "!text\n" lines. Reads a block of `len` bytes as
 * WR_SOURCE_FILE; calls complain() for each error line, control bytes in it being replaced, at most
 * WR_SETTINGS_ERRORS times. Bounded: ignores what is malformed or has no newline. */
#define WR_SETTINGS_ERRORS 16
void wr_settings_read_block(struct wr_settings *settings, const char *block, size_t len,
                            void (*complain)(void *ctx, const char *text, size_t len), void *ctx);
void wr_settings_write_block(const char *key, const char *value, size_t len, struct wr_buf *out);

/* True where one of the comma-separated globs in a list setting matches. */
bool wr_settings_list_matches(const char *list, const char *name);

#endif
