/* SPDX-License-Identifier: MIT
 * Whose memory is this? A vfork child runs in its parent's and must not touch what we keep. */
#ifndef WR_BASE_PROCESS_H
#define WR_BASE_PROCESS_H

#include <stdbool.h>

/* True where the calling process owns its memory: false in a vfork child (and in clone(CLONE_VM)
 * ones). One getpid() after the first call. Told by a page that the kernel wipes in a fork child
 * (madvise(2) MADV_WIPEONFORK, Linux 4.14) but that a vfork child shares. */
bool wr_process_owns_memory(void);

/* That page is wiped from now on, also where a child is made past fork(). It takes a call that few
 * programs make, so not before it is known that no filter kills for it. */
void wr_process_settle(void);

/* To be called in a child that fork() has made. */
void wr_process_forked(void);

/* The same: the process id where it owns its memory, else 0. */
long wr_process_own_id(void);

/* The same without a system call, for callers that a vfork child does not come to: it is taken for
 * its parent. 0 where nobody has asked wr_process_own_id() since the memory was made or copied. */
long wr_process_known_id(void);

/* True where the caller surely runs in the memory of another process. Both are false where the
 * kernel cannot tell: then nothing is remembered, and reports are still made. */
bool wr_process_borrows_memory(void);

#endif
