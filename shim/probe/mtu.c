/* SPDX-License-Identifier: MIT
 * Which segments of a connection that came to a halt were lost: full ones, and not small ones?
 * TCP_INFO was read when the program gave up. */
#include "base/file.h"
#include "probe/probe.h"

void wr_probe_mtu(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_tcp_data *data = &attempt->tcp.data;
    struct wr_evidence *ev = ctx->ev;
    uint64_t probing;

    if ((attempt->outcome != WR_OUTCOME_STALLED && attempt->outcome != WR_OUTCOME_LOST &&
         attempt->call != WR_CALL_HANDSHAKE) ||
        !attempt->tcp.known || data->segment_bytes == 0)
        return;
    if (attempt->outcome == WR_OUTCOME_LOST) {
        wr_set_uint(ev, WR_FACT_segments_again, data->again);
        wr_set_uint(ev, WR_FACT_unacknowledged_bytes, data->unacked_bytes);
        return;
    }
    wr_set_bool(ev, WR_FACT_big_lost, data->stalls);
    wr_set_bool(ev, WR_FACT_big_missing, data->misses);
    if (!data->stalls && !data->misses)
        return;
    wr_set_uint(ev, WR_FACT_segment_bytes, data->segment_bytes);
    wr_set_uint(ev, WR_FACT_segments_again, data->again);
    wr_set_uint(ev, WR_FACT_segments_again_bytes, data->again_bytes);
    wr_set_uint(ev, WR_FACT_segments_beyond, data->beyond);
    wr_set_uint(ev, WR_FACT_segments_out_of_order, data->out_of_order);
    /* the SYN counts 1 */
    wr_set_uint(ev, WR_FACT_acknowledged_bytes, data->acked_bytes > 0 ? data->acked_bytes - 1 : 0);
    wr_set_uint(ev, WR_FACT_unacknowledged_bytes, data->unacked_bytes);
    wr_set_uint(ev, WR_FACT_path_mtu, data->path_mtu);
    if (wr_file_uint("/proc/sys/net/ipv4/tcp_mtu_probing", &probing) == 0)
        wr_set_uint(ev, WR_FACT_mtu_probing, probing);
}
