/* SPDX-License-Identifier: MIT
 * `whyrefused explain`: the catalogue for people. The sentences are those of the tables in
 * diagnose/; this file only lays them out. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "helper/helper.h"
#include "render/errno.h"
#include "whyrefused/cause.h"

#define WIDTH 78
#define FORM_MAX 1024
#define NEAR_IDS 3
#define ID_MAX 64

/* A part in brackets that another follows at once: mostly the one or the other is said, but for
 * what a list goes on with. */
static bool is_choice(const char *text)
{
    return text[0] == ']' && text[1] == '[' && text[2] != '[' && text[2] != ';' && text[2] != ',';
}

/* A template as a form: {fact} becomes <fact>, conditions and brackets go, but for those around an
 * option of a command. */
static const char *as_form(const char *text, char form[FORM_MAX])
{
    struct wr_buf out = wr_buf_on(form, FORM_MAX);
    bool option = false;

    while (*text != '\0') {
        if (text[0] == '{' && text[1] == '{') {
            wr_buf_char(&out, '{');
            text += 2;
        } else if (*text == '{') {
            size_t len = strcspn(text, "}");

            if (text[1] != '?' && text[1] != '!') {
                wr_buf_char(&out, '<');
                wr_buf_mem(&out, text + 1, len - 1);
                wr_buf_char(&out, '>');
            }
            text += text[len] == '}' ? len + 1 : len;
        } else if (text[0] == '[' && text[1] == '[') {
            wr_buf_char(&out, '[');
            text += 2;
        } else if (strncmp(text, "[ --", 4) == 0) {
            wr_buf_str(&out, " [--");
            text += 4;
            option = true;
        } else if (is_choice(text)) {
            wr_buf_str(&out, text[2] == ' ' ? " /" : " / ");
            text += 2;
        } else if (*text == '[' || *text == ']') {
            if (*text == ']' && option)
                wr_buf_char(&out, ']');
            option = option && *text != ']';
            text++;
        } else {
            wr_buf_char(&out, *text++);
        }
    }
    return wr_buf_terminate(&out);
}

/* Words filled into lines behind a margin; `first` stands before the first line. */
static void put_filled(const char *first, const char *margin, const char *text)
{
    size_t column = (size_t)printf("%s", first);
    bool at_start = true;

    while (*text != '\0' && *text != '\n') {
        size_t len = strcspn(text, " \n");

        if (!at_start && column + 1 + len > WIDTH) {
            column = (size_t)printf("\n%s", margin) - 1;
            at_start = true;
        }
        column += (size_t)printf("%s%.*s", at_start ? "" : " ", (int)len, text);
        at_start = false;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void put_paragraphs(const char *text)
{
    while (text != NULL && *text != '\0') {
        text += strspn(text, "\n");
        put_filled("  ", "  ", text);
        text = strchr(text, '\n');
        if (text != NULL && text[strspn(text, "\n")] != '\0')
            putchar('\n');
    }
}

static void put_evidence(const struct wr_cause *cause)
{
    char form[FORM_MAX];

    if (cause->because[0] == NULL)
        return;
    puts("\nEvidence:");
    for (size_t i = 0; i < WR_CAUSE_SENTENCES && cause->because[i] != NULL; i++)
        put_filled("  - ", "    ", as_form(cause->because[i], form));
}

static void put_fixes(const struct wr_cause *cause)
{
    char form[FORM_MAX];

    if (cause->fixes[0].text == NULL)
        return;
    puts("\nWhat to do:");
    for (size_t i = 0; i < sizeof(cause->fixes) / sizeof(cause->fixes[0]); i++) {
        if (cause->fixes[i].text == NULL)
            break;
        put_filled("  - ", "    ", as_form(cause->fixes[i].text, form));
        if (cause->fixes[i].command != NULL && cause->fixes[i].command[0] != '\0')
            printf("      $ %s\n", as_form(cause->fixes[i].command, form));
    }
}

static void put_unknown(const struct wr_cause *cause)
{
    char form[FORM_MAX];

    if (cause->unknown[0].what == NULL)
        return;
    puts("\nWhat cannot always be known:");
    for (size_t i = 0; i < sizeof(cause->unknown) / sizeof(cause->unknown[0]); i++) {
        const struct wr_blind_spot *spot = &cause->unknown[i];

        if (spot->what == NULL)
            break;
        put_filled("  - ", "    ", as_form(spot->what, form));
        if (spot->why != NULL && spot->why[0] != '\0')
            put_filled("    because ", "    ", as_form(spot->why, form));
        if (spot->command != NULL && spot->command[0] != '\0')
            printf("      $ %s\n", as_form(spot->command, form));
    }
}

static int explain(const struct wr_cause *cause)
{
    char form[FORM_MAX];

    printf("%s: ", cause->id);
    printf("%s\n", as_form(cause->what, form));
    printf("Seen as: %s\n\n", cause->seen_as);
    put_paragraphs(cause->explain);
    put_evidence(cause);
    put_unknown(cause);
    put_fixes(cause);
    return 0;
}

static int list_all(void)
{
    const struct wr_layer *last = NULL;
    int width = 0;

    for (WR_EACH_CAUSE(layer, cause)) {
        if ((int)strlen(cause->id) > width)
            width = (int)strlen(cause->id);
    }
    for (WR_EACH_CAUSE(layer, cause)) {
        if (layer != last)
            printf("%s%s\n", last != NULL ? "\n" : "", layer->name);
        last = layer;
        printf("  %-*s  %s\n", width, cause->id, cause->what);
    }
    return 0;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Levenshtein distance, of texts shorter than ID_MAX. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[ID_MAX + 1];
    size_t len = strlen(b);

    for (size_t i = 0; i <= len; i++)
        row[i] = (unsigned)i;
    for (; *a != '\0'; a++) {
        unsigned corner = row[0]++;

        for (size_t i = 0; i < len; i++) {
            unsigned substituted = corner + (tolower((unsigned char)*a) != b[i]);

            corner = row[i + 1];
            row[i + 1] = least(substituted, least(row[i], corner) + 1);
        }
    }
    return row[len];
}

/* A part of an id counts as near whatever its length. */
static unsigned how_far(const char *id, const char *known)
{
    if (strlen(id) >= ID_MAX || strlen(known) >= ID_MAX)
        return ID_MAX;
    return strlen(id) >= 3 && strcasestr(known, id) != NULL ? 1 : distance(id, known);
}

static int unknown(const char *id)
{
    unsigned farthest = (unsigned)strlen(id) / 3 + 2, said = 0;

    fprintf(stderr, "whyrefused: there is no cause ");
    for (size_t i = 0; i < ID_MAX && id[i] != '\0'; i++)
        fputc(isprint((unsigned char)id[i]) ? id[i] : '?', stderr);
    for (unsigned far = 1; far <= farthest && said < NEAR_IDS; far++) {
        for (WR_EACH_CAUSE(layer, cause)) {
            if (said < NEAR_IDS && how_far(id, cause->id) == far)
                fprintf(stderr, "%s%s", said++ == 0 ? "; near it: " : ", ", cause->id);
        }
    }
    fprintf(stderr, "\nwhyrefused: `whyrefused explain` lists all causes\n");
    return WR_EXIT_UNKNOWN_ID;
}

/* The table of the README, which a test compares. */
static int list_as_markdown(void)
{
    puts("| cause | seen as | what it is |\n|---|---|---|");
    for (WR_EACH_CAUSE(layer, cause))
        printf("| `%s` | %s | %s |\n", cause->id, cause->seen_as, cause->what);
    return 0;
}

static void put_harmless(const char *name, const int *errors, const char *targets,
                         const char *programs, const char *why)
{
    char text[FORM_MAX];
    struct wr_buf out = wr_buf_on(text, sizeof(text));

    printf("%s: %s\n", name, why);
    for (; *errors != 0; errors++) {
        wr_buf_str(&out, wr_errno_name(*errors));
        wr_buf_str(&out, errors[1] != 0 ? ", " : "");
    }
    put_filled("    errors   ", "             ", wr_buf_terminate(&out));
    for (int i = 0; i < 2; i++) {
        const char *globs = i == 0 ? targets : programs;

        out.len = 0;
        for (; *globs != '\0'; globs++) {
            wr_buf_char(&out, *globs);
            wr_buf_str(&out, *globs == ',' ? " " : "");
        }
        put_filled(i == 0 ? "    at       " : "    but of   ", "             ",
                   wr_buf_terminate(&out));
    }
}

/* The failures that are not reported, unless by the programs whose own business they are. */
static int list_harmless(void)
{
#define HARMLESS(name, kind, errors, targets, programs, why) \
    put_harmless(#name, (const int[]){errors, 0}, targets, programs, why);
#include "track/harmless.def"
#undef HARMLESS
    return 0;
}

int wr_helper_explain(const char *id)
{
    const struct wr_cause *cause;

    if (id == NULL)
        return list_all();
    if (strcmp(id, "--markdown") == 0)
        return list_as_markdown();
    if (strcmp(id, "--harmless") == 0)
        return list_harmless();
    cause = wr_cause_by_id(id);
    return cause != NULL ? explain(cause) : unknown(id);
}
