/* SPDX-License-Identifier: MIT
 * See process.h. */
#include "base/process.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "base/filter.h"
#include "base/startup.h"
#include "base/sys.h"

#define PAGE 4096

static WR_STARTUP _Atomic(_Atomic long *) owner_page;
static WR_STARTUP _Atomic bool too_old; /* the kernel does not wipe pages */

static _Atomic long *make_page(void)
{
    long at = WR_SYS(mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _Atomic long *page = (_Atomic long *)at, *other = NULL;

    if (at < 0 && at > -PAGE)
        return NULL;
    if (!atomic_compare_exchange_strong(&owner_page, &other, page)) {
        WR_SYS(munmap, at, PAGE);
        return other;
    }
    return page;
}

/* What is written here is not seen there: the memory is a copy. */
static bool is_copy_of(long owner, long pid)
{
    static _Atomic long mark;
    long theirs = pid;
    struct iovec to = {&theirs, sizeof(theirs)}, from = {(void *)&mark, sizeof(mark)};

    atomic_store_explicit(&mark, pid, memory_order_seq_cst);
    return WR_SYS(process_vm_readv, owner, &to, 1, &from, 1, 0) == sizeof(theirs) && theirs != pid;
}

void wr_process_settle(void)
{
    _Atomic long *page = atomic_load_explicit(&owner_page, memory_order_acquire);
    long pid = WR_SYS(getpid), owner;

    if (page == NULL)
        page = make_page();
    /* made by clone(2) or a function of libc, past fork() and before the page was wiped */
    owner = page != NULL ? atomic_load_explicit(page, memory_order_relaxed) : 0;
    if (owner != 0 && owner != pid && is_copy_of(owner, pid))
        atomic_store_explicit(page, pid, memory_order_relaxed);
    if (page != NULL && WR_SYS(madvise, page, PAGE, MADV_WIPEONFORK) < 0)
        atomic_store_explicit(&too_old, true, memory_order_relaxed);
}

void wr_process_forked(void)
{
    _Atomic long *page = atomic_load_explicit(&owner_page, memory_order_acquire);

    if (page == NULL)
        page = make_page();
    if (page != NULL && !wr_filtered())
        atomic_store_explicit(page, WR_SYS(getpid), memory_order_relaxed);
}

long wr_process_own_id(void)
{
    _Atomic long *page = atomic_load_explicit(&owner_page, memory_order_acquire);
    long pid, owner;

    if (wr_filtered())
        return 0;
    pid = WR_SYS(getpid);

    if (page == NULL)
        page = make_page();
    if (page == NULL || atomic_load_explicit(&too_old, memory_order_relaxed))
        return 0; /* it cannot be told: then nothing is remembered */
    owner = atomic_load_explicit(page, memory_order_relaxed);
    if (owner == 0) {
        /* made just now, or wiped by fork */
        atomic_store_explicit(page, pid, memory_order_relaxed);
        return pid;
    }
    if (owner == pid)
        return pid;
    /* A vfork child may have been the first to ask. When it has ended, its parent takes over. */
    if (WR_SYS(kill, owner, 0) != -ESRCH)
        return 0;
    atomic_store_explicit(page, pid, memory_order_relaxed);
    return pid;
}

long wr_process_known_id(void)
{
    _Atomic long *page = atomic_load_explicit(&owner_page, memory_order_acquire);

    return page != NULL ? atomic_load_explicit(page, memory_order_relaxed) : 0;
}

bool wr_process_owns_memory(void)
{
    return wr_process_own_id() != 0;
}

bool wr_process_borrows_memory(void)
{
    return wr_filtered() ||
           (!wr_process_owns_memory() && atomic_load_explicit(&owner_page, memory_order_relaxed));
}
