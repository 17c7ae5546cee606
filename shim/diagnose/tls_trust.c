/* SPDX-License-Identifier: MIT
 * Causes of TLS handshakes that fail as the certificate leads to nobody whom this side trusts.
 * Rows and their match functions; pure. */
#include "diagnose/tls.h"

static bool is_untrusted(const struct wr_evidence *ev)
{
    return wr_tls_verify_is(ev, WR_VERIFY_ISSUER) ||
           wr_tls_verify_is(ev, WR_VERIFY_SELF_SIGNED_CHAIN);
}

/* The wire alone: the program said by its alert that it does not know the authority. */
static bool said_unknown_ca(const struct wr_evidence *ev)
{
    return wr_tls_failed_by(ev, WR_TLS_REJECTED) && wr_tls_own_alert(ev) == WR_ALERT_UNKNOWN_CA;
}

static bool lacks_trust(const struct wr_evidence *ev)
{
    return wr_ev_uint(ev, WR_FACT_tls_trust_state, WR_TRUST_USABLE) != WR_TRUST_USABLE;
}

/* A leaf that is its own issuer may be in a file of its own that a variable names. */
static enum wr_match match_bundle(const struct wr_evidence *ev)
{
    bool untrusted = is_untrusted(ev) || said_unknown_ca(ev);

    if (!untrusted && !wr_tls_verify_is(ev, WR_VERIFY_SELF_SIGNED))
        return WR_MATCH_NO;
    if (lacks_trust(ev))
        return untrusted || wr_ev_has(ev, WR_FACT_tls_trust_variable) ? WR_MATCH_LIKELY
                                                                      : WR_MATCH_NO;
    return untrusted && wr_ev_is(ev, WR_FACT_tls_trust_state, WR_TRUST_USABLE) ? WR_MATCH_RULED_OUT
                                                                               : WR_MATCH_NO;
}

/* Private authorities seldom say where an issuer's certificate is to be had, and usual ones sign
 * no server's certificate with a root. */
static enum wr_match match_incomplete(const struct wr_evidence *ev)
{
    if (!wr_tls_verify_is(ev, WR_VERIFY_ISSUER))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_tls_top_self_signed))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_is(ev, WR_FACT_tls_chain_length, 1))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_tls_top_issuer_url))
        return WR_MATCH_LIKELY;
    return WR_MATCH_UNKNOWN;
}

static enum wr_match match_self_signed(const struct wr_evidence *ev)
{
    if (wr_tls_verify_is(ev, WR_VERIFY_SELF_SIGNED))
        return wr_ev_is(ev, WR_FACT_tls_trust_state, WR_TRUST_USABLE) ? WR_MATCH_CERTAIN
                                                                      : WR_MATCH_LIKELY;
    return wr_tls_failed_by(ev, WR_TLS_REJECTED) && wr_ev_true(ev, WR_FACT_tls_cert_self_signed)
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

/* The file that was looked at need not be the one that the program uses: certain never. */
static enum wr_match match_unknown(const struct wr_evidence *ev)
{
    if (said_unknown_ca(ev) || wr_tls_verify_is(ev, WR_VERIFY_SELF_SIGNED_CHAIN))
        return WR_MATCH_LIKELY;
    if (!wr_tls_verify_is(ev, WR_VERIFY_ISSUER))
        return WR_MATCH_NO;
    return wr_ev_is(ev, WR_FACT_tls_chain_length, 1) && !wr_ev_true(ev, WR_FACT_tls_top_self_signed)
               ? WR_MATCH_POSSIBLE
               : WR_MATCH_LIKELY;
}

#define RANK_INCOMPLETE (WR_RANK_SPECIFIC + 1)

#define SAYS_TOP                                                                \
    "the last certificate that the peer sent is {tls_top_subject}[, issued by " \
    "{tls_top_issuer}]"
/* Where no variable names it, the program may have named another one. */
#define SAYS_TRUST                                                                       \
    "[{tls_trust_variable} names {tls_trust_file} for trusted certificates][unless the " \
    "program names others, the trusted certificates are those of "                       \
    "{tls_trust_file}{!tls_trust_variable}]"
#define SAYS_TRUST_DIR                                                                  \
    "[{tls_trust_variable} names {tls_trust_dir} for trusted certificates][unless the " \
    "program names others, the trusted certificates are those of "                      \
    "{tls_trust_dir}{!tls_trust_variable}]"
#define NOT_TRUSTED "no certificate that this side trusts stands at the end of the peer's chain"

/* Debian, then Red Hat. */
#define ADD_AUTHORITY                                                                  \
    "if it is an authority of yours: put its certificate, from whoever runs it, into " \
    "/usr/local/share/ca-certificates/NAME.crt (Red Hat: /etc/pki/ca-trust/source/anchors/)"

const struct wr_cause wr_causes_tls_trust[] = {
    {
        .id = "tls-ca-bundle-missing",
        .seen_as = "unable to get local issuer certificate (20), unknown CA",
        .what = "this side has no list of authorities that it trusts: file or directory is not "
                "there, not readable, or empty",
        .headline =
            "there are no trusted authorities to read[: {tls_trust_file}][: "
            "{tls_trust_dir}{!tls_trust_file}][ does not exist{?tls_trust_state=2}][ can't be read "
            "by this user{?tls_trust_state=3}][ holds no certificate{?tls_trust_state=4}]"
            "[ ({tls_trust_variable})]",
        .explain =
            "A certificate is trusted where it leads to an authority of a list that this side has: "
            "on most systems a file of the package ca-certificates, or what a variable such as "
            "SSL_CERT_FILE, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names. Without the list every "
            "certificate is one of an unknown issuer.\n"
            "Small container images come without the package; a variable may name a file that "
            "exists on another machine only, or one of another user.",
        .rank = WR_RANK_ROOT,
        .match = match_bundle,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_alert,
                 WR_FACT_tls_alert_received, WR_FACT_tls_trust_state, WR_FACT_tls_trust_variable),
        .because = {"{tls_trust_variable} is set to [{tls_trust_file}][{tls_trust_dir}"
                    "{!tls_trust_file}]",
                    "[{tls_trust_file}][{tls_trust_dir}{!tls_trust_file}][ does not "
                    "exist{?tls_trust_state=2}][ can't be read by this user{?tls_trust_state=3}][ "
                    "holds no certificate{?tls_trust_state=4}]{!tls_trust_state=1}",
                    WR_SAYS_VERIFY, WR_SAYS_ALERT_OUT, SAYS_TOP, NOT_TRUSTED},
        .ruled_out = "there are trusted authorities to read[: {tls_trust_file}][: "
                     "{tls_trust_dir}{!tls_trust_file}]",
        .unknown = {{WR_FACT_tls_failure, "whether the program reads another list",
                     "programs can name one themselves", ""}},
        .fixes = {{"install the package {tls_trust_package}, which dnf and apk have by the same "
                   "name, too"
                   "{!tls_trust_variable}",
                   "sudo apt-get install {tls_trust_package}"},
                  {"set {tls_trust_variable} to a file that exists and is readable, or unset it so "
                   "that the system's list is used",
                   "env -u {tls_trust_variable} ls -l /etc/ssl/certs/ca-certificates.crt"},
                  {"let the users that need it read the file{?tls_trust_state=3}",
                   "ls -lL {tls_trust_file}"}},
    },
    {
        .id = "tls-chain-incomplete",
        .seen_as = "unable to get local issuer certificate (20), unable to verify the first "
                   "certificate (21)",
        .what = "the server leaves out an intermediate certificate",
        .headline = "the server sends its own certificate alone, without that of its issuer"
                    "[ {tls_top_issuer}]",
        .explain =
            "Authorities issue certificates through intermediates, which clients do not have: the "
            "server has to send them with its own. This one sends its own certificate alone. "
            "Browsers often show such a site nevertheless, as they keep intermediates of other "
            "sites or fetch them.\n"
            "Whoever runs the server has to configure the file with the whole chain (often called "
            "fullchain.pem), not that with the certificate alone.",
        .rank = RANK_INCOMPLETE,
        .match = match_incomplete,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_top_self_signed,
                 WR_FACT_tls_chain_length, WR_FACT_tls_top_issuer_url),
        .because = {"the server sent one certificate: {tls_top_subject}{?tls_chain_length=1}",
                    "it was issued by {tls_top_issuer}, whose certificate did not come",
                    "it says where that is to be had: {tls_top_issuer_url}", WR_SAYS_VERIFY,
                    NOT_TRUSTED},
        .ruled_out = "the server sent the chain up to its root[, {tls_top_subject}]",
        .unknown = {{WR_FACT_tls_chain_length,
                     "whether [{tls_top_issuer}][the issuer{!tls_top_issuer}] is an intermediate "
                     "that the server should have sent{!tls_chain_length=0}",
                     "the issuer's certificate was not seen", WR_SHOW_CHAIN, true}},
        .fixes =
            {{"have the server send its intermediate certificates: configure the file with the "
              "whole chain (fullchain.pem)",
              NULL},
             {"see what the server sends", WR_SHOW_CHAIN},
             {"see which certificate is missing", "curl -sS {tls_top_issuer_url} | openssl x509 "
                                                  "-inform DER -noout -subject -issuer"}},
    },
    {
        .id = "tls-cert-self-signed",
        .seen_as = "self-signed certificate (18)",
        .what = "the peer's certificate is self-signed: nobody but itself vouches for it",
        .headline =
            "the peer's certificate[ {tls_cert_subject}] is self-signed, and this side does "
            "not have it among those that it trusts",
        .explain =
            "The certificate is its own issuer. So no authority vouches for it, and it is trusted "
            "only where it was put into the list of trusted ones by hand. Appliances, fresh "
            "installations and development servers have such certificates; and one that is in the "
            "way of a well-known site means that something in between answers.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_self_signed,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_trust_state,
                 WR_FACT_tls_cert_self_signed),
        .because = {"the certificate's subject and issuer are the same: {tls_cert_subject}"
                    "{?tls_cert_self_signed}",
                    WR_SAYS_VERIFY, SAYS_TRUST, SAYS_TRUST_DIR, WR_SAYS_ALERT_OUT,
                    "the certificate is self-signed, and not trusted"},
        .unknown = {{WR_FACT_tls_failure, "whether it is the certificate of the right server",
                     "compare its fingerprint with the one that the server's operator knows",
                     WR_S_CLIENT " </dev/null | openssl x509 -noout -subject -fingerprint "
                                 "-sha256"}},
        .fixes = {{"have a certificate issued by an authority that this side trusts", NULL},
                  {"or, after its fingerprint was compared with the server's own, have the program "
                   "trust this certificate: by its option for a CA file, or as an authority of "
                   "this machine (/usr/local/share/ca-certificates/NAME.crt)",
                   WR_S_CLIENT " </dev/null | openssl x509 -noout -fingerprint -sha256"}},
    },
    {
        .id = "tls-ca-unknown",
        .seen_as = "unable to get issuer certificate (2, 20), self-signed certificate in "
                   "certificate chain (19), alert 48 sent",
        .what = "the certificate is by an authority that this side does not trust: a private one, "
                "or a proxy that intercepts",
        .headline = "the certificate's authority is not one that this side trusts[: "
                    "{tls_top_issuer}]",
        .explain =
            "The chain of certificates ends at an authority that is not in the list of this side: "
            "one of a company or of a test, whose certificate has to be installed; one that is too "
            "new for an old list, or was removed from it; or that of a proxy, which opens TLS "
            "connections in order to look into them, and signs certificates itself.\n"
            "Several programs have a list of their own: Java (cacerts), Node.js, Python's certifi, "
            "Firefox. What was installed for the system does not count for them.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_unknown,
        WR_CITES(WR_FACT_tls_failure, WR_FACT_tls_verify, WR_FACT_tls_alert,
                 WR_FACT_tls_alert_received, WR_FACT_tls_chain_length, WR_FACT_tls_top_self_signed),
        .because = {SAYS_TOP, "that one is a root: it is its own issuer{?tls_top_self_signed}",
                    WR_SAYS_VERIFY, WR_SAYS_ALERT_OUT, SAYS_TRUST, SAYS_TRUST_DIR, NOT_TRUSTED},
        .unknown = {{WR_FACT_tls_failure, "whether a proxy in between has made the certificate",
                     "the name of the authority tells: [{tls_top_issuer}]", WR_SHOW_CHAIN}},
        .fixes = {{ADD_AUTHORITY ", then have the lists made anew (update-ca-trust there)",
                   "sudo update-ca-certificates"},
                  {"or name the authority's certificate to the program: --cacert (curl), "
                   "SSL_CERT_FILE (OpenSSL), REQUESTS_CA_BUNDLE (Python requests), "
                   "NODE_EXTRA_CA_CERTS (Node.js), sslrootcert (PostgreSQL)",
                   NULL},
                  {"if it is a well-known one: bring the list of this machine up to date",
                   "sudo apt-get install --only-upgrade ca-certificates"}},
    },
    {0},
};
