/* SPDX-License-Identifier: MIT
 * Records of TLS in pieces of any size: what is kept stays within its bounds, and certificates lie
 * in it. */
#include "fuzz.h"

#include "base/tlswire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wr_wire wire;
    struct input in = {data, size};
    const unsigned char *at[4];
    char piece[512];
    size_t len[4];
    bool late = false;
    unsigned count;

    wr_wire_begin(&wire);
    while (in.left > 0) {
        enum wr_wire_way way = take(&in) % 2 == 0 ? WR_WIRE_OUT : WR_WIRE_IN;
        size_t n = take_bytes(&in, piece, sizeof(piece));

        wr_wire_feed(&wire, way, (const unsigned char *)piece, n);
        PROMISE(wire.kept_len <= WR_WIRE_KEPT);
        PROMISE(wire.sni_len < WR_WIRE_NAME && wire.alpn_len <= WR_WIRE_ALPN);
    }
    count = wr_wire_chain(&wire, at, len, 4);
    PROMISE(count <= 4);
    for (unsigned i = 0; i < count; i++)
        PROMISE(at[i] >= wire.kept && at[i] + len[i] <= wire.kept + wire.kept_len);
    wire.end.peer_closed = size % 2 == 0;
    wire.end.waited_ms = size;
    PROMISE(wr_wire_judge(&wire, &wire.end, &late) <= WR_TLS_OTHER);
    PROMISE(wr_wire_stage(&wire) != NULL);
    return 0;
}
