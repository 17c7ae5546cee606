/* SPDX-License-Identifier: MIT
 * See tcpinfo.h. */
#include "base/tcpinfo.h"

/* not netinet/tcp.h: its struct tcp_info ends before what was added since */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/sys.h"

bool wr_tcpinfo(int fd, struct wr_tcpinfo *ret)
{
    struct tcp_info info;
    unsigned len = sizeof(info);

    memset(&info, 0, sizeof(info));
    if (WR_SYS(getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return false;
    ret->state = info.tcpi_state;
    ret->retransmits = info.tcpi_total_retrans;
    ret->lost = info.tcpi_lost;
    ret->on_the_way = info.tcpi_retrans;
    ret->unacknowledged = info.tcpi_unacked;
    ret->was_connected = info.tcpi_rtt != 0;
    ret->received_known =
        len >= offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received);
    ret->received_bytes = info.tcpi_bytes_received;
    return true;
}
