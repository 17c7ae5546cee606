/* SPDX-License-Identifier: MIT
 * The one line of a report that shows how far a connection came. Pure. For text.c. */
#ifndef WR_RENDER_DRAWING_H
#define WR_RENDER_DRAWING_H

#include <stdbool.h>

#include "base/buf.h"
#include "whyrefused/report.h"

/* Appends at most so many columns, of what the evidence shows and nothing else. False, with nothing
 * appended, where there is nothing to draw or it does not fit. */
bool wr_draw(const struct wr_report *report, unsigned columns, struct wr_buf *out);

#endif
