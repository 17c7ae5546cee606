/* SPDX-License-Identifier: MIT
 * The places of held reports: a few, one for each name whose addresses are being tried. A slot is
 * changed by whoever could take it; nobody waits for one. For the files of hold/ only. */
#ifndef WR_HOLD_SLOT_H
#define WR_HOLD_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hold/hold.h"
#include "track/targets.h"

enum {
    WR_SLOT_FREE = 0,
    WR_SLOT_TAKEN, /* by whoever changes it */
    WR_SLOT_HELD,
    WR_SLOT_SPOKEN /* its report was told, or will not be */
};

struct wr_slot {
    _Atomic int state;
    int32_t pid; /* the process whose slot it is; a fork child has none of them */
    enum wr_hold_kind kind;
    struct wr_name_group group; /* NEXT: none */
    uint16_t port;
    int type;
    enum wr_call call; /* NEXT: what is waited for to succeed, on what */
    int fd;
    uint64_t cookie;
    struct wr_addr local;
    uint64_t since_ns;
    _Atomic uint64_t last_ns;
    uint32_t tries_count;
    struct wr_try tries[WR_TRIES_MAX];
    int rows[WR_TRIES_MAX];
    uint64_t keys[WR_TRIES_MAX]; /* of the rows: another target may have taken one by now */
    struct wr_workspace *best;   /* NULL = none is held */
    long lingering;              /* 0 = none */
};

#define WR_SLOTS 8
extern struct wr_slot wr_slots[WR_SLOTS];

/* From that state; false where another was first. */
bool wr_slot_take(struct wr_slot *slot, int from);
void wr_slot_leave(struct wr_slot *slot, int state);

/* The slot of the attempt and its group, not taken, with its state; NULL = none. */
struct wr_slot *wr_slot_find(const struct wr_attempt *attempt, int32_t pid,
                             const struct wr_name_group *group, int *ret_state);
bool wr_slot_is_for(const struct wr_slot *slot, const struct wr_attempt *attempt,
                    const struct wr_name_group *group);
/* A free one; else the one whose story is over for longest. Taken; NULL = none. */
struct wr_slot *wr_slot_new(int32_t pid);

/* All that follow: of a slot that the caller has taken. */

void wr_slot_add_try(struct wr_slot *slot, const struct wr_attempt *attempt,
                     const struct wr_verdict *verdict);
void wr_slot_set_fates(const struct wr_slot *slot, enum wr_fate fate);
void wr_slot_fill(const struct wr_slot *slot, struct wr_workspace *space, struct wr_told *ret);
/* Leaves it as spoken: the caller tells what was held, and gives its workspace back. */
void wr_slot_tell(struct wr_slot *slot, struct wr_told *ret);

/* Starts what waits beside until the report is to be written; until the slot is left, that only
 * waits. False where it cannot be started. watch.c. */
bool wr_slot_watch(struct wr_slot *slot);
/* Ends it. */
void wr_slot_stop(struct wr_slot *slot);
/* What has ended needs no memory any more. */
void wr_slot_tidy(struct wr_slot *slot);

#endif
