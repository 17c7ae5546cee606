/* SPDX-License-Identifier: MIT
 * Makes snapshots of itself as the library does, and asks the helper program for their frames.
 * usage: snapshot HELPER normal|garbage|cut|jit|thread|signal|nocode|hostile SEED */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "helper/worker.h"

static const char *helper, *mode;
static unsigned seed;

struct request {
    struct wr_snapshot head;
    unsigned char stack[65536];
};

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* What a fuzzer would do to a snapshot that came from an honest shim. */
static void spoil(struct request *request, size_t *len)
{
    srandom(seed);
    for (int i = 0; i < 40; i++) {
        size_t at = (size_t)random() % (seed % 3 == 0 ? sizeof(request->head) : *len);

        ((unsigned char *)request)[at] = (unsigned char)random();
    }
    if (seed % 5 != 0) {
        request->head.magic = WR_SNAPSHOT_MAGIC;
        request->head.machine = EM_X86_64;
        request->head.stack_size = (uint32_t)(*len - sizeof(request->head));
    }
    if (seed % 7 == 0)
        *len = (size_t)random() % *len;
}

static void child(int request_fd, int answer_fd, int extra_fd)
{
    char *const environment[] = {NULL};
    char *const arguments[] = {(char *)helper, "--worker", "frames", NULL};

    dup2(request_fd, 100), dup2(answer_fd, 101), dup2(extra_fd, 102);
    dup2(100, WR_WORKER_REQUEST_FD), dup2(101, WR_WORKER_ANSWER_FD), dup2(102, WR_WORKER_EXTRA_FD);
    close(100), close(101), close(102);
    execve(helper, arguments, environment);
    _exit(99);
}

static void ask(struct request *request, size_t len)
{
    int request_fd = memfd_create("request", MFD_CLOEXEC);
    int answer_fd = memfd_create("answer", MFD_CLOEXEC), status = 0;
    int maps = open(getenv("MAPS") ? getenv("MAPS") : "/proc/self/maps", O_RDONLY | O_CLOEXEC);
    char text[65536];
    double start = now_ms();
    pid_t pid;
    ssize_t got;

    if (write(request_fd, request, len) != (ssize_t)len)
        exit(98);
    lseek(request_fd, 0, SEEK_SET);
    pid = vfork();
    if (pid == 0)
        child(request_fd, answer_fd, maps);
    waitpid(pid, &status, 0);
    fprintf(stderr, "helper: %.2f ms, status %#x\n", now_ms() - start, status);
    got = pread(answer_fd, text, sizeof(text), 0);
    if (got > 0)
        fwrite(text, 1, (size_t)got, stdout);
    fflush(stdout);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 97);
}

__attribute__((noinline)) void take_snapshot(void)
{
    static struct request request;
    ucontext_t context;
    greg_t *r = context.uc_mcontext.gregs;
    uint64_t sp;
    size_t size = strcmp(mode, "cut") == 0 ? 512 : 16384, len;

    getcontext(&context);
    sp = (uint64_t)r[REG_RSP];
    request.head = (struct wr_snapshot){
        .magic = WR_SNAPSHOT_MAGIC,
        .machine = EM_X86_64,
        .pid = getpid(),
        .stack_base = sp,
        .regs = {[1] = (uint64_t)r[REG_RBX],
                 [6] = (uint64_t)r[REG_RBP],
                 [7] = sp,
                 [12] = (uint64_t)r[REG_R12],
                 [13] = (uint64_t)r[REG_R13],
                 [14] = (uint64_t)r[REG_R14],
                 [15] = (uint64_t)r[REG_R15],
                 [16] = (uint64_t)r[REG_RIP]},
    };
    /* As much as there is up to the end of the stack. */
    struct iovec to = {request.stack, size}, from = {(void *)sp, size};
    ssize_t wrote = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
    request.head.stack_size = (uint32_t)(wrote > 0 ? wrote : 0);
    len = sizeof(request.head) + request.head.stack_size;
    if (strcmp(mode, "garbage") == 0) {
        srandom(seed);
        for (size_t i = 0; i < request.head.stack_size; i++)
            request.stack[i] = (unsigned char)random();
    }
    if (strcmp(mode, "nocode") == 0)
        request.head.regs[16] = 0x1234;
    if (strcmp(mode, "hostile") == 0)
        spoil(&request, &len);
    ask(&request, len);
}

__attribute__((noinline)) int dial(int depth)
{
    int value = depth > 0 ? dial(depth - 1) : (take_snapshot(), 0);

    __asm__ volatile("");
    return value + 1;
}

static int compare(const void *a, const void *b)
{
    dial(3);
    return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) int outer(void)
{
    int values[] = {3, 1, 2};

    qsort(values, 3, sizeof(values[0]), compare);
    return values[0];
}

static void *in_thread(void *arg)
{
    return outer() == 7 ? arg : NULL;
}

static void on_signal(int number)
{
    dial(number > 0);
}

/* push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret - code that no table describes */
static const unsigned char jit_code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};

__attribute__((noinline, optimize("no-omit-frame-pointer"))) int call_jit(void)
{
    void *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memcpy(code, jit_code, sizeof(jit_code));
    return ((int (*)(int (*)(void)))(uintptr_t)code)(outer) + 1;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 96;
    helper = argv[1];
    mode = argv[2];
    seed = (unsigned)atoi(argv[3]);
    if (strcmp(mode, "thread") == 0) {
        pthread_t thread;

        pthread_create(&thread, NULL, in_thread, NULL);
        pthread_join(thread, NULL);
    } else if (strcmp(mode, "signal") == 0) {
        signal(SIGUSR1, on_signal);
        raise(SIGUSR1);
    } else if (strcmp(mode, "jit") == 0) {
        return call_jit();
    }
    return outer();
}
