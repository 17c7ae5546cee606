/* SPDX-License-Identifier: MIT
 * Causes of TLS handshakes that end without a reason given, and of client certificates, for want of
 * which they often do. Rows and their match functions; pure. */
#include "diagnose/tls.h"

/* The server asked for a certificate, or may have, and this side had none to show. */
static bool shows_none(const struct wr_evidence *ev)
{
    return !wr_ev_true(ev, WR_FACT_tls_server_side) && !wr_ev_true(ev, WR_FACT_tls_certificate_own);
}

static bool asked_in_vain(const struct wr_evidence *ev)
{
    return wr_ev_true(ev, WR_FACT_tls_certificate_requested) &&
           wr_ev_false(ev, WR_FACT_tls_certificate_own) && !wr_ev_true(ev, WR_FACT_tls_server_side);
}

/* Alerts by which a server also says that a certificate is missing. */
static bool is_client_alert(uint64_t alert)
{
    return alert == WR_ALERT_HANDSHAKE_FAILURE || alert == WR_ALERT_ACCESS_DENIED ||
           (alert >= WR_ALERT_BAD_CERTIFICATE && alert <= WR_ALERT_CERTIFICATE_UNKNOWN) ||
           alert == WR_ALERT_UNKNOWN_CA;
}

/* TLS 1.3 encrypts it, and the library was not asked. */
static bool is_hidden_alert(const struct wr_evidence *ev)
{
    return wr_tls_failed_by(ev, WR_TLS_ALERT) && !wr_ev_has(ev, WR_FACT_tls_alert);
}

static enum wr_match match_required(const struct wr_evidence *ev)
{
    uint64_t alert = wr_tls_heard_alert(ev);

    if (alert == WR_ALERT_CERTIFICATE_REQUIRED)
        return shows_none(ev) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    if (!is_client_alert(alert) && !is_hidden_alert(ev) && !wr_tls_failed_by(ev, WR_TLS_EOF) &&
        !wr_tls_failed_by(ev, WR_TLS_RESET))
        return WR_MATCH_NO;
    if (asked_in_vain(ev))
        return WR_MATCH_LIKELY;
    if (alert != WR_ALERT_HANDSHAKE_FAILURE || wr_ev_true(ev, WR_FACT_tls_server_side))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_tls_certificate_requested))
        return wr_ev_true(ev, WR_FACT_tls_certificate_own) ? WR_MATCH_NO : WR_MATCH_POSSIBLE;
    return wr_ev_false(ev, WR_FACT_tls_certificate_requested) || wr_tls_alert_alone(ev)
               ? WR_MATCH_RULED_OUT
               : WR_MATCH_UNKNOWN;
}

static enum wr_match match_client_rejected(const struct wr_evidence *ev)
{
    uint64_t alert = wr_tls_heard_alert(ev);

    if (alert == 0 || wr_ev_true(ev, WR_FACT_tls_server_side) ||
        wr_ev_false(ev, WR_FACT_tls_certificate_own))
        return WR_MATCH_NO;
    if ((alert >= WR_ALERT_BAD_CERTIFICATE && alert <= WR_ALERT_CERTIFICATE_UNKNOWN) ||
        alert == WR_ALERT_UNKNOWN_CA)
        return wr_ev_true(ev, WR_FACT_tls_certificate_own) &&
                       wr_ev_true(ev, WR_FACT_tls_certificate_requested)
                   ? WR_MATCH_CERTAIN
                   : WR_MATCH_LIKELY;
    return (alert == WR_ALERT_HANDSHAKE_FAILURE || alert == WR_ALERT_ACCESS_DENIED ||
            alert == WR_ALERT_DECRYPT_ERROR) &&
                   wr_ev_true(ev, WR_FACT_tls_certificate_own) &&
                   wr_ev_true(ev, WR_FACT_tls_certificate_requested)
               ? WR_MATCH_POSSIBLE
               : WR_MATCH_NO;
}

static enum wr_match match_closed(const struct wr_evidence *ev)
{
    return wr_tls_failed_by(ev, WR_TLS_EOF) ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

static enum wr_match match_reset(const struct wr_evidence *ev)
{
    return wr_tls_failed_by(ev, WR_TLS_RESET) ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

static enum wr_match match_stalled(const struct wr_evidence *ev)
{
    return wr_tls_failed_by(ev, WR_TLS_STALLED) ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

#define RANK_REQUIRED (WR_RANK_SPECIFIC + 1)

#define SAYS_BYTES "this side had sent {tls_sent_bytes} bytes, the peer {tls_heard_bytes}"
#define SAYS_STAGE "how far it got: {tls_stage}"
#define SAYS_SENT_SNI "the program sent the server name (SNI) {tls_sni}"
#define TRY_OTHERS "openssl s_client -connect {destination}[ -servername {tls_sni}] </dev/null"

const struct wr_cause wr_causes_tls_end[] = {
    {
        .id = "tls-client-cert-required",
        .seen_as = "alert 116 certificate_required, alert 40 handshake_failure",
        .what = "the server wants a client certificate, and the program has none to show",
        .headline = "the server wants a client certificate, and the program "
                    "[showed none{!tls_certificate_own}][showed none that it "
                    "took{?tls_certificate_own}]",
        .explain =
            "With mutual TLS the client shows a certificate, too. The server asked for one, the "
            "program had none, and the server ended the connection: with alert 116 in TLS 1.3 "
            "(which "
            "arrives when the program reads for the first time, after its handshake was done), in "
            "TLS 1.2 mostly with alert 40, which stands for other things as well.",
        .rank = RANK_REQUIRED,
        .match = match_required,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_alert, WR_FACT_tls_server_side,
                 WR_FACT_tls_certificate_own, WR_FACT_tls_certificate_requested,
                 WR_FACT_tls_heard_bytes),
        .because = {WR_SAYS_ALERT_IN,
                    "the alert came after this side took the handshake for done: in TLS 1.3 it does"
                    "{?tls_alert_late}",
                    "the server asked for a client certificate{?tls_certificate_requested}",
                    "the program has none configured{!tls_certificate_own}",
                    "the peer ended the connection afterwards{!tls_failure=2}", WR_SAYS_LIBRARY},
        .ruled_out = "no request for a client certificate came before the alert",
        .unknown = {{WR_FACT_tls_certificate_requested,
                     "whether the server asked for a client certificate{!tls_alert=116}",
                     "its messages were not seen",
                     WR_S_CLIENT " </dev/null 2>&1 | grep -A2 'client certificate'", true}},
        .fixes = {{"give the program a client certificate and its key: --cert and --key (curl), "
                   "sslcert and sslkey (PostgreSQL), http.sslCert and http.sslKey (git)",
                   NULL},
                  {"see which authorities the server takes client certificates of",
                   WR_S_CLIENT " </dev/null 2>&1 | grep -A5 'client certificate CA names'"}},
    },
    {
        .id = "tls-client-cert-rejected",
        .seen_as = "alerts 42 to 46 and 48 received",
        .what = "the server does not accept the program's client certificate",
        .headline =
            "the server does not accept the program's client certificate[: it does not know the "
            "authority that issued it{?tls_alert=48}][: it has expired{?tls_alert=45}][: it was "
            "revoked{?tls_alert=44}][: a certificate of its kind is not taken{?tls_alert=43}]"
            "[: it is damaged or its signature is wrong{?tls_alert=42}]",
        .explain =
            "The server asked for a client certificate, the program showed one, and the server "
            "sent "
            "an alert about it: 48 unknown_ca, 45 certificate_expired, 44 certificate_revoked, "
            "43 unsupported_certificate, 42 bad_certificate, or 46 certificate_unknown for any "
            "other reason. The alert came from the peer, so that it is about this side's "
            "certificate, not about the server's.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_client_rejected,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_alert, WR_FACT_tls_server_side,
                 WR_FACT_tls_certificate_own, WR_FACT_tls_certificate_requested),
        .because = {WR_SAYS_ALERT_IN,
                    "the server asked for a client certificate{?tls_certificate_requested}",
                    "the program has one to show{?tls_certificate_own}", WR_SAYS_LIBRARY},
        .unknown = {{WR_FACT_tls_failure,
                     "what the server found wrong with it{!tls_alert=45}"
                     "{!tls_alert=44}{!tls_alert=48}",
                     "the alert does not say; its log does", ""}},
        .fixes = {{"see whose certificate the program shows, and its dates",
                   "openssl x509 -noout -subject -issuer -dates -ext extendedKeyUsage -in "
                   "CERTIFICATE"},
                  {"see which authorities the server takes client certificates of",
                   WR_S_CLIENT " </dev/null 2>&1 | grep -A5 'client certificate CA names'"},
                  {"renew the client certificate{?tls_alert=45}", NULL},
                  {"have the server trust the authority of the client certificate, and the program "
                   "send its intermediate certificates with it{?tls_alert=48}",
                   NULL}},
    },
    {
        .id = "tls-closed-in-handshake",
        .seen_as = "unexpected end of file, SSL_ERROR_SYSCALL",
        .what = "the peer closed the connection during the handshake, without an alert",
        .headline = "the peer closed the connection in the handshake, without an alert[, before it "
                    "had sent a byte{!tls_heard}][, after {tls_heard_bytes} bytes of its "
                    "own{?tls_heard}]",
        .explain =
            "A TCP connection came about, TLS was begun, and the peer closed it without a reason. "
            "Usual ones: the port is one of a service without TLS, which could not make sense of "
            "what it got; a proxy or load balancer has no backend for this name, or none that "
            "works; a list of addresses that may connect; a server at its limit.\n"
            "Where the peer had sent a part of the handshake it is one for TLS, and its log tells "
            "more.",
        .rank = WR_RANK_TLS_END,
        .match = match_closed,
        WR_CITES(WR_FACT_tls_failure),
        .because = {"the peer closed it without a word after the first message of this side "
                    "(ClientHello){!tls_heard}{?tls_hello_sent}",
                    SAYS_BYTES, SAYS_STAGE, SAYS_SENT_SNI, WR_SAYS_NO_SNI, WR_SAYS_LIBRARY,
                    "the connection ended in the handshake, without an alert"},
        .unknown = {{WR_FACT_tls_failure, "why the peer closed it", "it sent no alert",
                     TRY_OTHERS}},
        .fixes = {{"look into the log of the server at {destination}: it knows why", NULL},
                  {"see whether the server speaks TLS on this port, and to other clients",
                   TRY_OTHERS},
                  {"connect by name, so that a server name is sent{!tls_sni}", NULL},
                  {"check the port, {destination.port}: is it the server's port for TLS?"
                   "{!tls_heard}",
                   NULL}},
    },
    {
        .id = "tls-reset-in-handshake",
        .seen_as = "ECONNRESET, EPIPE",
        .what = "the connection was reset during the handshake: a server that crashed, or "
                "something in between that does not let it pass",
        .headline = "the connection was reset during the handshake[, before the peer had sent a "
                    "byte{!tls_heard}][, after {tls_heard_bytes} bytes of the peer{?tls_heard}]",
        .explain =
            "A TCP connection came about, TLS was begun, and a reset ended it. The peer's program "
            "may have crashed or closed the connection without reading all of it; or something in "
            "between (a firewall that looks into the first message, a load balancer without a "
            "backend) sent the reset for the sake of the server name or of the address.",
        .rank = WR_RANK_TLS_END,
        .match = match_reset,
        WR_CITES(WR_FACT_tls_failure),
        .because = {"a reset came in answer to the first message of this side "
                    "(ClientHello){!tls_heard}{?tls_hello_sent}",
                    SAYS_BYTES, SAYS_STAGE, SAYS_SENT_SNI, WR_SAYS_NO_SNI, WR_SAYS_LIBRARY,
                    "the connection was reset in the handshake"},
        .unknown = {{WR_FACT_tls_failure, "whether the peer or something in between sent the reset",
                     "both look the same from here",
                     "openssl s_client -connect {destination} -noservername </dev/null"}},
        .fixes = {{"look into the log of the server at {destination}: a crash leaves a trace there",
                   NULL},
                  {"try with another server name, and from another network: where only this name "
                   "or this network gets resets, something in between sends them",
                   "openssl s_client -connect {destination} -noservername </dev/null"},
                  {"check the port, {destination.port}: is it the server's port for TLS?"
                   "{!tls_heard}",
                   NULL}},
    },
    {
        .id = "tls-handshake-stalled",
        .seen_as = "timeout",
        .what = "the peer took the connection and then said nothing, or no more, in the handshake",
        .headline = "the handshake did not go on, and the program gave up[ after {elapsed_us.s} s]"
                    "[: the peer took the connection and said nothing{!tls_heard}]"
                    "[: the peer stopped after {tls_heard_bytes} bytes{?tls_heard}]"
                    "[; not acknowledged: {tls_unacknowledged} of this side's segments"
                    "{?tls_unacknowledged}]",
        .explain =
            "The TCP connection stood, and the handshake did not go on until the program gave up. "
            "Where the first message of this side was acknowledged, the peer has it: its program "
            "hangs or is overloaded, or it is none for TLS and waits for something else (a server "
            "of mail or of a database speaks plain text first).\n"
            "Where it was not acknowledged though it was sent again and again, large packets get "
            "lost on the way: an MTU that is too large, with ICMP filtered "
            "(route-mtu-blackhole). The first message of today's clients often takes two "
            "segments.",
        .rank = WR_RANK_TLS_END,
        .match = match_stalled,
        WR_CITES(WR_FACT_tls_failure),
        .because = {"the peer has acknowledged all that this side sent, and not answered"
                    "{!tls_unacknowledged}{!tls_heard}",
                    "never acknowledged: {tls_unacknowledged} of this side's segments; they, or "
                    "the answers, get lost on the way{?tls_unacknowledged}",
                    SAYS_BYTES, SAYS_STAGE, "the handshake had not ended when the program gave up"},
        .unknown = {{WR_FACT_tls_unacknowledged,
                     "whether the peer got the first message{!tls_unacknowledged=0}",
                     "large packets get lost where an MTU is too large",
                     "ping -c 3 -M do -s 1372 {destination.address}"},
                    {WR_FACT_tls_failure, "what the peer waits for", "it does not say",
                     TRY_OTHERS}},
        .fixes =
            {{"see whether the server answers other clients, and whether it is overloaded",
              TRY_OTHERS},
             {"check the port, {destination.port}: where the server speaks plain text there, "
              "it waits for other words{!tls_heard}",
              NULL},
             {"see the largest packet that gets through: lower the MTU of the tunnel or VPN to "
              "it{?tls_unacknowledged}",
              "tracepath -n {destination.address}"}},
    },
    {0},
};
