/* SPDX-License-Identifier: MIT
 * The program stops waiting for a connect(). Called by hook/ before the real call. */
#ifndef WR_TRACK_GIVEUP_H
#define WR_TRACK_GIVEUP_H

#include "whyrefused/attempt.h"

/* The descriptor ends, or with WR_DOOR_SHUTDOWN its connection. Reports where a connect() of this
 * process is under way on it and nobody else waits for it; afterwards nothing is remembered of it.
 * With WR_DOOR_CLOSE an error that the program has not fetched is read and reported too. */
void wr_give_up(int fd, enum wr_door door);
/* All descriptors from first to last end. */
void wr_give_up_range(unsigned first, unsigned last);

#endif
