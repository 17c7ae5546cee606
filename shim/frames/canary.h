/* SPDX-License-Identifier: MIT
 * Filters that were there before the program started can't be read. Whether one kills for a system
 * call of ours is tried out, once, in a child that can be lost. For failure.c. */
#ifndef WR_FRAMES_CANARY_H
#define WR_FRAMES_CANARY_H

#include <stdbool.h>

/* To be asked before anything else at a failure. False where a seccomp filter of this process kills
 * for something that a report needs; remembered, and wr_filtered() is true from then on. The first
 * time it costs one small file, and a fork(2) where there is a filter. A filter that kills for
 * clone(2) itself, or for getpid(2), can't be told. */
bool wr_canary_lives(void);

#endif
