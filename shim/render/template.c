/* SPDX-License-Identifier: MIT
 * See template.h. One pass, no state outside the stack; groups recurse. */
#include "render/template.h"

#include <string.h>

#include "render/escape.h"
#include "render/value.h"

#define DEPTH_MAX 8

/* {name}, {name.part}, {?name}, {!name}, {?name=3}, {!name=3} */
struct field {
    char condition; /* '?', '!' or 0 */
    enum wr_fact fact;
    enum wr_part part;
    bool compares;
    uint64_t number;
};

static enum wr_fact fact_by_name(const char *name, size_t len)
{
    for (int i = 0; i < WR_FACTS; i++) {
        if (strncmp(wr_fact_info[i].name, name, len) == 0 && wr_fact_info[i].name[len] == '\0')
            return (enum wr_fact)i;
    }
    return WR_FACTS;
}

static bool is_number_kind(enum wr_kind kind)
{
    return kind == WR_KIND_bool || kind == WR_KIND_uint || kind == WR_KIND_errno;
}

/* What stands between the braces. */
static bool parse_inside(const char *at, size_t len, struct field *ret)
{
    const char *mark;

    memset(ret, 0, sizeof(*ret));
    if (len > 0 && (*at == '?' || *at == '!')) {
        ret->condition = *at++;
        len--;
    }
    mark = memchr(at, ret->condition != 0 ? '=' : '.', len);
    ret->fact = fact_by_name(at, mark != NULL ? (size_t)(mark - at) : len);
    if (ret->fact == WR_FACTS)
        return false;
    if (mark == NULL)
        return true;
    len -= (size_t)(mark + 1 - at);
    at = mark + 1;
    if (ret->condition == 0) {
        ret->part = wr_part_by_name(wr_fact_info[ret->fact].kind, at, len);
        return ret->part != WR_PARTS;
    }
    ret->compares = true;
    if (len == 0 || len > 19 || !is_number_kind(wr_fact_info[ret->fact].kind))
        return false;
    for (; len > 0; at++, len--) {
        if (*at < '0' || *at > '9')
            return false;
        ret->number = ret->number * 10 + (uint64_t)(*at - '0');
    }
    return true;
}

/* Returns the length of the field at text[0] == '{', or 0 where it is malformed. */
static size_t parse_field(const char *text, struct field *ret)
{
    const char *end = strchr(text, '}');

    if (end == NULL || !parse_inside(text + 1, (size_t)(end - text - 1), ret))
        return 0;
    return (size_t)(end + 1 - text);
}

static bool holds(const struct field *field, const struct wr_evidence *ev)
{
    enum wr_fact_state state = (enum wr_fact_state)ev->state[field->fact];
    bool is_number = is_number_kind(wr_fact_info[field->fact].kind);
    uint64_t number = is_number && state == WR_PRESENT ? ev->value[field->fact].number : 0;

    if (field->compares) {
        bool equal = state == WR_PRESENT && number == field->number;

        return field->condition == '?' ? equal : state != WR_UNKNOWN && !equal;
    }
    if (field->condition == '?')
        return state == WR_PRESENT && (!is_number || number != 0);
    return state == WR_ABSENT || (state == WR_PRESENT && is_number && number == 0);
}

/* A value as one word of a command. Dropped where redaction would change it: a command with a
 * pseudonym in it does not work. */
static bool put_word(const struct field *field, const struct wr_evidence *ev, unsigned quote,
                     struct wr_buf *out)
{
    char space[2][WR_FIELD_SHOWN + 1];
    struct wr_buf word = wr_buf_on(space[0], sizeof(space[0]));
    struct wr_buf redacted = wr_buf_on(space[1], sizeof(space[1]));

    if (!wr_value(ev, field->fact, field->part, WR_QUOTE_SHELL, &word) || word.len == 0)
        return false;
    wr_value(ev, field->fact, field->part, quote, &redacted);
    if (word.len != redacted.len || memcmp(space[0], space[1], word.len) != 0)
        return false;
    if (wr_fact_info[field->fact].kind == WR_KIND_text &&
        wr_text_class(field->fact) == WR_TEXT_COMMAND) {
        wr_escape(out, word.data, word.len);
        return true;
    }
    return wr_escape_shell(out, word.data, word.len);
}

static bool put_field(const struct field *field, const struct wr_evidence *ev, unsigned quote,
                      struct wr_buf *out)
{
    if (field->condition != 0)
        return holds(field, ev);
    if ((quote & WR_QUOTE_SHELL) != 0)
        return put_word(field, ev, quote, out);
    return wr_value(ev, field->fact, field->part, quote, out);
}

struct walk {
    const struct wr_evidence *ev; /* NULL = check only */
    unsigned quote;
    struct wr_buf *out;
    void (*each)(void *ctx, enum wr_fact fact);
    void *ctx;
    bool malformed;
};

/* A field at text: moves *ret_next behind it. Returns whether the sentence goes on. */
static bool walk_field(struct walk *walk, const char *text, const char **ret_next)
{
    struct field field;
    size_t len = parse_field(text, &field);

    if (len == 0) {
        walk->malformed = true;
        *ret_next = text;
        return false;
    }
    *ret_next = text + len;
    if (walk->each != NULL)
        walk->each(walk->ctx, field.fact);
    return walk->ev == NULL || put_field(&field, walk->ev, walk->quote, walk->out);
}

/* One level: up to the ']' that closes it, or the end. *at moves to there, also where the level
 * is dropped. Returns false where it is. */
static bool walk_level(struct walk *walk, const char **at, unsigned depth)
{
    bool keeps = true;
    unsigned literals = 0;
    struct wr_buf start = walk->out != NULL ? *walk->out : (struct wr_buf){0};

    for (const char *text = *at;; *at = text) {
        if (*text == '\0' || (*text == ']' && literals == 0))
            break;
        if ((*text == '[' || *text == '{') && text[1] == *text) {
            literals += *text == '[';
            text++;
        } else if (*text == '{') {
            keeps = walk_field(walk, text, &text) && keeps;
            if (walk->malformed)
                return false;
            continue;
        } else if (*text == '[') {
            text++;
            if (depth == DEPTH_MAX)
                walk->malformed = true;
            else
                walk_level(walk, &text, depth + 1);
            if (walk->malformed || *text != ']') {
                walk->malformed = true;
                *at = text;
                return false;
            }
            text++;
            continue;
        } else if (*text == ']') {
            literals--;
        }
        if (walk->out != NULL)
            wr_buf_char(walk->out, *text);
        text++;
    }
    if (!keeps && walk->out != NULL)
        *walk->out = start;
    return keeps;
}

static bool walk_all(struct walk *walk, const char *text, const char **ret_at)
{
    bool keeps = walk_level(walk, &text, 0);

    if (*text != '\0')
        walk->malformed = true; /* a ']' that opens nowhere */
    *ret_at = text;
    return keeps && !walk->malformed;
}

bool wr_template(const char *text, const struct wr_evidence *ev, unsigned quote, struct wr_buf *out)
{
    struct wr_buf start = *out;
    struct walk walk = {.ev = ev, .quote = quote, .out = out};

    if (walk_all(&walk, text, &text))
        return true;
    *out = start;
    return false;
}

bool wr_template_fact(const struct wr_evidence *ev, enum wr_fact fact, unsigned quote,
                      struct wr_buf *out)
{
    return wr_value(ev, fact, WR_PART_VALUE, quote, out);
}

bool wr_template_valid(const char *text, size_t *ret_at)
{
    const char *end;
    struct walk walk = {0};

    walk_all(&walk, text, &end);
    if (walk.malformed)
        *ret_at = (size_t)(end - text);
    return !walk.malformed;
}

void wr_template_facts(const char *text, void (*each)(void *ctx, enum wr_fact fact), void *ctx)
{
    const char *end;
    struct walk walk = {.each = each, .ctx = ctx};

    walk_all(&walk, text, &end);
}
