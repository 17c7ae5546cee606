/* SPDX-License-Identifier: MIT
 * See workspace.h. */
#include "workspace.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "base/process.h"
#include "base/sys.h"
#include "base/valgrind.h"

static struct wr_workspace shared;
static _Atomic bool shared_taken;

struct wr_workspace *wr_workspace_take(bool to_keep)
{
    bool free = false;
    long at;

    if (!to_keep && wr_process_owns_memory() &&
        atomic_compare_exchange_strong(&shared_taken, &free, true))
        return &shared;
    at = WR_SYS(mmap, 0, sizeof(struct wr_workspace), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at < 0 && at > -4096 ? NULL : (struct wr_workspace *)at;
}

void wr_workspace_give(struct wr_workspace *space)
{
    if (space == &shared)
        atomic_store(&shared_taken, false);
    else
        WR_SYS(munmap, space, sizeof(*space));
}

#define STACK 49152

static _Alignas(16) char shared_stack[STACK];
static _Atomic bool shared_stack_taken;

/* Everything that a call may change is named; the old stack pointer waits in a register that calls
 * keep. */
#if defined(__x86_64__)
static __attribute__((noinline)) void call_on(char *top, void (*run)(void *arg), void *arg)
{
    __asm__ volatile("movq %%rsp, %%rbx\n\t"
                     "movq %[top], %%rsp\n\t"
                     "call *%[run]\n\t"
                     "movq %%rbx, %%rsp"
                     : "+D"(arg), [top] "+r"(top), [run] "+r"(run)
                     :
                     : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "xmm0", "xmm1",
                       "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
}
#elif defined(__aarch64__)
static __attribute__((noinline)) void call_on(char *top, void (*run)(void *arg), void *arg)
{
    register void *x0 __asm__("x0") = arg;

    __asm__ volatile("mov x19, sp\n\tmov sp, %[top]\n\tblr %[run]\n\tmov sp, x19"
                     : "+r"(x0)
                     : [top] "r"(top), [run] "r"(run)
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
                       "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x30", "v0", "v1", "v2",
                       "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21",
                       "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc",
                       "memory");
}
#endif

void wr_with_stack(void (*run)(void *arg), void *arg)
{
    bool free = false;
    long at;

    if (wr_on_valgrind()) { /* it takes the switch for a mistake, and says so */
        run(arg);
        return;
    }
    if (wr_process_owns_memory() &&
        atomic_compare_exchange_strong(&shared_stack_taken, &free, true)) {
        call_on(shared_stack + STACK, run, arg);
        atomic_store(&shared_stack_taken, false);
        return;
    }
    at = WR_SYS(mmap, 0, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0 && at > -4096)
        return;
    call_on((char *)at + STACK, run, arg);
    WR_SYS(munmap, at, STACK);
}

uint64_t wr_signals_block(void)
{
    const uint64_t faults = 1u << (11 - 1) /* SEGV */ | 1u << (7 - 1) /* BUS */ |
                            1u << (4 - 1) /* ILL */ | 1u << (8 - 1) /* FPE */ |
                            1u << (5 - 1) /* TRAP */ | 1u << (31 - 1) /* SYS */;
    uint64_t mask = ~faults, before = 0;

    /* added to what the host blocks: those faults among them that it waits for stay blocked */
    WR_SYS(rt_sigprocmask, 0 /* SIG_BLOCK */, &mask, &before, sizeof(mask));
    return before;
}

void wr_signals_restore(uint64_t before)
{
    WR_SYS(rt_sigprocmask, 2 /* SIG_SETMASK */, &before, 0, sizeof(before));
}
