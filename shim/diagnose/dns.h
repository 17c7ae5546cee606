/* SPDX-License-Identifier: MIT
 * What the causes of failed lookups share: see dns.c and dns_server.c. Pure. */
#ifndef WR_DIAGNOSE_DNS_H
#define WR_DIAGNOSE_DNS_H

#include "whyrefused/evidence.h"
#include "whyrefused/faults.h"

static inline bool wr_dns_nobody_asked(const struct wr_evidence *ev)
{
    return !wr_ev_known(ev, WR_FACT_dns_outcome);
}

static inline bool wr_dns_said(const struct wr_evidence *ev, enum wr_dns_outcome outcome)
{
    return wr_ev_is(ev, WR_FACT_dns_outcome, outcome);
}

/* The result of a lookup that a nameserver did not help: getaddrinfo(3) EAI_AGAIN. */
static inline bool wr_dns_temporary(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_lookup_error, "EAI_AGAIN");
}

/* What `wr_dns_temporary` rows are left with where nobody was asked. */
#define WR_DNS_NOT_ASKED                                                                           \
    "the nameservers were not asked (probes above \"passive\" are off, there was no time, or too " \
    "many lookups failed at once)"

#endif
