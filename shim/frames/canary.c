/* SPDX-License-Identifier: MIT
 * See canary.h. */
#include "frames/canary.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/wait.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/file.h"
#include "base/filter.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/valgrind.h"

/* Each time costs the program a little; where it has never been possible, it will not be. */
#define PUT_OFF_MAX 64

static const uint16_t our_calls[] = {
#define OURS(name) SYS_##name,
#include "base/our_calls.def"
#undef OURS
};

/* Each call with arguments that make it fail, or do nothing: filters look at the number first. The
 * calls that would end or block the child are left out. */
static void try_all(void)
{
    for (unsigned i = 0; i < sizeof(our_calls) / sizeof(our_calls[0]); i++) {
        long nr = our_calls[i];

        if (nr == SYS_exit || nr == SYS_kill)
            continue;
        /* -1: no descriptor, pointer, process or option; flags of clone() that exclude each other;
         * a count of descriptors for ppoll() that is refused */
        wr_syscall6(nr, -1, -1, nr == SYS_wait4 ? WNOHANG : 0, 0, 0, 0);
    }
}

static bool is_filtered(void)
{
    char status[1800]; /* the line stands before the 1200th byte, unless there are many groups */
    const char *mode;
    long len = wr_file_read("/proc/self/status", status, sizeof(status));

    if (len < 0 && len != -EFBIG)
        return false;
    mode = wr_line_value(status, "Seccomp:");
    return mode != NULL ? *mode == '2' : len == -EFBIG;
}

/* The first child after unshare(CLONE_NEWPID) becomes process 1 there, and with its end nothing can
 * be started any more: until then there is nothing that this link leads to. Asked with the calls of
 * is_filtered(). */
static bool children_stay(void)
{
    long fd = WR_SYS(openat, AT_FDCWD, "/proc/thread-self/ns/pid_for_children",
                     O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);

    if (fd >= 0)
        WR_SYS(close, fd);
    return fd >= 0;
}

enum end { LIVES, DIES, UNKNOWN };

/* Not with the memory shared: a child that dumps core would take the host with it on kernels
 * before 5.16. No exit signal: neither SIGCHLD nor wait() of the host sees it. CLONE_VFORK: this
 * thread goes on when the child has ended; whether it came to its end stands in a shared page. */
static enum end try_in_child(void)
{
    const uint64_t all = ~0ull;
    int status;
    long child,
        at = WR_SYS(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    volatile bool *done = (volatile bool *)at;
    volatile int child_id = 0; /* stays 0 where a filter answers in the kernel's place */
    enum end end;

    if (at < 0 && at > -4096)
        return UNKNOWN;
    if (wr_on_valgrind()) {
        WR_SYS(munmap, at, 4096);
        return LIVES;
    }
    /* the place of child_id is the fourth or the fifth argument, by architecture */
    child = WR_SYS(clone, CLONE_VFORK | CLONE_CHILD_SETTID, 0, 0, &child_id, &child_id);
    if (child == 0 && child_id != 0) {
        /* no handler of the host may run here. Not before clone(), as this may be what kills; and
         * signals that are pending for the host are not for a child */
        WR_SYS(rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof(all));
        try_all();
        *done = true;
        WR_SYS(exit, 0);
    }
    /* where a filter answers clone() with an errno, so it will everything else; but limits and lack
     * of memory (clone(2)) tell nothing */
    if (child == -EAGAIN || child == -ENOMEM)
        end = UNKNOWN;
    else
        end = child < 0 || (child > 0 && *done) ? LIVES : DIES;
    WR_SYS(munmap, at, 4096);
    /* one that was killed may have been so for wait4(): it stays a zombie that nobody sees */
    while (end == LIVES && child > 0 && WR_SYS(wait4, child, &status, __WCLONE, 0) == -EINTR)
        ;
    return end;
}

bool wr_canary_lives(void)
{
    static _Atomic bool asked;
    static _Atomic unsigned put_off;

    if (wr_filtered())
        return false;
    if (!atomic_load_explicit(&asked, memory_order_acquire)) {
        enum end end = !is_filtered() ? LIVES : children_stay() ? try_in_child() : UNKNOWN;

        if (end == UNKNOWN && atomic_fetch_add(&put_off, 1) < PUT_OFF_MAX)
            return false; /* another time */
        if (end != LIVES)
            wr_filter_installed(true);
        else
            wr_process_settle();
        atomic_store_explicit(&asked, true, memory_order_release);
    }
    return !wr_filtered();
}
