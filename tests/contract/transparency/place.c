/* SPDX-License-Identifier: MIT
 * A failing connect in a world that lacks something: /proc, a place that can be written to, a
 * directory, a log, room for the environment or the stack. */
#include "observe.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define NOBODY 65534

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail_in_time(void)
{
    double before = seconds();

    OBSERVE(fail_once());
    say("  in time %d\n", seconds() - before < 2);
}

/* --- what is mounted ----------------------------------------------------------------------- */

/* Mounts of its own. */
static int alone(void)
{
    if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return 1;
    say("  no mounts of its own\n");
    return 0;
}

static void no_proc(void)
{
    if (!alone())
        return;
    OBSERVE(umount2("/proc", MNT_DETACH));
    fail_in_time();
}

static void read_only_proc(void)
{
    if (!alone())
        return;
    OBSERVE(mount(NULL, "/proc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    fail_in_time();
}

static void read_only_root(void)
{
    if (!alone())
        return;
    OBSERVE(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    fail_in_time();
}

/* As another user, who sees no process but those of its own. */
static void hidden_processes(void)
{
    if (!alone())
        return;
    OBSERVE(mount("proc", "/proc", "proc", 0, "hidepid=2"));
    OBSERVE(setuid(NOBODY));
    OBSERVE(access("/proc/1", F_OK));
    fail_in_time();
}

static void no_directory(void)
{
    if (mkdir("transparency.gone", 0700) != 0 && errno != EEXIST)
        return;
    OBSERVE(chdir("transparency.gone"));
    OBSERVE(rmdir("../transparency.gone"));
    fail_in_time();
}

static void other_root(void)
{
    if (mkdir("transparency.root", 0755) != 0 && errno != EEXIST)
        return;
    if (!alone())
        return;
    OBSERVE(mount("/", "transparency.root", NULL, MS_BIND | MS_REC, NULL));
    OBSERVE(chroot("transparency.root"));
    OBSERVE(chdir("/"));
    fail_in_time();
}

static void no_modes(void)
{
    struct stat status = {0};
    int fd;

    umask(0777);
    OBSERVE(fail_once());
    fd = open("transparency.mode", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    fstat(fd, &status);
    say("  mode %o umask %o\n", status.st_mode & 07777, umask(0));
    close(fd);
    unlink("transparency.mode");
}

/* --- how it is started --------------------------------------------------------------------- */

/* Runs this program again, to fail once; `log` is where its reports go, NULL = as before. */
static void again(const char *log, void (*before)(void))
{
    char program_name[] = "/proc/self/exe", word[] = "fail";
    char *argv[] = {program_name, word, NULL};
    double start = seconds();
    int status = -1;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        if (log != NULL)
            setenv("WHYREFUSED_LOG", log, 1);
        if (before != NULL)
            before();
        execv(argv[0], argv);
        _exit(9);
    }
    /* not alarm(2): a report is made with signals blocked */
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (seconds() - start > 3)
            kill(child, SIGKILL);
        usleep(1000);
    }
    say("  status %x in time %d\n", status, seconds() - start < 3);
}

static void close_stderr(void)
{
    close(2);
}

static void closed_stderr(void)
{
    again(NULL, close_stderr);
}

static void shrink_stack(void)
{
    setrlimit(RLIMIT_STACK, &(struct rlimit){65536, 65536});
}

static void small_stack(void)
{
    again(NULL, shrink_stack);
}

static void shrink_memory(void)
{
    setrlimit(RLIMIT_AS, &(struct rlimit){12 << 20, 12 << 20});
}

static void little_memory(void)
{
    again(NULL, shrink_memory);
}

static void fill_environment(void)
{
    static char value[100000];

    memset(value, 'x', sizeof(value) - 1);
    setenv("WHYREFUSED_IGNORE", value, 1);
    for (int i = 0; i < 12; i++) {
        char name[32];

        snprintf(name, sizeof(name), "WHYREFUSED_FILL_%d", i);
        setenv(name, value, 1);
    }
    value[900] = '\0';
    for (int i = 0; i < 400; i++) {
        char name[32];

        snprintf(name, sizeof(name), "N%d", i);
        setenv(name, value, 1);
    }
}

static void long_environment(void)
{
    again(NULL, fill_environment);
}

static void start_without_a_name(void)
{
    char empty[] = "", word[] = "fail";

    execv("/proc/self/exe", (char *[]){empty, word, NULL});
}

static void start_without_arguments(void)
{
    execv("/proc/self/exe", (char *[]){NULL});
}

static void no_arguments(void)
{
    again(NULL, start_without_a_name);
    again(NULL, start_without_arguments);
}

/* --- the log ------------------------------------------------------------------------------- */

static void log_is_fifo(void)
{
    char path[] = "transparency.fifo";

    OBSERVE(mkfifo(path, 0600));
    again(path, NULL);
    unlink(path);
}

/* A reader that never reads, and a pipe that is full. */
static void log_is_full_fifo(void)
{
    char path[] = "transparency.fifo", block[4096] = {0};
    int fd;

    OBSERVE(mkfifo(path, 0600));
    fd = open(path, O_RDWR | O_NONBLOCK);
    while (write(fd, block, sizeof(block)) > 0)
        continue;
    again(path, NULL);
    close(fd);
    unlink(path);
}

static void log_is_directory(void)
{
    char path[] = "transparency.directory";

    OBSERVE(mkdir(path, 0700));
    again(path, NULL);
    OBSERVE(rmdir(path));
}

static void log_is_link(void)
{
    char path[] = "transparency.link", target[] = "transparency.target";
    struct stat status;

    OBSERVE(symlink(target, path));
    again(path, NULL);
    OBSERVE(stat(target, &status)); /* a dangling one makes no file */
    close(open(target, O_WRONLY | O_CREAT, 0600));
    again(path, NULL);
    OBSERVE(stat(target, &status));
    say("  bytes %ld\n", (long)status.st_size);
    unlink(path);
    unlink(target);
}

static void log_is_elsewhere(void)
{
    again("transparency.none/log", NULL);
    again("/dev/full", NULL);
    again("/proc/self/comm", NULL);
    again("", NULL);
}

static void log_is_read_only(void)
{
    char path[] = "transparency.mount";

    OBSERVE(mkdir(path, 0700));
    if (alone()) {
        OBSERVE(mount("none", path, "tmpfs", MS_RDONLY, "size=64k"));
        again("transparency.mount/log", NULL);
        OBSERVE(umount(path));
    }
    rmdir(path);
}

static void log_has_no_room(void)
{
    char path[] = "transparency.mount", block[4096] = {0};
    int fd;

    OBSERVE(mkdir(path, 0700));
    if (alone()) {
        OBSERVE(mount("none", path, "tmpfs", 0, "size=64k"));
        fd = open("transparency.mount/fill", O_WRONLY | O_CREAT, 0600);
        while (write(fd, block, sizeof(block)) > 0)
            continue;
        close(fd);
        again("transparency.mount/log", NULL);
        OBSERVE(umount(path)); /* nothing of ours keeps it busy */
    }
    rmdir(path);
}

const struct test_case cases[] = {
    {"proc", "none", no_proc},
    {"proc", "read-only", read_only_proc},
    {"proc", "hidepid", hidden_processes},
    {"files", "read-only root", read_only_root},
    {"files", "directory removed", no_directory},
    {"files", "another root", other_root},
    {"files", "umask", no_modes},
    {"start", "stderr closed", closed_stderr},
    {"start", "small stack", small_stack},
    {"start", "little memory", little_memory},
    {"start", "long environment", long_environment},
    {"start", "no arguments", no_arguments},
    {"log", "pipe without reader", log_is_fifo},
    {"log", "full pipe", log_is_full_fifo},
    {"log", "directory", log_is_directory},
    {"log", "symbolic link", log_is_link},
    {"log", "elsewhere", log_is_elsewhere},
    {"log", "read-only", log_is_read_only},
    {"log", "no room", log_has_no_room},
    {0},
};
