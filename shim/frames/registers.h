/* SPDX-License-Identifier: MIT
 * The registers that an unwinder starts from: program counter, stack pointer, and those that a
 * callee must keep. */
#ifndef WR_FRAMES_REGISTERS_H
#define WR_FRAMES_REGISTERS_H

#include <stdint.h>

struct wr_registers {
    uint64_t pc, sp, fp;
#if defined(__x86_64__)
    uint64_t rbx, r12, r13, r14, r15;
#elif defined(__aarch64__)
    uint64_t x19_to_x28[10], lr;
#endif
};

/* Taken in the function that uses it, which must not return before the registers are used. */
#if defined(__x86_64__)
#define WR_CAPTURE(registers)                                                             \
    __asm__ volatile("leaq 0(%%rip), %%rax\n\tmovq %%rax, 0(%0)\n\tmovq %%rsp, 8(%0)\n\t" \
                     "movq %%rbp, 16(%0)\n\tmovq %%rbx, 24(%0)\n\tmovq %%r12, 32(%0)\n\t" \
                     "movq %%r13, 40(%0)\n\tmovq %%r14, 48(%0)\n\tmovq %%r15, 56(%0)"     \
                     :                                                                    \
                     : "r"(registers)                                                     \
                     : "rax", "memory")
#elif defined(__aarch64__)
#define WR_CAPTURE(registers)                                                                  \
    __asm__ volatile("adr x9, .\n\tmov x10, sp\n\tstp x9, x10, [%0]\n\tstr x29, [%0, #16]\n\t" \
                     "stp x19, x20, [%0, #24]\n\tstp x21, x22, [%0, #40]\n\t"                  \
                     "stp x23, x24, [%0, #56]\n\tstp x25, x26, [%0, #72]\n\t"                  \
                     "stp x27, x28, [%0, #88]\n\tstr x30, [%0, #104]"                          \
                     :                                                                         \
                     : "r"(registers)                                                          \
                     : "x9", "x10", "memory")
#endif

#endif
