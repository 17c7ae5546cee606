/* SPDX-License-Identifier: MIT
 * Picks the format. See render.h. */
#include "render/render.h"

#include "render/formats.h"

void wr_render(enum wr_format format, const struct wr_report *report, bool colour,
               struct wr_buf *out)
{
    switch (format) {
    case WR_FORMAT_TEXT:
        wr_render_text(report, colour, out);
        break;
    case WR_FORMAT_SHORT:
        wr_render_short(report, out);
        break;
    case WR_FORMAT_JSON:
        wr_render_json(report, out);
        break;
    }
}
