/* SPDX-License-Identifier: MIT
 * The program becomes another, or starts one: what is held must be said before, and a program that
 * this library cannot enter is worth a note. system() and popen() are not seen: they call what is
 * inside libc. The arguments and the environment are passed on as they are. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <unistd.h>

#include "hook/hook.h"
#include "hook/leave.h"
#include "note.h"

/* Older headers do not declare it. */
int execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags);

static void before(const char *call, int dirfd, const char *path, bool search)
{
    int error = errno;

    wr_leave_for_program();
    wr_note_program(call, dirfd, path, search);
    errno = error;
}

WR_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
    before("execve", AT_FDCWD, path, false);
    return WR_REAL(execve)(path, argv, envp);
}

WR_EXPORT int execv(const char *path, char *const argv[])
{
    before("execv", AT_FDCWD, path, false);
    return WR_REAL(execv)(path, argv);
}

WR_EXPORT int execvp(const char *file, char *const argv[])
{
    before("execvp", AT_FDCWD, file, true);
    return WR_REAL(execvp)(file, argv);
}

WR_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
    before("execvpe", AT_FDCWD, file, true);
    return WR_REAL(execvpe)(file, argv, envp);
}

WR_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
    before("fexecve", fd, "", false);
    return WR_REAL(fexecve)(fd, argv, envp);
}

WR_EXPORT int execveat(int dirfd, const char *path, char *const argv[], char *const envp[],
                       int flags)
{
    before("execveat", dirfd, path, false);
    return WR_REAL(execveat)(dirfd, path, argv, envp, flags);
}

/* What follows `first` in the list of the caller, its NULL included; as glibc counts. */
#define COUNT(first)                          \
    ({                                        \
        va_list list_;                        \
        size_t count_ = 1;                    \
        va_start(list_, first);               \
        while (va_arg(list_, char *) != NULL) \
            count_++;                         \
        va_end(list_);                        \
        count_;                               \
    })

/* argv: `first` and what follows it. Begins `list`, and leaves it behind the NULL. They are on the
 * caller's stack already, once. */
#define COLLECT(first, list)                                           \
    ({                                                                 \
        size_t more_ = COUNT(first);                                   \
        char **argv_ = __builtin_alloca((more_ + 1) * sizeof(*argv_)); \
        va_start(list, first);                                         \
        argv_[0] = (char *)(first);                                    \
        for (size_t i_ = 1; i_ <= more_; i_++)                         \
            argv_[i_] = va_arg(list, char *);                          \
        argv_;                                                         \
    })

WR_EXPORT int execl(const char *path, const char *first, ...)
{
    va_list list;
    char **argv = COLLECT(first, list);

    va_end(list);
    before("execl", AT_FDCWD, path, false);
    return WR_REAL(execv)(path, argv);
}

WR_EXPORT int execlp(const char *file, const char *first, ...)
{
    va_list list;
    char **argv = COLLECT(first, list);

    va_end(list);
    before("execlp", AT_FDCWD, file, true);
    return WR_REAL(execvp)(file, argv);
}

WR_EXPORT int execle(const char *path, const char *first, ...)
{
    va_list list;
    char **argv = COLLECT(first, list);
    char **envp = va_arg(list, char **);

    va_end(list);
    before("execle", AT_FDCWD, path, false);
    return WR_REAL(execve)(path, argv, envp);
}

/* The actions may change the directory in the child: then a relative path is another file. */
static void spawned(const char *call, const char *path, const void *actions, bool search, int rc)
{
    int error = errno;

    if (rc == 0 && (actions == NULL || search || path[0] == '/'))
        wr_note_program(call, AT_FDCWD, path, search);
    errno = error;
}

WR_EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
                          const posix_spawn_file_actions_t *restrict actions,
                          const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
                          char *const envp[restrict])
{
    int rc = WR_REAL(posix_spawn)(pid, path, actions, attributes, argv, envp);

    spawned("posix_spawn", path, actions, false, rc);
    return rc;
}

WR_EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict file,
                           const posix_spawn_file_actions_t *restrict actions,
                           const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
                           char *const envp[restrict])
{
    int rc = WR_REAL(posix_spawnp)(pid, file, actions, attributes, argv, envp);

    spawned("posix_spawnp", file, actions, true, rc);
    return rc;
}
