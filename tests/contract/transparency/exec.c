/* SPDX-License-Identifier: MIT
 * exec and posix_spawn: what the new program is given, errors, and what is left alone. The programs
 * are scripts of a shell and what the runner is itself; notes about them: tests/contract/exec.py.
 */
#include "observe.h"

#include <spawn.h>
#include <sys/stat.h>

extern char **environ;

static const char script[] =
    "for word in \"$0\" \"$@\"; do echo \"  word $word\"; done\n"
    "env | grep -v -e ^_= -e ^PWD= -e ^SHLVL= -e ^WHYREFUSED -e ^LD_PRELOAD= |\n"
    "sort | sed 's/^/  variable /'\n";

/* As char *: what a program's own argv is made of. */
#define W(text) ((char *)(text))
static char *const words[] = {W("sh"),  W("-c"), W(script),      W("name"),
                              W("one"), W(""),   W("two words"), NULL};
static char *const variables[] = {W("PATH=/usr/bin:/bin"), W("MARK=here"), W("EMPTY="), NULL};

/* The headers forbid NULL, the kernel takes it. */
static const char *volatile nothing;
static char *const *volatile no_words;

static void in_child(const char *what, void (*run)(void))
{
    int status = 0;
    pid_t pid;

    say("  %s\n", what);
    pid = fork();
    if (pid == 0) {
        fail_once();
        errno = 77;
        run();
        say("  came back, errno %d\n", errno);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    say("  status %x\n", (unsigned)status);
}

#define CHILD(name, call)  \
    static void name(void) \
    {                      \
        OBSERVE(call);     \
    }

CHILD(by_execve, execve("/bin/sh", words, variables))
CHILD(by_execv, execv("/bin/sh", words))
CHILD(by_execvp, execvp("sh", words))
CHILD(by_execvpe, execvpe("sh", words, variables))
CHILD(by_execl,
      execl("/bin/sh", "sh", "-c", script, "name", "1", "2", "3", "4", "5", "6", "7", NULL))
CHILD(by_short_execl, execl("/bin/true", "true", NULL))
CHILD(by_execlp, execlp("sh", "sh", "-c", script, "name", "1", "2", NULL))
CHILD(by_execle, execle("/bin/sh", "sh", "-c", script, "name", "1", NULL, variables))
CHILD(by_fexecve, fexecve(open("/bin/sh", O_RDONLY | O_CLOEXEC), words, variables))
CHILD(by_execveat, execveat(open("/bin", O_PATH), "sh", words, variables, 0))
CHILD(by_execveat_of_file, execveat(open("/bin/sh", O_PATH), "", words, variables, AT_EMPTY_PATH))
CHILD(by_nothing, execve("/bin/true", no_words, no_words))

/* A vfork child that fails to exec, then does; what it changes it changes in its parent. */
static void in_vfork_child(void (*run)(void))
{
    int status = 0;
    pid_t pid = vfork();

    if (pid == 0) {
        execve("/nonexistent/program", words, variables);
        run();
        _exit(97);
    }
    waitpid(pid, &status, 0);
    say("  status %x\n", (unsigned)status);
}

static void vfork_execve(void)
{
    execve("/bin/true", words, variables);
}
static void vfork_execlp(void)
{
    execlp("true", "true", "one", NULL);
}

/* --- failures ------------------------------------------------------------------------------ */

static char *bad(void)
{
    return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static const char *const unfit[] = {
    "/nonexistent/program", "/",          "/proc/version",      "", "/dev/null",
    "no-such-program",      "/bin/sh/no", "./transparency.fifo"};

static void failures(void)
{
    char longest[5000];

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    mkfifo("transparency.fifo", 0700);
    for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
        say("  %s\n", unfit[i]);
        OBSERVE(execve(unfit[i], words, variables));
        OBSERVE(execvp(unfit[i], words));
        OBSERVE(execl(unfit[i], "a", "b", NULL));
        OBSERVE(execveat(AT_FDCWD, unfit[i], words, variables, 0));
    }
    unlink("transparency.fifo");
    OBSERVE(execve(longest, words, variables));
    OBSERVE(execvp(longest, words));
    OBSERVE(execve(bad(), words, variables));
    OBSERVE(execve(nothing, words, variables));
    OBSERVE(execve("/bin/true", (char *const *)bad(), variables));
    OBSERVE(fexecve(-1, words, variables));
    OBSERVE(fexecve(999, words, variables));
    OBSERVE(execveat(999, "sh", words, variables, 0));
    OBSERVE(execveat(AT_FDCWD, "/bin/true", words, variables, 0x7fff0000));
    setenv("PATH", "", 1);
    OBSERVE(execvp("no-such-program", words));
    unsetenv("PATH");
    OBSERVE(execvp("no-such-program", words));
    setenv("PATH", longest, 1);
    OBSERVE(execvp("no-such-program", words));
    OBSERVE(fail_once());
}

/* --- cases --------------------------------------------------------------------------------- */

static void execve_all(void)
{
    in_child("execve", by_execve);
    in_child("of nothing", by_nothing);
    failures();
}
static void execv_all(void)
{
    in_child("execv", by_execv);
}
static void execvp_all(void)
{
    in_child("execvp", by_execvp);
}
static void execvpe_all(void)
{
    in_child("execvpe", by_execvpe);
}
static void execl_all(void)
{
    in_child("execl", by_execl);
    in_child("execl, short", by_short_execl);
}
static void execlp_all(void)
{
    in_child("execlp", by_execlp);
}
static void execle_all(void)
{
    in_child("execle", by_execle);
}
static void fexecve_all(void)
{
    in_child("fexecve", by_fexecve);
}
static void execveat_all(void)
{
    in_child("execveat", by_execveat);
    in_child("execveat of a descriptor", by_execveat_of_file);
}
static void vforked_all(void)
{
    for (int i = 0; i < 3; i++) {
        in_vfork_child(vfork_execve);
        in_vfork_child(vfork_execlp);
    }
    OBSERVE(fail_once());
}

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
                           const posix_spawnattr_t *, char *const[], char *const[]);

/* Said when the child is done: it writes too. */
static void spawn_one(spawn_function *spawn, const char *file,
                      const posix_spawn_file_actions_t *actions, char *const environment[])
{
    int status = -1, rc, error;
    pid_t pid = -1;

    errno = 77;
    rc = spawn(&pid, file, actions, NULL, words, environment);
    error = errno;
    if (rc == 0)
        waitpid(pid, &status, 0);
    say("  spawn of %s: %d errno %d status %x\n", file, rc, error, (unsigned)status);
}

static void spawn_with(spawn_function *spawn, const char *file)
{
    posix_spawn_file_actions_t actions;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, 0);
    spawn_one(spawn, file, NULL, variables);
    spawn_one(spawn, "/nonexistent/program", NULL, variables);
    spawn_one(spawn, file, &actions, variables);
    spawn_one(spawn, file, &actions, environ);
    posix_spawn_file_actions_destroy(&actions);
    OBSERVE(fail_once());
}

static void spawn_all(void)
{
    spawn_with(posix_spawn, "/bin/sh");
}
static void spawnp_all(void)
{
    spawn_with(posix_spawnp, "sh");
}

const struct test_case cases[] = {
    {"execve", "all", execve_all},
    {"execve", "in vfork children", vforked_all},
    {"execv", "all", execv_all},
    {"execvp", "all", execvp_all},
    {"execvpe", "all", execvpe_all},
    {"execl", "all", execl_all},
    {"execlp", "all", execlp_all},
    {"execle", "all", execle_all},
    {"fexecve", "all", fexecve_all},
    {"execveat", "all", execveat_all},
    {"posix_spawn", "all", spawn_all},
    {"posix_spawnp", "all", spawnp_all},
    {0},
};
