/* SPDX-License-Identifier: MIT
 * A report as bytes. Pure: no I/O, no clock, no allocation. Called by pipeline.c and the helper.
 * Everything that came from outside is bounded and escaped here (escape.h), nowhere else. */
#ifndef WR_RENDER_RENDER_H
#define WR_RENDER_RENDER_H

#include "base/buf.h"
#include "whyrefused/report.h"

/* A rendered report never needs more. */
#define WR_RENDER_MAX 16384

/* One complete report. `out` has WR_RENDER_MAX bytes; long parts are cut with a mark, and the
 * result ends with a newline in any case. colour: terminal colours (text only). */
void wr_render(enum wr_format format, const struct wr_report *report, bool colour,
               struct wr_buf *out);

/* The headline without its "whyrefused: error[id]: " prefix, as every format prints it. */
void wr_render_headline(const struct wr_report *report, struct wr_buf *out);

#endif
