/* SPDX-License-Identifier: MIT
 * One function for each format; the contract is that of wr_render(). For render/ only. */
#ifndef WR_RENDER_FORMATS_H
#define WR_RENDER_FORMATS_H

#include "render/json_out.h"
#include "render/redact.h"
#include "whyrefused/report.h"

void wr_render_text(const struct wr_report *report, bool colour, struct wr_buf *out);
void wr_render_short(const struct wr_report *report, struct wr_buf *out);
void wr_render_json(const struct wr_report *report, struct wr_buf *out);

/* "key": a text from outside, redacted where the report says so. */
void wr_json_outside(const struct wr_report *report, struct wr_json *json, const char *key,
                     const char *bytes, size_t len, enum wr_text_class class);
/* Parts of the JSON form: "whyrefused.evidence"; "whyrefused.frames" and "error.stack_trace". */
void wr_json_evidence(const struct wr_report *report, struct wr_json *json);
void wr_json_frames(const struct wr_report *report, struct wr_json *json);

#endif
