/* SPDX-License-Identifier: MIT
 * Starts the helper program, and children with a descriptor table of their own. See worker.h. */
#include "frames/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/sys.h"
#include "frames/maps.h"
#include "helper/worker.h"

#define HELPER_NAME "whyrefused"

struct job {
    const char *task;
    const struct wr_worker_part *parts;
    unsigned count;
    const char *extra_path;
    uint64_t until_ns;
    struct wr_worker_space *space;
    int request_fd, answer_fd, extra_fd; /* in the minder's table */
    int error;
};

/* The helper stands in the directory that this shared object was loaded from. */
static int find_helper(struct wr_worker_space *space)
{
    char *slash;
    int error = wr_maps_own_path(space->answer, sizeof(space->answer), space->path,
                                 sizeof(space->path) - sizeof(HELPER_NAME));

    if (error < 0)
        return error;
    slash = strrchr(space->path, '/');
    if (slash == NULL)
        return -ENOENT;
    memcpy(slash + 1, HELPER_NAME, sizeof(HELPER_NAME));
    return (int)WR_SYS(faccessat, AT_FDCWD, space->path, 1 /* X_OK */);
}

/* Runs between clone() and execve(), in the host's memory: nothing but system calls. */
static int start_helper(void *arg)
{
    const struct job *job = arg;
    const char *const argv[] = {HELPER_NAME, "--worker", job->task, NULL};
    const char *const envp[] = {NULL};
    uint64_t no_signals = 0;
    long null;

    WR_SYS(prctl, PR_SET_PDEATHSIG, SIGKILL);
    /* above the numbers that the helper expects, so that none is overwritten before it is copied */
    null = WR_SYS(fcntl, WR_SYS(openat, AT_FDCWD, "/dev/null", O_RDWR), F_DUPFD, 16);
    long request = WR_SYS(fcntl, job->request_fd, F_DUPFD, 16);
    long answer = WR_SYS(fcntl, job->answer_fd, F_DUPFD, 16);
    long extra = job->extra_fd < 0 ? null : WR_SYS(fcntl, job->extra_fd, F_DUPFD, 16);

    if (null < 0 || request < 0 || answer < 0 || extra < 0)
        WR_SYS(exit, 125);
    for (int fd = 0; fd <= 2; fd++)
        WR_SYS(dup3, null, fd, 0);
    WR_SYS(dup3, request, WR_WORKER_REQUEST_FD, 0);
    WR_SYS(dup3, answer, WR_WORKER_ANSWER_FD, 0);
    WR_SYS(dup3, extra, WR_WORKER_EXTRA_FD, 0);
    if (WR_SYS(close_range, 6, ~0u, 0) < 0) {
        for (int fd = 6; fd < 64; fd++)
            WR_SYS(close, fd);
    }
    WR_SYS(rt_sigprocmask, SIG_SETMASK, &no_signals, 0, sizeof(no_signals));
    WR_SYS(execve, job->space->path, argv, envp);
    WR_SYS(exit, 127);
    return 127;
}

/* The whole request goes into a memory file: nothing to pump, any size. */
static int write_request(struct job *job)
{
    long fd = WR_SYS(memfd_create, "whyrefused", MFD_CLOEXEC);

    if (fd < 0)
        return (int)fd;
    for (unsigned i = 0; i < job->count; i++) {
        const char *from = job->parts[i].bytes;
        size_t left = job->parts[i].len;

        while (left > 0) {
            /* stops with EFAULT at memory that is not there: a copied stack may end anywhere */
            long put = WR_SYS(write, fd, from, left);
            if (put <= 0)
                break;
            from += put;
            left -= (size_t)put;
        }
    }
    WR_SYS(lseek, fd, 0, 0 /* SEEK_SET */);
    job->request_fd = (int)fd;
    return 0;
}

/* Reads until the helper closes its end or the time is over. */
static int read_answer(int fd, uint64_t until_ns, struct wr_worker_space *space)
{
    while (space->answer_len < sizeof(space->answer) - 1) {
        uint64_t now = wr_now_ns();
        struct pollfd poll = {.fd = fd, .events = POLLIN};
        struct timespec left;

        if (now >= until_ns)
            return -ETIME;
        left.tv_sec = (time_t)((until_ns - now) / 1000000000u);
        left.tv_nsec = (long)((until_ns - now) % 1000000000u);
        if (WR_SYS(ppoll, &poll, 1, &left, 0, 8) <= 0)
            continue;
        long got = WR_SYS(read, fd, space->answer + space->answer_len,
                          sizeof(space->answer) - 1 - space->answer_len);
        if (got <= 0)
            return got == -EINTR ? 0 : (int)got;
        space->answer_len += (size_t)got;
    }
    return 0;
}

static int mind(struct job *job)
{
    struct wr_worker_space *space = job->space;
    int pipe[2], status;
    long child, error;

    error = find_helper(space);
    if (error < 0)
        return (int)error;
    error = write_request(job);
    if (error < 0)
        return (int)error;
    error = WR_SYS(pipe2, pipe, O_CLOEXEC);
    if (error < 0)
        return (int)error;
    job->extra_fd = -1;
    if (job->extra_path != NULL)
        job->extra_fd = (int)WR_SYS(openat, AT_FDCWD, job->extra_path, O_RDONLY | O_CLOEXEC, 0);
    job->answer_fd = pipe[1];
    space->answer_len = 0;
    child = clone(start_helper, space->helper_stack + sizeof(space->helper_stack),
                  CLONE_VM | CLONE_VFORK | SIGCHLD, job);
    if (child < 0)
        return -errno;
    WR_SYS(close, pipe[1]);
    error = read_answer(pipe[0], job->until_ns, space);
    space->answer[space->answer_len] = '\0';
    if (error == -ETIME)
        WR_SYS(kill, child, SIGKILL);
    while (WR_SYS(wait4, child, &status, 0, 0) == -EINTR)
        ;
    if (error == 0 && space->answer_len == 0)
        error = WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOEXEC : -EIO;
    return (int)error;
}

struct beside {
    void (*run)(void *arg);
    void *arg;
    int keep;
};

static int run_beside(void *arg)
{
    const struct beside *beside = arg;
    int keep = beside->keep;

    WR_SYS(prctl, PR_SET_PDEATHSIG, SIGKILL);
    if (keep > 3)
        WR_SYS(close_range, 3, keep - 1, 0);
    WR_SYS(close_range, keep >= 3 ? keep + 1 : 3, ~0u, 0);
    beside->run(beside->arg);
    WR_SYS(exit, 0);
    return 0;
}

/* clone(2) without an exit signal: the host's wait() calls do not see the child (only __WCLONE
 * ones do), and no SIGCHLD comes. CLONE_VFORK: this thread sleeps until it has ended. */
static int beside(struct beside *what, char *stack_end)
{
    int status;
    int child = clone(run_beside, stack_end, CLONE_VM | CLONE_VFORK, what);

    if (child < 0)
        return -errno;
    while (WR_SYS(wait4, child, &status, __WCLONE, 0) == -EINTR)
        ;
    return 0;
}

static void mind_job(void *arg)
{
    struct job *job = arg;

    job->error = mind(job);
}

int wr_worker_run(const char *task, const struct wr_worker_part *parts, unsigned count,
                  const char *extra_path, uint64_t until_ns, struct wr_worker_space *space)
{
    struct job job = {.task = task,
                      .parts = parts,
                      .count = count,
                      .extra_path = extra_path,
                      .until_ns = until_ns,
                      .space = space,
                      .error = -EIO};
    int error = beside(&(struct beside){mind_job, &job, -1},
                       space->minder_stack + sizeof(space->minder_stack));

    return error < 0 ? error : job.error;
}

int wr_worker_beside(void (*run)(void *arg), void *arg, int keep, struct wr_worker_space *space)
{
    return beside(&(struct beside){run, arg, keep},
                  space->beside_stack + sizeof(space->beside_stack));
}
