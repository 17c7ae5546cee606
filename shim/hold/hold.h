/* SPDX-License-Identifier: MIT
 * Reports that are held back: the addresses of one name belong together, and only the end tells
 * whether the name failed. A held report is never lost: while one is held a small process that
 * shares our memory waits for the end of the host, or of the patience. Called by pipeline.c and
 * speak.c, with signals blocked. */
#ifndef WR_HOLD_HOLD_H
#define WR_HOLD_HOLD_H

#include <stdbool.h>

#include "track/names.h"
#include "workspace.h"

/* A held report whose name was not tried any further for this long is written. */
#define WR_HOLD_NS 1000000000u

/* Why the report of an attempt may be held. */
enum wr_hold_kind {
    WR_HOLD_NOT,
    WR_HOLD_NAME, /* other addresses of its name may work */
    WR_HOLD_NEXT  /* bind(), socket() or a lookup: the program may look for another port, or go on
                   * with  another family */
};

/* For WR_HOLD_NAME, *ret_group has the addresses that belong together. */
enum wr_hold_kind wr_hold_kind(const struct wr_attempt *attempt, struct wr_name_group *ret_group);

enum wr_offer {
    WR_OFFER_ALONE, /* can't be held: to be reported now */
    WR_OFFER_FULL,  /* a lookup, and as many as can be are held: to be counted */
    WR_OFFER_KEPT,  /* held: the workspace is not the caller's any more */
    WR_OFFER_LATE,  /* the name has been reported already: to be counted */
    WR_OFFER_LAST   /* every address has failed: to be reported now, with `ret` */
};

struct wr_told {
    struct wr_workspace *space; /* what to report; not the caller's own: an earlier attempt that
                                 * tells more, to be given back */
    struct wr_try tries[WR_TRIES_MAX];
    uint32_t tries_count, addresses;
};

/* A diagnosed attempt; group: NULL for WR_HOLD_NEXT. `space` was taken to be kept and has its
 * verdict. */
enum wr_offer wr_hold_offer(const struct wr_attempt *attempt, const struct wr_registers *registers,
                            const struct wr_name_group *group, struct wr_workspace *space,
                            bool out_of_time, struct wr_told *ret);

/* A connect() to that address has succeeded: what is held of its name is dropped. True where the
 * name had been reported; then *ret_group is filled. */
bool wr_hold_connected(const struct wr_addr *target, struct wr_name_group *ret_group);

/* bind() or socket() has succeeded: what is held of the one before is dropped, where this one took
 * its place. fd and local (family 0 = not known) are those of bind(); domain of socket(). */
void wr_hold_bound(int fd, const struct wr_addr *local);
void wr_hold_socket(int domain);

/* A lookup of that name has ended: what is held of another one of the same name is dropped, where
 * this one found it, or where that one was only about numbers and this one is not: then of a longer
 * name that begins with it, too. What is held of a service of that name ("_http._tcp.") is dropped.
 */
void wr_hold_looked_up(const char *name, const struct wr_name_lookup *lookup);

/* A lookup of one family, or for a number, has failed, and another one of that name, which may have
 * run beside it, has found addresses: nothing is missing. */
bool wr_hold_found_otherwise(const struct wr_attempt *attempt);

/* Takes the next report that is held by this process, to be reported now and its space given back.
 * False where there is none. */
bool wr_hold_next(struct wr_told *ret);

/* Writes a held report; pipeline.c. */
void wr_report_held(struct wr_told *told);

/* Waits for what is being written beside, at most until then: before a program image ends. */
void wr_hold_wait(uint64_t until_ns);
/* False where nothing is held, and nothing is to be reaped: a few loads. */
bool wr_hold_anything(void);
/* Reaps what has waited for a held report and has ended. */
void wr_hold_reap(void);

#endif
