/* SPDX-License-Identifier: MIT
 * Facts of a TLS handshake by the bytes that passed. What the program's TLS library has said of it
 * stays as it is: it knows better. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/firstwords.h"
#include "base/speech.h"
#include "base/sys.h"
#include "base/tcpinfo.h"
#include "base/tlsalert.h"
#include "base/tlscipher.h"
#include "base/tlswire.h"
#include "tls/tls.h"
#include "whyrefused/faults.h"

static bool is_open(const struct wr_probe_ctx *ctx, enum wr_fact fact)
{
    return ctx->ev->state[fact] == WR_UNKNOWN;
}

static void fill_bool(struct wr_probe_ctx *ctx, enum wr_fact fact, bool value)
{
    if (is_open(ctx, fact))
        wr_set_bool(ctx->ev, fact, value);
}

static void fill_uint(struct wr_probe_ctx *ctx, enum wr_fact fact, uint64_t value)
{
    if (is_open(ctx, fact))
        wr_set_uint(ctx->ev, fact, value);
}

/* NULL: there is nothing to say. */
static void fill_str(struct wr_probe_ctx *ctx, enum wr_fact fact, const char *value)
{
    if (is_open(ctx, fact) && value != NULL)
        wr_set_str(ctx->ev, fact, value);
}

/* No bytes: there is none. */
static void fill_text(struct wr_probe_ctx *ctx, enum wr_fact fact, const void *bytes, uint32_t len)
{
    if (!is_open(ctx, fact))
        return;
    if (len > 0)
        wr_set_text(ctx->ev, fact, bytes, len);
    else
        wr_set_absent(ctx->ev, fact);
}

/* --- what the handshake was ----------------------------------------------------------------------
 */

static void set_cipher(struct wr_probe_ctx *ctx, unsigned cipher)
{
    const char *name = wr_tls_cipher_name(cipher);
    char text[16];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    if (name == NULL) {
        wr_buf_str(&buf, "0x");
        for (int shift = 12; shift >= 0; shift -= 4)
            wr_buf_char(&buf, "0123456789abcdef"[cipher >> shift & 15]);
        name = wr_buf_terminate(&buf);
    }
    fill_str(ctx, WR_FACT_tls_cipher, name);
}

static void set_hello(struct wr_probe_ctx *ctx, const struct wr_wire *wire)
{
    fill_bool(ctx, WR_FACT_tls_hello_sent, wire->hello_sent);
    fill_bool(ctx, WR_FACT_tls_server_side, false);
    if (!wire->hello_sent)
        return;
    fill_text(ctx, WR_FACT_tls_sni, wire->sni, wire->sni_len);
    fill_text(ctx, WR_FACT_tls_alpn_offered, wire->alpn, wire->alpn_len);
    fill_str(ctx, WR_FACT_tls_version_lowest, wr_tls_version_name(wire->version_low));
    fill_str(ctx, WR_FACT_tls_version_highest, wr_tls_version_name(wire->version_high));
    if (is_open(ctx, WR_FACT_tls_asked_name) && wire->sni_len > 0)
        wr_set_text(ctx->ev, WR_FACT_tls_asked_name, (const char *)wire->sni, wire->sni_len);
    else if (ctx->attempt->name[0] != '\0')
        fill_str(ctx, WR_FACT_tls_asked_name, ctx->attempt->name);
}

static void set_chain(struct wr_probe_ctx *ctx, const struct wr_wire *wire)
{
    const unsigned char *at[WR_TLS_CHAIN_MAX];
    struct wr_der chain[WR_TLS_CHAIN_MAX];
    size_t len[WR_TLS_CHAIN_MAX];
    char name[WR_NAME_MAX] = "";
    unsigned count = wr_wire_chain(wire, at, len, WR_TLS_CHAIN_MAX);

    if (count == 0 || !is_open(ctx, WR_FACT_tls_chain_length))
        return;
    for (unsigned i = 0; i < count; i++)
        chain[i] = (struct wr_der){at[i], len[i]};
    if (wire->sni_len > 0 && wire->sni_len < sizeof(name))
        memcpy(name, wire->sni, wire->sni_len);
    else
        memcpy(name, ctx->attempt->name, sizeof(name));
    wr_tls_set_chain(ctx->ev, chain, count, -1, name[0] != '\0' ? name : NULL);
}

static void set_answer(struct wr_probe_ctx *ctx, const struct wr_wire *wire)
{
    fill_bool(ctx, WR_FACT_tls_peer_done, wr_wire_peer_done(wire));
    if (!wire->server_hello)
        return;
    fill_str(ctx, WR_FACT_tls_version_peer, wr_tls_version_name(wire->version));
    set_cipher(ctx, wire->cipher);
    if (wire->hello_done || wire->requested_known)
        fill_bool(ctx, WR_FACT_tls_certificate_requested, wire->certificate_requested);
    if (wire->own_certificate_known)
        fill_bool(ctx, WR_FACT_tls_certificate_own, wire->own_certificate);
    set_chain(ctx, wire);
}

/* --- a peer that speaks no TLS -------------------------------------------------------------------
 */

/* A library reads a few bytes and sees that they are no record: the rest is still to be read by
 * somebody, and stays. */
static void look_further(const struct wr_probe_ctx *ctx, struct wr_first_bytes *first)
{
    long got;

    if (ctx->attempt->fd < 0 || first->in_len >= WR_FIRST_IN)
        return;
    got = WR_SYS(recvfrom, ctx->attempt->fd, first->in + first->in_len,
                 (size_t)WR_FIRST_IN - first->in_len, MSG_PEEK | MSG_DONTWAIT, 0, 0);
    if (got > 0)
        first->in_len = (uint16_t)(first->in_len + got);
}

/* For openssl s_client -starttls. */
static const char *starttls_of(enum wr_speech speech, uint16_t port)
{
    switch (speech) {
    case WR_SPEECH_SMTP:
        return "smtp";
    case WR_SPEECH_FTP:
        return "ftp";
    case WR_SPEECH_SMTP_FTP:
        return port == 21 || port == 990 || port == 2121 ? "ftp" : "smtp";
    case WR_SPEECH_IMAP:
        return "imap";
    case WR_SPEECH_POP3:
        return "pop3";
    case WR_SPEECH_NNTP:
        return "nntp";
    case WR_SPEECH_LDAP:
        return "ldap";
    case WR_SPEECH_MYSQL:
        return "mysql";
    case WR_SPEECH_POSTGRES:
        return "postgres";
    case WR_SPEECH_TELNET:
        return "telnet";
    default:
        return NULL;
    }
}

/* Of a proxy, and not of the server behind it: what only proxies say. */
static bool is_proxy_answer(struct wr_span in)
{
    return wr_span_find(in, " 407 ") >= 0 || wr_span_find(in, "\nProxy-") >= 0 ||
           wr_span_find(in, "squid") >= 0 || wr_span_find(in, "tinyproxy") >= 0 ||
           wr_span_find(in, "privoxy") >= 0;
}

static void set_words(struct wr_probe_ctx *ctx, const struct wr_first_bytes *first)
{
    struct wr_span in = {first->in, first->in_len};
    struct wr_first_words words;
    const char *starttls;

    wr_first_words_read(first, &words);
    /* one or two bytes are all that a server of PostgreSQL says that was sent no request of its */
    starttls = starttls_of(words.heard, ctx->attempt->target.port);
    if (words.heard != WR_SPEECH_NONE)
        fill_str(ctx, WR_FACT_tls_peer_speaks, wr_speech_name(words.heard));
    else
        fill_text(ctx, WR_FACT_tls_peer_speaks, NULL, 0);
    fill_text(ctx, WR_FACT_tls_peer_said, first->in + words.text_at, words.text_len);
    if (starttls != NULL)
        fill_str(ctx, WR_FACT_tls_starttls, starttls);
    else
        fill_text(ctx, WR_FACT_tls_starttls, NULL, 0);
    fill_bool(ctx, WR_FACT_tls_proxy_answered,
              words.heard == WR_SPEECH_HTTP && is_proxy_answer(in));
}

static void set_other_protocol(struct wr_probe_ctx *ctx, const struct wr_wire *wire)
{
    static const unsigned char hello[] = {22, 3, 1, 0, 100, 1};
    struct wr_first_bytes first = {.out_len = sizeof(hello)};

    if (!wire->way[WR_WIRE_IN].not_tls)
        return;
    memcpy(first.out, hello, sizeof(hello));
    first.in_len = wire->kept_len < WR_FIRST_IN ? wire->kept_len : WR_FIRST_IN;
    memcpy(first.in, wire->kept, first.in_len);
    if (!wire->end.peer_closed)
        look_further(ctx, &first);
    set_words(ctx, &first);
}

/* --- how it ended --------------------------------------------------------------------------------
 */

/* What the alert that this side has sent says of the peer's certificate. */
static void set_verify(struct wr_probe_ctx *ctx, unsigned alert)
{
    if (alert == 45)
        fill_uint(ctx, WR_FACT_tls_verify, WR_VERIFY_EXPIRED);
    else if (alert == 44)
        fill_uint(ctx, WR_FACT_tls_verify, WR_VERIFY_REVOKED);
    else if (alert == 48)
        fill_uint(ctx, WR_FACT_tls_verify, WR_VERIFY_ISSUER);
}

static void set_alert(struct wr_probe_ctx *ctx, const struct wr_wire *wire,
                      enum wr_tls_failure failure)
{
    const struct wr_wire_stream *out = &wire->way[WR_WIRE_OUT], *in = &wire->way[WR_WIRE_IN];
    const struct wr_wire_stream *of = in->alerted || in->alert_sealed ? in : out;

    if (failure == WR_TLS_NOT_TLS || failure == WR_TLS_EOF || failure == WR_TLS_RESET ||
        !(of->alerted || of->alert_sealed) || !is_open(ctx, WR_FACT_tls_alert) ||
        !is_open(ctx, WR_FACT_tls_alert_received))
        return;
    wr_set_bool(ctx->ev, WR_FACT_tls_alert_received, of == in);
    if (!of->alerted)
        return;
    wr_set_uint(ctx->ev, WR_FACT_tls_alert, of->alert);
    fill_str(ctx, WR_FACT_tls_alert_name, wr_tls_alert_name(of->alert));
    if (of == out && failure == WR_TLS_VERIFY)
        set_verify(ctx, of->alert);
}

/* "TLS_ALERT_HANDSHAKE_FAILURE" */
static void set_alert_word(struct wr_probe_ctx *ctx, const struct wr_wire *wire)
{
    const char *name = wr_tls_alert_name(wire->way[WR_WIRE_IN].alert);
    char text[64];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_buf_str(&buf, "TLS_ALERT");
    if (wire->way[WR_WIRE_IN].alerted && name != NULL) {
        wr_buf_char(&buf, '_');
        for (; *name != '\0'; name++)
            wr_buf_char(&buf, *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name);
    }
    fill_str(ctx, WR_FACT_tls_error_type, wr_buf_terminate(&buf));
}

static const char *type_of(const struct wr_wire *wire, enum wr_tls_failure failure)
{
    unsigned alert = wire->way[WR_WIRE_OUT].alert;

    switch (failure) {
    case WR_TLS_VERIFY:
        return alert == 45   ? "CERT_HAS_EXPIRED"
               : alert == 44 ? "CERT_REVOKED"
               : alert == 48 ? "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
                             : "CERT_REJECTED";
    case WR_TLS_NOT_TLS:
        return "TLS_WRONG_PROTOCOL";
    case WR_TLS_EOF:
        return "TLS_EOF";
    case WR_TLS_RESET:
        return "TLS_RESET";
    case WR_TLS_STALLED:
        return "TLS_TIMEOUT";
    case WR_TLS_VERSION:
        return "TLS_VERSION";
    case WR_TLS_CIPHER:
        return "TLS_NO_COMMON_CIPHER";
    case WR_TLS_WEAK:
        return "TLS_INSUFFICIENT_SECURITY";
    case WR_TLS_PROTOCOL:
        return "TLS_PROTOCOL";
    case WR_TLS_REJECTED:
        return "TLS_REJECTED_BY_PROGRAM";
    default:
        return "TLS_OTHER";
    }
}

/* Where a library tells of it, the connection has not come to an end that was seen. */
static struct wr_wire_end end_of(const struct wr_attempt *attempt, const struct wr_wire *wire)
{
    struct wr_wire_end end = wire->end;

    if (attempt->handshake.library == NULL || end.peer_closed)
        return end;
    end.peer_closed = attempt->outcome == WR_OUTCOME_CLOSED;
    end.error = attempt->error;
    if (attempt->end_ns > attempt->start_ns)
        end.waited_ms = (attempt->end_ns - attempt->start_ns) / 1000000;
    return end;
}

static void set_end(struct wr_probe_ctx *ctx, const struct wr_wire *wire)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_wire_end end = end_of(attempt, wire);
    bool late;
    enum wr_tls_failure failure = wr_wire_judge(wire, &end, &late);

    fill_bool(ctx, WR_FACT_tls_heard, wire->way[WR_WIRE_IN].bytes > 0);
    fill_uint(ctx, WR_FACT_tls_sent_bytes, wire->way[WR_WIRE_OUT].bytes);
    fill_uint(ctx, WR_FACT_tls_heard_bytes, wire->way[WR_WIRE_IN].bytes);
    fill_str(ctx, WR_FACT_tls_stage, wr_wire_stage(wire));
    set_alert(ctx, wire, failure);
    if (failure == 0 || !is_open(ctx, WR_FACT_tls_failure))
        return;
    wr_set_uint(ctx->ev, WR_FACT_tls_failure, failure);
    fill_bool(ctx, WR_FACT_tls_alert_late, late);
    if (failure == WR_TLS_ALERT)
        set_alert_word(ctx, wire);
    else
        fill_str(ctx, WR_FACT_tls_error_type, type_of(wire, failure));
}

static void set_unacknowledged(struct wr_probe_ctx *ctx, const struct wr_wire *wire)
{
    struct wr_tcpinfo info;
    bool just_sent;

    if (ctx->attempt->fd < 0 || !wr_tcpinfo(ctx->attempt->fd, &info) || !info.was_connected ||
        info.state == WR_TCP_CLOSE)
        return;
    /* a goodbye is on its way */
    just_sent = wire != NULL && info.retransmits == 0 &&
                (wire->way[WR_WIRE_OUT].goodbye || wire->way[WR_WIRE_OUT].alerted);
    fill_uint(ctx, WR_FACT_tls_unacknowledged, just_sent ? 0 : info.unacknowledged);
}

void wr_probe_tls_wire(struct wr_probe_ctx *ctx)
{
    const struct wr_wire *wire = ctx->attempt->handshake.wire;

    fill_text(ctx, WR_FACT_tls_library, NULL, 0);
    set_unacknowledged(ctx, wire);
    if (wire == NULL)
        return;
    set_hello(ctx, wire);
    set_answer(ctx, wire);
    set_other_protocol(ctx, wire);
    set_end(ctx, wire);
}
