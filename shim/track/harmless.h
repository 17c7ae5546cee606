/* SPDX-License-Identifier: MIT
 * Failures that are part of the way of every program and nobody's concern: a cache of names that is
 * not installed, a display on a server. harmless.def is the table. Pure. */
#ifndef WR_TRACK_HARMLESS_H
#define WR_TRACK_HARMLESS_H

#include "whyrefused/attempt.h"

/* The name of the row that this failure falls under; NULL where it is to be reported. program: name
 * of the process, as in /proc/PID/comm. Needs wr_deferred_relocate() done. */
const char *wr_harmless(const struct wr_attempt *attempt, const char *program);

#endif
