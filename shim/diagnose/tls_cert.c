/* SPDX-License-Identifier: MIT
 * Causes of TLS handshakes that fail over a certificate itself: its dates, names, use, strength.
 * Rows and their match functions; pure. */
#include "diagnose/tls.h"

/* The program looked for itself (the wire shows an alert of its own, or the end), and this is
 * what there was to find. */
static bool program_saw(const struct wr_evidence *ev, enum wr_fact fact)
{
    return wr_tls_failed_by(ev, WR_TLS_REJECTED) && wr_ev_true(ev, fact);
}

static bool is_expired(const struct wr_evidence *ev)
{
    if (wr_tls_verify_is(ev, WR_VERIFY_EXPIRED) || program_saw(ev, WR_FACT_tls_cert_expired))
        return true;
    return wr_tls_failed_by(ev, WR_TLS_REJECTED) && !wr_ev_false(ev, WR_FACT_tls_cert_expired) &&
           wr_tls_own_alert(ev) == WR_ALERT_CERTIFICATE_EXPIRED;
}

static bool is_not_yet(const struct wr_evidence *ev)
{
    return wr_tls_verify_is(ev, WR_VERIFY_NOT_YET) || program_saw(ev, WR_FACT_tls_cert_not_yet);
}

/* A date is judged by a clock: certain only where that was set by others not long ago. */
static enum wr_match match_date(const struct wr_evidence *ev, enum wr_fact shown)
{
    if (wr_ev_true(ev, WR_FACT_tls_clock_wrong))
        return WR_MATCH_POSSIBLE;
    return wr_tls_failed_by(ev, WR_TLS_VERIFY) && wr_ev_true(ev, shown) &&
                   wr_ev_false(ev, WR_FACT_tls_clock_wrong) && wr_ev_has(ev, WR_FACT_tls_clock_kept)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

static enum wr_match match_expired(const struct wr_evidence *ev)
{
    return is_expired(ev) ? match_date(ev, WR_FACT_tls_cert_expired) : WR_MATCH_NO;
}

static enum wr_match match_not_yet(const struct wr_evidence *ev)
{
    return is_not_yet(ev) ? match_date(ev, WR_FACT_tls_cert_not_yet) : WR_MATCH_NO;
}

/* A file can have a date of the future: never certain. A clock that is ahead by less than the
 * bound can't be told: ruled out only where something keeps it right. */
static enum wr_match match_clock(const struct wr_evidence *ev)
{
    if (!is_expired(ev) && !is_not_yet(ev))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_tls_clock_wrong))
        return WR_MATCH_LIKELY;
    return wr_ev_has(ev, WR_FACT_tls_clock_kept) ? WR_MATCH_RULED_OUT : WR_MATCH_UNKNOWN;
}

static enum wr_match match_name(const struct wr_evidence *ev)
{
    bool verified = wr_tls_failed_by(ev, WR_TLS_VERIFY);

    if (wr_tls_verify_is(ev, WR_VERIFY_NAME))
        return wr_ev_true(ev, WR_FACT_tls_name_matches) ? WR_MATCH_LIKELY : WR_MATCH_CERTAIN;
    if (!verified && !wr_tls_failed_by(ev, WR_TLS_REJECTED))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_tls_name_matches))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_false(ev, WR_FACT_tls_name_matches))
        return WR_MATCH_NO;
    return !verified || wr_tls_verify_is(ev, WR_VERIFY_OTHER) ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

static enum wr_match match_revoked(const struct wr_evidence *ev)
{
    if (wr_tls_verify_is(ev, WR_VERIFY_REVOKED))
        return WR_MATCH_CERTAIN;
    return wr_tls_failed_by(ev, WR_TLS_REJECTED) &&
                   wr_tls_own_alert(ev) == WR_ALERT_CERTIFICATE_REVOKED
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

static enum wr_match match_purpose(const struct wr_evidence *ev)
{
    return wr_tls_verify_is(ev, WR_VERIFY_PURPOSE) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

static enum wr_match match_weak(const struct wr_evidence *ev)
{
    if (wr_tls_verify_is(ev, WR_VERIFY_WEAK_KEY) || wr_tls_verify_is(ev, WR_VERIFY_WEAK_DIGEST))
        return WR_MATCH_CERTAIN;
    return wr_tls_failed_by(ev, WR_TLS_WEAK) ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

/* Whatever the other rows don't name. */
static enum wr_match match_rejected(const struct wr_evidence *ev)
{
    if (wr_tls_failed_by(ev, WR_TLS_REJECTED))
        return WR_MATCH_POSSIBLE;
    return wr_tls_failed_by(ev, WR_TLS_VERIFY) ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

#define CLOCK_COMMAND "date -u; timedatectl"
#define SHOW_DATES WR_S_CLIENT " </dev/null | openssl x509 -noout -subject -issuer -dates"
#define SHOW_NAMES WR_S_CLIENT " </dev/null | openssl x509 -noout -subject -ext subjectAltName"
#define NOT_ACCEPTED "the program did not accept the peer's certificate"

const struct wr_cause wr_causes_tls_cert[] = {
    {
        .id = "tls-clock-wrong",
        .seen_as = "certificate has expired, certificate is not yet valid",
        .what = "the clock of this machine is wrong, so that valid certificates look invalid",
        .headline = "this machine's clock is wrong: it says {tls_clock_now}[, while "
                    "{tls_clock_witness} is of {tls_clock_bound}]",
        .explain =
            "A certificate is valid between two dates, and the clock of this machine says that it "
            "is not between them. But that clock contradicts this system's own files: it is before "
            "the time at which they were written, or decades after it.\n"
            "Machines without a battery for their clock, virtual machines that were suspended or "
            "restored, and containers that inherit such a clock begin in the past, and stay there "
            "until something sets the time from the network.",
        .rank = WR_RANK_ROOT,
        .match = match_clock,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_cert_expired,
                 WR_FACT_tls_cert_not_yet, WR_FACT_tls_alert, WR_FACT_tls_alert_received,
                 WR_FACT_tls_clock_wrong, WR_FACT_tls_clock_kept),
        .because = {"the clock says {tls_clock_now}", "{tls_clock_witness} is of {tls_clock_bound}",
                    "the certificate is valid from {tls_cert_not_before}[ until "
                    "{tls_cert_not_after}]",
                    WR_SAYS_VERIFY,
                    "the certificate is not valid now, by the clock of this machine"},
        .ruled_out = "the clock of this machine is set from the network ({tls_clock_kept})",
        .unknown = {{WR_FACT_tls_failure,
                     "[which of the two is right, file or clock{?tls_clock_wrong}][whether the "
                     "clock of this machine is right{!tls_clock_wrong}]",
                     "[a file can have been given a wrong date{?tls_clock_wrong}][nothing here "
                     "shows that it is set from the network{!tls_clock_wrong}]",
                     CLOCK_COMMAND, true}},
        .fixes = {{"have the time set from the network", "sudo timedatectl set-ntp true"},
                  {"see what the clock says and whether it is kept", CLOCK_COMMAND},
                  {"in a container or virtual machine, set the clock of the host: it is its clock",
                   NULL}},
    },
    {
        .id = "tls-cert-expired",
        .seen_as = "certificate has expired (10), alert 45 sent",
        .what = "a certificate of the chain has expired",
        .headline = "the certificate[ {tls_cert_subject}] expired[ {tls_cert_off_days} days ago]"
                    "[, on {tls_cert_not_after}]",
        .explain =
            "Every certificate has an end, and this one's has passed by the clock of this machine. "
            "Whoever runs the peer has to renew it: most are renewed by a program, which may have "
            "stopped, or has renewed the file while the server still uses the old one.\n"
            "Where the expired certificate is not the peer's own but one above it, the server "
            "sends an old intermediate, or this machine's store has an old root.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_expired,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_cert_expired,
                 WR_FACT_tls_alert, WR_FACT_tls_alert_received, WR_FACT_tls_clock_wrong,
                 WR_FACT_tls_clock_kept),
        .because = {"the certificate {tls_cert_subject} was valid until {tls_cert_not_after}",
                    "this machine's clock says {tls_clock_now}", WR_SAYS_DEPTH, WR_SAYS_VERIFY,
                    WR_SAYS_ALERT_OUT, NOT_ACCEPTED},
        .fixes = {{"renew the certificate at {destination}, and have the server read the new one "
                   "(reload or restart it)",
                   NULL},
                  {"see which certificate the server sends, and its dates", SHOW_DATES},
                  {"{?tls_verify_depth}have the server send the present intermediate certificates "
                   "of its authority, and bring the store of this machine up to date",
                   NULL}},
    },
    {
        .id = "tls-cert-not-yet-valid",
        .seen_as = "certificate is not yet valid (9)",
        .what = "a certificate of the chain is not valid yet",
        .headline = "the certificate[ {tls_cert_subject}] is not valid before "
                    "[{tls_cert_not_before}][a later date{!tls_cert_not_before}]"
                    "[, {tls_cert_off_days} days from now]",
        .explain =
            "The validity of this certificate begins in the future, by the clock of this machine. "
            "Mostly one of two clocks is wrong: that of this machine, or that of the machine which "
            "made the certificate a moment ago.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_not_yet,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_cert_not_yet,
                 WR_FACT_tls_clock_wrong, WR_FACT_tls_clock_kept),
        .because = {"the certificate {tls_cert_subject} is valid from {tls_cert_not_before}",
                    "this machine's clock says {tls_clock_now}", WR_SAYS_DEPTH, WR_SAYS_VERIFY,
                    NOT_ACCEPTED},
        .fixes = {{"compare this machine's clock with a right one", CLOCK_COMMAND},
                  {"see which certificate the server sends, and its dates", SHOW_DATES},
                  {"set the clock of the machine that issues certificates, and have the server use "
                   "one that is valid now",
                   NULL}},
    },
    {
        .id = "tls-name-mismatch",
        .seen_as = "hostname mismatch (62, 64), or closed by the program",
        .what = "the certificate is for other names than the one that was asked for",
        .headline = "the certificate is for [{tls_cert_names}][other names{!tls_cert_names}], not "
                    "for [{tls_asked_name}][the name that was asked for{!tls_asked_name}]"
                    "[; the program sent no server name (SNI){!tls_sni}]",
        .explain =
            "The certificate is good, but for other names than the one that the program asked for "
            "(RFC 6125). A server with several names chooses the certificate by the server name "
            "that the client sends (SNI), and takes its usual one where none fits.\n"
            "A name such as *.example.com stands for one label alone: it is not for example.com, "
            "nor for a.b.example.com. A certificate is for an address only where it lists that "
            "address. Where the names have nothing to do with the peer, name resolution led to "
            "another server, or something in between answers instead.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_name,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_name_matches),
        .because = {"the certificate is for: {tls_cert_names}",
                    "the program asked for {tls_asked_name}",
                    "it sent the server name (SNI) {tls_sni}", WR_SAYS_NO_SNI, WR_SAYS_VERIFY,
                    "the program ended the connection after it had the certificate"
                    "{?tls_failure=13}",
                    "the certificate is not for the name that was asked for"},
        .ruled_out = "the certificate is for {tls_asked_name}",
        .unknown = {{WR_FACT_tls_failure,
                     "whether the program ended it for the sake of the name{?tls_failure=13}",
                     "it checks that itself, and does not tell", SHOW_NAMES}},
        .fixes = {{"use a name that the certificate is for: {tls_cert_names}", NULL},
                  {"have the server's certificate issued for {tls_asked_name}, too "
                   "(subjectAltName)",
                   NULL},
                  {"see which certificate the server sends for this name", SHOW_NAMES},
                  {"check that [{tls_asked_name}][the name{!tls_asked_name}] leads to the right "
                   "server: it is {destination.address} here",
                   NULL}},
    },
    {
        .id = "tls-cert-revoked",
        .seen_as = "certificate revoked (23), alert 44 sent",
        .what = "its authority has revoked a certificate of the chain",
        .headline = "the certificate[ {tls_cert_subject}] has been revoked by its issuer"
                    "[ {tls_cert_issuer}]",
        .explain =
            "The authority that issued the certificate has declared it void before its end: its "
            "key was lost, or it was replaced. The program asked a revocation list (CRL) or an "
            "answer of the authority (OCSP), and found it there.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_revoked,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_alert,
                 WR_FACT_tls_alert_received),
        .because = {WR_SAYS_VERIFY, WR_SAYS_CERT, WR_SAYS_DEPTH, WR_SAYS_ALERT_OUT, NOT_ACCEPTED},
        .fixes = {{"have a new certificate, with a new key, issued for the server at {destination}",
                   NULL},
                  {"see which certificate the server sends, and where its revocation list is",
                   WR_S_CLIENT " </dev/null | openssl x509 -noout -serial -ext "
                               "crlDistributionPoints,authorityInfoAccess"}},
    },
    {
        .id = "tls-cert-purpose",
        .seen_as = "unsuitable certificate purpose (26), invalid CA certificate (24, 79)",
        .what = "a certificate of the chain may not be used for this",
        .headline = "the certificate[ {tls_cert_subject}] may not be used for this[: it is for "
                    "{tls_cert_use}]",
        .explain =
            "A certificate says what it is for: a server needs serverAuth among its uses "
            "(extendedKeyUsage), a client clientAuth, and only one of an authority "
            "(basicConstraints"
            " CA:TRUE) may issue others. Here one is used for what it is not for: often a client's "
            "certificate on a server, or a server's certificate that was used to issue others.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_purpose,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify),
        .because = {WR_SAYS_VERIFY, WR_SAYS_CERT, "it says that it may be used for {tls_cert_use}",
                    WR_SAYS_DEPTH,
                    "it is no certificate of an authority, and has issued another"
                    "{?tls_verify_depth}{!tls_cert_ca}",
                    NOT_ACCEPTED},
        .fixes = {{"have a certificate issued with extendedKeyUsage=serverAuth for a server, "
                   "clientAuth for a client; an authority needs basicConstraints=CA:TRUE",
                   NULL},
                  {"see what the server's certificate is for",
                   WR_S_CLIENT " </dev/null | openssl x509 -noout -purpose"}},
    },
    {
        .id = "tls-cert-weak",
        .seen_as = "key too small (66, 67), digest too weak (68), dh key too small",
        .what = "a key, a digest or Diffie-Hellman parameters are too weak for this side",
        .headline = "[the key of the certificate is too weak{?tls_verify=9}][: "
                    "{tls_cert_key}{?tls_verify=9}]"
                    "[the digest of the certificate's signature is too weak{?tls_verify=10}][: "
                    "{tls_cert_digest}{?tls_verify=10}]"
                    "[a key, a digest or Diffie-Hellman parameters are too weak for this "
                    "side{?tls_failure=10}]",
        .explain =
            "TLS libraries turn down what can be broken: RSA keys below 2048 bits, signatures with "
            "SHA-1 or MD5, small Diffie-Hellman groups. OpenSSL calls the bound its security "
            "level; systems set it (MinProtocol and CipherString in openssl.cnf, "
            "update-crypto-policies).\n"
            "The peer should get a stronger key. To lower the bound for everything endangers every "
            "other connection of this machine.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_weak,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify),
        .because = {WR_SAYS_VERIFY, WR_SAYS_LIBRARY, WR_SAYS_CERT,
                    "its key is {tls_cert_key}[, its signature uses {tls_cert_digest}]",
                    "the security level of this side is {tls_security_level}", WR_SAYS_DEPTH,
                    "something in the handshake is weaker than this side takes"},
        .fixes = {{"have a certificate issued for a key of RSA 2048 bits or EC P-256 at least, "
                   "signed with SHA-256{?tls_failure=1}",
                   NULL},
                  {"have the server use larger Diffie-Hellman parameters, or ECDHE"
                   "{?tls_failure=10}",
                   "openssl dhparam -out dhparam.pem 2048"},
                  {"see keys and signatures of the chain that the server sends", WR_SHOW_CHAIN}},
    },
    {
        .id = "tls-cert-rejected",
        .seen_as = "any other verify error, or closed by the program",
        .what = "the program did not accept the peer's certificate, and only it knows why",
        .headline =
            "[the certificate was not accepted: {tls_verify_text}]"
            "[the program ended it[, by alert {tls_alert}[ {tls_alert_name}],] after it had seen "
            "what "
            "the peer sent, most probably as it does not accept the certificate{?tls_failure=13}]",
        .explain =
            "The peer's part of the handshake came in full, and then this side ended it. Programs "
            "do so where they don't accept the certificate: its issuer is not one that they trust, "
            "it is for another name, it has expired, or a check for revocation got no answer. "
            "Java, "
            "Go, Node.js and Rust programs bring the code for that along, and some their own list "
            "of authorities: what the system trusts does not count for them.\n"
            "The program's own error message says more.",
        .rank = WR_RANK_TLS_ALERT,
        .match = match_rejected,
        WR_CITES(WR_FACT_tls_failure),
        .because = {WR_SAYS_VERIFY, WR_SAYS_ALERT_OUT, WR_SAYS_CERT,
                    "the certificate is for: {tls_cert_names}",
                    "the peer's part of the handshake was received{?tls_peer_done}",
                    "the program had told the library not to verify certificates: it looks itself"
                    "{?tls_verify_off}",
                    "this side ended the handshake, not the peer"},
        .unknown = {{WR_FACT_tls_failure, "why the certificate was not accepted",
                     "the program has not said it where it can be seen", WR_SHOW_CHAIN}},
        .fixes = {{"see whether this machine accepts the certificate, and if not, why: the line "
                   "\"Verify return code\"",
                   WR_S_CLIENT "[ -verify_hostname {tls_asked_name}] </dev/null"},
                  {"the program may have authorities of its own: NODE_EXTRA_CA_CERTS for Node.js, "
                   "the keystore cacerts for Java",
                   NULL},
                  {"give the program the revocation list that it asks for{?tls_verify=11}", NULL}},
    },
    {0},
};
