/* SPDX-License-Identifier: MIT
 * All that a renderer may see: attempt, evidence, verdict, frames, and who and where we are. */
#ifndef WHYREFUSED_REPORT_H
#define WHYREFUSED_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "whyrefused/attempt.h"
#include "whyrefused/cause.h"
#include "whyrefused/evidence.h"

#define WR_FRAMES_MAX 48
#define WR_FRAMES_TEXT 8192

/* One native frame. Texts are terminated strings inside wr_frames.text; 0 = not known. */
struct wr_frame {
    uint64_t pc;
    uint64_t offset;        /* of pc in its module's file */
    uint64_t symbol_offset; /* of pc from the symbol */
    uint16_t module, build_id, symbol, file;
    uint32_t line; /* 0 = not known */
};

struct wr_frames {
    uint32_t count;
    bool cut;            /* there were more */
    const char *missing; /* what the frames lack and why, a fixed sentence; NULL = nothing */
    struct wr_frame frame[WR_FRAMES_MAX]; /* innermost first */
    uint16_t text_used;                   /* text[0] is always 0: offset 0 is "" */
    char text[WR_FRAMES_TEXT];
};

struct wr_process {
    int32_t pid, parent_pid, thread_id;
    uint32_t effective_uid;
    char name[16], thread_name[16], host[65];
    char executable[256]; /* "" = not known */
    char unit[128];       /* systemd unit of this process; "" = none */
    char container[72];   /* container id; "" = none */
    char test[160];       /* name of the running test, from the environment; "" = none */
};

enum wr_format { WR_FORMAT_TEXT, WR_FORMAT_SHORT, WR_FORMAT_JSON };

/* One address of several that were tried for one name. */
struct wr_try {
    struct wr_addr address;
    enum wr_outcome outcome;
    int error;
    const char *cause; /* its id */
    uint64_t duration_us;
};
#define WR_TRIES_MAX 8

enum wr_event {
    WR_EVENT_REPORT,
    WR_EVENT_RECOVERED, /* what was reported has come good */
    WR_EVENT_SUMMARY /* how often it has happened; evidence is empty, of the verdict only the cause
                      * is set */
};

struct wr_report {
    enum wr_event event;
    const struct wr_attempt *attempt;
    const struct wr_evidence *evidence;
    const struct wr_verdict *verdict;
    const struct wr_frames *frames; /* NULL = not asked for */
    const struct wr_process *process;
    uint64_t sequence; /* of this process's reports, from 1 */
    uint64_t spent_us; /* time that the diagnosis itself took, until rendering */
    bool out_of_time;  /* the budget ended before every probe had run */
    bool redact_hosts, redact_paths;
    const struct wr_try *tries; /* in the order in which they were made */
    uint32_t tries_count;       /* 0 = it was the only address */
    uint32_t addresses;         /* of the name, tried or not */
    /* RECOVERED and SUMMARY: failures of the target, all of them; from the first to the last, or to
     * the success; when the first was (CLOCK_REALTIME, 0 = not known) */
    uint64_t count, lasted_ms, first_us;
};

#endif
