/* SPDX-License-Identifier: MIT
 * The native frames of a failure. The helper program unwinds a copy of registers and stack; where
 * it is missing, the frame pointers are followed. Called by pipeline.c only. */
#ifndef WR_FRAMES_FRAMES_H
#define WR_FRAMES_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "frames/registers.h"
#include "frames/worker.h"
#include "whyrefused/report.h"

/* More than the deepest stacks that are worth printing need; what is missing is said. */
#define WR_FRAMES_STACK 32768

/* The stack that begins at registers->sp, to be looked at later: frames that have returned by then
 * are still in it. Returns how many bytes could be copied. */
size_t wr_frames_keep(const struct wr_registers *registers, char *ret_stack);

/* Fills *ret_frames; `stack` is what wr_frames_keep() copied, or NULL: the stack as it is now.
 * Frames inside this shared object are left out. until_ns: CLOCK_MONOTONIC. */
void wr_frames_take(const struct wr_registers *registers, const char *stack, size_t stack_len,
                    struct wr_worker_space *space, uint64_t until_ns, struct wr_frames *ret_frames);

#endif
