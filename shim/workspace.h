/* SPDX-License-Identifier: MIT
 * All the memory of one report: far too much for a small stack. For pipeline.c and speak.c. */
#ifndef WR_WORKSPACE_H
#define WR_WORKSPACE_H

#include <stdbool.h>

#include "frames/frames.h"
#include "frames/worker.h"
#include "probe/probe.h"
#include "render/render.h"
#include "whyrefused/report.h"

struct wr_workspace {
    struct wr_evidence evidence;
    struct wr_verdict verdict;
    struct wr_frames frames;
    struct wr_process process;
    char headline[1024];
    char target[512];
    char variable[512]; /* value of a %q{VAR} */
    _Alignas(16) char scratch[WR_PROBE_SCRATCH];
    char output[WR_RENDER_MAX];
    char json[WR_RENDER_MAX];
    struct wr_worker_space worker;
    /* of a report that is held back */
    struct wr_attempt attempt;
    struct wr_registers registers;
    size_t stack_len;
    uint64_t spent_us;
    bool out_of_time;
    _Alignas(16) char stack[WR_FRAMES_STACK];
    _Alignas(16) char linger_stack[32768];
};

/* One report at a time uses a static one; others, and those that are to be kept, are mapped. NULL
 * where there is no memory. All signals must be blocked. */
struct wr_workspace *wr_workspace_take(bool to_keep);
void wr_workspace_give(struct wr_workspace *space);

/* Runs run(arg) on a stack of its own: the host's may be a signal handler's, of which its registers
 * already fill the half. Not at all where there is no memory for one. */
void wr_with_stack(void (*run)(void *arg), void *arg);

/* All signals but those that a fault of this thread raises: no handler of the host runs, and
 * longjmps, while we work; what comes meanwhile is delivered afterwards. */
uint64_t wr_signals_block(void);
void wr_signals_restore(uint64_t before);

#endif
