/* SPDX-License-Identifier: MIT
 * Signals that come while a report is made, handlers that fail to connect wherever the program is,
 * and failing connects on the smallest stacks there are. */
#include "observe.h"

#include <setjmp.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <ucontext.h>

/* A failure of its own kind each time, so that each may be reported. */
static int fail_at(int number)
{
    struct sockaddr_in addr = v4((unsigned short)(7200 + number));
    int fd = tcp(), error = CONNECT(fd, addr) == 0 ? 0 : errno;

    close(fd);
    return error;
}

static volatile sig_atomic_t got[16], got_count;

static void note(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    if (got_count < 16)
        got[got_count] = info->si_value.sival_int;
    got_count = got_count + 1;
}

static void *send_signals(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++) {
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
        usleep(300);
    }
    return NULL;
}

/* Each comes, with its value, in the order in which they were sent. */
static void queued(void)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigset_t set;
    pthread_t thread;
    int wrong = 0, disordered = 0;

    sigaction(SIGRTMIN, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* in the thread too */
    pthread_create(&thread, NULL, send_signals, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    for (int i = 0; i < 5; i++)
        wrong += fail_at(i) != ECONNREFUSED;
    pthread_join(thread, NULL);
    for (int i = 0; i < 10; i++)
        disordered += got[i] != i;
    say("  wrong %d came %d disordered %d\n", wrong, (int)got_count, disordered);
}

/* What the program keeps blocked, to fetch it itself, is still there after a failure. */
static void fetched(void)
{
    struct signalfd_siginfo info;
    siginfo_t waited;
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    sigaddset(&set, SIGPIPE);
    sigaddset(&set, SIGXFSZ);
    sigaddset(&set, SIGTTOU);
    sigprocmask(SIG_BLOCK, &set, NULL);
    OBSERVE(fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 41});
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 42});
    raise(SIGPIPE);
    kill(getpid(), SIGXFSZ);
    raise(SIGTTOU);
    OBSERVE(fail_at(10));
    OBSERVE(fail_at(11));
    while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        say("  signalfd %u value %d\n", info.ssi_signo, info.ssi_int);
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 43});
    OBSERVE(fail_at(12));
    OBSERVE(sigwaitinfo(&set, &waited) == SIGRTMIN + 1);
    say("  value %d\n", waited.si_value.sival_int);
}

static void ignored(void)
{
    struct sigaction now;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    OBSERVE(fail_at(15));
    sigaction(SIGPIPE, NULL, &now);
    say("  SIGPIPE ignored %d", now.sa_handler == SIG_IGN);
    sigaction(SIGCHLD, NULL, &now);
    say("  SIGCHLD ignored %d\n", now.sa_handler == SIG_IGN);
}

static volatile sig_atomic_t handler_runs, handler_wrong;

static void fail_in_handler(int signal)
{
    int saved = errno;

    (void)signal;
    handler_runs = handler_runs + 1;
    if (fail_at(20 + handler_runs % 50) != ECONNREFUSED)
        handler_wrong = handler_wrong + 1;
    errno = saved;
}

/* In malloc(), printf(), dlopen(), getaddrinfo(): all hold locks that a report must not want. */
static void use_libc(FILE *file)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
    void *memory = malloc(300000), *library = dlopen("libm.so.6", RTLD_NOW);

    fprintf(file, "%f %p", 1.5, memory);
    if (getaddrinfo("127.0.0.1", "80", &hints, &found) == 0)
        freeaddrinfo(found);
    if (library != NULL)
        dlclose(library);
    free(memory);
}

static void anywhere(int signal, int timer_kind)
{
    struct sigaction action = {.sa_handler = fail_in_handler, .sa_flags = SA_RESTART};
    struct itimerval timer = {{0, 1000}, {0, 1000}};
    struct timespec start, now;
    FILE *file = fopen("/dev/null", "w");

    sigaction(signal, &action, NULL);
    setitimer(timer_kind, &timer, NULL);
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        use_libc(file);
        clock_gettime(CLOCK_MONOTONIC, &now);
        /* on a busy machine the signals take their time */
    } while (now.tv_sec - start.tv_sec < 1 ||
             (handler_runs <= 10 && now.tv_sec - start.tv_sec < CASE_SECONDS - 2));
    setitimer(timer_kind, &(struct itimerval){0}, NULL);
    fclose(file);
    say("  ran %d wrong %d\n", handler_runs > 10, (int)handler_wrong);
}

static void alarm_anywhere(void)
{
    anywhere(SIGALRM, ITIMER_REAL);
}

static void profile_anywhere(void)
{
    anywhere(SIGPROF, ITIMER_PROF);
}

/* --- stacks -------------------------------------------------------------------------------- */

static void alternate_stack(void)
{
    const size_t size =
        8192; /* SIGSTKSZ as it was for decades; the registers take nearly half of it */
    stack_t stack = {.ss_sp = malloc(size), .ss_size = size};
    struct sigaction action = {.sa_handler = fail_in_handler, .sa_flags = SA_ONSTACK};

    OBSERVE(sigaltstack(&stack, NULL));
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 3; i++)
        raise(SIGUSR1);
    say("  runs %d wrong %d\n", (int)handler_runs, (int)handler_wrong);
}

#define STACK 16384
#define GUARD 65536 /* below the stack, to see how far it went */
#define ALLOWED 10240

static ucontext_t main_context, coroutine;
static int coroutine_error;

static void fail_as_coroutine(void)
{
    coroutine_error = fail_at(90);
}

/* How deep a failing connect goes, on a stack that was painted before. */
static void painted_stack(void)
{
    static unsigned char space[GUARD + STACK] __attribute__((aligned(16)));
    volatile size_t untouched = 0;

    memset(space, 0x5a, sizeof(space));
    getcontext(&coroutine);
    coroutine.uc_stack.ss_sp = space + GUARD;
    coroutine.uc_stack.ss_size = STACK;
    coroutine.uc_link = &main_context;
    makecontext(&coroutine, fail_as_coroutine, 0);
    swapcontext(&main_context, &coroutine);
    while (untouched < sizeof(space) && space[untouched] == 0x5a)
        untouched++;
    say("  error %d within its stack %d within 10 KiB %d\n", coroutine_error, untouched >= GUARD,
        sizeof(space) - untouched <= ALLOWED);
    if (getenv("SHOW_STACK") != NULL)
        say("  used %zu\n", sizeof(space) - untouched);
}

/* --- jumps --------------------------------------------------------------------------------- */

static sigjmp_buf back;

static void jump_back(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

/* wget's timeout, again and again; a failure in between is like any other. */
static void jumps(void)
{
    struct sigaction action = {.sa_handler = jump_back};
    struct sockaddr_un addr = un("transparency.jumps");
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    volatile int wrong = 0, jumped = 0;

    unlink(addr.sun_path);
    bind(listener, (struct sockaddr *)&addr, sizeof(addr));
    listen(listener, 0);
    CONNECT(client, addr);
    sigaction(SIGALRM, &action, NULL);
    for (volatile int i = 0; i < 20; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        if (sigsetjmp(back, 1) == 0) {
            setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 10000}}, NULL);
            CONNECT(fd, addr);
        } else {
            jumped = jumped + 1;
        }
        wrong += fail_at(100 + i) != ECONNREFUSED;
        close(fd);
    }
    unlink(addr.sun_path);
    say("  jumped %d wrong %d\n", jumped, wrong);
}

const struct test_case cases[] = {
    {"signals", "queued meanwhile", queued},
    {"signals", "fetched by the program", fetched},
    {"signals", "ignored", ignored},
    {"signals", "SIGALRM anywhere in libc", alarm_anywhere},
    {"signals", "SIGPROF anywhere in libc", profile_anywhere},
    {"signals", "twenty longjmps out of connect", jumps},
    {"stack", "alternate, of 8 KiB", alternate_stack},
    {"stack", "painted coroutine of 16 KiB", painted_stack},
    {0},
};
