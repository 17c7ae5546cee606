/* SPDX-License-Identifier: MIT
 * Writes one JSON object, bounded and valid at every moment. Pure. For json*.c only.
 * A member or element that does not fit is left out whole, and `cut` remembers it. */
#ifndef WR_RENDER_JSON_OUT_H
#define WR_RENDER_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "render/escape.h"

struct wr_json {
    struct wr_buf *out;
    size_t limit; /* members end before this; what is behind it is for the closing brackets */
    bool cut;     /* something was left out */
};

/* A place to come back to. */
struct wr_json_mark {
    size_t len;
};
static inline struct wr_json_mark wr_json_mark(const struct wr_json *json)
{
    return (struct wr_json_mark){json->out->len};
}
/* Keeps what was written since the mark if it fits; takes it back where it does not. */
static inline bool wr_json_keep(struct wr_json *json, struct wr_json_mark mark)
{
    if (json->out->len <= json->limit && !json->out->cut)
        return true;
    json->out->len = mark.len;
    json->out->cut = false;
    json->cut = true;
    return false;
}

/* A comma where one is needed. */
static inline void wr_json_next(struct wr_json *json)
{
    char last = json->out->len > 0 ? json->out->data[json->out->len - 1] : '{';

    if (last != '{' && last != '[' && last != ':')
        wr_buf_char(json->out, ',');
}
static inline void wr_json_key(struct wr_json *json, const char *key)
{
    wr_json_next(json);
    wr_buf_char(json->out, '"');
    wr_buf_str(json->out, key);
    wr_buf_str(json->out, "\":");
}
/* A string value; more than `max` bytes are cut with a mark. */
static inline void wr_json_string(struct wr_json *json, const char *bytes, size_t len, size_t max)
{
    wr_json_next(json);
    wr_buf_char(json->out, '"');
    wr_escape_json(json->out, bytes, len, max);
    wr_buf_char(json->out, '"');
}
static inline void wr_json_open(struct wr_json *json, char bracket)
{
    wr_json_next(json);
    wr_buf_char(json->out, bracket);
}
static inline void wr_json_close(struct wr_json *json, char bracket)
{
    wr_buf_char(json->out, bracket);
}
/* "key": number, at most 2^63 - 1: readers take no more */
static inline void wr_json_number(struct wr_json *json, const char *key, uint64_t number)
{
    wr_json_key(json, key);
    wr_buf_uint(json->out, number < INT64_MAX ? number : INT64_MAX);
}
static inline void wr_json_text(struct wr_json *json, const char *key, const char *terminated)
{
    wr_json_key(json, key);
    wr_json_string(json, terminated, strlen(terminated), WR_FIELD_SHOWN);
}

#endif
