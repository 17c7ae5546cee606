/* SPDX-License-Identifier: MIT
 * See deferred.h. */
#include "base/deferred.h"

#include <elf.h>
#include <link.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/sys.h"
#include "link/deferred_list.h"

/* Filled in by the build; zeros where it did nothing. */
const volatile struct wr_deferred_list wr_deferred_list
    __attribute__((used)) = {.magic = WR_DEFERRED_MAGIC};

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

#define DONE (-1)
#define WAIT_NS 20000000u

/* 0 = to do, a process id = that process is at it, DONE. A fork child of a process that was at it
 * finds its parent's number, and does it again: the result is the same. */
static _Atomic long state;

static bool protect(int protection)
{
    uintptr_t start = (uintptr_t)__ehdr_start + wr_deferred_list.start;
    uintptr_t end = (uintptr_t)__ehdr_start + wr_deferred_list.end;

    start &= ~(uintptr_t)4095;
    end = (end + 4095) & ~(uintptr_t)4095;
    return WR_SYS(mprotect, start, end - start, protection) == 0;
}

static bool relocate(void)
{
    uintptr_t base = (uintptr_t)__ehdr_start;
    const ElfW(Rela) *rela = (const void *)(base + wr_deferred_list.rela);

    /* -z relro: ld.so has made the tables read-only */
    if (!protect(PROT_READ | PROT_WRITE))
        return false;
    for (uint64_t i = 0; i < wr_deferred_list.count; i++)
        *(ElfW(Addr) *)(base + rela[i].r_offset) = base + (ElfW(Addr))rela[i].r_addend;
    protect(PROT_READ);
    return true;
}

bool wr_deferred_relocate(void)
{
    long now = atomic_load_explicit(&state, memory_order_acquire);
    long pid;
    uint64_t until_ns;

    if (now == DONE || wr_deferred_list.count == 0)
        return true;
    pid = WR_SYS(getpid);
    until_ns = wr_now_ns() + WAIT_NS;
    while (now != DONE) {
        if (now != pid && atomic_compare_exchange_strong(&state, &now, pid)) {
            bool done = relocate();

            atomic_store_explicit(&state, done ? DONE : 0, memory_order_release);
            return done;
        }
        /* another thread is at it: it can't be interrupted, so this is short */
        if (wr_now_ns() > until_ns)
            return false;
        WR_SYS(sched_yield);
        now = atomic_load_explicit(&state, memory_order_acquire);
    }
    return true;
}
