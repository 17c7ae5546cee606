/* SPDX-License-Identifier: MIT
 * The settings of this process: environment over file over defaults, put together at the first
 * failure. Called by pipeline.c, and by hooks that only a setting decides about. */
#ifndef WR_CONFIGURE_H
#define WR_CONFIGURE_H

#include <stdbool.h>

#include "config/settings.h"
#include "frames/worker.h"
#include "sink/sink.h"
#include "whyrefused/attempt.h"

/* NULL where there is no memory for them. They stay. Complaints about values that are refused go
 * to stderr, once. */
const struct wr_settings *wr_configure(struct wr_worker_space *space);

/* As wr_configure(), from a hook that may look (failure.h) and has no workspace. NULL also in a
 * vfork child. */
const struct wr_settings *wr_configure_now(void);

/* There is, or should be, a configuration file. A few system calls where the environment does not
 * say so. */
bool wr_configure_has_file(void);

/* WHYREFUSED_ONLY and WHYREFUSED_SKIP, against the name of the process and of its file. */
bool wr_wants_program(const struct wr_settings *settings, const char *name, const char *executable);

/* A failure that is nobody's concern (track/harmless.h), and that WHYREFUSED_ALSO does not ask for.
 */
bool wr_is_harmless(const struct wr_settings *settings, const struct wr_attempt *attempt,
                    const char *program);

/* WHYREFUSED_COLOR, then NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM, the terminal:
 * the first that says something. */
bool wr_wants_colour(const struct wr_settings *settings, const struct wr_sink_target *target);

/* Tells, once, that the log of WHYREFUSED_LOG cannot be written to; error: -errno. */
void wr_complain_of_log(const struct wr_sink_target *target, int error);

#endif
