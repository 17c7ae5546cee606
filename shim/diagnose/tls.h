/* SPDX-License-Identifier: MIT
 * What the rows of the tls layers share. For shim/diagnose/tls*.c alone. Pure. */
#ifndef WR_DIAGNOSE_TLS_H
#define WR_DIAGNOSE_TLS_H

#include "diagnose/catalogue.h"
#include "whyrefused/faults.h"

/* Alerts: RFC 8446, section 6. */
enum {
    WR_ALERT_HANDSHAKE_FAILURE = 40,
    WR_ALERT_BAD_CERTIFICATE = 42,
    WR_ALERT_UNSUPPORTED_CERTIFICATE = 43,
    WR_ALERT_CERTIFICATE_REVOKED = 44,
    WR_ALERT_CERTIFICATE_EXPIRED = 45,
    WR_ALERT_CERTIFICATE_UNKNOWN = 46,
    WR_ALERT_UNKNOWN_CA = 48,
    WR_ALERT_ACCESS_DENIED = 49,
    WR_ALERT_DECRYPT_ERROR = 51,
    WR_ALERT_PROTOCOL_VERSION = 70,
    WR_ALERT_INSUFFICIENT_SECURITY = 71,
    WR_ALERT_INTERNAL_ERROR = 80,
    WR_ALERT_INAPPROPRIATE_FALLBACK = 86,
    WR_ALERT_UNRECOGNIZED_NAME = 112,
    WR_ALERT_CERTIFICATE_REQUIRED = 116,
    WR_ALERT_NO_APPLICATION_PROTOCOL = 120
};

/* Of struct wr_cause: nothing but an alert, or nothing at all, tells. */
#define WR_RANK_TLS_ALERT WR_RANK_SYMPTOM
/* The connection ended: tells more than that it was closed, which holds of the TCP connection. */
#define WR_RANK_TLS_END (WR_RANK_SYMPTOM + 2)

static inline bool wr_tls_failed_by(const struct wr_evidence *ev, enum wr_tls_failure failure)
{
    return wr_ev_is(ev, WR_FACT_tls_failure, failure);
}

/* The number of the alert that the peer sent and that ended it; 0 = none. */
static inline uint64_t wr_tls_heard_alert(const struct wr_evidence *ev)
{
    return wr_tls_failed_by(ev, WR_TLS_ALERT) ? wr_ev_uint(ev, WR_FACT_tls_alert, 0) : 0;
}

/* The library's verdict on the certificate was this one. */
static inline bool wr_tls_verify_is(const struct wr_evidence *ev, enum wr_tls_verify verify)
{
    return wr_tls_failed_by(ev, WR_TLS_VERIFY) && wr_ev_is(ev, WR_FACT_tls_verify, verify);
}

/* The program itself ended it after it had seen the certificate; the alert that it sent, 0 = none.
 */
static inline uint64_t wr_tls_own_alert(const struct wr_evidence *ev)
{
    return wr_ev_false(ev, WR_FACT_tls_alert_received) ? wr_ev_uint(ev, WR_FACT_tls_alert, 0) : 0;
}

/* The peer has sent nothing but that alert: it came in answer to the first message. */
#define WR_TLS_ALERT_RECORD 7
static inline bool wr_tls_alert_alone(const struct wr_evidence *ev)
{
    return wr_ev_uint(ev, WR_FACT_tls_heard_bytes, WR_TLS_ALERT_RECORD + 1) <= WR_TLS_ALERT_RECORD;
}

/* Shows what the peer sends, without a program in between. */
#define WR_S_CLIENT                                                   \
    "openssl s_client -connect {destination}[ -servername {tls_sni}]" \
    "[ -servername {tls_asked_name}{!tls_sni}]"
#define WR_SHOW_CHAIN WR_S_CLIENT " -showcerts </dev/null"

/* Sentences of many rows. */
#define WR_SAYS_LIBRARY "{tls_library} says: {tls_error_text}"
#define WR_SAYS_VERIFY                                                         \
    "[{tls_library}][the TLS library{!tls_library}] says: {tls_verify_text}[ " \
    "({tls_verify_code})]"
#define WR_SAYS_ALERT_IN "the peer sent alert {tls_alert}[ {tls_alert_name}]{?tls_failure=2}"
#define WR_SAYS_ALERT_OUT "this side sent alert {tls_alert}[ {tls_alert_name}]{!tls_alert_received}"
#define WR_SAYS_CERT "the certificate: {tls_cert_subject}[, issued by {tls_cert_issuer}]"
#define WR_SAYS_DEPTH                                                                          \
    "it is not the peer's own certificate but number {tls_verify_depth} above it in the chain" \
    "{?tls_verify_depth}"
#define WR_SAYS_NO_SNI "the program sent no server name (SNI){!tls_sni}"

#endif
