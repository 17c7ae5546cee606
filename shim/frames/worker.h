/* SPDX-License-Identifier: MIT
 * Starts the helper program for one task (helper/worker.h) so that the host notices nothing: no
 * SIGCHLD, nothing for its wait(), no descriptor of its own used. Two processes do it:
 *   host thread --clone(VM|VFORK, no exit signal)--> minder --clone(VM|VFORK)--> helper
 * The minder shares the host's memory but has its own descriptor table; it feeds the helper, waits
 * for it within the time, kills it on overrun, reaps it, and ends. The host's thread sleeps in
 * clone(2) meanwhile. The helper is never an orphan, so a host that is PID 1 or a subreaper does
 * not inherit it. */
#ifndef WR_FRAMES_WORKER_H
#define WR_FRAMES_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WR_WORKER_ANSWER 16384
#define WR_WORKER_STACK 16384

/* Working space; answer[0..answer_len) is the answer, terminated. */
struct wr_worker_space {
    _Alignas(16) char minder_stack[WR_WORKER_STACK];
    _Alignas(16) char helper_stack[4096];
    _Alignas(16) char beside_stack[2 * WR_WORKER_STACK]; /* a minder may be started from there */
    char path[4096];
    char answer[WR_WORKER_ANSWER];
    size_t answer_len;
};

/* A part of the request: the parts are written one after the other. */
struct wr_worker_part {
    const void *bytes;
    size_t len;
};

/* Runs a task. `extra_path` is opened and given as the extra descriptor; NULL = none. All signals
 * must be blocked. Returns 0; -ENOENT: there is no helper beside this shared object; -ETIME: it
 * took too long and was killed; another -errno. */
int wr_worker_run(const char *task, const struct wr_worker_part *parts, unsigned count,
                  const char *extra_path, uint64_t until_ns, struct wr_worker_space *space);

/* False where a child of this process would enter another pid namespace: the first one after
 * unshare(CLONE_NEWPID) becomes its process 1, and with its end nothing can be started there any
 * more. That child must not be ours. */
bool wr_worker_children_stay(void);

/* Runs run(arg) in a child that shares the memory but has its own copy of the descriptor table, in
 * which every descriptor but 0, 1, 2 and `keep` is closed. For hosts that have none left. All
 * signals must be blocked. 0, or -errno when it did not run. */
int wr_worker_beside(void (*run)(void *arg), void *arg, int keep, struct wr_worker_space *space);

/* The same with 0, 1 and 2 alone, and half the stack: where no descriptor of ours may stand in the
 * host's table, from which a fork() in another thread copies it. From within run() of
 * wr_worker_beside(), too; wr_worker_run() not from within this one. */
int wr_worker_apart(void (*run)(void *arg), void *arg, struct wr_worker_space *space);

#endif
