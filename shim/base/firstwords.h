/* SPDX-License-Identifier: MIT
 * The first bytes of a peer, told from an answer that goes on. Pure. */
#ifndef WR_BASE_FIRSTWORDS_H
#define WR_BASE_FIRSTWORDS_H

#include <stdbool.h>

#include "whyrefused/attempt.h"

/* True where they say no, or are of another protocol than what was sent. */
bool wr_first_bytes_say_no(const struct wr_first_bytes *first);

#endif
