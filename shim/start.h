/* SPDX-License-Identifier: MIT
 * What is taken when the program starts: the switches of its environment, and what descriptor 2
 * is. Later the environment may be changing and descriptor 2 may be a database. */
#ifndef WR_START_H
#define WR_START_H

#include <stdbool.h>
#include <stddef.h>

#include "config/settings.h"
#include "sink/sink.h"

/* Variables beside the switches: name as in the environment. */
enum wr_start_variable {
    WR_START_NO_COLOR,
    WR_START_FORCE_COLOR,
    WR_START_CLICOLOR,
    WR_START_CLICOLOR_FORCE,
    WR_START_TERM,
    WR_START_XDG_CONFIG_HOME,
    WR_START_HOME,
    WR_START_VARIABLES
};

/* All after wr_enabled() has said true. NULL = not set. Terminated; they stay. */
const char *wr_start_switch(enum wr_setting setting);
const char *wr_start_variable(enum wr_start_variable variable);
const struct wr_stderr_identity *wr_start_stderr(void);

#endif
