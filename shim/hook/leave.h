/* SPDX-License-Identifier: MIT
 * What is done where the program's image ends. For hook/ only. */
#ifndef WR_HOOK_LEAVE_H
#define WR_HOOK_LEAVE_H

/* Before the process ends, or becomes another program: says what is still to be said. One load
 * where that is nothing. The process may live on afterwards (exec fails, a SIGABRT handler jumps):
 * it may be called any number of times, and leaves errno alone. */
void wr_leave(void);

/* As wr_leave(), before exec: that may fail, and descriptors may outlive it, so connects that are
 * under way are left alone. */
void wr_leave_for_program(void);

#endif
