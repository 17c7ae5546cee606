/* SPDX-License-Identifier: MIT
 * The part of a worker that is the same for all tasks: limits, the answer, and an end that says
 * why when the input has made it fall. Contract: worker.h. */
#include "helper/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "helper/helper.h"

#define ANSWER_MAX 65536

static char answer_space[ANSWER_MAX];
static struct wr_buf answer;

static void write_answer(const struct wr_buf *buf)
{
    for (size_t done = 0; done < buf->len;) {
        ssize_t len = write(WR_WORKER_ANSWER_FD, buf->data + done, buf->len - done);

        if (len < 0 && errno != EINTR)
            return;
        if (len > 0)
            done += (size_t)len;
    }
}

static void cut_to_whole_lines(void)
{
    while (answer.len != 0 && answer.data[answer.len - 1] != '\n')
        answer.len--;
}

void wr_worker_say(struct wr_buf *said)
{
    write_answer(said);
    said->len = 0;
}

/* What was answered so far, and why there is no more. */
static void on_fault(int signal)
{
    cut_to_whole_lines();
    write_answer(&answer);
    answer.len = 0;
    wr_buf_str(&answer, signal == SIGXCPU ? "!the worker ran out of processor time\n"
                                          : "!the worker met input that it cannot read\n");
    write_answer(&answer);
    _exit(0);
}

static void limit(int resource, rlim_t most)
{
    struct rlimit limits = {most, most};
    struct rlimit old;

    if (getrlimit(resource, &old) == 0 && old.rlim_max < most)
        limits.rlim_cur = limits.rlim_max = old.rlim_max;
    setrlimit(resource, &limits);
}

/* Files of the host are mapped to be read, so address space is no measure of memory: what a
 * worker may have of its own is limited by RLIMIT_DATA. */
static void set_limits(void)
{
    struct rlimit cpu = {1, 2}; /* seconds; at the first SIGXCPU, at the second the end */

    setrlimit(RLIMIT_CPU, &cpu);
    limit(RLIMIT_DATA, 64u << 20);
    limit(RLIMIT_AS, (rlim_t)4 << 30);
    limit(RLIMIT_NOFILE, 64);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 1u << 20);
}

static void set_signals(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU};
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = (int)SA_RESETHAND};
    sigset_t none;

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigaction(faults[i], &action, NULL);
    signal(SIGALRM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

char *wr_read_all(int fd, size_t most, size_t *ret_len)
{
    size_t room = 0, len = 0;
    char *bytes = NULL;

    for (;;) {
        ssize_t got;

        if (room - len < 2) {
            char *more = realloc(bytes, room = room * 2 + 32768);

            if (more == NULL)
                break;
            bytes = more;
        }
        got = read(fd, bytes + len, room - len - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        len += (size_t)got;
        if (got == 0 || len > most) {
            len = len > most ? most + 1 : len;
            bytes[len] = '\0';
            *ret_len = len;
            return bytes;
        }
    }
    free(bytes);
    return NULL;
}

int wr_helper_worker(const char *task)
{
    answer = wr_buf_on(answer_space, sizeof(answer_space) - 1);
    /* The host may be gone before us; a worker that nobody reads should not stay. */
    alarm(10);
    set_limits();
    set_signals();
    if (strcmp(task, "frames") == 0)
        wr_worker_frames(&answer);
    else if (strcmp(task, "config") == 0)
        wr_worker_config(&answer);
    else if (strcmp(task, "rule") == 0)
        wr_worker_rule(&answer);
    else
        return WR_EXIT_OWN;
    cut_to_whole_lines();
    write_answer(&answer);
    return 0;
}
