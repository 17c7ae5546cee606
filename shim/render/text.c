/* SPDX-License-Identifier: MIT
 * The report for people: one screen. Every line begins with "whyrefused" or with a margin of
 * ours that is not blank, so that nothing quoted can pass for a line of another program. Pure. */
#include <errno.h>
#include <string.h>

#include "render/drawing.h"
#include "render/escape.h"
#include "render/formats.h"
#include "render/parts.h"
#include "render/render.h"
#include "render/template.h"
#include "render/value.h"

#define COLUMNS 79
/* PIPE_BUF: a write up to here is not torn by other writers of the same pipe. */
#define WHOLE 4096
#define LAST_LINE 256 /* room kept for it */
#define FRAMES_SHOWN 6
#define RULED_OUT_SHOWN 3
#define UNKNOWN_SHOWN 4

#define BAR "    │"
#define HANGING BAR "          " /* under the text of "    = because  " */
#define HANGING_WIDTH 15
/* A blank inside a command, where no line may be broken: it is for copying. */
#define FIRM '\x01'

struct page {
    const struct wr_report *report;
    struct wr_buf *out;
    bool colour;
    bool cut; /* something was left out */
};

static void style(const struct page *page, const char *sequence)
{
    if (page->colour)
        wr_buf_str(page->out, sequence);
}
#define LOUD "\x1b[1;31m"
#define BOLD "\x1b[1m"
#define DIM "\x1b[2m"
#define PLAIN "\x1b[0m"

static void dim(const struct page *page, const char *text)
{
    style(page, DIM);
    wr_buf_str(page->out, text);
    style(page, PLAIN);
}

/* Columns of the word at `text`, and its length in bytes. */
static unsigned word_width(const char *text, size_t len, size_t *ret_len)
{
    unsigned width = 0;
    size_t at = 0;

    while (at < len && text[at] != ' ' && text[at] != '\n') {
        uint32_t code;
        size_t used = wr_utf8_decode(text + at, len - at, &code);

        width += used == 0 ? 1 : wr_code_width(code);
        at += used == 0 ? 1 : used;
    }
    *ret_len = at;
    return width;
}

/* Prints a sentence from `column` on, broken at blanks, with the margin kept. */
static void wrap(const struct page *page, const struct wr_buf *sentence, unsigned column)
{
    const char *text = sentence->data;
    size_t left = sentence->len;
    unsigned blanks = 0;

    while (left > 0) {
        size_t len;
        unsigned width;

        if (*text == ' ' || *text == '\n') {
            blanks++;
            text++;
            left--;
            continue;
        }
        width = word_width(text, left, &len);
        if (column + blanks + width > COLUMNS && column > HANGING_WIDTH) {
            wr_buf_char(page->out, '\n');
            dim(page, HANGING);
            column = HANGING_WIDTH;
            blanks = 0;
        }
        for (column += blanks + width; blanks > 0; blanks--)
            wr_buf_char(page->out, ' ');
        for (; len > 0; len--, text++, left--)
            wr_buf_char(page->out, *text == FIRM ? ' ' : *text);
    }
    wr_buf_char(page->out, '\n');
}

/* Takes back what was written since the mark where it makes the report too long. */
static bool keep(struct page *page, size_t mark)
{
    if (page->out->len + LAST_LINE <= WHOLE && !page->out->cut)
        return true;
    page->out->len = mark;
    page->out->cut = false;
    page->cut = true;
    return false;
}

/* "    = because  SENTENCE" */
static bool item(struct page *page, const char *label, struct wr_buf *sentence)
{
    size_t mark = page->out->len;

    wr_sentence_end(sentence);
    style(page, DIM);
    wr_buf_str(page->out, "    = ");
    wr_buf_str(page->out, label);
    for (size_t i = strlen(label); i < 9; i++)
        wr_buf_char(page->out, ' ');
    style(page, PLAIN);
    wrap(page, sentence, HANGING_WIDTH);
    sentence->len = 0;
    return keep(page, mark);
}

static void put_headline(struct page *page)
{
    char space[2 * WR_SENTENCE_MAX];
    struct wr_buf line = wr_buf_on(space, sizeof(space));

    wr_buf_str(page->out, "whyrefused: ");
    style(page, LOUD);
    wr_buf_str(page->out, wr_say_event(page->report));
    wr_buf_char(page->out, '[');
    wr_buf_str(page->out, page->report->verdict->cause->id);
    wr_buf_char(page->out, ']');
    style(page, PLAIN);
    wr_buf_str(page->out, ": ");
    wr_render_headline(page->report, &line);
    wr_sentence_end(&line);
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] == '\n')
            line.data[i] = ' ';
    }
    style(page, BOLD);
    wr_buf_mem(page->out, line.data, line.len);
    style(page, PLAIN);
    wr_buf_char(page->out, '\n');
}

/* What runs below main() in every program, and tells nothing. */
static bool is_start_code(const struct wr_frames *frames, const struct wr_frame *frame)
{
    static const char *const names[] = {"__libc_start_main",
                                        "__libc_start_call_main",
                                        "_start",
                                        "start_thread",
                                        "__clone3",
                                        "clone3",
                                        "__clone",
                                        "clone"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(frames->text + frame->symbol, names[i]) == 0)
            return true;
    }
    return false;
}

/* How many frames from `first` on lie in one module without a name: they share a line. */
static uint32_t alike(const struct wr_frames *frames, uint32_t first)
{
    const struct wr_frame *frame = &frames->frame[first];
    uint32_t count = 1;

    while (frame->symbol == 0 && frame->line == 0 && first + count < frames->count &&
           first + count < WR_FRAMES_MAX) {
        const struct wr_frame *next = &frames->frame[first + count];

        if (next->symbol != 0 || next->line != 0 ||
            strcmp(frames->text + next->module, frames->text + frame->module) != 0)
            break;
        count++;
    }
    return count;
}

static void put_frame_line(struct page *page, const char *margin, uint32_t at, uint32_t count)
{
    dim(page, margin);
    wr_say_frame(page->report, &page->report->frames->frame[at], page->out);
    if (count > 1) {
        wr_buf_str(page->out, " … (");
        wr_buf_uint(page->out, count);
        wr_buf_str(page->out, " frames)");
    }
    wr_buf_char(page->out, '\n');
}

static void put_frames(struct page *page)
{
    const struct wr_frames *frames = page->report->frames;
    uint32_t lines = 0, hidden = 0, count;

    for (uint32_t i = 0; frames != NULL && i < frames->count && i < WR_FRAMES_MAX; i += count) {
        size_t mark = page->out->len;

        count = alike(frames, i);
        if (is_start_code(frames, &frames->frame[i]))
            break;
        if (wr_frame_is_ours(frames, &frames->frame[i]))
            continue;
        if (lines < FRAMES_SHOWN)
            put_frame_line(page, lines == 0 ? "   --> " : "    ·  ", i, count);
        /* the evidence needs the room more than the frames do */
        if (lines == FRAMES_SHOWN || page->out->len > WHOLE / 2) {
            page->out->len = mark;
            hidden += count;
        } else {
            lines++;
        }
    }
    if (hidden > 0) {
        dim(page, "    ·  … (");
        wr_buf_uint(page->out, hidden);
        wr_buf_str(page->out, hidden == 1 ? " more native frame)\n" : " more native frames)\n");
    }
}

static void put_drawing(struct page *page)
{
    char space[WR_SENTENCE_MAX];
    struct wr_buf line = wr_buf_on(space, sizeof(space));

    if (page->report->attempt->call != WR_CALL_CONNECT ||
        !wr_draw(page->report, COLUMNS - 7, &line)) /* behind the margin */
        return;
    dim(page, BAR "\n" BAR);
    wr_buf_str(page->out, "  ");
    wr_buf_mem(page->out, line.data, line.len);
    wr_buf_char(page->out, '\n');
    dim(page, BAR "\n");
}

static void put_because(struct page *page)
{
    char space[WR_SENTENCE_MAX];
    struct wr_buf line = wr_buf_on(space, sizeof(space));

    for (unsigned i = 0; i < WR_SAY_BECAUSE; i++) {
        if (wr_say_because(page->report, i, &line))
            item(page, "because", &line);
    }
}

static void put_ruled_out(struct page *page)
{
    char space[WR_SENTENCE_MAX];
    struct wr_buf line = wr_buf_on(space, sizeof(space));
    const struct wr_cause *cause;
    unsigned shown = 0;

    for (unsigned i = 0; i < WR_SAY_RULED_OUT && shown < RULED_OUT_SHOWN; i++) {
        char reason[WR_SENTENCE_MAX];
        struct wr_buf because = wr_buf_on(reason, sizeof(reason));

        if (!wr_say_ruled_out(page->report, i, &cause, &because))
            continue;
        wr_buf_str(&line, cause->id);
        wr_buf_str(&line, ": ");
        wr_buf_mem(&line, because.data, because.len);
        line.cut = line.cut || because.cut;
        item(page, "not", &line);
        shown++;
    }
}

/* Keeps what was appended since `from` on one line. */
static void make_firm(struct wr_buf *line, size_t from)
{
    for (; from < line->len; from++) {
        if (line->data[from] == ' ')
            line->data[from] = FIRM;
    }
}

/* "WHAT: WHY; to tell: COMMAND" */
static void put_unknown(struct page *page)
{
    char space[2 * WR_SENTENCE_MAX];
    struct wr_buf line = wr_buf_on(space, sizeof(space));
    unsigned shown = 0;

    for (unsigned i = 0; i < WR_SAY_UNKNOWN && shown < UNKNOWN_SHOWN; i++) {
        if (!wr_say_unknown(page->report, i, WR_SAY_WHAT, &line))
            continue;
        wr_buf_str(&line, ": ");
        if (!wr_say_unknown(page->report, i, WR_SAY_WHY, &line))
            line.len -= 2;
        size_t before = line.len;
        wr_buf_str(&line, "; to tell: ");
        size_t command = line.len;
        if (wr_say_unknown(page->report, i, WR_SAY_COMMAND, &line))
            make_firm(&line, command);
        else
            line.len = before;
        item(page, "unknown", &line);
        shown++;
    }
    if (shown == 0 && page->report->verdict->confidence == WR_MATCH_CERTAIN) {
        wr_buf_str(&line, "(nothing)");
        item(page, "unknown", &line);
    }
}

static void put_fixes(struct page *page)
{
    char space[2 * WR_SENTENCE_MAX];
    struct wr_buf line = wr_buf_on(space, sizeof(space));

    for (unsigned i = 0; i < WR_SAY_FIX; i++) {
        if (!wr_say_fix(page->report, i, false, &line))
            continue;
        size_t before = line.len;
        wr_buf_str(&line, ": ");
        size_t command = line.len;
        if (wr_say_fix(page->report, i, true, &line))
            make_firm(&line, command);
        else
            line.len = before;
        item(page, "fix", &line);
    }
}

static void put_time(struct wr_buf *out, uint64_t us)
{
    if (us >= 10000000) {
        wr_buf_s(out, us);
        wr_buf_str(out, " s");
    } else {
        wr_buf_ms(out, us);
        wr_buf_str(out, " ms");
    }
}

/* The addresses of the name, each with its own end. */
static void put_tries(struct page *page)
{
    const struct wr_report *report = page->report;
    char space[WR_SENTENCE_MAX];

    for (uint32_t i = 0; i < report->tries_count; i++) {
        struct wr_buf line = wr_buf_on(space, sizeof(space));

        wr_say_try(report, i, &line);
        item(page, "tried", &line);
    }
}

static void put_last_line(struct page *page)
{
    const struct wr_attempt *attempt = page->report->attempt;
    const char *confidence = wr_say_confidence(page->report);
    char space[LAST_LINE];
    struct wr_buf line = wr_buf_on(space, sizeof(space));
    size_t command;

    dim(page, "    = ");
    style(page, BOLD);
    wr_buf_str(page->out, confidence);
    style(page, PLAIN);
    if (page->report->tries_count > 0) {
        wr_buf_str(&line, " · ");
        wr_buf_uint(&line, page->report->tries_count);
        wr_buf_str(&line, " of ");
        wr_buf_uint(&line, page->report->addresses);
        wr_buf_str(&line, " addresses tried");
    }
    if (attempt->end_ns > attempt->start_ns && page->report->event == WR_EVENT_REPORT) {
        wr_buf_str(&line, " · failed after ");
        put_time(&line, (attempt->end_ns - attempt->start_ns) / 1000);
    }
    wr_buf_str(&line, " · diagnosed in ");
    put_time(&line, page->report->spent_us);
    if (page->cut)
        wr_buf_str(&line, " · cut");
    if (wr_is_redacted(page->report))
        wr_buf_str(&line, " · redacted: names and addresses may be made up");
    wr_buf_str(&line, " · ");
    command = line.len;
    wr_buf_str(&line, "whyrefused explain ");
    wr_buf_str(&line, page->report->verdict->cause->id);
    make_firm(&line, command);
    wrap(page, &line, 6 + (unsigned)strlen(confidence));
}

void wr_render_text(const struct wr_report *report, bool colour, struct wr_buf *out)
{
    struct page page = {.report = report, .out = out, .colour = colour};

    put_headline(&page);
    if (report->event == WR_EVENT_SUMMARY)
        return;
    put_frames(&page);
    put_drawing(&page);
    put_because(&page);
    put_tries(&page);
    if (report->event == WR_EVENT_REPORT) {
        put_ruled_out(&page);
        put_unknown(&page);
        put_fixes(&page);
    }
    put_last_line(&page);
}
