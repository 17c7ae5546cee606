/* SPDX-License-Identifier: MIT
 * What rows of several layers ask of the call itself. For diagnose/ alone. */
#ifndef WR_DIAGNOSE_SILENCE_H
#define WR_DIAGNOSE_SILENCE_H

#include <errno.h>

#include "whyrefused/evidence.h"

/* No answer came: the kernel says so, or the program stopped waiting for one. */
#define WR_CITES_SILENT WR_FACT_error, WR_FACT_gave_up
static inline bool wr_ev_silent(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_error, ETIMEDOUT) || wr_ev_true(ev, WR_FACT_gave_up);
}

/* The call was to reach the destination: connect(), or one on a socket without a connection. */
static inline bool wr_ev_reaches(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_call, "connect") || wr_ev_text_is(ev, WR_FACT_call, "send") ||
           wr_ev_text_is(ev, WR_FACT_call, "recv");
}

#endif
