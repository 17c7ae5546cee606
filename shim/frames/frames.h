/* SPDX-License-Identifier: MIT
 * The native frames of a failure. The helper program unwinds a copy of registers and stack; where
 * it is missing, the frame pointers are followed. Called by pipeline.c only. */
#ifndef WR_FRAMES_FRAMES_H
#define WR_FRAMES_FRAMES_H

#include <stdint.h>

#include "frames/registers.h"
#include "frames/worker.h"
#include "whyrefused/report.h"

/* Fills *ret_frames; frames inside this shared object are left out. until_ns: CLOCK_MONOTONIC. */
void wr_frames_take(const struct wr_registers *registers, struct wr_worker_space *space,
                    uint64_t until_ns, struct wr_frames *ret_frames);

#endif
