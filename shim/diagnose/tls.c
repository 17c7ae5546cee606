/* SPDX-License-Identifier: MIT
 * Causes of TLS handshakes in which the two sides do not come together: no TLS, no version, no
 * cipher, no name, no protocol. Rows and their match functions; pure. */
#include "diagnose/tls.h"

static enum wr_match match_not_tls(const struct wr_evidence *ev)
{
    return wr_tls_failed_by(ev, WR_TLS_NOT_TLS) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

static bool is_old(const struct wr_evidence *ev)
{
    static const char *const names[] = {"SSLv3",   "TLSv1",   "TLSv1.0", "TLSv1.1", "SSL 3.0",
                                        "TLS 1.0", "TLS 1.1", "TLS1.0",  "TLS1.1",  "SSL3.0"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (wr_ev_text_is(ev, WR_FACT_tls_version_peer, names[i]))
            return true;
    }
    return false;
}

/* Too weak, with a peer that chose TLS 1.0 or 1.1: their only signatures are over SHA-1, which is
 * below today's usual security levels. */
static enum wr_match match_version(const struct wr_evidence *ev)
{
    uint64_t alert = wr_tls_heard_alert(ev);

    if (wr_tls_failed_by(ev, WR_TLS_VERSION) || alert == WR_ALERT_PROTOCOL_VERSION)
        return WR_MATCH_CERTAIN;
    return alert == WR_ALERT_INAPPROPRIATE_FALLBACK ||
                   (wr_tls_failed_by(ev, WR_TLS_WEAK) && is_old(ev))
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

/* Alert 40 says that nothing fits, and not what. A server that has asked for a certificate has
 * chosen a cipher before. */
static enum wr_match match_cipher(const struct wr_evidence *ev)
{
    uint64_t alert = wr_tls_heard_alert(ev);

    if (wr_tls_failed_by(ev, WR_TLS_CIPHER))
        return WR_MATCH_CERTAIN;
    if (alert == WR_ALERT_INSUFFICIENT_SECURITY)
        return WR_MATCH_LIKELY;
    if (alert != WR_ALERT_HANDSHAKE_FAILURE)
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_tls_cipher) || wr_ev_true(ev, WR_FACT_tls_certificate_requested))
        return WR_MATCH_RULED_OUT;
    return (wr_ev_false(ev, WR_FACT_tls_certificate_requested) || wr_tls_alert_alone(ev)) &&
                   !wr_ev_true(ev, WR_FACT_tls_server_side)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

static enum wr_match match_sni(const struct wr_evidence *ev)
{
    uint64_t alert = wr_tls_heard_alert(ev);
    bool ended = wr_tls_failed_by(ev, WR_TLS_EOF) || wr_tls_failed_by(ev, WR_TLS_RESET);

    if (alert == WR_ALERT_UNRECOGNIZED_NAME)
        return WR_MATCH_CERTAIN;
    if (ended && !wr_ev_false(ev, WR_FACT_tls_heard))
        return WR_MATCH_NO;
    if (!ended && alert != WR_ALERT_HANDSHAKE_FAILURE && alert != WR_ALERT_INTERNAL_ERROR &&
        alert != WR_ALERT_ACCESS_DENIED)
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_tls_server_side) || !wr_ev_true(ev, WR_FACT_tls_hello_sent))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_tls_certificate_requested))
        return WR_MATCH_NO;
    if (wr_ev_absent(ev, WR_FACT_tls_sni))
        return WR_MATCH_POSSIBLE;
    return WR_MATCH_UNKNOWN;
}

static enum wr_match match_alpn(const struct wr_evidence *ev)
{
    if (wr_tls_heard_alert(ev) == WR_ALERT_NO_APPLICATION_PROTOCOL)
        return WR_MATCH_CERTAIN;
    return wr_tls_failed_by(ev, WR_TLS_PROTOCOL) &&
                   wr_tls_own_alert(ev) == WR_ALERT_NO_APPLICATION_PROTOCOL
               ? WR_MATCH_CERTAIN
               : WR_MATCH_NO;
}

static enum wr_match match_renegotiation(const struct wr_evidence *ev)
{
    return wr_tls_failed_by(ev, WR_TLS_RENEGOTIATION) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

static enum wr_match match_local(const struct wr_evidence *ev)
{
    if (!wr_tls_failed_by(ev, WR_TLS_LOCAL))
        return WR_MATCH_NO;
    return wr_ev_false(ev, WR_FACT_tls_hello_sent) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

static enum wr_match match_alert(const struct wr_evidence *ev)
{
    if (wr_tls_failed_by(ev, WR_TLS_ALERT) || wr_tls_failed_by(ev, WR_TLS_PROTOCOL))
        return WR_MATCH_LIKELY;
    return wr_tls_failed_by(ev, WR_TLS_OTHER) ? WR_MATCH_POSSIBLE : WR_MATCH_NO;
}

#define RANK_VERSION (WR_RANK_SPECIFIC + 2)

#define SAYS_OWN_VERSIONS "this side takes {tls_version_lowest} to {tls_version_highest}"
#define SAYS_PEER_VERSION "the peer answered with {tls_version_peer}"

const struct wr_cause wr_causes_tls[] = {
    {
        .id = "tls-peer-not-tls",
        .seen_as = "wrong version number, unexpected TLS packet, record too long",
        .what = "the peer does not speak TLS on this port: it answered in plain text or another "
                "protocol",
        .headline =
            "[the HTTP proxy answered in plain text, not with TLS{?tls_proxy_answered}]"
            "[the peer does not begin with TLS: it speaks {tls_peer_speaks}{!tls_proxy_answered}]"
            "[the peer's first bytes are not TLS{!tls_peer_speaks}][: {tls_peer_said}]"
            "[; TLS is begun there by STARTTLS{?tls_starttls}]",
        .explain =
            "TLS was begun, and what came back is no TLS. Either the server speaks its protocol in "
            "plain text on this port (http:// and https:// have different ports, and so have "
            "imap and imaps), or it begins in plain text and changes to TLS when it is asked to "
            "(STARTTLS of mail servers and LDAP, sslmode of databases).\n"
            "A proxy that is reached by http:// but configured as https:// answers like that, too, "
            "and so does one that refuses to lead to the destination.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_not_tls,
        WR_CITES(WR_FACT_tls_failure),
        .because = {"the peer said: {tls_peer_said}[ ({tls_peer_speaks})]", WR_SAYS_LIBRARY,
                    "this side had begun with TLS (ClientHello){?tls_hello_sent}",
                    "the peer's first bytes are no TLS record"},
        .fixes =
            {{"have the program begin in plain text and ask for TLS (STARTTLS, sslmode), or use "
              "the "
              "server's port for TLS{?tls_starttls}",
              "openssl s_client -connect {destination} -starttls {tls_starttls}"},
             {"write http:// instead of https:// in the proxy's address (https_proxy): the "
              "connection to the proxy is in plain text, what goes through it is "
              "not{?tls_proxy_answered}",
              NULL},
             {"use http:// for this port, or the port on which the server speaks "
              "TLS{!tls_starttls}",
              NULL},
             {"check host and port, {destination}: the server there may be another than is meant",
              NULL}},
    },
    {
        .id = "tls-version-mismatch",
        .seen_as = "alert 70 protocol_version, unsupported protocol",
        .what = "the two sides have no version of the TLS protocol in common",
        .headline =
            "the two sides have no TLS version in common[: this side takes {tls_version_lowest} to "
            "{tls_version_highest}][, the peer answered with {tls_version_peer}]"
            "[; the peer says so by alert {tls_alert}{?tls_failure=2}]",
        .explain =
            "Each side takes a range of TLS versions, and the two ranges do not meet. TLS 1.0 and "
            "1.1 are off in most systems of today (RFC 8996): old servers and appliances know "
            "nothing newer, while new servers take no old clients.\n"
            "The range of this side comes from the program, or from the system: MinProtocol in "
            "openssl.cnf, update-crypto-policies on Red Hat, jdk.tls.disabledAlgorithms of Java.",
        .rank = RANK_VERSION,
        .match = match_version,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_alert, WR_FACT_tls_version_peer),
        .because = {WR_SAYS_ALERT_IN, SAYS_OWN_VERSIONS, SAYS_PEER_VERSION, WR_SAYS_LIBRARY,
                    "this side's security level is {tls_security_level}: TLS 1.0 and 1.1 need 0"
                    "{?tls_failure=10}",
                    "one of the sides turned down the other's version of TLS{!tls_failure=2}"},
        .unknown = {{WR_FACT_tls_failure, "which versions the peer takes",
                     "it does not say; try them one by one",
                     "for v in tls1 tls1_1 tls1_2 tls1_3; do echo $v; " WR_S_CLIENT
                     " -$v </dev/null 2>&1 | grep Protocol; done"}},
        .fixes = {{"have the peer's software take TLS 1.2 and 1.3", NULL},
                  {"see the range that this system sets (MinProtocol, MaxProtocol)",
                   "grep -nE 'M(in|ax)Protocol|CipherString' /etc/ssl/openssl.cnf"},
                  {"if the peer can't be brought up to date: allow the old version in this program "
                   "alone, by its own option, not for the whole system",
                   NULL}},
    },
    {
        .id = "tls-no-common-cipher",
        .seen_as = "alert 40 handshake_failure, alert 71, no shared cipher",
        .what = "the two sides have no cipher suite, group or signature algorithm in common",
        .headline =
            "[this side found no cipher suite, group or signature algorithm that both sides have"
            "{?tls_failure=8}]"
            "[the peer turned down all that was offered, by alert {tls_alert}[ {tls_alert_name}]"
            "{?tls_failure=2}; most often no cipher suite, group or signature algorithm is common]",
        .explain =
            "In its first message the client lists the cipher suites, groups and signature "
            "algorithms that it takes, and the server chooses. Where it has none of them it sends "
            "alert 40. A server whose certificate has an EC or Ed25519 key needs a client that "
            "takes such; a security level or a FIPS mode shortens the lists.\n"
            "The same alert stands for other things with some servers: a missing client "
            "certificate, a missing server name, a version that they don't take.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_cipher,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_alert, WR_FACT_tls_cipher,
                 WR_FACT_tls_certificate_requested, WR_FACT_tls_server_side,
                 WR_FACT_tls_heard_bytes),
        .because = {WR_SAYS_ALERT_IN, WR_SAYS_LIBRARY,
                    "the alert is all that the peer has sent{?tls_heard_bytes=7}",
                    "the peer had not asked for a certificate of this side"
                    "{!tls_certificate_requested}",
                    WR_SAYS_NO_SNI, SAYS_OWN_VERSIONS,
                    "this side's security level is {tls_security_level}",
                    "the two sides did not agree{!tls_failure=2}"},
        .ruled_out = "the peer had chosen a cipher suite before[: {tls_cipher}]",
        .unknown = {{WR_FACT_tls_failure, "what it is that the peer lacks{?tls_failure=2}",
                     "alert 40 does not say", WR_S_CLIENT " </dev/null"},
                    {WR_FACT_tls_certificate_requested,
                     "whether the peer wants a client certificate{?tls_failure=2}",
                     "its messages were not seen",
                     WR_S_CLIENT " </dev/null 2>&1 | grep -A2 "
                                 "'client certificate'"}},
        .fixes =
            {{"compare with what a client with the system's usual lists gets",
              WR_S_CLIENT " </dev/null"},
             {"see what this system offers (with its security level)", "openssl ciphers -v -s"},
             {"have the server offer the usual suites of TLS 1.2 and 1.3 (ECDHE with AES-GCM or "
              "ChaCha20), and look into its log: it knows what did not fit",
              NULL}},
    },
    {
        .id = "tls-sni-rejected",
        .seen_as = "alert 112 unrecognized_name, EOF",
        .what = "the server does not serve the name that was sent, or none was sent",
        .headline =
            "[the server does not serve the name {tls_sni}]"
            "[the program sent no server name (SNI), and the server seems to need one{!tls_sni}]",
        .explain =
            "A client names the server that it wants in its first message (SNI, RFC 6066), so that "
            "one address can serve many names. This server has no configuration for the name that "
            "was sent, or the client sent none: programs that connect to an address instead of a "
            "name don't, and neither do some old libraries.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_sni,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_alert, WR_FACT_tls_heard, WR_FACT_tls_server_side,
                 WR_FACT_tls_hello_sent, WR_FACT_tls_certificate_requested, WR_FACT_tls_sni),
        .because = {WR_SAYS_ALERT_IN, "the program sent the server name {tls_sni}", WR_SAYS_NO_SNI,
                    "the peer ended it before it had sent a byte{!tls_heard}", WR_SAYS_LIBRARY,
                    "the peer ended the handshake{!tls_failure=2}"},
        .unknown = {{WR_FACT_tls_failure,
                     "whether the server serves [{tls_sni}][a client that "
                     "sends no name{!tls_sni}]{!tls_alert=112}",
                     "it did not say why it ended the handshake",
                     "openssl s_client -connect {destination}[ -servername {asked_name}] "
                     "</dev/null",
                     true}},
        .fixes = {{"connect by a name that the server serves, not by address{!tls_sni}", NULL},
                  {"configure {tls_sni} in the server at {destination}, or use a name that it "
                   "serves",
                   NULL},
                  {"see what the server sends to a client without a name",
                   "openssl s_client -connect {destination} -noservername </dev/null"}},
    },
    {
        .id = "tls-alpn-mismatch",
        .seen_as = "alert 120 no_application_protocol",
        .what = "the two sides have no application protocol in common (ALPN)",
        .headline = "the two sides have no application protocol in common[; this side offered "
                    "{tls_alpn_offered}]",
        .explain =
            "In the handshake the client offers application protocols (ALPN, RFC 7301) such as h2 "
            "for HTTP/2 and http/1.1, and the server has none of them: a gRPC client at a server "
            "of HTTP/1.1, or the wrong port.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_alpn,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_alert, WR_FACT_tls_alert_received),
        .because = {WR_SAYS_ALERT_IN, WR_SAYS_ALERT_OUT,
                    "the client offered these protocols: {tls_alpn_offered}",
                    "the server chose {tls_alpn_chosen}", WR_SAYS_LIBRARY,
                    "the handshake ended over the application protocol{!tls_failure=2}"},
        .fixes = {{"have the server take [{tls_alpn_offered}][what this side "
                   "offers{!tls_alpn_offered}], or have the program offer what the server takes",
                   NULL},
                  {"see which of these the server takes",
                   WR_S_CLIENT " -alpn h2,http/1.1 </dev/null 2>&1 | grep ALPN"},
                  {"check the port, {destination.port}: it may be that of another service", NULL}},
    },
    {
        .id = "tls-legacy-renegotiation",
        .seen_as = "unsafe legacy renegotiation disabled",
        .what = "the server is too old to renegotiate safely (RFC 5746), and this side insists",
        .headline =
            "the server lacks secure renegotiation (RFC 5746), without which this side does "
            "not talk to it",
        .explain =
            "Since 2010 servers say that they renegotiate safely (RFC 5746). OpenSSL 3 takes no "
            "server that does not: such a one is old, or something in between is, and a connection "
            "to it can be tampered with.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_renegotiation,
        WR_CITES(WR_FACT_tls_failure),
        .because = {WR_SAYS_LIBRARY, SAYS_PEER_VERSION,
                    "the server did not say that it renegotiates safely"},
        .fixes = {{"bring the server, or the appliance in front of it, up to date", NULL},
                  {"see what it says of it",
                   WR_S_CLIENT " -legacy_server_connect </dev/null 2>&1 | "
                               "grep -i renegotiation"},
                  {"until then, allow it for this one program: Options = UnsafeLegacyServerConnect "
                   "in a configuration file that only its OPENSSL_CONF names",
                   NULL}},
    },
    {
        .id = "tls-local-config",
        .seen_as = "error before any byte",
        .what = "this side's own TLS configuration is unusable: key, certificate, provider or "
                "OPENSSL_CONF",
        .headline = "this side's own TLS configuration is unusable[: {tls_error_text}]",
        .explain =
            "The library failed before it had sent a byte, over something of this side: a key that "
            "does not fit its certificate, a file that can't be read, a passphrase, an engine or "
            "provider that can't be loaded, or a setting of openssl.cnf (or the file that "
            "OPENSSL_CONF names) that shuts off every version or cipher.",
        .rank = WR_RANK_ROOT,
        .match = match_local,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_hello_sent),
        .because = {WR_SAYS_LIBRARY,
                    "{tls_function} failed before a byte was sent"
                    "{!tls_hello_sent}",
                    "no byte of the handshake was sent{!tls_hello_sent}",
                    "the library failed over something of this side"},
        .fixes = {{"see whether the library works without the program", "openssl ciphers -v -s"},
                  {"see which configuration file it reads, unless OPENSSL_CONF names another",
                   "openssl version -d"},
                  {"check the files that the program is given: the key fits the certificate where "
                   "both of these print the same",
                   "openssl x509 -noout -pubkey -in CERTIFICATE; openssl pkey -pubout -in KEY"}},
    },
    {
        .id = "tls-alert-other",
        .seen_as = "any other alert",
        .what = "one side ended the handshake with an alert",
        .headline =
            "[the peer ended it with alert {tls_alert}[ {tls_alert_name}]{?tls_failure=2}]"
            "[this side could not make sense of what the peer sent[, and ended it with alert "
            "{tls_alert}[ {tls_alert_name}]{!tls_alert_received}]{?tls_failure=12}]"
            "[{tls_error_text}{?tls_failure=14}]",
        .explain =
            "An alert is what a side of a TLS connection says where it gives up: its number is in "
            "RFC 8446, section 6.2. Alerts of the peer come from its own checks, and its log "
            "mostly "
            "says more: internal_error (80) is a fault of the server's software or configuration, "
            "decode_error (50) and illegal_parameter (47) mean that it did not understand what it "
            "got, or something in between changed it.\n"
            "A server gets alerts 42 to 48 from clients that do not accept its certificate.",
        .rank = WR_RANK_TLS_ALERT,
        .match = match_alert,
        WR_CITES(WR_FACT_tls_failure),
        .because = {WR_SAYS_ALERT_IN, WR_SAYS_ALERT_OUT, WR_SAYS_LIBRARY,
                    "how far it got: {tls_stage}",
                    "the client does not accept the certificate of this server"
                    "{?tls_failure=2}{?tls_server_side}{?tls_alert=48}",
                    "one side gave the handshake up{!tls_failure=2}"},
        .unknown = {{WR_FACT_tls_failure, "why the peer sent it{?tls_failure=2}",
                     "an alert is a number; the log of the peer may say more", ""}},
        .fixes = {{"look into the log of the [client][server{!tls_server_side}] at "
                   "{destination}{?tls_failure=2}",
                   NULL},
                  {"compare with what another client gets{!tls_server_side}",
                   WR_S_CLIENT " </dev/null"},
                  {"have the client trust the authority of this server's certificate"
                   "{?tls_failure=2}{?tls_server_side}{?tls_alert=48}",
                   NULL}},
    },
    {0},
};
