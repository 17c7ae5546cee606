/* SPDX-License-Identifier: MIT
 * Whether this process runs under Valgrind, which ends it at a clone(2) that is neither a thread
 * nor a plain fork. */
#ifndef WR_BASE_VALGRIND_H
#define WR_BASE_VALGRIND_H

#include <stdbool.h>

/* The client request RUNNING_ON_VALGRIND (valgrind.h): rotations that come to nothing on a real
 * processor and that Valgrind recognises. */
static inline bool wr_on_valgrind(void)
{
#if defined(__x86_64__)
    volatile unsigned long request[6] = {0x1001};
    unsigned long result = 0;

    __asm__ volatile("rolq $3, %%rdi\n\trolq $13, %%rdi\n\trolq $61, %%rdi\n\trolq $51, %%rdi\n\t"
                     "xchgq %%rbx, %%rbx"
                     : "+d"(result)
                     : "a"(&request[0])
                     : "cc", "memory");
    return result != 0;
#elif defined(__aarch64__)
    volatile unsigned long request[6] = {0x1001};
    register volatile unsigned long *x4 __asm__("x4") = request;
    register unsigned long x3 __asm__("x3") = 0;

    __asm__ volatile("ror x12, x12, #3\n\tror x12, x12, #13\n\tror x12, x12, #51\n\t"
                     "ror x12, x12, #61\n\torr x10, x10, x10"
                     : "+r"(x3)
                     : "r"(x4)
                     : "cc", "memory");
    return x3 != 0;
#endif
}

#endif
