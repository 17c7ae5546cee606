/* SPDX-License-Identifier: MIT
 * Failing connects in many threads at once, in children of programs with threads, and while threads
 * and the process end. */
#include "observe.h"

#include <sched.h>
#include <spawn.h>

#define THREADS 64

struct job {
    pthread_barrier_t *together;
    unsigned short port;
    int error;
};

static void *fail_together(void *arg)
{
    struct job *job = arg;
    struct sockaddr_in addr = v4(job->port);
    int fd = tcp();

    pthread_barrier_wait(job->together);
    job->error = CONNECT(fd, addr) == 0 ? 0 : errno;
    close(fd);
    return NULL;
}

static void all_at_once(int separate)
{
    pthread_t threads[THREADS];
    struct job jobs[THREADS];
    pthread_barrier_t together;
    int wrong = 0;

    pthread_barrier_init(&together, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){&together, (unsigned short)(7000 + (separate ? i : 0)), -1};
        wrong += pthread_create(&threads[i], NULL, fail_together, &jobs[i]) != 0;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        wrong += jobs[i].error != ECONNREFUSED;
    }
    say("  wrong %d\n", wrong);
}

static void separate_targets(void)
{
    all_at_once(1);
}

static void shared_target(void)
{
    all_at_once(0);
}

static volatile int stop;

static void *fail_until_stopped(void *wrong)
{
    while (!stop)
        *(int *)wrong += fail_once() != ECONNREFUSED;
    return NULL;
}

/* Each child fails itself, while the other threads of its parent did, and runs a program that fails
 * again. */
static void fork_and_exec(void)
{
    char program_name[] = "/proc/self/exe", word[] = "fail";
    char *argv[] = {program_name, word, NULL};
    pthread_t threads[8];
    int wrong[8] = {0}, sum = 0, bad = 0;

    signal(SIGCHLD, SIG_DFL);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, fail_until_stopped, &wrong[i]);
    for (int i = 0; i < 20; i++) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
            alarm(100);
            if (fail_once() == ECONNREFUSED)
                execv(argv[0], argv);
            _exit(9);
        }
        waitpid(pid, &status, 0);
        bad += !WIFEXITED(status) || WEXITSTATUS(status) != 5;
    }
    stop = 1;
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        sum += wrong[i];
    }
    say("  wrong %d bad %d\n", sum, bad);
}

/* A child that borrows this memory changes none of it but its own stack. */
static unsigned char guarded[65536];

static void vfork_leaves_memory(void)
{
    volatile int changed = 0, bad = 0;

    memset(guarded, 0xa5, sizeof(guarded));
    signal(SIGCHLD, SIG_DFL);
    for (volatile int i = 0; i < 200; i++) {
        int status = -1;
        pid_t pid = vfork();

        if (pid == 0)
            _exit(fail_once() == ECONNREFUSED ? 5 : 6);
        waitpid(pid, &status, 0);
        bad += !WIFEXITED(status) || WEXITSTATUS(status) != 5;
    }
    for (unsigned i = 0; i < sizeof(guarded); i++)
        changed += guarded[i] != 0xa5;
    say("  bad %d changed %d\n", bad, changed);
    OBSERVE(fail_once());
}

/* A thread that fetches every child there is gets the program's own, and each of them once. */
static volatile int reaped, foreign;
static volatile pid_t newest;

static void *reap(void *unused)
{
    (void)unused;
    while (!stop) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);

        if (pid > 0) {
            reaped++;
            foreign += pid != newest;
        }
    }
    return NULL;
}

static void reaper_thread(void)
{
    pthread_t thread;
    int wrong = 0;

    signal(SIGCHLD, SIG_DFL);
    pthread_create(&thread, NULL, reap, NULL);
    for (int i = 0; i < 20; i++) {
        struct sockaddr_in addr = v4((unsigned short)(7100 + i));
        int fd = tcp(), before = reaped;
        pid_t pid;

        wrong += CONNECT(fd, addr) == 0 || errno != ECONNREFUSED;
        close(fd);
        pid = fork();
        if (pid == 0) {
            usleep(1000); /* newest is written by then */
            _exit(0);
        }
        newest = pid;
        while (reaped == before)
            sched_yield();
    }
    stop = 1;
    pthread_join(thread, NULL);
    say("  wrong %d reaped %d foreign %d\n", wrong, reaped, foreign);
}

static int in_destructor = -1;

static void fail_in_destructor(void *unused)
{
    (void)unused;
    in_destructor = fail_once();
}

static void *leave_a_value(void *key)
{
    pthread_setspecific(*(pthread_key_t *)key, key);
    return NULL;
}

static void thread_destructor(void)
{
    pthread_key_t key;
    pthread_t thread;

    pthread_key_create(&key, fail_in_destructor);
    pthread_create(&thread, NULL, leave_a_value, &key);
    pthread_join(thread, NULL);
    say("  error %d\n", in_destructor);
}

static void fail_at_exit(void)
{
    say("  at exit %d\n", fail_once());
}

static void exit_handler(void)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        atexit(fail_at_exit);
        exit(4);
    }
    waitpid(pid, &status, 0);
    pid = fork();
    if (pid == 0) {
        at_quick_exit(fail_at_exit);
        quick_exit(4);
    }
    say("  status %d\n", status);
    waitpid(pid, &status, 0);
    say("  status %d\n", status);
}

const struct test_case cases[] = {
    {"threads", "64 at separate targets", separate_targets},
    {"threads", "64 at one target", shared_target},
    {"threads", "fork and exec", fork_and_exec},
    {"threads", "thread that waits for children", reaper_thread},
    {"threads", "destructor of a value", thread_destructor},
    {"children", "vfork leaves the memory", vfork_leaves_memory},
    {"exit", "handlers", exit_handler},
    {0},
};
