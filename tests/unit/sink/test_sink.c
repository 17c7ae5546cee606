/* SPDX-License-Identifier: MIT
 * The sinks: what they write, and above all where they must not, against real files, pipes,
 * terminals and sockets. Cases that change descriptor 2 or limits run in a child. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink/sinks.h"

static char dir[] = "/tmp/whyrefused-sink-XXXXXX";
static char log_path[256];
static struct wr_stderr_identity identity;
static struct wr_sink_target target;
static const struct wr_sink_fields fields = {.message = "connect to x was refused: h",
                                             .cause = "tcp-no-listener",
                                             .json = "{\"a\":1}\n",
                                             .json_len = 8,
                                             .error = ECONNREFUSED};

static const char *environment(void *ctx, const char *name, size_t len)
{
    (void)ctx;
    return len == 3 && memcmp(name, "VAR", 3) == 0 ? "../../etc/x" : NULL;
}

static int fresh(void **state)
{
    (void)state;
    snprintf(log_path, sizeof(log_path), "%s/log", dir);
    unlink(log_path);
    target = (struct wr_sink_target){.log = log_path,
                                     .stderr_identity = &identity,
                                     .pid = 42,
                                     .program = "app",
                                     .host = "box",
                                     .environment = environment};
    return 0;
}

static int write_report(const char *text)
{
    return wr_sink_write(&target, text, strlen(text), &fields);
}

static const char *contents(const char *path)
{
    static char text[70000];
    int fd = open(path, O_RDONLY);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (fd >= 0)
        close(fd);
    text[len < 0 ? 0 : len] = '\0';
    return text;
}

/* Runs the case in a child with all signals blocked, as the pipeline does. */
static int in_child(int (*run)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        sigset_t all;

        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        alarm(100);
        _exit(run());
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
#define MUST(condition)                \
    do {                               \
        if (!(condition))              \
            return __LINE__ % 250 + 1; \
    } while (0)
#define IN_CHILD(run) assert_int_equal(in_child(run), 0)
/* A container may refuse a mount namespace even to root. */
#define NO_NAMESPACE 255
#define IN_NAMESPACE(run)          \
    do {                           \
        int ret_ = in_child(run);  \
                                   \
        if (ret_ == NO_NAMESPACE)  \
            skip();                \
        assert_int_equal(ret_, 0); \
    } while (0)

static bool nothing_pending(void)
{
    sigset_t pending;

    sigpending(&pending);
    return !sigismember(&pending, SIGPIPE) && !sigismember(&pending, SIGXFSZ) &&
           !sigismember(&pending, SIGTTOU);
}

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 64; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void kinds(void **state)
{
    (void)state;
    assert_int_equal(wr_sink_kind("stderr"), WR_SINK_STDERR);
    assert_int_equal(wr_sink_kind(""), WR_SINK_STDERR);
    assert_int_equal(wr_sink_kind("journal"), WR_SINK_JOURNAL);
    assert_int_equal(wr_sink_kind("syslog"), WR_SINK_SYSLOG);
    assert_int_equal(wr_sink_kind("/tmp/x"), WR_SINK_FILE);
    assert_int_equal(wr_sink_kind("stderr.log"), WR_SINK_FILE);
}

static void file_appends(void **state)
{
    struct stat st;
    int before = open_descriptors();

    (void)state;
    umask(0);
    assert_int_equal(write_report("one\n"), 0);
    assert_int_equal(write_report("two\n"), 0);
    assert_string_equal(contents(log_path), "one\ntwo\n");
    assert_int_equal(stat(log_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(open_descriptors(), before);
}

static void path_templates(void **state)
{
    static const struct {
        const char *log, *path;
    } rows[] = {{"/a/%p-%e-%h.json", "/a/42-app-box.json"},
                {"%%p%", "%p%"},
                {"/a/%z%q%q{", "/a/%z%q%q{"},
                {"/a/%q{VAR}", "/a/___.__etc_x"},
                {"/a/%q{NOT}x", "/a/x"},
                {"/a/x.%q{VAR}", "/a/x.___.__etc_x"}};
    char path[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        target.log = rows[i].log;
        assert_int_equal(wr_sink_path(&target, path, sizeof(path)), 0);
        assert_null(strstr(path, ".."));
        assert_string_equal(path, rows[i].path);
    }
    target.program = "..";
    target.host = "a/../b\n\x1b";
    target.log = "/a/%e/%h/.%e";
    assert_int_equal(wr_sink_path(&target, path, sizeof(path)), 0);
    assert_string_equal(path, "/a/__/a_.__b__/.__");
    assert_int_equal(wr_sink_path(&target, path, 8), -ENAMETOOLONG);
}

static void refuses_to_write(const char *path, int error)
{
    target.log = path;
    assert_int_equal(write_report("evil\n"), error);
}

static void file_refuses(void **state)
{
    char other[300], name[300];
    int fd;

    (void)state;
    snprintf(other, sizeof(other), "%s/other", dir);
    snprintf(name, sizeof(name), "%s/name", dir);
    fd = open(other, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    close(fd);
    assert_int_equal(symlink(other, name), 0);
    refuses_to_write(name, -ELOOP);
    unlink(name);
    assert_int_equal(link(other, name), 0);
    refuses_to_write(name, -EMLINK);
    unlink(name);
    assert_string_equal(contents(other), "");
    unlink(other);
    assert_int_equal(symlink(other, name), 0); /* dangling */
    refuses_to_write(name, -ELOOP);
    assert_int_not_equal(access(other, F_OK), 0);
    unlink(name);
    assert_int_equal(mkfifo(name, 0600), 0);
    refuses_to_write(name, -EINVAL);
    unlink(name);
    refuses_to_write(dir, -EINVAL);
    refuses_to_write("/dev/full", -EINVAL);
    refuses_to_write("/proc/self/mem", -EINVAL);
    refuses_to_write("/proc/self/oom_score_adj", -EINVAL);
    snprintf(name, sizeof(name), "%s/nodir/x", dir);
    refuses_to_write(name, -ENOENT);
    char *long_path = malloc(5000);
    memset(long_path, 'a', 4999);
    long_path[4999] = '\0';
    refuses_to_write(long_path, -ENAMETOOLONG);
    free(long_path);
}

static int limited(void)
{
    struct rlimit limit = {6, 6};

    setrlimit(RLIMIT_FSIZE, &limit);
    MUST(write_report("12345\n") == 0);
    MUST(write_report("123456789\n") == -EFBIG);
    MUST(nothing_pending());
    return 0;
}

static void file_size_limit(void **state)
{
    (void)state;
    IN_CHILD(limited);
    assert_string_equal(contents(log_path), "12345\n");
}

/* --- stderr ------------------------------------------------------------------------------- */

static int to_stderr(int fd)
{
    target.log = "stderr";
    if (dup2(fd, 2) != 2)
        return -1;
    wr_sink_stderr_identity(&identity);
    return 0;
}

/* R1: a program closes 2 and its database gets the number. */
static int reused(void)
{
    int fds[2];

    MUST(pipe(fds) == 0);
    to_stderr(fds[1]);
    close(2);
    MUST(open(log_path, O_CREAT | O_RDWR, 0600) == 2);
    MUST(write_report("report\n") == -ESTALE);
    MUST(!wr_sink_is_terminal(&target));
    close(2);
    MUST(write_report("report\n") == -ESTALE);
    wr_sink_stderr_identity(&identity); /* closed at the start */
    MUST(open("/dev/null", O_WRONLY) == 2);
    MUST(write_report("report\n") == -ESTALE);
    target.stderr_identity = NULL;
    MUST(write_report("report\n") == -ESTALE);
    return 0;
}

static void stderr_reused(void **state)
{
    (void)state;
    IN_CHILD(reused);
    assert_string_equal(contents(log_path), "");
}

static int piped(void)
{
    int fds[2], before;
    static char big[16000], got[20000];
    ssize_t len;

    MUST(pipe(fds) == 0 && to_stderr(fds[1]) == 0);
    before = open_descriptors();
    MUST(write_report("report\n") == 0);
    memset(big, 'x', sizeof(big) - 1);
    MUST(write_report(big) == 0);
    len = read(fds[0], got, sizeof(got));
    MUST(len == 7 + (ssize_t)sizeof(big) - 1);
    MUST(memcmp(got, "report\nxxx", 10) == 0);
    MUST((fcntl(2, F_GETFL) & O_NONBLOCK) == 0); /* shared with others: never set */
    MUST(open_descriptors() == before);
    MUST(!wr_sink_is_terminal(&target));
    return 0;
}

static void stderr_pipe(void **state)
{
    (void)state;
    IN_CHILD(piped);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* R2: the reader has stopped. */
static int stalled(void)
{
    static char big[16000];
    int fds[2];
    uint64_t start;

    memset(big, 'x', sizeof(big) - 1);
    MUST(pipe(fds) == 0 && to_stderr(fds[1]) == 0);
    start = now_ms();
    for (int i = 0; i < 3; i++)
        MUST(write_report(big) == 0);
    for (int i = 0; i < 10; i++)
        write_report(big);
    MUST(write_report("report\n") == -EAGAIN);
    MUST(now_ms() - start < 200);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    while (read(fds[0], big, sizeof(big)) > 0)
        ;
    MUST(write_report("report\n") == 0);
    return 0;
}

/* The same where /proc does not give a description of our own. */
static int stalled_without_proc(void)
{
    if (unshare(CLONE_NEWNS) != 0)
        return NO_NAMESPACE;
    MUST(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    MUST(umount2("/proc", MNT_DETACH) == 0);
    MUST(access("/proc/self/fd", F_OK) != 0);
    return stalled();
}

static void stderr_stalled(void **state)
{
    (void)state;
    IN_CHILD(stalled);
}

static void stderr_stalled_without_proc(void **state)
{
    (void)state;
    IN_NAMESPACE(stalled_without_proc);
}

/* R3: the reader is gone. */
static int readerless(void)
{
    int fds[2];

    MUST(pipe(fds) == 0 && to_stderr(fds[1]) == 0);
    close(fds[0]);
    MUST(write_report("report\n") == -EPIPE);
    MUST(nothing_pending());
    raise(SIGPIPE); /* one of the host's own */
    MUST(write_report("report\n") == -EPIPE);
    MUST(!nothing_pending());
    return 0;
}

static void stderr_reader_gone(void **state)
{
    (void)state;
    IN_CHILD(readerless);
}

static int socketed(void)
{
    static char big[16000];
    char got[64];
    int fds[2], full = 0;

    memset(big, 'x', sizeof(big) - 1);
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 && to_stderr(fds[1]) == 0);
    MUST(write_report("report\n") == 0);
    MUST(read(fds[0], got, sizeof(got)) == 7);
    for (int i = 0; i < 100 && full == 0; i++)
        full = write_report(big);
    MUST(full == -EAGAIN);
    close(fds[0]);
    MUST(write_report("report\n") == -EPIPE);
    MUST(nothing_pending());
    return 0;
}

static void stderr_socket(void **state)
{
    (void)state;
    IN_CHILD(socketed);
}

static int on_file(void)
{
    int fd = open(log_path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

    MUST(fd >= 0 && to_stderr(fd) == 0);
    MUST(write(2, "app\n", 4) == 4);
    MUST(write_report("report\n") == 0);
    MUST(write(2, "app\n", 4) == 4);
    MUST(strcmp(contents(log_path), "app\nreport\napp\n") == 0);
    fd = open("/dev/full", O_WRONLY);
    MUST(to_stderr(fd) == 0);
    MUST(write_report("report\n") == -ENOSPC);
    fd = open("/dev/null", O_RDONLY);
    MUST(to_stderr(fd) == 0);
    MUST(write_report("report\n") == -EBADF);
    return 0;
}

static void stderr_file(void **state)
{
    (void)state;
    IN_CHILD(on_file);
}

static int on_terminal(void)
{
    static char big[4097];
    char got[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
    uint64_t start;

    MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    MUST(slave >= 0 && to_stderr(slave) == 0);
    MUST(wr_sink_is_terminal(&target));
    MUST(write_report("report\n") == 0);
    MUST(read(master, got, sizeof(got)) == 8); /* \r\n */
    memset(big, 'x', sizeof(big) - 1);
    start = now_ms();
    for (int i = 0; i < 50; i++) /* nobody reads */
        write_report(big);
    MUST(now_ms() - start < 2000);
    target.log = log_path;
    MUST(!wr_sink_is_terminal(&target));
    target.log = "stderr";
    close(master); /* hung up */
    MUST(write_report("report\n") < 0);
    MUST(nothing_pending());
    return 0;
}

static void stderr_terminal(void **state)
{
    (void)state;
    IN_CHILD(on_terminal);
}

/* --- journal and syslog ------------------------------------------------------------------- */

/* A socket that listens where the daemon would, in a mount namespace of our own. */
static int daemon_at(const char *path, const char *under)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    if (unshare(CLONE_NEWNS) != 0)
        _exit(NO_NAMESPACE);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", under, "tmpfs", 0, NULL) != 0)
        return -1;
    mkdir("/run/systemd", 0755);
    mkdir("/run/systemd/journal", 0755);
    strcpy(address.sun_path, path);
    return bind(fd, (void *)&address, sizeof(address)) == 0 ? fd : -1;
}

static int journal(void)
{
    static char got[4096];
    static const char message[] = "MESSAGE\n\x1b\0\0\0\0\0\0\0connect to x was refused: h\n";
    static const char name[] = "SYSLOG_IDENTIFIER\n\x0d\0\0\0\0\0\0\0app\nPRIORITY=\n";
    static const char json[] = "WHYREFUSED_JSON\n\x07\0\0\0\0\0\0\0{\"a\":1}\n";
    int fd = daemon_at("/run/systemd/journal/socket", "/run"), before = open_descriptors();
    ssize_t len;

    MUST(fd >= 0);
    target.log = "journal";
    target.program = "app\nPRIORITY="; /* adds no field */
    MUST(write_report("report\n") == 0);
    MUST(open_descriptors() == before);
    len = recv(fd, got, sizeof(got), MSG_DONTWAIT);
    MUST(len > 0);
    MUST(memmem(got, (size_t)len, message, sizeof(message) - 1) != NULL);
    MUST(memmem(got, (size_t)len, name, sizeof(name) - 1) != NULL);
    MUST(memmem(got, (size_t)len, json, sizeof(json) - 1) != NULL);
    MUST(memmem(got, (size_t)len, "\nERRNO=111\n", 11) != NULL);
    MUST(memmem(got, (size_t)len, "\nWHYREFUSED_CAUSE=tcp-no-listener\n", 34) != NULL);
    MUST(memcmp(got, "PRIORITY=3\nMESSAGE_ID=", 22) == 0);
    for (int i = 0; i < 10000; i++) { /* nobody receives: dropped, not waited for */
        if (write_report("x\n") != 0)
            break;
    }
    MUST(write_report("x\n") == -EAGAIN);
    close(fd);
    MUST(write_report("x\n") == -ECONNREFUSED);
    MUST(nothing_pending());
    return 0;
}

static int syslog_daemon(void)
{
    static char got[4096];
    int fd = daemon_at("/dev/log", "/dev");
    ssize_t len;

    MUST(fd >= 0);
    target.log = "syslog";
    target.program = "my app\n";
    target.host = "";
    MUST(write_report("line one\nline two\n") == 0);
    len = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
    MUST(len > 0);
    got[len] = '\0';
    MUST(memcmp(got, "<11>1 20", 8) == 0 && got[32] == 'Z');
    MUST(strcmp(got + 33, " - my_app_ 42 tcp-no-listener - connect to x was refused: h") == 0);
    MUST(write_report("{\"a\":1}\n") == 0);
    len = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
    MUST(len > 0);
    got[len] = '\0';
    MUST(strcmp(strstr(got, " - @cee"), " - @cee: {\"a\":1}") == 0);
    unlink("/dev/log");
    MUST(write_report("x\n") == -ENOENT);
    return 0;
}

static void daemons(void **state)
{
    (void)state;
    IN_NAMESPACE(journal);
    IN_NAMESPACE(syslog_daemon);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(log_path);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(kinds, fresh),
        cmocka_unit_test_setup(file_appends, fresh),
        cmocka_unit_test_setup(path_templates, fresh),
        cmocka_unit_test_setup(file_refuses, fresh),
        cmocka_unit_test_setup(file_size_limit, fresh),
        cmocka_unit_test_setup(stderr_reused, fresh),
        cmocka_unit_test_setup(stderr_pipe, fresh),
        cmocka_unit_test_setup(stderr_stalled, fresh),
        cmocka_unit_test_setup(stderr_stalled_without_proc, fresh),
        cmocka_unit_test_setup(stderr_reader_gone, fresh),
        cmocka_unit_test_setup(stderr_socket, fresh),
        cmocka_unit_test_setup(stderr_file, fresh),
        cmocka_unit_test_setup(stderr_terminal, fresh),
        cmocka_unit_test_setup(daemons, fresh),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
