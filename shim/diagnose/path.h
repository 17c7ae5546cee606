/* SPDX-License-Identifier: MIT
 * What the path_ facts of the active tier say of a reset. For diagnose/ alone; pure. */
#ifndef WR_DIAGNOSE_PATH_H
#define WR_DIAGNOSE_PATH_H

#include "whyrefused/evidence.h"
#include "whyrefused/faults.h"

/* Where a reset comes from, next to what else of the destination answers. */
enum wr_path_place {
    WR_PLACE_UNKNOWN,
    WR_PLACE_HERE,        /* this machine makes it */
    WR_PLACE_NEARER,      /* both its hop and its TTL are nearer than the destination */
    WR_PLACE_NEARER_ONCE, /* one of the two is, the other does not tell */
    WR_PLACE_SAME,        /* both are the destination's */
    WR_PLACE_BEHIND       /* it is farther: an address translation leads on */
};

/* Initial TTLs differ by more (64, 128, 255); no path has so many hops to spare. */
#define WR_PATH_TTL_SPAN 32

/* The way back is as long as the way out, so that neither was led round, nor a TTL rewritten by a
 * router: then hops and TTLs tell the same twice. Systems begin at 64, 128 or 255. */
static inline bool wr_path_symmetric(uint64_t hop, uint64_t ttl)
{
    return hop != 0 && ttl != 0 && ttl <= 255 &&
           (ttl <= 64    ? 64
            : ttl <= 128 ? 128
                         : 255) -
                   ttl + 1 ==
               hop;
}

#define WR_PATH_CITES_PLACE                                                \
    WR_FACT_path_answer, WR_FACT_path_answer_own, WR_FACT_path_answer_hop, \
        WR_FACT_path_answer_ttl, WR_FACT_path_reference_hop, WR_FACT_path_reference_ttl
static inline enum wr_path_place wr_path_reset_place(const struct wr_evidence *ev)
{
    const uint64_t hop = wr_ev_uint(ev, WR_FACT_path_answer_hop, 0);
    const uint64_t ttl = wr_ev_uint(ev, WR_FACT_path_answer_ttl, 0);
    const uint64_t host_hop = wr_ev_uint(ev, WR_FACT_path_reference_hop, 0);
    const uint64_t host_ttl = wr_ev_uint(ev, WR_FACT_path_reference_ttl, 0);
    const bool hops = hop != 0 && host_hop != 0, ttls = ttl != 0 && host_ttl != 0;
    const bool hop_nearer = hops && hop < host_hop;
    const bool ttl_nearer = ttls && ttl > host_ttl && ttl - host_ttl < WR_PATH_TTL_SPAN;

    if (!wr_ev_is(ev, WR_FACT_path_answer, WR_PATH_RESET))
        return WR_PLACE_UNKNOWN;
    if (wr_ev_true(ev, WR_FACT_path_answer_own))
        return WR_PLACE_HERE;
    if ((hops && hop > host_hop) ||
        (!hops && ttls && ttl < host_ttl && host_ttl - ttl < WR_PATH_TTL_SPAN))
        return WR_PLACE_BEHIND;
    if (hop_nearer && ttl_nearer && wr_ev_false(ev, WR_FACT_path_answer_own) &&
        wr_path_symmetric(host_hop, host_ttl))
        return WR_PLACE_NEARER;
    if (hop_nearer || ttl_nearer)
        return WR_PLACE_NEARER_ONCE;
    return hops && ttls && ttl == host_ttl && wr_ev_false(ev, WR_FACT_path_answer_own)
               ? WR_PLACE_SAME
               : WR_PLACE_UNKNOWN;
}

#endif
