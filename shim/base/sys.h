/* SPDX-License-Identifier: MIT
 * System calls without libc: no errno, no cancellation point, no hook of ours or of others.
 * Everything that runs inside the host after a failure calls the kernel through WR_SYS only.
 * WR_SYS(name, args...) returns what the kernel returned: a value, or -errno. */
#ifndef WR_BASE_SYS_H
#define WR_BASE_SYS_H

#include <sys/syscall.h>

#if defined(__x86_64__)
static inline long wr_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long ret;

    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}
#elif defined(__aarch64__)
static inline long wr_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;

    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
#error "add the system call convention of this architecture"
#endif

/* clone(2) with a stack of its own: the child runs fn(arg) and ends with what it returns. Not
 * libc's clone(): a host may export a function of that name, and errno would be the host's.
 * Returns the child's process id or -errno. `top`: end of the stack. */
#if defined(__x86_64__)
static inline long wr_clone(int (*fn)(void *arg), void *top, unsigned long flags, void *arg)
{
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    register int (*r12)(void *) __asm__("r12") = fn;
    register void *r13 __asm__("r13") = arg;
    long ret;

    __asm__ volatile("syscall\n\t"
                     "testq %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "movq %%r13, %%rdi\n\t"
                     "call *%%r12\n\t"
                     "movl %%eax, %%edi\n\t"
                     "movl $60, %%eax\n\t" /* exit */
                     "syscall\n\t"
                     "hlt\n"
                     "1:"
                     : "=a"(ret)
                     : "0"((long)SYS_clone), "D"(flags), "S"((unsigned long)top & ~15ul), "d"(0L),
                       "r"(r10), "r"(r8), "r"(r12), "r"(r13)
                     : "rcx", "r11", "memory");
    return ret;
}
#elif defined(__aarch64__)
static inline long wr_clone(int (*fn)(void *arg), void *top, unsigned long flags, void *arg)
{
    register long x8 __asm__("x8") = SYS_clone;
    register long x0 __asm__("x0") = (long)flags;
    register long x1 __asm__("x1") = (long)top & ~15l;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    register int (*x19)(void *) __asm__("x19") = fn;
    register void *x20 __asm__("x20") = arg;

    __asm__ volatile("svc 0\n\tcbnz x0, 1f\n\tmov x29, 0\n\tmov x0, x20\n\tblr x19\n\t"
                     "mov x8, 93\n\tsvc 0\n1:" /* exit */
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x19), "r"(x20)
                     : "memory", "x30");
    return x0;
}
#endif

#define WR_SYS_PAD(name, a, b, c, d, e, f, ...) \
    wr_syscall6(SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define WR_SYS(...) WR_SYS_PAD(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* A system call that is not in our_calls.def, because many seccomp filters kill for it. Only where
 * it is known that there is no filter, or that it lets this very call through. */
#define WR_SYS_RARE(...) WR_SYS_PAD(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#ifndef SYS_lsm_list_modules /* Linux 6.8; the number is that of every architecture */
#define SYS_lsm_list_modules 461
#endif

#endif
