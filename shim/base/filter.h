/* SPDX-License-Identifier: MIT
 * Seccomp filters that the program puts over itself. A filter may kill for a system call; then
 * nothing may be tried that it kills for. Filters that were there before the program started let it
 * be loaded, and mostly answer with an errno: they are not asked. */
#ifndef WR_BASE_FILTER_H
#define WR_BASE_FILTER_H

#include <stdbool.h>

/* Whether a filter (struct sock_fprog of linux/filter.h, seccomp(2)) could do anything else than
 * allow or answer an errno for a system call of ours (our_calls.def). In doubt true. To be asked
 * before the filter is in force. */
bool wr_filter_kills(const void *program);

/* A filter is in force now. */
void wr_filter_installed(bool kills);

/* True after a filter that kills has come: for ever silent. */
bool wr_filtered(void);

#endif
