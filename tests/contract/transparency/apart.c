/* SPDX-License-Identifier: MIT
 * What a report needs for a moment - descriptors, a child - where other threads or the next child
 * of the program would come across it. */
#include "observe.h"

#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define NOBODY 65534

static volatile int stop;

/* --- descriptors --------------------------------------------------------------------------- */

static volatile sig_atomic_t pipes;

static void on_pipe(int signal)
{
    (void)signal;
    pipes = pipes + 1;
}

static void *write_to_stderr(void *wrong)
{
    while (!stop)
        *(int *)wrong += write(2, "x", 1) != -1 || errno != EBADF;
    return NULL;
}

/* A thread that goes on writing to a standard error that is closed. */
static void nobody_reads(void)
{
    struct sigaction action = {.sa_handler = on_pipe};
    int out = fcntl(1, F_DUPFD_CLOEXEC, 50), sockets[100], failed = 0, wrong = 0;
    pthread_t thread;

    OBSERVE(setuid(NOBODY)); /* who may not look at the packet filter: more is tried */
    sigaction(SIGPIPE, &action, NULL);
    for (int i = 0; i < 100; i++)
        sockets[i] = tcp();
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    pthread_create(&thread, NULL, write_to_stderr, &wrong);
    for (int i = 0; i < 100; i++) {
        struct sockaddr_in addr = v4((unsigned short)(8000 + i));

        failed += CONNECT(sockets[i], addr) == -1 && errno == ECONNREFUSED;
        close(sockets[i]);
    }
    stop = 1;
    pthread_join(thread, NULL);
    for (int fd = 0; fd < 3; fd++)
        dup2(out, fd);
    close(out);
    say("  failed %d wrong %d SIGPIPE %d\n", failed, wrong, (int)pipes);
}

/* --- children ------------------------------------------------------------------------------ */

/* The child that is started first is process 1 there, and with its end no other can be. */
static int enter_pid_namespace(void)
{
    return unshare(CLONE_NEWPID) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0;
}

/* No TCP but by rules, of which there is none. */
static void landlocked(void)
{
    const uint64_t handled[2] = {0, 2 /* LANDLOCK_ACCESS_NET_CONNECT_TCP */};
    long ruleset;

    if (!enter_pid_namespace())
        say("  no namespace\n");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ruleset = syscall(SYS_landlock_create_ruleset, handled, sizeof(handled), 0);
    if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        say("  no sandbox\n");
    close((int)ruleset);
    OBSERVE(fail_once());
    say("  fork %d\n", fork_works());
}

/* A filter that allows everything, and was there before the program. */
static void filtered(void)
{
    struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {1, filter};
    char program_name[] = "/proc/self/exe", words[] = "fail and fork";
    char *argv[] = {program_name, words, NULL};
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (enter_pid_namespace() && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
            execv(argv[0], argv);
        _exit(9);
    }
    waitpid(child, &status, 0);
    say("  status %x\n", (unsigned)status);
}

static void *enter_and_fail(void *worked)
{
    if (!enter_pid_namespace())
        say("  no namespace\n");
    OBSERVE(fail_once());
    *(int *)worked = fork_works();
    return NULL;
}

/* unshare(2) concerns the thread that calls it. */
static void of_a_thread(void)
{
    pthread_t thread;
    int worked = -1;

    pthread_create(&thread, NULL, enter_and_fail, &worked);
    pthread_join(thread, NULL);
    say("  fork %d\n", worked);
}

const struct test_case cases[] = {
    {"descriptors", "writes to a closed standard error", nobody_reads},
    {"children", "new pid namespace in a sandbox", landlocked},
    {"children", "new pid namespace under a filter", filtered},
    {"children", "new pid namespace of a thread", of_a_thread},
    {0},
};
