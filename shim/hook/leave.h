/* SPDX-License-Identifier: MIT
 * What is done where the program's image ends. For hook/ only. */
#ifndef WR_HOOK_LEAVE_H
#define WR_HOOK_LEAVE_H

/* Before the process ends, or becomes another program: says what is still to be said. One load
 * where that is nothing. The process may live on afterwards (exec fails, a SIGABRT handler jumps):
 * it may be called any number of times, and leaves errno alone. */
void wr_leave(void);

#endif
