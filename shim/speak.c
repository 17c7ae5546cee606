/* SPDX-License-Identifier: MIT
 * See speak.h. */
#include "speak.h"

#include <string.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/sys.h"
#include "failure.h"
#include "hold/hold.h"
#include "summary.h"
#include "track/targets.h"
#include "workspace.h"

static void take_row(const struct wr_target *target, struct wr_failings *failings)
{
    failings->tries += target->count;
    if (failings->since_ns == 0 || target->first_ns < failings->since_ns) {
        failings->since_ns = target->first_ns;
        failings->cause = target->cause;
    }
}

/* What failed for that address, and for the others of its name, has come good. Counts the failures,
 * and takes time and cause of the first. */
static bool recover(const struct wr_addr *address, struct wr_failings *failings)
{
    int32_t pid = (int32_t)WR_SYS(getpid);
    bool any = false;

    for (int row = wr_targets_next_failing(-1, pid, address); row >= 0;
         row = wr_targets_next_failing(row, pid, address)) {
        struct wr_target target;

        if (!wr_targets_get(row, pid, &target) || target.call != WR_CALL_CONNECT ||
            (target.outcome != WR_OUTCOME_ERROR && target.outcome != WR_OUTCOME_GAVE_UP))
            continue; /* that it connects is not news then */
        if (!wr_targets_recover(row))
            continue;
        take_row(&target, failings);
        any = true;
    }
    return any;
}

void wr_speak_connected(int fd, const struct wr_addr *target, uint64_t start_ns)
{
    struct wr_registers registers;
    struct wr_name_group group;
    struct wr_failings failings = {0};
    uint64_t mask;
    bool any;

    WR_CAPTURE(&registers);
    if (wr_process_borrows_memory())
        return;
    mask = wr_signals_block();
    if (wr_hold_connected(target, &group)) {
        for (uint32_t i = 0; i < group.count; i++) {
            struct wr_addr address = group.addresses[i];

            address.port = target->port;
            recover(&address, &failings);
        }
    }
    any = recover(target, &failings) || failings.tries > 0;
    wr_signals_restore(mask);
    if (any)
        wr_came_good(fd, target, start_ns, &failings, &registers);
}

void wr_speak_bound(int fd, const struct wr_addr *local)
{
    uint64_t mask;

    if (!wr_hold_anything() || wr_process_borrows_memory())
        return;
    mask = wr_signals_block();
    wr_hold_bound(fd, local);
    wr_signals_restore(mask);
}

void wr_speak_socket(int domain)
{
    uint64_t mask;

    if (!wr_hold_anything() || wr_process_borrows_memory())
        return;
    mask = wr_signals_block();
    wr_hold_socket(domain);
    wr_hold_reap();
    wr_signals_restore(mask);
}

void wr_speak_looked_up(const char *name, const struct wr_name_lookup *lookup, uint64_t start_ns)
{
    struct wr_registers registers;
    struct wr_failings failings = {0};
    uint64_t mask;
    int32_t pid;

    WR_CAPTURE(&registers);
    if (!wr_speak_listens() || wr_process_borrows_memory())
        return;
    pid = (int32_t)WR_SYS(getpid);
    mask = wr_signals_block();
    wr_hold_looked_up(name, lookup);
    for (int row = lookup->result == 0 ? wr_targets_next_lookup(-1, pid, name) : -1; row >= 0;
         row = wr_targets_next_lookup(row, pid, name)) {
        struct wr_target target;

        if (wr_targets_get(row, pid, &target) && wr_targets_recover(row))
            take_row(&target, &failings);
        else
            wr_targets_dismiss(row);
    }
    wr_signals_restore(mask);
    if (failings.tries > 0)
        wr_came_known(name, start_ns, &failings, &registers);
}

/* What is being written beside gets this long to come to its end. */
#define WAIT_NS 300000000u

static void release(void *unused)
{
    struct wr_told told;

    (void)unused;
    while (wr_hold_next(&told)) {
        wr_report_held(&told);
        wr_workspace_give(told.space);
    }
    wr_hold_wait(wr_now_ns() + WAIT_NS);
}

static void end(void *unused)
{
    release(unused);
    wr_report_summary();
}

void wr_speak_release(void)
{
    uint64_t mask;

    if (!wr_hold_anything() || wr_process_borrows_memory())
        return;
    mask = wr_signals_block();
    wr_with_stack(release, NULL);
    wr_signals_restore(mask);
}

void wr_speak_end(void)
{
    uint64_t mask;

    if (wr_process_borrows_memory())
        return;
    mask = wr_signals_block();
    wr_with_stack(end, NULL);
    wr_signals_restore(mask);
}
