/* SPDX-License-Identifier: MIT
 * See tcpinfo.h. */
#include "base/tcpinfo.h"

/* not netinet/tcp.h: its struct tcp_info ends before what was added since */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/sys.h"

static void take_data(const struct tcp_info *info, unsigned len, struct wr_tcpinfo *ret)
{
    if (len < offsetof(struct tcp_info, tcpi_rcv_ooopack) + sizeof(info->tcpi_rcv_ooopack)) {
        ret->again_bytes = ret->unacked_bytes = ret->acked_bytes = 0;
        ret->out_of_order = ret->beyond = ret->in_vain = 0;
        ret->segment_bytes = ret->path_mtu = ret->ack_ms = ret->sent_ms = 0;
        return;
    }
    ret->again_bytes = info->tcpi_bytes_retrans;
    ret->acked_bytes = info->tcpi_bytes_acked;
    /* of what was sent first; the SYN counts with what is acknowledged alone */
    ret->unacked_bytes = info->tcpi_bytes_sent + 1 - info->tcpi_bytes_retrans;
    ret->unacked_bytes = ret->unacked_bytes > info->tcpi_bytes_acked
                             ? ret->unacked_bytes - info->tcpi_bytes_acked
                             : 0;
    ret->out_of_order = info->tcpi_rcv_ooopack;
    ret->beyond = info->tcpi_sacked;
    ret->in_vain = info->tcpi_retransmits;
    ret->segment_bytes = info->tcpi_snd_mss;
    ret->path_mtu = info->tcpi_pmtu;
    ret->ack_ms = info->tcpi_last_ack_recv;
    ret->sent_ms = info->tcpi_last_data_sent;
}

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
    take_data(&info, len, ret);
    return true;
}

/* A program that ends while the peer is a little slow has lost nothing: RTOs of at least 200 ms and
 * twice as much have passed twice, and nothing was heard for a while (WR_TCPINFO_QUIET_MS). */
#define TIMES 2

bool wr_tcpinfo_stalls(const struct wr_tcpinfo *info, bool timed_out)
{
    const bool open = info->state == WR_TCP_ESTABLISHED || info->state == WR_TCP_FIN_WAIT1;
    /* options may take from a segment */
    const uint64_t full = info->segment_bytes - info->segment_bytes / 8;

    if (timed_out ? info->state != WR_TCP_CLOSE
                  : !open || info->in_vain < TIMES || info->ack_ms < WR_TCPINFO_QUIET_MS)
        return false;
    /* one of those sent again may be a small one (a SYN, or the last one: tcp_send_loss_probe() of
     * net/ipv4/tcp_output.c) */
    return info->retransmits >= TIMES && info->segment_bytes > 0 && info->unacked_bytes >= full &&
           info->again_bytes >= (info->retransmits - 1) * full;
}

bool wr_tcpinfo_misses(const struct wr_tcpinfo *info)
{
    return info->state == WR_TCP_ESTABLISHED && info->out_of_order > 0 && info->received_known &&
           info->received_bytes == 0 && info->acked_bytes > 1 &&
           info->sent_ms >= WR_TCPINFO_QUIET_MS;
}
