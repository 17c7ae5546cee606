/* SPDX-License-Identifier: MIT
 * A process that shares the host's memory and outlives the host's end by what it has to do: how a
 * held report survives any death of the host but that of the whole memory (a core dump, the OOM
 * killer). Unseen: no SIGCHLD, nothing for wait() without __WCLONE, no signal but SIGKILL reaches
 * it, no descriptor but 2 stays open in it. */
#ifndef WR_FRAMES_LINGER_H
#define WR_FRAMES_LINGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs run(arg) in it, on that stack, which stays until it has ended. All signals must be blocked.
 * Returns its process id, or -errno: -EOPNOTSUPP under Valgrind, -EPERM where children would enter
 * another pid namespace. */
long wr_linger_start(void (*run)(void *arg), void *arg, char *stack, size_t stack_size);

/* In it: waits for the end of the process `host`, at most until then (CLOCK_MONOTONIC). True where
 * the host has ended. */
bool wr_linger_wait(int32_t host, uint64_t until_ns);

/* In the host: ends it, or waits for its end. */
void wr_linger_stop(long pid);
/* Reaps it where it has ended: true. */
bool wr_linger_reap(long pid);

#endif
