/* SPDX-License-Identifier: MIT
 * Two fields of /proc/PID/stat (proc(5)), which any user may read. For the probes. */
#ifndef WR_PROBE_PROCSTAT_H
#define WR_PROBE_PROCSTAT_H

#include <stdbool.h>
#include <stdint.h>

struct wr_process_stat {
    char state;        /* R, S, D, T (stopped), t (traced), Z, ... */
    uint64_t start_ns; /* CLOCK_BOOTTIME, to 10 ms */
};

/* False where there is no such process, or it can't be read (hidepid). */
bool wr_process_stat(int32_t pid, struct wr_process_stat *ret_stat);
/* From the text of the file. Pure. */
bool wr_process_stat_parse(const char *text, struct wr_process_stat *ret_stat);

#endif
