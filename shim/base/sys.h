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

#define WR_SYS_PAD(name, a, b, c, d, e, f, ...) \
    wr_syscall6(SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define WR_SYS(...) WR_SYS_PAD(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#endif
