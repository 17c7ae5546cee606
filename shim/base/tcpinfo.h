/* SPDX-License-Identifier: MIT
 * What TCP_INFO tells of a socket. Asking changes nothing: a pending error stays (tcp(7)). */
#ifndef WR_BASE_TCPINFO_H
#define WR_BASE_TCPINFO_H

#include <stdbool.h>
#include <stdint.h>

/* include/net/tcp_states.h */
enum { WR_TCP_ESTABLISHED = 1, WR_TCP_SYN_SENT = 2, WR_TCP_CLOSE = 7, WR_TCP_LISTEN = 10 };

struct wr_tcpinfo {
    uint8_t state;
    uint32_t retransmits;    /* segments sent again; while connecting, SYNs */
    uint32_t lost;           /* segments that are taken for lost */
    uint32_t on_the_way;     /* segments that were sent again and are not known to be lost again */
    uint32_t unacknowledged; /* segments that were sent and not acknowledged */
    bool was_connected;      /* a round trip was measured, so the handshake came to its end */
    bool received_known;     /* Linux 4.1 */
    uint64_t received_bytes; /* by the kernel; an end of file counts 1 */
};

/* False where it is no TCP socket. One system call. */
bool wr_tcpinfo(int fd, struct wr_tcpinfo *ret);

#endif
