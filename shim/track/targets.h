/* SPDX-License-Identifier: MIT
 * What has failed, and how often: one row for each kind of failure of each target. The first of a
 * kind is news, those that follow are counted. Lock-free and bounded: a newer row takes the place
 * of the one that was quiet for longest. Rows belong to a process: a fork child has none. */
#ifndef WR_TRACK_TARGETS_H
#define WR_TRACK_TARGETS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "whyrefused/attempt.h"

/* A target that was quiet for this long is news again. */
#define WR_TARGETS_FORGET_NS 600000000000u
/* How long a failure that did not matter (another address of the name worked) is taken to matter as
 * little when it comes again. */
#define WR_TARGETS_QUIET_NS 5000000000u

enum wr_seen {
    WR_SEEN_NEWS,  /* to be explained */
    WR_SEEN_AGAIN, /* counted, nothing to do */
    WR_SEEN_LOOK   /* counted; time to look whether the cause is still the same */
};

/* What has become of a row's failure. */
enum wr_fate {
    WR_FATE_OPEN,     /* nothing was said of it yet */
    WR_FATE_TOLD,     /* reported; has not come good since */
    WR_FATE_COUNTED,  /* not reported, as the limit was reached */
    WR_FATE_LATE,     /* belongs to another address of its name, which was reported */
    WR_FATE_HELD,     /* its report is held back */
    WR_FATE_NOTHING,  /* it did not matter: ignored, harmless, or another address worked */
    WR_FATE_RECOVERED /* came good after it was told */
};

/* Counts the failure and tells whether it is news. Reads call, error, outcome, type, the address or
 * the lookup, and end_ns of the attempt, and sets its `row`: -1 where none can be kept (then it is
 * news). */
enum wr_seen wr_targets_note(struct wr_attempt *attempt);

/* -1 as row is allowed, and does nothing. */
void wr_targets_set_fate(int row, enum wr_fate fate);
/* The same where the row is still for what it was when row_key was set: after a while. */
void wr_targets_set_fate_of(int row, uint64_t row_key, enum wr_fate fate);
/* Is it still for that? */
bool wr_targets_is(int row, uint64_t row_key);
enum wr_fate wr_targets_fate(int row);
/* TOLD becomes RECOVERED; false where it was not TOLD (another thread was first). */
bool wr_targets_recover(int row);
/* COUNTED becomes NOTHING: what was never told has come good. */
void wr_targets_dismiss(int row);
/* cause: a string that stays. */
void wr_targets_set_cause(int row, const char *cause);
const char *wr_targets_cause(int row); /* NULL = none yet */

/* What the program asked for, at most 63 bytes of it. */
void wr_targets_set_name(int row, const char *name);

struct wr_target {
    struct wr_addr address; /* family 0 where it is no IP address */
    /* a unix path or name, '@' for abstract ones; of a lookup the name; "" = none */
    char path[112];
    char name[64]; /* what the program asked for; "" = not known */
    enum wr_call call;
    enum wr_outcome outcome;
    int error;
    int domain, type; /* of the socket; of a lookup its result (EAI_*) is the type */
    enum wr_fate fate;
    const char *cause;
    uint32_t count;
    uint64_t first_ns, last_ns; /* CLOCK_MONOTONIC */
    uint64_t first_us;          /* CLOCK_REALTIME */
};

/* A copy of a row of this process. False where there is none at that place. */
#define WR_TARGETS_ROWS 256
bool wr_targets_get(int row, int32_t pid, struct wr_target *ret_target);

/* The next row behind `row` whose failure was of a lookup of that name, told or counted and not
 * come good; -1 = none. Of a name what fits into a row is compared. */
int wr_targets_next_lookup(int row, int32_t pid, const char *name);
/* The next row behind `row` (-1 = from the start) whose failure was of that address and port, told
 * and not come good; -1 = none. */
int wr_targets_next_failing(int row, int32_t pid, const struct wr_addr *address);

/* How many rows of any process are TOLD, HELD or COUNTED: while it is 0, successes are nobody's
 * business. */
extern _Atomic uint32_t wr_targets_waiting;

#endif
