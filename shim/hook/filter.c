/* SPDX-License-Identifier: MIT
 * prctl() and syscall(), by which programs put a seccomp filter over themselves, and syscall() by
 * which some close descriptors. Only to know of it: everything is passed on untouched. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/filter.h"
#include "base/process.h"
#include "failure.h"
#include "hook/hook.h"
#include "speak.h"
#include "track/giveup.h"
#include "track/track.h"

/* seccomp(2), in terms of its own operations. Asked before, told after. */
static bool filter_would_kill(unsigned long operation, const void *program)
{
    if (!wr_enabled() || wr_process_borrows_memory())
        return false; /* silent already; or a vfork child, whose filter is its own */
    wr_speak_release();
    return operation == SECCOMP_SET_MODE_STRICT || wr_filter_kills(program);
}

WR_EXPORT int prctl(int option, ...)
{
    unsigned long argument[4];
    bool kills = false;
    va_list list;

    va_start(list, option);
    for (int i = 0; i < 4; i++)
        argument[i] = va_arg(list, unsigned long);
    va_end(list);
    if (wr_unlikely(option == PR_SET_SECCOMP)) {
        int error = errno;
        kills = filter_would_kill(argument[0] == SECCOMP_MODE_STRICT ? SECCOMP_SET_MODE_STRICT
                                                                     : SECCOMP_SET_MODE_FILTER,
                                  (const void *)argument[1]);
        errno = error;
    }
    int rc = WR_REAL(prctl)(option, argument[0], argument[1], argument[2], argument[3]);

    if (wr_unlikely(option == PR_SET_SECCOMP && rc >= 0))
        wr_filter_installed(kills);
    return rc;
}

long wr_syscall_observed(long number, long a, long b, long c, long d, long e, long f);

/* syscall(SYS_seccomp or SYS_prctl): reached by a jump from syscall(), so the arguments are where
 * the caller put them. */
long wr_syscall_observed(long number, long a, long b, long c, long d, long e, long f)
{
    bool sets = number == SYS_seccomp ? a == SECCOMP_SET_MODE_STRICT || a == SECCOMP_SET_MODE_FILTER
                                      : a == PR_SET_SECCOMP;
    unsigned long operation = number == SYS_seccomp      ? (unsigned long)a
                              : b == SECCOMP_MODE_STRICT ? SECCOMP_SET_MODE_STRICT
                                                         : SECCOMP_SET_MODE_FILTER;
    bool kills = false;
    int error = errno;

    if (sets) {
        kills = filter_would_kill(operation, (const void *)c);
        errno = error;
    }
    long rc = WR_REAL(syscall)(number, a, b, c, d, e, f);

    /* SECCOMP_FILTER_FLAG_NEW_LISTENER returns a descriptor */
    if (sets && rc >= 0)
        wr_filter_installed(kills);
    return rc;
}

long wr_syscall_closes(long number, long fd);

/* syscall(SYS_close), by which libuv closes; reached in the same way. */
long wr_syscall_closes(long number, long fd)
{
    if (wr_unlikely(wr_track_knows((int)fd))) {
        int error = errno;
        wr_give_up((int)fd, WR_DOOR_CLOSE);
        errno = error;
    }
    return WR_REAL(syscall)(number, fd);
}

void *wr_syscall_resolve(void);
void *wr_syscall_resolve(void)
{
    return wr_hook_real(WR_HOOK_syscall);
}

/* A function that calls would break what returns twice (vfork, clone): so this one jumps. All
 * argument registers and the stack are as the caller left them. */
#if defined(__x86_64__)
#define STRING(x) STRING_(x)
#define STRING_(x) #x
_Static_assert(WR_HOOK_syscall == 13, "the offset below is WR_HOOK_syscall * 8");
__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall, @function\n"
        "syscall:\n"
        "    .cfi_startproc\n"
        "    cmpq $" STRING(
            __NR_seccomp) ", %rdi\n"
                          "    je wr_syscall_observed\n"
                          "    cmpq $" STRING(
                              __NR_prctl) ", %rdi\n"
                                          "    je wr_syscall_observed\n"
                                          "    cmpq $" STRING(
                                              __NR_close) ", %rdi\n"
                                                          "    je wr_syscall_closes\n"
                                                          "    movq wr_real + 104(%rip), %r11\n"
                                                          "    testq %r11, %r11\n"
                                                          "    je 1f\n"
                                                          "    jmp *%r11\n"
                                                          "1:  pushq %rdi\n    "
                                                          ".cfi_adjust_cfa_offset 8\n"
                                                          "    pushq %rsi\n    "
                                                          ".cfi_adjust_cfa_offset 8\n"
                                                          "    pushq %rdx\n    "
                                                          ".cfi_adjust_cfa_offset 8\n"
                                                          "    pushq %rcx\n    "
                                                          ".cfi_adjust_cfa_offset 8\n"
                                                          "    pushq %r8\n    "
                                                          ".cfi_adjust_cfa_offset 8\n"
                                                          "    pushq %r9\n    "
                                                          ".cfi_adjust_cfa_offset 8\n"
                                                          "    subq $8, %rsp\n    "
                                                          ".cfi_adjust_cfa_offset 8\n"
                                                          "    call wr_syscall_resolve\n"
                                                          "    movq %rax, %r11\n"
                                                          "    addq $8, %rsp\n    "
                                                          ".cfi_adjust_cfa_offset -8\n"
                                                          "    popq %r9\n    "
                                                          ".cfi_adjust_cfa_offset -8\n"
                                                          "    popq %r8\n    "
                                                          ".cfi_adjust_cfa_offset -8\n"
                                                          "    popq %rcx\n    "
                                                          ".cfi_adjust_cfa_offset -8\n"
                                                          "    popq %rdx\n    "
                                                          ".cfi_adjust_cfa_offset -8\n"
                                                          "    popq %rsi\n    "
                                                          ".cfi_adjust_cfa_offset -8\n"
                                                          "    popq %rdi\n    "
                                                          ".cfi_adjust_cfa_offset -8\n"
                                                          "    jmp *%r11\n"
                                                          "    .cfi_endproc\n"
                                                          ".size syscall, . - syscall\n");
#else
/* Arguments beyond those given are whatever stands there, which the kernel does not look at. */
WR_EXPORT long syscall(long number, ...)
{
    long argument[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        argument[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_close)
        return wr_syscall_closes(number, argument[0]);
    return wr_syscall_observed(number, argument[0], argument[1], argument[2], argument[3],
                               argument[4], argument[5]);
}
#endif
