/* SPDX-License-Identifier: MIT
 * Frames as JSON: "whyrefused.frames" as data, "error.stack_trace" for people. They come last,
 * and are the first to be cut. Pure. */
#include <string.h>

#include "render/formats.h"
#include "render/parts.h"

static void put_path(const struct wr_report *report, struct wr_json *json, const char *key,
                     uint16_t at)
{
    const char *text = report->frames->text + at;

    if (at != 0)
        wr_json_outside(report, json, key, text, strlen(text), WR_TEXT_PATH);
}

static void put_frame(const struct wr_report *report, struct wr_json *json,
                      const struct wr_frame *frame)
{
    const char *text = report->frames->text;

    wr_json_open(json, '{');
    put_path(report, json, "module", frame->module);
    if (frame->build_id != 0)
        wr_json_text(json, "build_id", text + frame->build_id);
    wr_json_number(json, "offset", frame->module != 0 ? frame->offset : frame->pc);
    if (frame->symbol != 0)
        wr_json_text(json, "symbol", text + frame->symbol);
    put_path(report, json, "file", frame->file);
    if (frame->line != 0)
        wr_json_number(json, "line", frame->line);
    wr_json_close(json, '}');
}

static void put_stack_trace(const struct wr_report *report, struct wr_json *json)
{
    const struct wr_frames *frames = report->frames;
    struct wr_json_mark whole = wr_json_mark(json);
    bool any = false;

    wr_json_key(json, "error.stack_trace");
    wr_buf_char(json->out, '"');
    for (uint32_t i = 0; i < frames->count && i < WR_FRAMES_MAX; i++) {
        char space[3 * WR_FIELD_SHOWN];
        struct wr_buf line = wr_buf_on(space, sizeof(space));
        struct wr_json_mark mark = wr_json_mark(json);

        if (wr_frame_is_ours(frames, &frames->frame[i]))
            continue;
        wr_say_frame(report, &frames->frame[i], &line);
        wr_buf_str(json->out, any ? "\\n" : "");
        wr_escape_json(json->out, line.data, line.len, line.len);
        any = wr_json_keep(json, mark) || any;
    }
    wr_buf_char(json->out, '"');
    if (!any)
        json->out->len = whole.len;
}

void wr_json_frames(const struct wr_report *report, struct wr_json *json)
{
    struct wr_json_mark whole = wr_json_mark(json);
    size_t limit = json->limit;

    if (report->frames == NULL || report->frames->count == 0)
        return;
    if (json->out->len + 64 > limit) {
        json->cut = true;
        return;
    }
    /* both forms of the frames share what is left */
    json->limit = limit - (limit - json->out->len) / 3;
    wr_json_key(json, "whyrefused.frames");
    wr_json_open(json, '[');
    for (uint32_t i = 0; i < report->frames->count && i < WR_FRAMES_MAX; i++) {
        struct wr_json_mark mark = wr_json_mark(json);

        put_frame(report, json, &report->frames->frame[i]);
        wr_json_keep(json, mark);
    }
    wr_json_close(json, ']');
    json->limit = limit;
    if (!wr_json_keep(json, whole))
        return;
    if (json->out->len + 64 <= limit)
        put_stack_trace(report, json);
    json->cut = json->cut || report->frames->cut;
}
