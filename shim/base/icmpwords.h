/* SPDX-License-Identifier: MIT
 * What ICMP errors mean: their names as packet filters have them (nft(8) reject, RFC 792, RFC 1812,
 * RFC 4443), and the errno that a TCP connect gets of them. Pure. */
#ifndef WR_BASE_ICMPWORDS_H
#define WR_BASE_ICMPWORDS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

enum wr_icmp_kind {
    WR_ICMP_OTHER = 0,
    WR_ICMP_UNREACHABLE, /* no way to the host or its network */
    WR_ICMP_PROHIBITED,  /* somebody's rule forbids it: no other origin */
    WR_ICMP_PORT,        /* nothing has the port. No host says so of TCP: a rule does */
    WR_ICMP_PROTOCOL,    /* the host does not know the protocol. Every host knows TCP and UDP */
    WR_ICMP_HOPS         /* the TTL or hop limit is used up */
};

struct wr_icmp_word {
    uint8_t version, type, code;
    uint8_t kind;  /* enum wr_icmp_kind */
    uint8_t error; /* errno: icmp_err_convert of net/ipv4/icmp.c, icmpv6_err_convert() */
    const char *name;
};

/* A connect() can get this error of a packet filter that rejects it: by a reset or an ICMP error.
 */
static inline bool wr_icmp_rejects(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EACCES:
        return true;
    default:
        return false;
    }
}

/* NULL where it is none of the known; version 4 or 6. */
const struct wr_icmp_word *wr_icmp_word(uint64_t version, uint64_t type, uint64_t code);

#endif
