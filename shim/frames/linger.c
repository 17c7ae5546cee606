/* SPDX-License-Identifier: MIT
 * See linger.h. */
#include "frames/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/sys.h"
#include "base/valgrind.h"
#include "frames/worker.h"

#define READY_NS 50000000 /* far more than a loaded machine needs for it */

/* At the end of the stack that it runs on. */
struct linger {
    void (*run)(void *arg);
    void *arg;
    _Atomic uint32_t ready; /* 0 = not yet, 1 = runs, 2 = can't have descriptors of its own */
};

static void die(int signal)
{
    (void)signal;
    WR_SYS(exit, 0);
}

/* A fault here is ours: the host's handlers are copies that must not run, and a core dump would
 * take the host along on kernels before 5.16. */
static void die_of_faults(void)
{
    static const uint8_t faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
    /* as the kernel has it: arch/x86/include/uapi/asm/signal.h, include/uapi/asm-generic/signal.h
     */
    struct {
        void (*handler)(int signal);
        unsigned long flags;
        void (*restorer)(int signal); /* SA_RESTORER, which x86-64 wants; never returned to */
        uint64_t mask;
    } action = {die, 0x04000000, die, ~0ull};

    for (unsigned i = 0; i < sizeof(faults); i++)
        WR_SYS(rt_sigaction, faults[i], &action, 0, 8);
}

/* CLONE_FILES and this instead of a copy of the table: closing what was copied could wait for a
 * file server. Before Linux 5.9 there is no such call. */
static int run_lingering(void *at)
{
    struct linger *linger = at;
    bool own = WR_SYS(close_range, 3, ~0u, CLOSE_RANGE_UNSHARE) == 0;

    die_of_faults();
    if (own) {
        WR_SYS(close, 0);
        WR_SYS(close, 1);
    }
    atomic_store(&linger->ready, own ? 1 : 2);
    WR_SYS(futex, &linger->ready, FUTEX_WAKE, 1);
    if (own)
        linger->run(linger->arg);
    return 0;
}

long wr_linger_start(void (*run)(void *arg), void *arg, char *stack, size_t stack_size)
{
    struct linger *linger = (struct linger *)(stack + stack_size - sizeof(struct linger) - 16);
    const struct timespec wait = {.tv_nsec = READY_NS};
    long pid;

    linger = (struct linger *)((uintptr_t)linger & ~(uintptr_t)15);
    if (wr_on_valgrind())
        return -EOPNOTSUPP;
    if (!wr_worker_children_stay())
        return -EPERM;
    linger->run = run;
    linger->arg = arg;
    atomic_store(&linger->ready, 0);
    pid = wr_clone(run_lingering, linger, CLONE_VM | CLONE_FILES | CLONE_UNTRACED, linger);
    if (pid < 0)
        return pid;
    WR_SYS(futex, &linger->ready, FUTEX_WAIT, 0, &wait);
    if (atomic_load(&linger->ready) == 1)
        return pid;
    wr_linger_stop(pid);
    return -ENOSYS;
}

bool wr_linger_wait(int32_t host, uint64_t until_ns)
{
    long fd = WR_SYS(pidfd_open, host, 0);
    bool ended = false;

    while (!ended) {
        uint64_t now = wr_now_ns(), left_ns = until_ns > now ? until_ns - now : 0;
        struct pollfd poll = {.fd = (int)fd, .events = POLLIN};
        struct timespec left;

        if (left_ns == 0)
            break;
        if (fd < 0 && left_ns > 20000000)
            left_ns = 20000000; /* before Linux 5.3: look from time to time */
        left.tv_sec = (time_t)(left_ns / 1000000000u);
        left.tv_nsec = (long)(left_ns % 1000000000u);
        ended = WR_SYS(ppoll, &poll, fd < 0 ? 0 : 1, &left, 0, 8) > 0 || WR_SYS(getppid) != host;
    }
    if (fd >= 0)
        WR_SYS(close, fd);
    return ended;
}

bool wr_linger_reap(long pid)
{
    int status;

    return WR_SYS(wait4, pid, &status, __WCLONE | WNOHANG, 0) != 0;
}

void wr_linger_stop(long pid)
{
    int status;

    /* a host that waits for clones as well may have reaped it: the number may be another's by now
     */
    if (wr_linger_reap(pid))
        return;
    WR_SYS(kill, pid, SIGKILL);
    while (WR_SYS(wait4, pid, &status, __WCLONE, 0) == -EINTR)
        ;
}
