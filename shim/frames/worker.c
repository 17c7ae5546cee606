/* SPDX-License-Identifier: MIT
 * Starts the helper program, and children with a descriptor table of their own. See worker.h. */
#include "frames/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/valgrind.h"
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

/* The path of this shared object, found once: /proc/self/maps may be long. */
static struct {
    _Atomic int state; /* 0 = unknown, 1 = being written, 2 = known */
    uint64_t inode;
    char path[512];
} own;

static int find_own(struct wr_worker_space *space, uint64_t until_ns, uint64_t *ret_inode)
{
    int unknown = 0, error;

    if (atomic_load_explicit(&own.state, memory_order_acquire) == 2) {
        memcpy(space->path, own.path, sizeof(own.path));
        *ret_inode = own.inode;
        return 0;
    }
    error = wr_maps_own_path(space->answer, sizeof(space->answer), until_ns, space->path,
                             sizeof(space->path) - sizeof(HELPER_NAME), ret_inode);
    if (error < 0 || strlen(space->path) >= sizeof(own.path) ||
        !atomic_compare_exchange_strong(&own.state, &unknown, 1))
        return error;
    memcpy(own.path, space->path, strlen(space->path) + 1);
    own.inode = *ret_inode;
    atomic_store_explicit(&own.state, 2, memory_order_release);
    return 0;
}

/* The helper stands in the directory that this shared object was loaded from. */
static int find_helper(struct wr_worker_space *space, uint64_t until_ns)
{
    char *slash;
    uint64_t inode;
    struct stat there;
    int error = find_own(space, until_ns, &inode);

    if (error < 0)
        return error;
    /* After chroot() that path leads elsewhere, and what lies there is not to be trusted. */
    if (WR_SYS(newfstatat, AT_FDCWD, space->path, &there, 0) < 0 || there.st_ino != inode)
        return -ENOENT;
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
    /* All signals stay blocked: until execve() has taken them away, the host's handlers would run
     * here, in its memory. The helper program unblocks them. */
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
    int pipe[2], status = 0;
    long child, error;

    error = find_helper(space, job->until_ns);
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
    child = wr_clone(start_helper, space->helper_stack + sizeof(space->helper_stack),
                     CLONE_VM | CLONE_VFORK | SIGCHLD, job);
    if (child < 0)
        return (int)child;
    WR_SYS(close, pipe[1]);
    error = read_answer(pipe[0], job->until_ns, space);
    space->answer[space->answer_len] = '\0';
    /* with its end of the pipe closed it has nothing more to do; else it must not go on */
    if (error != 0 || space->answer_len == sizeof(space->answer) - 1)
        WR_SYS(kill, child, SIGKILL);
    WR_SYS(close, pipe[0]);
    while (WR_SYS(wait4, child, &status, 0, 0) == -EINTR)
        ;
    if (error == 0 && space->answer_len == 0)
        error = WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOEXEC : -EIO;
    return (int)error;
}

struct beside {
    void (*run)(void *arg);
    void *arg;
    int keep; /* a descriptor, or one of these */
    bool ran;
};

#define KEEP_STANDARD (-1) /* only 0, 1 and 2 */
#define KEEP_ALL (-2)

/* Leaves only 0, 1, 2 and the one to keep. False where the table is still the host's. */
static bool own_descriptors(int keep)
{
    /* CLONE_FILES was given: the copy has 0, 1 and 2 only, so nothing has to be closed. Closing
     * what was copied could wait for a file server. */
    if (keep == KEEP_ALL)
        return true;
    if (keep == KEEP_STANDARD)
        return WR_SYS(close_range, 3, ~0u, CLOSE_RANGE_UNSHARE) == 0;
    if (keep > 3)
        WR_SYS(close_range, 3, keep - 1, 0);
    WR_SYS(close_range, keep >= 3 ? keep + 1 : 3, ~0u, 0);
    return true;
}

static int run_beside(void *arg)
{
    struct beside *beside = arg;

    WR_SYS(prctl, PR_SET_PDEATHSIG, SIGKILL);
    if (!own_descriptors(beside->keep))
        return 0;
    beside->ran = true;
    beside->run(beside->arg);
    return 0;
}

bool wr_worker_children_stay(void)
{
    /* of this very thread: unshare(2) concerns no other */
    static const char links[2][2][40] = {
        {"/proc/thread-self/ns/pid", "/proc/thread-self/ns/pid_for_children"},
        {"/proc/thread-self/ns/time", "/proc/thread-self/ns/time_for_children"},
    };

    for (int i = 0; i < 2; i++) {
        char here[40], there[40];
        long len = wr_link_read(links[i][0], here, sizeof(here));

        if (len == -ENOENT && i == 1)
            continue; /* before Linux 5.6 */
        if (len < 0 || wr_link_read(links[i][1], there, sizeof(there)) < 0 ||
            strcmp(here, there) != 0)
            return false;
    }
    return true;
}

/* clone(2) without an exit signal: the host's wait() calls do not see the child (only __WCLONE
 * ones do), and no SIGCHLD comes. CLONE_VFORK: this thread sleeps until it has ended. */
static int beside(struct beside *what, char *stack_end)
{
    const unsigned long files = what->keep == KEEP_STANDARD ? CLONE_FILES : 0;
    int status;
    long child;

    if (wr_on_valgrind())
        return -EOPNOTSUPP;
    if (!wr_worker_children_stay())
        return -EPERM;
    child = wr_clone(run_beside, stack_end, CLONE_VM | CLONE_VFORK | files, what);
    if (child < 0)
        return (int)child;
    while (WR_SYS(wait4, child, &status, __WCLONE, 0) == -EINTR)
        ;
    if (what->ran || files == 0)
        return 0;
    what->keep = KEEP_ALL; /* before Linux 5.9: a copy of the table, all of it */
    return beside(what, stack_end);
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
    int error = -ETIME;

    if (wr_now_ns() < until_ns)
        error = beside(&(struct beside){mind_job, &job, KEEP_STANDARD, false},
                       space->minder_stack + sizeof(space->minder_stack));

    return error < 0 ? error : job.error;
}

int wr_worker_beside(void (*run)(void *arg), void *arg, int keep, struct wr_worker_space *space)
{
    if (keep < 3)
        keep = KEEP_STANDARD;
    return beside(&(struct beside){run, arg, keep, false},
                  space->beside_stack + sizeof(space->beside_stack));
}

int wr_worker_apart(void (*run)(void *arg), void *arg, struct wr_worker_space *space)
{
    return beside(&(struct beside){run, arg, KEEP_STANDARD, false},
                  space->minder_stack + sizeof(space->minder_stack));
}
