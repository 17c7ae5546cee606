/* SPDX-License-Identifier: MIT
 * What waits beside a held report, and writes it when its time has come: wr_slot_watch() of slot.h.
 */
#include "base/clock.h"
#include "frames/linger.h"
#include "hold/slot.h"
#include "track/track.h"

/* While another address of the name is being tried it is waited for: at most a little longer than
 * the kernel tries (tcp(7), tcp_syn_retries). */
#define PENDING_NS 150000000000u

static bool is_pending(const struct wr_slot *slot)
{
    for (uint32_t i = 0; i < slot->group.count; i++) {
        struct wr_addr addr = slot->group.addresses[i];

        addr.port = slot->port;
        if (wr_track_is_pending(slot->pid, &addr))
            return true;
    }
    return false;
}

/* In the process that lingers. */
static void watch(void *arg)
{
    struct wr_slot *slot = arg;
    unsigned patience = 100;

    for (;;) {
        bool ended = wr_linger_wait(slot->pid, atomic_load(&slot->last_ns) + WR_HOLD_NS);
        uint64_t now_ns = wr_now_ns();

        if (!ended && (now_ns < atomic_load(&slot->last_ns) + WR_HOLD_NS ||
                       (now_ns - slot->since_ns < PENDING_NS && is_pending(slot)))) {
            if (now_ns >= atomic_load(&slot->last_ns) + WR_HOLD_NS)
                atomic_store(&slot->last_ns, now_ns - WR_HOLD_NS / 2);
            continue;
        }
        if (wr_slot_take(slot, WR_SLOT_HELD)) {
            struct wr_told told;

            wr_slot_fill(slot, slot->best, &told);
            wr_slot_set_fates(slot, WR_FATE_TOLD);
            wr_report_held(&told);
            wr_slot_leave(slot, WR_SLOT_SPOKEN);
            return;
        }
        /* the host changes it just now; or ended while it did */
        int state = atomic_load(&slot->state);

        if (state == WR_SLOT_HELD)
            continue;
        if (state != WR_SLOT_TAKEN || (ended && patience-- == 0))
            return;
        wr_linger_wait(ended ? -1 : slot->pid, now_ns + 1000000);
    }
}

bool wr_slot_watch(struct wr_slot *slot)
{
    long pid =
        wr_linger_start(watch, slot, slot->best->linger_stack, sizeof(slot->best->linger_stack));

    slot->lingering = pid > 0 ? pid : 0;
    return pid > 0;
}
