/* SPDX-License-Identifier: MIT
 * What rows of several layers ask of the call itself. For diagnose/ alone. */
#ifndef WR_DIAGNOSE_SILENCE_H
#define WR_DIAGNOSE_SILENCE_H

#include <errno.h>

#include "whyrefused/evidence.h"
#include "whyrefused/faults.h"

/* No answer came: the kernel says so, or the program stopped waiting for one. */
#define WR_CITES_SILENT WR_FACT_error, WR_FACT_gave_up
static inline bool wr_ev_silent(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_error, ETIMEDOUT) || wr_ev_true(ev, WR_FACT_gave_up);
}

/* tcp_timeout_init() of include/net/tcp.h: the first request (SYN) is sent again after this. */
#define WR_SYN_AGAIN_US 1000000u

/* The program that gave up had waited until its request was sent again, or a probe asked again: no
 * answer came to that, while another came or for as long as would have done on any way. */
#define WR_CITES_ASKED_AGAIN                                                              \
    WR_FACT_syn_retries, WR_FACT_elapsed_us, WR_FACT_path_answer, WR_FACT_path_reference, \
        WR_FACT_path_us
static inline bool wr_ev_asked_again(const struct wr_evidence *ev)
{
    if (wr_ev_is(ev, WR_FACT_path_answer, WR_PATH_SILENT) &&
        (wr_ev_has(ev, WR_FACT_path_reference) ||
         wr_ev_uint(ev, WR_FACT_path_us, 0) >= WR_SYN_AGAIN_US))
        return true;
    if (wr_ev_has(ev, WR_FACT_syn_retries))
        return wr_ev_uint(ev, WR_FACT_syn_retries, 0) != 0;
    return wr_ev_uint(ev, WR_FACT_elapsed_us, 0) >= WR_SYN_AGAIN_US;
}

/* The call was to reach the destination: connect(), or one on a socket without a connection. */
static inline bool wr_ev_reaches(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_call, "connect") || wr_ev_text_is(ev, WR_FACT_call, "send") ||
           wr_ev_text_is(ev, WR_FACT_call, "recv");
}

#endif
