/* SPDX-License-Identifier: MIT
 * Runs cases and writes down what a program can see of them. transparency.py runs each program of
 * this directory without and with the library and compares the two logs. */
#ifndef TESTS_TRANSPARENCY_OBSERVE_H
#define TESTS_TRANSPARENCY_OBSERVE_H

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT_OPEN 4001   /* something listens, on 127.0.0.1 and ::1 */
#define PORT_CLOSED 4002 /* nothing does */
#define CASE_SECONDS 10

struct test_case {
    const char *hook; /* a row of hooks.def, or what else it is about */
    const char *name;
    void (*run)(void);
};
extern const struct test_case cases[]; /* an entry without a name ends it */

__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...)
{
    char line[1024];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (write(1, line, (size_t)len) < 0)
        _exit(99);
}

/* A call, its result and its errno (77 where it left errno alone). */
#define OBSERVE(call)                                         \
    do {                                                      \
        long result_;                                         \
        int error_;                                           \
        errno = 77;                                           \
        result_ = (long)(call);                               \
        error_ = errno;                                       \
        say("  %s = %ld errno %d\n", #call, result_, error_); \
    } while (0)

/* --- targets ------------------------------------------------------------------------------- */

static inline struct sockaddr_in v4(unsigned short port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return addr;
}

static inline struct sockaddr_in6 v6(unsigned short port)
{
    return (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
}

static inline struct sockaddr_un un(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
    return addr;
}

static inline int tcp(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

#define CONNECT(fd, addr) connect(fd, (struct sockaddr *)&(addr), sizeof(addr))

/* A failing connect on a socket of its own. Returns the errno. */
static inline int fail_once(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp(), error;

    if (fd < 0)
        return -errno;
    errno = 0;
    error = CONNECT(fd, addr) == 0 ? 0 : errno;
    close(fd);
    return error;
}

/* --- what a program can see of itself ------------------------------------------------------ */

static volatile sig_atomic_t children_seen;

static inline void on_child(int signal)
{
    (void)signal;
    children_seen++;
}

static inline int numerically(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static inline void say_descriptors(void)
{
    int list[512], count = 0;
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && count < 512 && atoi(entry->d_name) != dirfd(dir))
            list[count++] = atoi(entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    qsort(list, (size_t)count, sizeof(list[0]), numerically);
    say("  descriptors");
    for (int i = 0; i < count; i++) {
        char path[64], target[64] = "";

        snprintf(path, sizeof(path), "/proc/self/fd/%d", list[i]);
        if (readlink(path, target, sizeof(target) - 1) > 0 && target[0] != '/')
            target[strcspn(target, ":")] = '\0';
        /* where 0-2 lead differs between the runs */
        say(" %d:%s,%x", list[i], list[i] > 2 ? target : "", (unsigned)fcntl(list[i], F_GETFD));
    }
    say("\n");
}

static inline void say_signals(void)
{
    sigset_t mask, pending;

    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigpending(&pending);
    say("  signals");
    for (int i = 1; i < 65; i++) {
        if (sigismember(&mask, i) == 1)
            say(" blocked %d", i);
        if (sigismember(&pending, i) == 1)
            say(" pending %d", i);
    }
    say("\n");
}

static inline int thread_count(void)
{
    char text[4096], *line;
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    close(fd);
    text[len > 0 ? len : 0] = '\0';
    line = strstr(text, "Threads:");
    return line == NULL ? -1 : atoi(line + 8);
}

static char *static_text; /* inet_ntoa()'s own buffer */

static inline void baseline(void)
{
    sigset_t set;

    signal(SIGCHLD, on_child);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    fesetround(FE_UPWARD);
    h_errno = 7;
    static_text = inet_ntoa((struct in_addr){htonl(0x01020304)});
    dlopen("/nonexistent/libnothing.so", RTLD_NOW); /* leaves a text for dlerror() */
}

static inline void say_state(void)
{
    int h_error = h_errno, cancel_state, cancel_type;
    const char *text = dlerror();

    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel_state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &cancel_type);
    say("  h_errno %d rounding %d static %s cancel %d %d threads %d\n", h_error, fegetround(),
        static_text, cancel_state, cancel_type, thread_count());
    say("  dlerror %s\n", text == NULL ? "(none)" : text);
    say_signals();
    say_descriptors();
    /* not with __WALL: who waits for clones as well sees what waits beside a held report */
    OBSERVE(waitpid(-1, NULL, WNOHANG));
    say("  SIGCHLD %d\n", (int)children_seen);
}

/* --- the run ------------------------------------------------------------------------------- */

static inline void listen_everywhere(void)
{
    struct sockaddr_in a4 = v4(PORT_OPEN);
    struct sockaddr_in6 a6 = v6(PORT_OPEN);
    int fd4 = tcp(), fd6 = socket(AF_INET6, SOCK_STREAM, 0), one = 1;

    setsockopt(fd4, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd6, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd6, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    if (bind(fd4, (struct sockaddr *)&a4, sizeof(a4)) != 0 || listen(fd4, 1024) != 0)
        say("cannot listen\n");
    if (bind(fd6, (struct sockaddr *)&a6, sizeof(a6)) == 0)
        listen(fd6, 1024);
}

/* Waits for a case; kills it when its time is over (a case may use SIGALRM itself). */
static inline void finish(pid_t pid)
{
    int status = 0;

    for (int waited_ms = 0; waitpid(pid, &status, WNOHANG) == 0; waited_ms += 2) {
        if (waited_ms >= CASE_SECONDS * 1000) {
            say("-> not finished in time\n");
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return;
        }
        usleep(2000);
    }
    say("-> %s %d\n", WIFSIGNALED(status) ? "killed by" : "exit",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static inline int fork_works(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return child > 0 && waitpid(child, NULL, 0) == child;
}

/* Runs every case, or the one whose name is the argument. */
int main(int argc, char **argv)
{
    /* the program that a case starts; without arguments the kernel gives it an empty name */
    if ((argc == 2 && strcmp(argv[1], "fail") == 0) || argc == 0 || argv[0][0] == '\0')
        return fail_once() == ECONNREFUSED ? 5 : 6;
    if (argc == 2 && strcmp(argv[1], "fail and fork") == 0)
        return fail_once() == ECONNREFUSED && fork_works() ? 5 : 6;
    listen_everywhere();
    for (const struct test_case *test = cases; test->name != NULL; test++) {
        pid_t pid;

        if (argc > 1 && strcmp(argv[1], test->name) != 0)
            continue;
        say("== %s: %s\n", test->hook, test->name);
        pid = fork();
        if (pid == 0) {
            baseline();
            test->run();
            say_state();
            _exit(0);
        }
        finish(pid);
    }
    return 0;
}

#endif
