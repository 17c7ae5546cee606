/* SPDX-License-Identifier: MIT
 * The words for the enums of attempt.h, as evidence and reports carry them: stable, one each. */
#ifndef WR_BASE_WORDS_H
#define WR_BASE_WORDS_H

#include "whyrefused/attempt.h"

const char *wr_call_word(enum wr_call call);          /* "connect" */
const char *wr_door_word(enum wr_door door);          /* "so-error" */
const char *wr_outcome_word(enum wr_outcome outcome); /* "gave-up" */

#endif
