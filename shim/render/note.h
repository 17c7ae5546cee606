/* SPDX-License-Identifier: MIT
 * One line about a program that is started and in which nothing can be explained. Pure. */
#ifndef WR_RENDER_NOTE_H
#define WR_RENDER_NOTE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/program.h"
#include "whyrefused/report.h"

struct wr_note {
    enum wr_program kind;             /* of `program` */
    const char *program;              /* its path */
    const char *script;               /* that is run by it; NULL = none */
    const char *action;               /* the call: "execve" */
    uint64_t time_us;                 /* CLOCK_REALTIME */
    const struct wr_process *process; /* that starts it */
    bool redact_paths;
};

/* Appends one line, with its newline; at most WR_NOTE_MAX bytes. */
#define WR_NOTE_MAX 4096
void wr_render_note(enum wr_format format, const struct wr_note *note, struct wr_buf *out);

#endif
