/* SPDX-License-Identifier: MIT
 * A failing connect in every state that a process can be in: no descriptors, no /proc, a foreign
 * descriptor 2, filters, small stacks, signals, threads, children. */
#include "observe.h"

#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

/* --- descriptors --------------------------------------------------------------------------- */

static void no_descriptor_left(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp();
    struct rlimit limit, old;

    getrlimit(RLIMIT_NOFILE, &old);
    limit = (struct rlimit){(rlim_t)fd + 1, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
    OBSERVE(socket(AF_INET, SOCK_STREAM, 0));
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(CONNECT(fd, addr));
    setrlimit(RLIMIT_NOFILE, &old);
}

static void numbers_stay(void)
{
    int first = tcp(), wrong = 0;

    close(first);
    for (int i = 0; i < 300; i++) {
        int fd = tcp();
        struct sockaddr_in addr = v4((unsigned short)(5000 + i));

        wrong += fd != first || CONNECT(fd, addr) != -1 || errno != ECONNREFUSED;
        close(fd);
    }
    say("  wrong %d\n", wrong);
}

static void everything_closed(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int out = dup(1), result, error, opened;

    for (int fd = 0; fd < 10; fd++) {
        if (fd != out)
            close(fd);
    }
    result = CONNECT(tcp(), addr);
    error = errno;
    opened = open("/dev/null", O_RDONLY);
    dup2(out, 1);
    say("  connect %d errno %d open %d\n", result, error, opened);
}

static void range_closed(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp();

    OBSERVE(CONNECT(fd, addr));
    OBSERVE(syscall(SYS_close_range, 3, ~0u, 0));
    OBSERVE(tcp());
    OBSERVE(CONNECT(3, addr));
    OBSERVE(fail_once());
}

/* Descriptor 2 became the program's own file: nothing of ours may be in it. */
static void foreign_stderr(void)
{
    struct stat status;
    int fd;

    close(2);
    fd = open("transparency.db", O_RDWR | O_CREAT | O_TRUNC, 0600);
    OBSERVE(fd == 2);
    OBSERVE(fail_once());
    fstat(fd, &status);
    say("  bytes %ld\n", (long)status.st_size);
    unlink("transparency.db");
}

/* inetd(8): the client of a server on all three descriptors. What it receives is compared. */
static void client_on_stderr(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);
    int listener = tcp(), client = tcp(), status;
    char program_name[] = "/proc/self/exe", word[] = "fail";
    char *argv[] = {program_name, word, NULL};
    char received[4096];
    pid_t child;

    bind(listener, (struct sockaddr *)&addr, sizeof(addr));
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&addr, &len);
    OBSERVE(CONNECT(client, addr));
    child = fork();
    if (child == 0) {
        int peer = accept(listener, NULL, NULL);

        for (int fd = 0; fd < 3; fd++)
            dup2(peer, fd);
        execv(argv[0], argv);
        _exit(9);
    }
    waitpid(child, &status, 0);
    say("  status %d bytes %ld\n", status,
        (long)recv(client, received, sizeof(received), MSG_DONTWAIT));
}

static void full_stderr(void)
{
    int pipes[2];
    char block[4096] = {0};
    struct timespec before, after;

    if (pipe(pipes) != 0)
        return;
    fcntl(pipes[1], F_SETFL, O_NONBLOCK);
    while (write(pipes[1], block, sizeof(block)) > 0)
        continue;
    fcntl(pipes[1], F_SETFL, 0);
    dup2(pipes[1], 2);
    clock_gettime(CLOCK_MONOTONIC, &before);
    OBSERVE(fail_once());
    clock_gettime(CLOCK_MONOTONIC, &after);
    say("  flags %x in time %d\n", (unsigned)fcntl(2, F_GETFL), after.tv_sec - before.tv_sec < 3);
}

static void dead_stderr(void)
{
    int pipes[2];

    if (pipe(pipes) != 0)
        return;
    close(pipes[0]);
    dup2(pipes[1], 2);
    close(pipes[1]);
    OBSERVE(fail_once());
}

static void no_file_size(void)
{
    struct rlimit limit = {0, 0};

    setrlimit(RLIMIT_FSIZE, &limit);
    OBSERVE(fail_once());
}

static void no_new_processes(void)
{
    struct rlimit limit = {0, 0};

    setrlimit(RLIMIT_NPROC, &limit);
    OBSERVE(fail_once());
}

static void no_memory(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};

    setrlimit(RLIMIT_AS, &limit);
    OBSERVE(fail_once());
}

static void no_proc(void)
{
    if (mkdir("transparency.empty", 0755) != 0 && errno != EEXIST)
        return;
    if (chroot("transparency.empty") != 0 || chdir("/") != 0)
        return;
    OBSERVE(fail_once());
}

static void dumped_not(void)
{
    OBSERVE(prctl(PR_SET_DUMPABLE, 0));
    OBSERVE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    OBSERVE(fail_once());
}

/* --- filters ------------------------------------------------------------------------------- */

#define ALLOW(name)                                        \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Only what this program needs by itself; anything else kills it. */
static void enter_filter(int through_prctl)
{
    static struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(connect),
        ALLOW(write),
        ALLOW(close),
        ALLOW(exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (through_prctl)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    else
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static void filtered(int through_prctl)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp();

    enter_filter(through_prctl);
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(close(fd));
    _exit(7);
}

static void filtered_by_prctl(void)
{
    filtered(1);
}

/* The listener's descriptor is the result. */
static void filtered_with_listener(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {4, filter};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    OBSERVE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                    &program) > 0);
    OBSERVE(fail_once());
}

/* A filter that was there before the program started: this program again, under one. */
static void filtered_before(long named, unsigned action)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)named, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {4, filter};
    char program_name[] = "/proc/self/exe", word[] = "fail";
    char *argv[] = {program_name, word, NULL};
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
            execv(argv[0], argv);
        _exit(9);
    }
    waitpid(child, &status, 0);
    say("  status %d\n", status);
}

static void filtered_before_all(void)
{
    const long killed[] = {SYS_process_vm_readv, SYS_readlinkat, SYS_gettid,  SYS_uname,
                           SYS_recvfrom,         SYS_sendto,     SYS_recvmsg, SYS_wait4,
                           SYS_memfd_create,     SYS_prctl,      SYS_fstat,   SYS_madvise,
                           SYS_rt_sigprocmask};

    for (unsigned i = 0; i < sizeof(killed) / sizeof(killed[0]); i++)
        filtered_before(killed[i], SECCOMP_RET_KILL_PROCESS);
    filtered_before(SYS_clone, SECCOMP_RET_ERRNO | EPERM);
    filtered_before(SYS_clone, SECCOMP_RET_ERRNO); /* 0: as if this were the child */
}

/* Then what tells of a filter stands far down in /proc/self/status. */
static void filtered_in_many_groups(void)
{
    static gid_t groups[300];

    for (int i = 0; i < 300; i++)
        groups[i] = (gid_t)(1000000 + i);
    OBSERVE(setgroups(300, groups));
    filtered_before(SYS_process_vm_readv, SECCOMP_RET_KILL_PROCESS);
    filtered_before(SYS_memfd_create, SECCOMP_RET_KILL_PROCESS);
}

static void filtered_by_syscall(void)
{
    filtered(0);
}

static void filtered_after_a_report(void)
{
    OBSERVE(fail_once());
    filtered(1);
}

static void filtered_strictly(void)
{
    struct sockaddr_in addr = v4(PORT_OPEN);

    OBSERVE(CONNECT(tcp(), addr));
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    syscall(SYS_write, 1, "  strict\n", 9);
    syscall(SYS_exit, 7);
}

/* --- stacks, signals, threads -------------------------------------------------------------- */

static void *fail_in_thread(void *ret)
{
    *(int *)ret = fail_once();
    return NULL;
}

static void small_stack(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int error = -1;

    pthread_attr_init(&attributes);
    OBSERVE(pthread_attr_setstacksize(&attributes, 16384));
    OBSERVE(pthread_create(&thread, &attributes, fail_in_thread, &error));
    pthread_join(thread, NULL);
    say("  error %d\n", error);
}

static volatile sig_atomic_t handler_runs, handler_wrong;

static void on_signal(int signal)
{
    int saved = errno;

    (void)signal;
    handler_runs = handler_runs + 1;
    if (fail_once() != ECONNREFUSED)
        handler_wrong = handler_wrong + 1;
    errno = saved;
}

/* A program that fetches its faults with sigwait(3) has them blocked. */
static void faults_are_waited_for(void)
{
    sigset_t all, pending;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    kill(getpid(), SIGBUS);
    OBSERVE(fail_once());
    sigpending(&pending);
    say("  pending %d\n", sigismember(&pending, SIGBUS));
}

static void alternate_stack(void)
{
    static char space[16384];
    stack_t stack = {.ss_sp = space, .ss_size = sizeof(space)};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    say("  runs %d wrong %d\n", (int)handler_runs, (int)handler_wrong);
}

/* A handler that fails to connect, while the program is anywhere. */
static void in_a_storm_of_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct itimerval timer = {{0, 2000}, {0, 2000}};
    struct timespec now, end;
    int wrong = 0;

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    do {
        void *memory = malloc(100000);

        free(memory);
        wrong += fail_once() != ECONNREFUSED;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - end.tv_sec < 1);
    memset(&timer, 0, sizeof(timer));
    setitimer(ITIMER_REAL, &timer, NULL);
    say("  ran %d wrong %d %d\n", handler_runs > 0, wrong, (int)handler_wrong);
}

static sigjmp_buf jump;

static void on_jump(int signal)
{
    (void)signal;
    siglongjmp(jump, 1);
}

/* A listener whose queue is full: the next blocking connect() waits. */
static struct sockaddr_un full_listener(void)
{
    struct sockaddr_un addr = un("transparency.full");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);

    unlink(addr.sun_path);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 || listen(fd, 0) != 0 ||
        CONNECT(client, addr) != 0)
        say("  cannot fill a queue\n");
    return addr;
}

static void jumped_out(void)
{
    struct sigaction action = {.sa_handler = on_jump};
    struct itimerval timer = {{0, 100000}, {0, 100000}}; /* the first may come before the call */
    struct sockaddr_un addr = full_listener();

    sigaction(SIGALRM, &action, NULL);
    for (volatile int i = 0; i < 3; i++) {
        if (sigsetjmp(jump, 1) == 0) {
            setitimer(ITIMER_REAL, &timer, NULL);
            CONNECT(socket(AF_UNIX, SOCK_STREAM, 0), addr);
            say("  not jumped\n");
        }
        OBSERVE(fail_once());
    }
    unlink(addr.sun_path);
}

static void on_nothing(int signal)
{
    (void)signal;
}

static void interrupted(void)
{
    struct sigaction action = {.sa_handler = on_nothing};
    struct itimerval timer = {{0, 100000}, {0, 100000}}; /* the first may come before the call */
    struct sockaddr_un addr = full_listener();
    int nonblocking = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    OBSERVE(CONNECT(socket(AF_UNIX, SOCK_STREAM, 0), addr));
    setitimer(ITIMER_REAL, &(struct itimerval){{0}}, NULL);
    OBSERVE(CONNECT(nonblocking, addr));
    unlink(addr.sun_path);
}

static volatile int cleaned;

static void clean(void *unused)
{
    (void)unused;
    cleaned++;
}

static void *connect_until_cancelled(void *addr)
{
    pthread_cleanup_push(clean, NULL);
    CONNECT(socket(AF_UNIX, SOCK_STREAM, 0), *(struct sockaddr_un *)addr);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *fail_when_cancelled(void *ret)
{
    pthread_cleanup_push(clean, NULL);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    *(int *)ret = fail_once();
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancelled(void)
{
    struct sockaddr_un addr = full_listener();
    pthread_t thread;
    void *result;
    int error = -1;

    OBSERVE(pthread_create(&thread, NULL, connect_until_cancelled, &addr));
    usleep(100000);
    OBSERVE(pthread_cancel(thread));
    OBSERVE(pthread_join(thread, &result));
    say("  cancelled %d cleaned %d\n", result == PTHREAD_CANCELED, cleaned);
    OBSERVE(pthread_create(&thread, NULL, fail_when_cancelled, &error));
    OBSERVE(pthread_cancel(thread));
    OBSERVE(pthread_join(thread, &result));
    say("  cancelled %d cleaned %d error %d\n", result == PTHREAD_CANCELED, cleaned, error);
    OBSERVE(fail_once());
    unlink(addr.sun_path);
}

static void *fail_often(void *ret)
{
    for (int i = 0; i < 200; i++)
        *(int *)ret += fail_once() != ECONNREFUSED;
    return NULL;
}

static void many_threads(void)
{
    pthread_t threads[16];
    int wrong[16] = {0}, sum = 0, died = 0;

    for (int i = 0; i < 16; i++)
        pthread_create(&threads[i], NULL, fail_often, &wrong[i]);
    signal(SIGCHLD, SIG_DFL);
    for (int i = 0; i < 30; i++) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
            alarm(100);
            _exit(fail_once() == ECONNREFUSED ? 0 : 1);
        }
        waitpid(pid, &status, 0);
        died += status != 0;
    }
    for (int i = 0; i < 16; i++) {
        pthread_join(threads[i], NULL);
        sum += wrong[i];
    }
    say("  wrong %d died %d\n", sum, died);
}

static void *fail_forever(void *unused)
{
    (void)unused;
    for (;;)
        fail_once();
    return NULL;
}

static void exit_while_failing(void)
{
    int bad = 0;

    signal(SIGCHLD, SIG_DFL);
    for (int i = 0; i < 20; i++) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
            pthread_t thread;

            alarm(100);
            for (int n = 0; n < 8; n++)
                pthread_create(&thread, NULL, fail_forever, NULL);
            usleep(3000);
            exit(0);
        }
        waitpid(pid, &status, 0);
        bad += status != 0;
    }
    say("  bad %d\n", bad);
}

/* --- children ------------------------------------------------------------------------------ */

static void own_child(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        usleep(50000);
        _exit(fail_once() == ECONNREFUSED ? 3 : 4);
    }
    OBSERVE(fail_once());
    OBSERVE(fail_once());
    OBSERVE(waitpid(-1, &(int){0}, 0) == pid);
}

static void subreaper(void)
{
    OBSERVE(prctl(PR_SET_CHILD_SUBREAPER, 1));
    OBSERVE(fail_once());
    usleep(50000);
    OBSERVE(waitpid(-1, NULL, WNOHANG | __WALL));
}

static void children_ignored(void)
{
    signal(SIGCHLD, SIG_IGN);
    OBSERVE(fail_once());
}

static void vforked(void)
{
    volatile int error = -1;
    pid_t pid = vfork();

    if (pid == 0) {
        error = fail_once();
        _exit(5);
    }
    OBSERVE(waitpid(pid, &(int){0}, 0) == pid);
    say("  error %d\n", error);
    OBSERVE(fail_once());
}

static int fail_in_clone(void *ret)
{
    *(int *)ret = fail_once();
    return 6;
}

static void cloned(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    int error = -1;
    pid_t pid = clone(fail_in_clone, stack + sizeof(stack), CLONE_VM | SIGCHLD, &error);

    waitpid(pid, NULL, 0); /* not observed: errno is the child's too */
    say("  error %d\n", error);
    OBSERVE(fail_once());
}

static void spawned(void)
{
    char shell[] = "sh", option[] = "-c", script[] = "ls /proc/self/fd | wc -l",
         path[] = "PATH=/bin";
    char *arguments[] = {shell, option, script, NULL};
    pid_t pid;
    int error;

    OBSERVE(fail_once());
    errno = 77;
    error = posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, (char *[]){path, NULL});
    /* not told before the child has ended: it writes to the same place */
    error = error * 1000 + errno;
    OBSERVE(waitpid(pid, &(int){0}, 0) == pid);
    say("  posix_spawn() = %d errno %d\n", error / 1000, error % 1000);
}

static int fail_as_init(void *unused)
{
    (void)unused;
    alarm(100);
    OBSERVE(getpid());
    OBSERVE(fail_once());
    usleep(50000);
    OBSERVE(waitpid(-1, NULL, WNOHANG | __WALL));
    return 0;
}

/* After this the next child is process 1 of a namespace, and with its end no other can be. */
static void new_pid_namespace(void)
{
    int status = 0;
    pid_t child;

    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0 && unshare(CLONE_NEWPID) != 0)
        say("  no namespace\n");
    OBSERVE(fail_once());
    child = fork();
    if (child == 0)
        _exit(getpid() == 1 ? 3 : 4);
    OBSERVE(child > 0);
    waitpid(child, &status, 0);
    say("  status %d\n", status);
}

static void as_init(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    pid_t pid = clone(fail_as_init, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, NULL);

    if (pid > 0)
        OBSERVE(waitpid(pid, &(int){0}, 0) == pid);
    else
        say("  no pid namespace\n");
}

/* --- memory -------------------------------------------------------------------------------- */

static int count_maps(void)
{
    char block[4096];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), lines = 0;
    ssize_t len;

    while ((len = read(fd, block, sizeof(block))) > 0) {
        for (ssize_t i = 0; i < len; i++)
            lines += block[i] == '\n';
    }
    close(fd);
    return lines;
}

static void nothing_left_mapped(void)
{
    int before;

    for (int i = 0; i < 3; i++)
        fail_once();
    before = count_maps();
    for (int i = 0; i < 100; i++) {
        struct sockaddr_in addr = v4((unsigned short)(6000 + i));
        int fd = tcp();

        CONNECT(fd, addr);
        close(fd);
    }
    say("  more mappings %d\n", count_maps() - before);
}

static int busy; /* an allocator that is in use: nothing of ours may call it */

static void allocator_in_use(void)
{
    void *memory = malloc(10);

    busy = 1;
    OBSERVE(fail_once());
    busy = 0;
    free(memory);
}

/* Interposes the allocator of the whole process. */
void *__libc_malloc(size_t size);
void *malloc(size_t size)
{
    if (busy)
        abort();
    return __libc_malloc(size);
}

const struct test_case cases[] = {
    {"descriptors", "none left", no_descriptor_left},
    {"descriptors", "numbers stay", numbers_stay},
    {"descriptors", "everything closed", everything_closed},
    {"descriptors", "close_range", range_closed},
    {"stderr", "another file", foreign_stderr},
    {"stderr", "a client", client_on_stderr},
    {"stderr", "full pipe", full_stderr},
    {"stderr", "pipe without reader", dead_stderr},
    {"limits", "file size", no_file_size},
    {"limits", "processes", no_new_processes},
    {"limits", "address space", no_memory},
    {"limits", "chroot without /proc", no_proc},
    {"limits", "not dumpable", dumped_not},
    {"seccomp", "by prctl", filtered_by_prctl},
    {"seccomp", "by syscall", filtered_by_syscall},
    {"seccomp", "with a listener", filtered_with_listener},
    {"seccomp", "before the start", filtered_before_all},
    {"seccomp", "before the start, many groups", filtered_in_many_groups},
    {"seccomp", "after a report", filtered_after_a_report},
    {"seccomp", "strict", filtered_strictly},
    {"stack", "thread of 16 KiB", small_stack},
    {"stack", "alternate", alternate_stack},
    {"signals", "faults that are waited for", faults_are_waited_for},
    {"signals", "storm", in_a_storm_of_signals},
    {"signals", "longjmp out of connect", jumped_out},
    {"signals", "EINTR", interrupted},
    {"threads", "cancelled", cancelled},
    {"threads", "many, and forks", many_threads},
    {"threads", "exit while failing", exit_while_failing},
    {"children", "own child", own_child},
    {"children", "subreaper", subreaper},
    {"children", "ignored", children_ignored},
    {"children", "vfork", vforked},
    {"children", "clone with shared memory", cloned},
    {"children", "posix_spawn", spawned},
    {"children", "new pid namespace", new_pid_namespace},
    {"children", "process 1", as_init},
    {"memory", "mappings", nothing_left_mapped},
    {"memory", "allocator in use", allocator_in_use},
    {0},
};
