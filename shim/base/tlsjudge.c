/* SPDX-License-Identifier: MIT
 * See tlswire.h: what the records say of a handshake that has come to its end. A connection that
 * the program may have dropped on purpose is no failure. */
#include <errno.h>

#include "base/tlswire.h"

enum { TLS_1_3 = 0x0304 };
/* Who waited for less has changed its mind, or another connection was faster. */
#define PATIENCE_MS 600
/* A peer that does not take a client's certificate says so at once; one that closes later was kept
 * waiting for a request. */
#define AT_ONCE_MS 1000
/* A program that looks at a certificate itself and does not take it is done in this time. */
#define VERDICT_MS 1000
#define ABRUPT_MS 250

bool wr_wire_is_over(const struct wr_wire *wire)
{
    const struct wr_wire_stream *out = &wire->way[WR_WIRE_OUT], *in = &wire->way[WR_WIRE_IN];

    if (out->lost || (in->lost && !in->not_tls))
        return true;
    if (wire->version >= TLS_1_3)
        return out->finished && in->finished;
    return out->finished && in->finished && (out->data || in->data);
}

bool wr_wire_peer_done(const struct wr_wire *wire)
{
    const struct wr_wire_stream *out = &wire->way[WR_WIRE_OUT], *in = &wire->way[WR_WIRE_IN];

    if (!wire->server_hello)
        return false;
    if (wire->version >= TLS_1_3)
        return out->finished ||
               (in->sealed > 0 && !in->in_record && in->header_len == 0 && !in->alert_sealed);
    return wire->hello_done || in->finished;
}

static enum wr_tls_failure alert_sent(uint8_t alert)
{
    switch (alert) {
    case 42:  /* bad_certificate */
    case 43:  /* unsupported_certificate */
    case 44:  /* certificate_revoked */
    case 45:  /* certificate_expired */
    case 46:  /* certificate_unknown */
    case 48:  /* unknown_ca */
    case 113: /* bad_certificate_status_response */
        return WR_TLS_VERIFY;
    case 49: /* access_denied */
        return WR_TLS_REJECTED;
    case 70: /* protocol_version */
    case 86: /* inappropriate_fallback */
        return WR_TLS_VERSION;
    case 71: /* insufficient_security */
        return WR_TLS_WEAK;
    case 40: /* handshake_failure */
        return WR_TLS_CIPHER;
    default:
        return WR_TLS_PROTOCOL;
    }
}

static bool is_complete(const struct wr_wire *wire)
{
    return wire->way[WR_WIRE_OUT].finished && wire->way[WR_WIRE_IN].finished;
}

/* The peer said nothing of it, and was the first to end the connection. */
static enum wr_tls_failure ended_by_peer(const struct wr_wire *wire, const struct wr_wire_end *end,
                                         bool *ret_late)
{
    *ret_late = wire->version >= TLS_1_3 && wire->way[WR_WIRE_OUT].finished;
    if (is_complete(wire) || (*ret_late && end->waited_ms > AT_ONCE_MS))
        return 0;
    switch (end->error) {
    case 0:
        return WR_TLS_EOF;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return WR_TLS_RESET;
    case ETIMEDOUT: /* the kernel had sent it again and again */
        return WR_TLS_STALLED;
    default:
        return WR_TLS_OTHER;
    }
}

static enum wr_tls_failure ended_by_program(const struct wr_wire *wire,
                                            const struct wr_wire_end *end)
{
    const struct wr_wire_stream *out = &wire->way[WR_WIRE_OUT];

    if (wire->version >= TLS_1_3 && out->finished)
        return 0; /* all is done that this side can see */
    /* a ChangeCipherSpec means nothing in TLS 1.3 */
    if (wr_wire_peer_done(wire) && !out->finished && (wire->version >= TLS_1_3 || !out->changed))
        return end->waited_ms <= VERDICT_MS ? WR_TLS_REJECTED : 0;
    return !is_complete(wire) && end->waited_ms >= PATIENCE_MS ? WR_TLS_STALLED : 0;
}

/* Some do so where they look at a certificate behind a handshake that they let come good. */
static bool is_dropped_at_once(const struct wr_wire *wire, const struct wr_wire_end *end)
{
    return wire->version < TLS_1_3 && wire->certificate && !end->peer_closed &&
           !end->own_side_ended && !wire->way[WR_WIRE_OUT].goodbye &&
           !wire->way[WR_WIRE_IN].goodbye && end->waited_ms <= ABRUPT_MS;
}

enum wr_tls_failure wr_wire_judge(const struct wr_wire *wire, const struct wr_wire_end *end,
                                  bool *ret_late)
{
    const struct wr_wire_stream *out = &wire->way[WR_WIRE_OUT], *in = &wire->way[WR_WIRE_IN];

    *ret_late = false;
    if (!wire->hello_sent || (out->lost && !in->not_tls) || wr_wire_is_over(wire))
        return 0;
    if (in->not_tls)
        return WR_TLS_NOT_TLS;
    if (is_complete(wire))
        return is_dropped_at_once(wire, end) ? WR_TLS_REJECTED : 0;
    if (in->alert_sealed && !in->alerted && out->finished && end->alert_ms > AT_ONCE_MS)
        return 0; /* a goodbye to a connection that was not used */
    if (in->alerted || in->alert_sealed) {
        *ret_late = wire->version >= TLS_1_3 && out->finished;
        return WR_TLS_ALERT;
    }
    /* some answer that with an alert */
    if (end->peer_closed && !end->own_side_ended)
        return ended_by_peer(wire, end, ret_late);
    if (out->alerted)
        return alert_sent(out->alert);
    if (out->alert_sealed && !out->finished)
        return WR_TLS_REJECTED;
    return ended_by_program(wire, end);
}

const char *wr_wire_stage(const struct wr_wire *wire)
{
    const struct wr_wire_stream *out = &wire->way[WR_WIRE_OUT];

    if (!wire->hello_sent)
        return "before ClientHello";
    if (out->finished)
        return "after Finished";
    if (wr_wire_peer_done(wire))
        return "after the server's part";
    if (wire->server_hello)
        return "after ServerHello";
    return wire->retry ? "after HelloRetryRequest" : "after ClientHello";
}
