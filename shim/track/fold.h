/* SPDX-License-Identifier: MIT
 * Retries: the first failure of a kind is reported, those that follow closely are only counted.
 * Lock-free and bounded: a newer kind takes the place of an older one. */
#ifndef WR_TRACK_FOLD_H
#define WR_TRACK_FOLD_H

#include <stdbool.h>

#include "whyrefused/attempt.h"

/* A failure of the same call with the same error for the same target is a retry while it comes
 * within this time of the one before. */
#define WR_FOLD_NS 5000000000u

/* True where this attempt repeats one that was seen less than WR_FOLD_NS before it. */
bool wr_fold_is_retry(const struct wr_attempt *attempt);

#endif
