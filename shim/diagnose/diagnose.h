/* SPDX-License-Identifier: MIT
 * The verdict: evidence in, cause out. Pure: no I/O, no clock, no allocation, no state.
 * Called by pipeline.c, the helper program and the tests. */
#ifndef WR_DIAGNOSE_DIAGNOSE_H
#define WR_DIAGNOSE_DIAGNOSE_H

#include "whyrefused/cause.h"

void wr_diagnose(const struct wr_evidence *ev, struct wr_verdict *ret_verdict);

#endif
