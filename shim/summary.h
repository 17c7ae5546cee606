/* SPDX-License-Identifier: MIT
 * What was not told of repeated failures, at the end of a process: their count. Called by speak.c.
 */
#ifndef WR_SUMMARY_H
#define WR_SUMMARY_H

/* One line for each kind of failure that was counted beyond the report of the first; at the end of
 * the process. All signals must be blocked. */
void wr_report_summary(void);

#endif
