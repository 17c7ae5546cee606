/* SPDX-License-Identifier: MIT
 * ICMP errors of a socket's error queue (recvmsg MSG_ERRQUEUE, ip(7) IP_RECVERR), and the facts
 * icmp_*. For the probes. */
#ifndef WR_PROBE_ICMP_H
#define WR_PROBE_ICMP_H

#include "probe/probe.h"

struct wr_icmp_error {
    uint8_t origin; /* SO_EE_ORIGIN_ of linux/errqueue.h: says whether type and code are ICMPv6's */
    uint8_t type, code;
    uint8_t ttl;             /* with which the message arrived; 0 = not known (IP_RECVTTL) */
    struct wr_addr offender; /* family 0 = not known */
};

/* Takes all entries of the queue; keeps the last that speaks of this destination. False where there
 * was none. No error is pending on the socket afterwards, where an entry was taken; what it keeps
 * in sk_err_soft stays. */
bool wr_icmp_take(int fd, const struct wr_addr *target, struct wr_icmp_error *ret);

/* Sets icmp_received and its kin. by_repeat: it met a socket of ours. */
void wr_icmp_set(struct wr_probe_ctx *ctx, const struct wr_icmp_error *error, bool by_repeat);

#endif
