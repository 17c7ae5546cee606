/* SPDX-License-Identifier: MIT
 * The report as one line of at most 160 columns, in the form that editors and CI parse:
 * "file:line: error: ..." where a source line is known. Pure. */
#include <string.h>

#include "render/escape.h"
#include "render/formats.h"
#include "render/parts.h"
#include "render/render.h"

#define COLUMNS 160

/* The innermost frame of the program with a source line; NULL where there is none. */
static const struct wr_frame *known_line(const struct wr_frames *frames)
{
    for (uint32_t i = 0; frames != NULL && i < frames->count && i < WR_FRAMES_MAX; i++) {
        const struct wr_frame *frame = &frames->frame[i];

        if (frame->file != 0 && frame->line != 0 && !wr_frame_is_ours(frames, frame))
            return frame;
    }
    return NULL;
}

static void put_place(const struct wr_report *report, struct wr_buf *out)
{
    const struct wr_frame *frame = known_line(report->frames);
    const char *file = frame != NULL ? report->frames->text + frame->file : "";

    /* A name that a CI system or a parser could take for something else is not printed. */
    if (file[0] == '\0' || strchr(file, ':') != NULL || strchr(file, '#') != NULL ||
        report->redact_paths || strlen(file) > COLUMNS / 2) {
        wr_buf_str(out, "whyrefused");
        return;
    }
    wr_escape_str(out, file);
    wr_buf_char(out, ':');
    wr_buf_uint(out, frame->line);
}

/* Appends as much of the text as fits into `columns`, cut between words where there are some. */
static void put_columns(struct wr_buf *out, const char *text, size_t len, unsigned columns)
{
    unsigned width = 0;
    size_t fits = 0, words = 0;

    for (size_t at = 0; at < len;) {
        uint32_t code = ' ';
        size_t used = wr_utf8_decode(text + at, len - at, &code);

        width += wr_code_width(code);
        if (width > columns) {
            wr_buf_mem(out, text, words > fits / 2 ? words : fits);
            wr_buf_str(out, "…");
            return;
        }
        at += used == 0 ? 1 : used;
        if (width < columns)
            fits = at;
        if (width < columns && code == ' ')
            words = at;
    }
    wr_buf_mem(out, text, len);
}

void wr_render_short(const struct wr_report *report, struct wr_buf *out)
{
    char headline_space[2 * WR_SENTENCE_MAX], tail_space[128];
    struct wr_buf headline = wr_buf_on(headline_space, sizeof(headline_space));
    struct wr_buf tail = wr_buf_on(tail_space, sizeof(tail_space));
    size_t start = out->len;
    unsigned used;

    put_place(report, out);
    wr_buf_str(out, ": ");
    wr_buf_str(out, wr_say_event(report));
    wr_buf_str(out, ": ");
    wr_buf_str(&tail, " [");
    wr_buf_str(&tail, report->verdict->cause->id);
    wr_buf_str(&tail, report->event == WR_EVENT_SUMMARY ? "]" : "] ");
    if (report->event != WR_EVENT_SUMMARY)
        wr_buf_str(&tail, wr_say_confidence(report));
    if (wr_is_redacted(report))
        wr_buf_str(&tail, " (redacted)");
    wr_render_headline(report, &headline);
    wr_sentence_end(&headline);
    for (size_t i = 0; i < headline.len; i++) {
        if (headline.data[i] == '\n')
            headline.data[i] = ' ';
    }
    used = wr_text_width(out->data + start, out->len - start) + wr_text_width(tail.data, tail.len);
    put_columns(out, headline.data, headline.len, used < COLUMNS ? COLUMNS - used : 0);
    wr_buf_mem(out, tail.data, tail.len);
    wr_buf_char(out, '\n');
}
