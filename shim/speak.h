/* SPDX-License-Identifier: MIT
 * When to speak: which failures belong together, what is held back until its end is known, and what
 * is said when the process ends. Called by hook/ on the way of successes and ends; pipeline.c asks
 * it what to do with a failure. */
#ifndef WR_SPEAK_H
#define WR_SPEAK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "track/targets.h"
#include "whyrefused/address.h"

/* While nothing has failed that could come good, and nothing is held, a success is nobody's
 * business: one load on the way of every connect(). */
static inline bool wr_speak_listens(void)
{
    return atomic_load_explicit(&wr_targets_waiting, memory_order_relaxed) != 0;
}

/* A connect() to that target has succeeded, on `fd`. To be called where wr_speak_listens(), with
 * the host's errno saved. */
void wr_speak_connected(int fd, const struct wr_addr *target, uint64_t start_ns);

/* bind() has chosen that address for fd; socket() has made one of that family. What has waited
 * beside it for a held report and has ended is cleared away. To be called where wr_speak_listens().
 */
void wr_speak_bound(int fd, const struct wr_addr *local);
void wr_speak_socket(int domain);

/* A name was looked up, and found where lookup->result is 0. What is held of a lookup of the same
 * name that this one takes the place of is dropped. */
void wr_speak_looked_up(const char *name, const struct wr_name_lookup *lookup, uint64_t start_ns);

/* The process is about to give up rights, or to put itself under a filter: what is held is written
 * now, as what waits beside it would keep those rights. */
void wr_speak_release(void);

/* The process, or its program, ends: what is held is written, and the repeats are summed up.
 * Idempotent, takes no lock, may be called in any state of the host. Costs little where nothing
 * failed. */
void wr_speak_end(void);

#endif
