/* SPDX-License-Identifier: MIT
 * What TCP_INFO tells of a socket. Asking changes nothing: a pending error stays (tcp(7)). */
#ifndef WR_BASE_TCPINFO_H
#define WR_BASE_TCPINFO_H

#include <stdbool.h>
#include <stdint.h>

/* include/net/tcp_states.h */
enum {
    WR_TCP_ESTABLISHED = 1,
    WR_TCP_SYN_SENT = 2,
    WR_TCP_FIN_WAIT1 = 4,
    WR_TCP_CLOSE = 7,
    WR_TCP_LISTEN = 10
};

struct wr_tcpinfo {
    uint8_t state;
    uint32_t retransmits;    /* segments sent again; while connecting, SYNs */
    uint32_t lost;           /* segments that are taken for lost */
    uint32_t on_the_way;     /* segments that were sent again and are not known to be lost again */
    uint32_t unacknowledged; /* segments that were sent and not acknowledged */
    bool was_connected;      /* a round trip was measured, so the handshake came to its end */
    bool received_known;     /* Linux 4.1 */
    uint64_t received_bytes; /* by the kernel; an end of file counts 1 */

    /* Linux 5.4, else 0 */
    uint64_t again_bytes;   /* of the segments that were sent again */
    uint64_t unacked_bytes; /* sent, and not acknowledged; also after the kernel has given up */
    uint64_t acked_bytes;   /* acknowledged; the SYN counts 1 */
    uint32_t out_of_order;  /* segments that came behind one that is missing */
    uint32_t beyond;        /* segments that the peer has though one before them is missing */
    uint32_t in_vain;       /* times in a row that nothing came of sending again */
    uint32_t segment_bytes; /* of payload that a full segment has */
    uint32_t path_mtu;
    uint32_t ack_ms, sent_ms; /* since the peer was heard at all; since new data were sent */
};

/* So long nothing must have been heard of the peer: on no younger connection the next two are true.
 */
#define WR_TCPINFO_QUIET_MS 1000

/* Full segments of this side were sent again and again, and nothing of them was acknowledged. */
bool wr_tcpinfo_stalls(const struct wr_tcpinfo *info, bool timed_out);
/* What the peer sent first never came, though what is behind it did. */
bool wr_tcpinfo_misses(const struct wr_tcpinfo *info);

/* False where it is no TCP socket. One system call. */
bool wr_tcpinfo(int fd, struct wr_tcpinfo *ret);

#endif
