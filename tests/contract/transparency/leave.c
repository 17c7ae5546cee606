/* SPDX-License-Identifier: MIT
 * The ends of a process: status, signal, what runs before, and what is left alone. */
#include "observe.h"

#include <setjmp.h>

/* The end of a child that has failed to connect before. */
static void in_child(const char *what, void (*run)(int argument), int argument)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        fail_once();
        run(argument);
        say("  came back\n");
        _exit(98);
    }
    waitpid(pid, &status, 0);
    say("  %s(%d): status %x\n", what, argument, (unsigned)status);
}

static void handler_ran(void)
{
    say("  a handler ran, errno %d\n", errno);
}

static void end_at_once(int status)
{
    atexit(handler_ran);
    _exit(status);
}

static void end_at_once_c99(int status)
{
    atexit(handler_ran);
    _Exit(status);
}

static void end_quickly(int status)
{
    atexit(handler_ran);
    at_quick_exit(handler_ran);
    errno = 78;
    quick_exit(status);
}

static void end_normally(int status)
{
    atexit(handler_ran);
    errno = 78;
    exit(status);
}

static const int statuses[] = {0, 1, 255, 256, -1, 0x7fffffff};

static void with_statuses(const char *what, void (*run)(int))
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        in_child(what, run, statuses[i]);
}

static void exit_all(void)
{
    with_statuses("_exit", end_at_once);
}

static void exit_c99_all(void)
{
    with_statuses("_Exit", end_at_once_c99);
}

static void quick_exit_all(void)
{
    with_statuses("quick_exit", end_quickly);
}

static void exit_normally_all(void)
{
    with_statuses("exit", end_normally);
}

/* --- other states -------------------------------------------------------------------------- */

static void end_in_handler(int signal)
{
    _exit(40 + signal);
}

static void end_from_signal(int signal)
{
    struct sigaction action = {.sa_handler = end_in_handler};

    sigaction(signal, &action, NULL);
    raise(signal);
}

static void exit_in_handler(void)
{
    in_child("_exit in a handler", end_from_signal, SIGUSR1);
    in_child("_exit in a handler", end_from_signal, SIGSEGV);
}

static volatile int touched;

static void exit_in_vfork_child(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int pending = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), status = 0;

    OBSERVE(CONNECT(pending, addr));
    for (int i = 0; i < 3; i++) {
        pid_t pid = vfork();

        if (pid == 0) {
            touched++;
            _exit(7);
        }
        waitpid(pid, &status, 0);
        say("  status %x touched %d\n", (unsigned)status, touched);
    }
    OBSERVE(fail_once());
}

static void *fail_for_ever(void *unused)
{
    for (;;)
        fail_once();
    return unused;
}

static void *wait_and_leave(void *status)
{
    usleep(3000);
    if (*(int *)status == 0)
        exit(11);
    _exit(12);
}

/* Threads go on to fail while one of them ends the process. */
static void end_among_threads(int way)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, fail_for_ever, NULL);
    pthread_create(&threads[0], NULL, wait_and_leave, &way);
    pause();
}

static void exit_races(void)
{
    for (int i = 0; i < 10; i++)
        in_child("among threads", end_among_threads, i & 1);
}

static void leave_thread(int unused)
{
    (void)unused;
    atexit(handler_ran);
    pthread_exit(NULL);
}

static void exit_of_last_thread(void)
{
    in_child("pthread_exit", leave_thread, 0);
}

/* --- abort --------------------------------------------------------------------------------- */

static void end_by_abort(int unused)
{
    struct rlimit none = {0, 0};

    (void)unused;
    setrlimit(RLIMIT_CORE, &none);
    atexit(handler_ran);
    abort();
}

static void on_abort(int signal)
{
    say("  handler of signal %d\n", signal);
    say_signals();
}

static void end_by_abort_with_handler(int blocked)
{
    sigset_t set;

    signal(SIGABRT, on_abort);
    sigemptyset(&set);
    sigaddset(&set, SIGABRT);
    sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
    end_by_abort(0);
}

static void end_by_ignored_abort(int unused)
{
    signal(SIGABRT, SIG_IGN);
    end_by_abort(unused);
}

static sigjmp_buf back;

static void jump_back(int signal)
{
    siglongjmp(back, signal);
}

static void abort_jumps_back(void)
{
    for (int i = 0; i < 3; i++) {
        int value = sigsetjmp(back, 1);

        if (value == 0) {
            signal(SIGABRT, jump_back);
            abort();
        }
        say("  back with %d\n", value);
        OBSERVE(fail_once());
    }
}

static void abort_all(void)
{
    in_child("abort", end_by_abort, 0);
    in_child("abort with a handler", end_by_abort_with_handler, 0);
    in_child("abort with a handler, blocked", end_by_abort_with_handler, 1);
    in_child("abort, ignored", end_by_ignored_abort, 0);
}

const struct test_case cases[] = {
    {"_exit", "all", exit_all},
    {"_exit", "in a signal handler", exit_in_handler},
    {"_exit", "in a vfork child", exit_in_vfork_child},
    {"_Exit", "all", exit_c99_all},
    {"quick_exit", "all", quick_exit_all},
    {"abort", "all", abort_all},
    {"abort", "whose handler jumps back", abort_jumps_back},
    {"exit", "runs its handlers", exit_normally_all},
    {"exit", "among threads that fail", exit_races},
    {"exit", "of the last thread", exit_of_last_thread},
    {0},
};
