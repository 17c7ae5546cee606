/* SPDX-License-Identifier: MIT
 * A diagnosed report to where the settings want it: render and sink, for all that have something
 * to tell. Called by pipeline.c, summary.c and note.c. */
#ifndef WR_WRITE_H
#define WR_WRITE_H

#include <stdbool.h>

#include "config/settings.h"
#include "sink/sink.h"
#include "whyrefused/report.h"
#include "workspace.h"

/* The journal and syslog carry the report as JSON beside the line for people. */
bool wr_write_wants_json(const struct wr_settings *settings);

/* The log of the settings. Refers to both, and to the workspace's process. */
struct wr_sink_target wr_write_target(const struct wr_settings *settings,
                                      struct wr_workspace *space);

/* A report of the attempt, with the workspace's evidence, verdict and process, and without frames.
 */
struct wr_report wr_write_begin(const struct wr_settings *settings, struct wr_workspace *space,
                                const struct wr_attempt *attempt);

/* Renders it in the format of the settings, by the workspace's buffers, and writes it to their log;
 * to stderr where that fails. */
void wr_write_report(const struct wr_settings *settings, struct wr_workspace *space,
                     const struct wr_report *report);

#endif
