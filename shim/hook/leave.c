/* SPDX-License-Identifier: MIT
 * The ends of a process: exit() by DT_FINI, and those that run no destructor. Internal ways of
 * libc (a failed assert(), exit_group by syscall(2)) and signals are not seen. See leave.h. */
#include "hook/leave.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/process.h"
#include "failure.h"
#include "hook/hook.h"
#include "speak.h"
#include "track/track.h"

static WR_COLD void say_what_is_left(void)
{
    int error = errno;

    /* a vfork child's end is not its parent's */
    if (wr_enabled() && !wr_process_borrows_memory()) {
        wr_track_end();
        wr_speak_end();
    }
    errno = error;
}

void wr_leave_for_program(void)
{
    if (wr_unlikely(wr_speak_listens())) {
        int error = errno;

        if (wr_enabled() && !wr_process_borrows_memory())
            wr_speak_end();
        errno = error;
    }
}

void wr_leave(void)
{
    if (wr_unlikely(wr_speak_listens()) || wr_unlikely(wr_track_any()))
        say_what_is_left();
}

/* DT_FINI (-Wl,-fini): run by exit(), after the handlers of atexit(3), while other threads go on.
 * The library is never unloaded (-z nodelete), so this is always the end of the process. No
 * atexit() of ours: its handlers allocate, and take part in the order of the program's. */
void wr_destructor(void);
void wr_destructor(void)
{
    wr_leave();
}

WR_EXPORT void _exit(int status)
{
    wr_leave();
    WR_REAL(_exit)(status);
}

WR_EXPORT void _Exit(int status)
{
    wr_leave();
    WR_REAL(_Exit)(status);
}

WR_EXPORT void quick_exit(int status)
{
    wr_leave();
    WR_REAL(quick_exit)(status);
}

WR_EXPORT void abort(void)
{
    wr_leave();
    WR_REAL(abort)();
}
