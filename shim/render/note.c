/* SPDX-License-Identifier: MIT
 * See note.h. */
#include "render/note.h"

#include <string.h>

#include "base/date.h"
#include "render/escape.h"
#include "render/json_out.h"
#include "render/redact.h"
#include "render/template.h"

static const struct {
    const char *id, *what;
} kinds[WR_PROGRAMS] = {
    [WR_PROGRAM_STATIC] = {"program-static",
                           "is statically linked, so no library can be preloaded into it"},
    [WR_PROGRAM_MACHINE] = {"program-other-machine",
                            "is made for another word size or machine than libwhyrefused.so"},
    [WR_PROGRAM_GO] = {"program-go", "is a Go program, which calls the kernel without libc"},
    [WR_PROGRAM_PRIVILEGED] = {"program-privileged",
                               "gets privileges when it starts (set-user-ID, set-group-ID or file "
                               "capabilities), so ld.so ignores LD_PRELOAD"},
};
static const char consequence[] = ": its failures are not explained";

static void put_path(const struct wr_note *note, const char *path, struct wr_buf *out)
{
    unsigned quote = note->redact_paths ? WR_QUOTE_HIDE_PATHS : 0;

    wr_redact_text(out, path, strlen(path), WR_TEXT_PATH, quote);
}

static void put_message(const struct wr_note *note, struct wr_buf *out)
{
    char space[WR_FIELD_SHOWN + 4];
    struct wr_buf path = wr_buf_on(space, sizeof(space));

    if (note->script != NULL) {
        put_path(note, note->script, &path);
        wr_escape(out, path.data, path.len);
        wr_buf_str(out, " is run by ");
        path.len = 0;
    }
    put_path(note, note->program, &path);
    wr_escape(out, path.data, path.len);
    wr_buf_str(out, note->script != NULL ? ", which " : " ");
    wr_buf_str(out, kinds[note->kind].what);
    wr_buf_str(out, consequence);
}

static void put_json(const struct wr_note *note, const struct wr_buf *message, struct wr_buf *out)
{
    struct wr_json json = {.out = out, .limit = out->size};
    char space[WR_FIELD_SHOWN + 4];
    struct wr_buf path = wr_buf_on(space, sizeof(space));

    wr_json_open(&json, '{');
    wr_json_key(&json, "@timestamp");
    wr_buf_char(out, '"');
    wr_buf_date(out, note->time_us);
    wr_buf_char(out, '"');
    wr_json_text(&json, "log.level", "info");
    wr_json_key(&json, "message");
    wr_json_string(&json, message->data, message->len, message->len);
    wr_json_text(&json, "ecs.version", "8.11.0");
    wr_json_text(&json, "event.kind", "event");
    wr_json_key(&json, "event.category");
    wr_buf_str(out, "[\"process\"]");
    wr_json_key(&json, "event.type");
    wr_buf_str(out, "[\"info\"]");
    wr_json_text(&json, "event.action", note->action);
    wr_json_text(&json, "event.code", kinds[note->kind].id);
    wr_json_text(&json, "event.reason", kinds[note->kind].what);
    wr_json_text(&json, "event.dataset", "whyrefused.note");
    wr_json_number(&json, "process.pid", (uint64_t)note->process->pid);
    wr_json_text(&json, "process.name", note->process->name);
    wr_json_number(&json, "process.parent.pid", (uint64_t)note->process->parent_pid);
    put_path(note, note->program, &path);
    wr_json_key(&json, "whyrefused.program");
    wr_json_string(&json, path.data, path.len, path.len);
    wr_json_number(&json, "whyrefused.schema", 1);
    wr_buf_str(out, "}\n");
}

void wr_render_note(enum wr_format format, const struct wr_note *note, struct wr_buf *out)
{
    char space[1024];
    struct wr_buf message = wr_buf_on(space, sizeof(space));

    put_message(note, &message);
    if (format == WR_FORMAT_JSON) {
        put_json(note, &message, out);
        return;
    }
    wr_buf_str(out, "whyrefused: note: ");
    wr_buf_mem(out, message.data, message.len);
    wr_buf_char(out, '\n');
}
