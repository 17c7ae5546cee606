/* SPDX-License-Identifier: MIT
 * See write.h. */
#include "write.h"

#include <string.h>

#include "base/environ.h"
#include "configure.h"
#include "render/render.h"
#include "start.h"

bool wr_write_wants_json(const struct wr_settings *settings)
{
    enum wr_sink_kind kind = wr_sink_kind(settings->text[WR_SETTING_log]);

    return settings->number[WR_SETTING_format] == WR_FORMAT_JSON || kind == WR_SINK_JOURNAL ||
           kind == WR_SINK_SYSLOG;
}

static const char *value_of_variable(void *ctx, const char *name, size_t len)
{
    struct wr_workspace *space = ctx;
    char terminated[64];

    if (len >= sizeof(terminated))
        return NULL;
    memcpy(terminated, name, len);
    terminated[len] = '\0';
    return wr_environ_get(terminated, space->scratch, space->variable, sizeof(space->variable)) >= 0
               ? space->variable
               : NULL;
}

struct wr_sink_target wr_write_target(const struct wr_settings *settings,
                                      struct wr_workspace *space)
{
    return (struct wr_sink_target){.log = settings->text[WR_SETTING_log],
                                   .stderr_identity = wr_start_stderr(),
                                   .pid = space->process.pid,
                                   .program = space->process.name,
                                   .host = space->process.host,
                                   .environment = value_of_variable,
                                   .environment_ctx = space};
}

static void write_out(struct wr_sink_target *target, const struct wr_buf *out,
                      const struct wr_sink_fields *fields)
{
    int error = wr_sink_write(target, out->data, out->len, fields);

    if (error < 0 && wr_sink_kind(target->log) != WR_SINK_STDERR) {
        /* better in the wrong place than nowhere */
        wr_complain_of_log(target, error);
        target->log = "stderr";
        wr_sink_write(target, out->data, out->len, fields);
    }
}

struct wr_report wr_write_begin(const struct wr_settings *settings, struct wr_workspace *space,
                                const struct wr_attempt *attempt)
{
    uint64_t redact = settings->number[WR_SETTING_redact];

    return (struct wr_report){.attempt = attempt,
                              .evidence = &space->evidence,
                              .verdict = &space->verdict,
                              .process = &space->process,
                              .redact_hosts = (redact >> WR_REDACT_HOSTS & 1) != 0,
                              .redact_paths = (redact >> WR_REDACT_PATHS & 1) != 0};
}

void wr_write_report(const struct wr_settings *settings, struct wr_workspace *space,
                     const struct wr_report *report)
{
    enum wr_format format = (enum wr_format)settings->number[WR_SETTING_format];
    struct wr_sink_target target = wr_write_target(settings, space);
    struct wr_buf headline = wr_buf_on(space->headline, sizeof(space->headline));
    struct wr_buf out = wr_buf_on(space->output, sizeof(space->output));
    struct wr_buf json = wr_buf_on(space->json, sizeof(space->json));

    wr_render(format, report, format != WR_FORMAT_JSON && wr_wants_colour(settings, &target), &out);
    wr_render_headline(report, &headline);
    if (format == WR_FORMAT_JSON)
        json = out;
    else if (wr_write_wants_json(settings))
        wr_render(WR_FORMAT_JSON, report, false, &json);
    struct wr_sink_fields fields = {.message = wr_buf_terminate(&headline),
                                    .cause = report->verdict->cause->id,
                                    .json = json.data,
                                    .json_len = json.len,
                                    .error = report->attempt->error};
    write_out(&target, &out, &fields);
}
