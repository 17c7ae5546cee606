/* SPDX-License-Identifier: MIT
 * Calls by which a program gives up rights. A held report is written before: what waits beside it
 * (frames/linger.h) would keep those rights, in memory that the program can write to. */
#include <errno.h>
#include <unistd.h>

#include "failure.h"
#include "hook/hook.h"
#include "speak.h"

static void release(void)
{
    int error = errno;

    if (wr_unlikely(wr_speak_listens()) && wr_enabled())
        wr_speak_release();
    errno = error;
}

WR_EXPORT int setuid(uid_t id)
{
    release();
    return WR_REAL(setuid)(id);
}

WR_EXPORT int setreuid(uid_t real, uid_t effective)
{
    release();
    return WR_REAL(setreuid)(real, effective);
}

WR_EXPORT int setresuid(uid_t real, uid_t effective, uid_t saved)
{
    release();
    return WR_REAL(setresuid)(real, effective, saved);
}

WR_EXPORT int seteuid(uid_t id)
{
    release();
    return WR_REAL(seteuid)(id);
}

WR_EXPORT int chroot(const char *path)
{
    release();
    return WR_REAL(chroot)(path);
}
