/* SPDX-License-Identifier: MIT
 * Golden facts: a file of facts, and the verdict that they must lead to (format: tests/README.md).
 * Shared by run.c and catalogue.c. */
#ifndef TESTS_DIAGNOSE_FACTS_H
#define TESTS_DIAGNOSE_FACTS_H

#include "whyrefused/cause.h"
#include "whyrefused/evidence.h"

#define GOLDEN_RULED_OUT 8

struct golden {
    const char *path, *name; /* name: "cause-id/case" */
    struct wr_evidence ev;
    const struct wr_cause *cause;
    enum wr_match confidence;
    const struct wr_cause *ruled_out[GOLDEN_RULED_OUT];
    unsigned ruled_out_count;
};

/* Reads a file. Returns NULL, or what is wrong with it (static storage). */
const char *golden_read(const char *path, struct golden *ret_golden);

/* Counts and prints one test: "ok NAME", or "FAILED NAME: why" (printf). */
void passed(const char *name);
void failed(const char *name, const char *why, ...) __attribute__((format(printf, 2, 3)));

/* The checks of the whole catalogue; goldens give the values that are likely to matter. */
void check_catalogue(const struct golden *goldens, unsigned count);

/* The row whose match() runs, and what it has read: see wr_ev_trace(). */
extern bool traced[WR_FACTS];

const char *match_name(enum wr_match match);

#endif
