/* SPDX-License-Identifier: MIT
 * What is still held, or is being written beside, when a program ends. */
#include <time.h>

#include "base/clock.h"
#include "base/sys.h"
#include "hold/slot.h"

bool wr_hold_next(struct wr_told *ret)
{
    int32_t pid = (int32_t)WR_SYS(getpid);

    for (unsigned i = 0; i < WR_SLOTS; i++) {
        struct wr_slot *slot = &wr_slots[i];

        if (atomic_load(&slot->state) != WR_SLOT_HELD || slot->pid != pid ||
            !wr_slot_take(slot, WR_SLOT_HELD))
            continue;
        wr_slot_stop(slot);
        wr_slot_tell(slot, ret);
        return true;
    }
    return false;
}

void wr_hold_reap(void)
{
    int32_t pid = (int32_t)WR_SYS(getpid);

    for (unsigned i = 0; i < WR_SLOTS; i++) {
        struct wr_slot *slot = &wr_slots[i];

        if (atomic_load(&slot->state) == WR_SLOT_SPOKEN && slot->pid == pid &&
            slot->lingering != 0 && wr_slot_take(slot, WR_SLOT_SPOKEN)) {
            wr_slot_tidy(slot);
            wr_slot_leave(slot, WR_SLOT_SPOKEN);
        }
    }
}

bool wr_hold_anything(void)
{
    for (unsigned i = 0; i < WR_SLOTS; i++) {
        int state = atomic_load_explicit(&wr_slots[i].state, memory_order_relaxed);

        if (state == WR_SLOT_HELD || (state == WR_SLOT_SPOKEN && wr_slots[i].lingering != 0))
            return true;
    }
    return false;
}

void wr_hold_wait(uint64_t until_ns)
{
    int32_t pid = (int32_t)WR_SYS(getpid);

    for (unsigned i = 0; i < WR_SLOTS; i++) {
        struct wr_slot *slot = &wr_slots[i];

        while (slot->pid == pid && slot->lingering != 0 &&
               atomic_load(&slot->state) != WR_SLOT_FREE && wr_now_ns() < until_ns) {
            if (wr_slot_take(slot, WR_SLOT_SPOKEN)) {
                wr_slot_tidy(slot);
                wr_slot_leave(slot, WR_SLOT_SPOKEN);
            }
            if (slot->lingering != 0)
                /* the kernel writes what is left of it there */
                WR_SYS(ppoll, 0, 0, &(struct timespec){.tv_nsec = 1000000}, 0, 8);
        }
    }
}
