/* SPDX-License-Identifier: MIT
 * What GnuTLS knows of a handshake that failed: facts of the section "the handshake". Its own texts
 * are not asked for: they are translated, which takes locks and memory. */
#include <string.h>

#include "base/buf.h"
#include "tls/common.h"
#include "tls/gnutls.h"

/* gnutls/gnutls.h */
static const struct wr_tls_row errors[] = {
    {-8, WR_TLS_VERSION, 0, "A packet with illegal or unsupported version was received."},
    {-9, WR_TLS_NOT_TLS, 0, "A TLS packet with unexpected length was received."},
    {-10, WR_TLS_OTHER, 0, "The specified session has been invalidated for some reason."},
    {-12, WR_TLS_ALERT, 0, "A TLS fatal alert has been received."},
    {-15, WR_TLS_NOT_TLS, 0, "An unexpected TLS packet was received."},
    {-18, WR_TLS_PROTOCOL, 0, "An error was encountered at the TLS Finished packet calculation."},
    {-19, WR_TLS_PROTOCOL, 0, "An unexpected TLS handshake packet was received."},
    {-21, WR_TLS_CIPHER, 0, "Could not negotiate a supported cipher suite."},
    {-24, WR_TLS_PROTOCOL, 0, "Decryption has failed."},
    {-31, WR_TLS_LOCAL, 0, "An error was encountered while reading a file or key."},
    {-32, WR_TLS_LOCAL, 0, "Insufficient credentials for that request."},
    {-43, WR_TLS_VERIFY, 0, "Error in the certificate."},
    {-48, WR_TLS_VERIFY, WR_VERIFY_PURPOSE,
     "Key usage violation in certificate has been detected."},
    {-49, WR_TLS_PROTOCOL, 0, "No certificate was found."},
    {-53, WR_TLS_RESET, 0, "Error in the push function."},
    {-54, WR_TLS_RESET, 0, "Error in the pull function."},
    {-55, WR_TLS_PROTOCOL, 0, "An illegal parameter has been received."},
    {-58, WR_TLS_PROTOCOL, 0, "An illegal TLS extension was received."},
    {-60, WR_TLS_LOCAL, 0, "The certificate and the given key do not match."},
    {-63, WR_TLS_WEAK, 0, "The Diffie-Hellman prime sent by the server is not acceptable."},
    {-82, WR_TLS_PROTOCOL, 0, "A disallowed SNI server name has been received."},
    {-86, WR_TLS_CIPHER, 0, "No supported compression algorithms have been found."},
    {-87, WR_TLS_CIPHER, 0, "No supported cipher suites have been found."},
    {-89, WR_TLS_PROTOCOL, 0, "Public key signature verification has failed."},
    {-106, WR_TLS_CIPHER, 0, "The signature algorithm is not supported."},
    {-107, WR_TLS_RENEGOTIATION, 0, "Safe renegotiation failed."},
    {-108, WR_TLS_RENEGOTIATION, 0, "Unsafe renegotiation denied."},
    {-110, WR_TLS_EOF, 0, "The TLS connection was non-properly terminated."},
    {-112, WR_TLS_PROTOCOL, 0, "Certificate is required."},
    {-216, WR_TLS_CIPHER, 0, "The given DSA key is incompatible with the selected TLS protocol."},
    {-217, WR_TLS_WEAK, 0, "The connection's security level is lower than what is required."},
    {-319, WR_TLS_STALLED, 0, "The operation timed out"},
    {-321, WR_TLS_CIPHER, 0, "No supported ECC curves were found"},
    {-322, WR_TLS_CIPHER, 0, "The curve is unsupported"},
    {-326, WR_TLS_LOCAL, 0, "No or insufficient priorities were set."},
    {-328, WR_TLS_EOF, 0, "The session was ended by the peer."},
    {-343, WR_TLS_CIPHER, 0, "No common application protocol could be negotiated."},
    {-348, WR_TLS_VERIFY, 0, "Error in the certificate verification."},
    {-426, WR_TLS_CIPHER, 0, "No common key share with peer."},
    {-427, WR_TLS_PROTOCOL, 0, "The early data were rejected."},
};

/* Of several bits the one that stands first. */
static const struct wr_tls_row bits[] = {
    {1 << 5, 0, WR_VERIFY_REVOKED, "The certificate chain is revoked."},
    {1 << 6, 0, WR_VERIFY_ISSUER, "The certificate issuer is unknown."},
    {1 << 7, 0, WR_VERIFY_PURPOSE, "The certificate issuer is not a CA."},
    {1 << 8, 0, WR_VERIFY_WEAK_DIGEST, "The certificate chain uses insecure algorithm."},
    {1 << 10, 0, WR_VERIFY_EXPIRED, "The certificate chain uses expired certificate."},
    {1 << 9, 0, WR_VERIFY_NOT_YET, "The certificate chain uses not yet valid certificate."},
    {1 << 14, 0, WR_VERIFY_NAME, "The name in the certificate does not match the expected."},
    {1 << 18, 0, WR_VERIFY_PURPOSE, "The certificate chain does not match the intended purpose."},
    {1 << 16, 0, WR_VERIFY_PURPOSE, "The certificate chain violates the signer's constraints."},
    {1 << 12, 0, WR_VERIFY_NO_CRL, "The revocation or OCSP data are old and have been superseded."},
    {1 << 15, 0, WR_VERIFY_NO_CRL, "The revocation or OCSP data are issued with a future date."},
    {1 << 19, 0, WR_VERIFY_NO_CRL,
     "The certificate requires the server to include an OCSP status in its response, but the OCSP "
     "status is missing."},
    {1 << 20, 0, WR_VERIFY_NO_CRL, "The received OCSP status response is invalid."},
    {1 << 11, 0, WR_VERIFY_OTHER, "The signature in the certificate is invalid."},
    {1 << 17, 0, WR_VERIFY_OTHER, "The certificate presented is not the expected one."},
    {1 << 21, 0, WR_VERIFY_OTHER, "The certificate contains an unknown critical extension."},
    {1 << 1, 0, WR_VERIFY_OTHER, "The certificate is NOT trusted."},
};

struct look {
    const struct wr_tls_instance *of;
    void *session;
    const struct wr_handshake *handshake;
    const struct wr_attempt *attempt;
    struct wr_evidence *ev;
    const struct wr_gnutls_doubt *doubt; /* NULL = none */
    int number;                          /* GNUTLS_E_; 0 = the program found fault itself */
    const struct wr_tls_row *row;
    unsigned status; /* GNUTLS_CERT_ bits; 0 = none, or not known */
    bool heard;      /* a handshake message of the peer's */
    bool server, server_known;
};

static enum wr_tls_failure find_failure(const struct look *look)
{
    const struct wr_attempt *attempt = look->attempt;

    if (look->number == 0)
        return WR_TLS_VERIFY;
    if (attempt->outcome == WR_OUTCOME_GAVE_UP)
        return WR_TLS_STALLED;
    if (attempt->outcome == WR_OUTCOME_CLOSED)
        return attempt->error != 0 ? WR_TLS_RESET : WR_TLS_EOF;
    if (attempt->door != WR_DOOR_CALL)
        return WR_TLS_ALERT;
    if (look->row == NULL)
        return WR_TLS_OTHER;
    if (look->row->failure == WR_TLS_NOT_TLS && look->heard)
        return WR_TLS_PROTOCOL; /* a record that is damaged */
    return (enum wr_tls_failure)look->row->failure;
}

static const struct wr_tls_row *find_bit(unsigned status)
{
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        if ((status & (unsigned)bits[i].number) != 0)
            return &bits[i];
    }
    return NULL;
}

static enum wr_tls_verify find_verify(const struct look *look)
{
    const struct wr_tls_row *bit = find_bit(look->status);

    if (bit != NULL)
        return (enum wr_tls_verify)bit->verify;
    if (look->doubt != NULL && look->doubt->name_refused)
        return WR_VERIFY_NAME;
    return look->row != NULL && look->row->verify != 0 ? (enum wr_tls_verify)look->row->verify
                                                       : WR_VERIFY_OTHER;
}

/* (unsigned)-1: it was not the library that verified. */
static unsigned find_status(const struct look *look)
{
    unsigned status;

    if (look->doubt != NULL)
        return look->doubt->status;
    if (WR_GNUTLS(look->of, gnutls_session_get_verify_cert_status) == NULL)
        return 0;
    status = WR_GNUTLS(look->of, gnutls_session_get_verify_cert_status)(look->session);
    return status == (unsigned)-1 ? 0 : status;
}

/* A server is told the client's name here, a client is told that it asked for the wrong thing. */
static void find_side(struct look *look)
{
    enum { INVALID_REQUEST = -50, REQUESTED_DATA_NOT_AVAILABLE = -56 };
    char name[WR_NAME_MAX];
    size_t size = sizeof(name);
    unsigned type = 0;
    int result;

    if (WR_GNUTLS(look->of, gnutls_server_name_get) == NULL)
        return;
    result = WR_GNUTLS(look->of, gnutls_server_name_get)(look->session, name, &size, &type, 0);
    if (result != 0 && result != INVALID_REQUEST && result != REQUESTED_DATA_NOT_AVAILABLE)
        return;
    look->server = result != INVALID_REQUEST;
    look->server_known = true;
    wr_set_bool(look->ev, WR_FACT_tls_server_side, look->server);
    if (result == 0 && size < sizeof(name))
        wr_set_text(look->ev, WR_FACT_tls_sni, name, (uint32_t)strnlen(name, size));
    else if (look->server && look->heard)
        wr_set_absent(look->ev, WR_FACT_tls_sni);
}

static void set_progress(struct look *look)
{
    const struct wr_tls_instance *of = look->of;
    const char *name = NULL;
    char text[80];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));
    unsigned last;

    if (WR_GNUTLS(of, gnutls_handshake_get_last_in) != NULL) {
        last = WR_GNUTLS(of, gnutls_handshake_get_last_in)(look->session);
        look->heard =
            last < 256 && last != 0; /* 0, a HelloRequest, is what stands there at first */
        if (look->heard && WR_GNUTLS(of, gnutls_handshake_description_get_name) != NULL)
            name = WR_GNUTLS(of, gnutls_handshake_description_get_name)(last);
    }
    if (look->heard)
        wr_set_bool(look->ev, WR_FACT_tls_heard, true);
    if (look->number == 0 || look->attempt->door != WR_DOOR_CALL) {
        wr_set_bool(look->ev, WR_FACT_tls_peer_done, true);
    } else if (name != NULL) {
        wr_buf_str(&buf, "received ");
        wr_buf_mem(&buf, name, strnlen(name, 40));
        wr_set_text(look->ev, WR_FACT_tls_stage, text, (uint32_t)buf.len);
    }
}

static void set_chosen(const struct look *look)
{
    const struct wr_tls_instance *of = look->of;
    struct wr_gnutls_datum alpn = {NULL, 0};
    int version;

    if (!look->heard)
        return;
    if (WR_GNUTLS(of, gnutls_protocol_get_version) && WR_GNUTLS(of, gnutls_protocol_get_name)) {
        const char *name;

        version = WR_GNUTLS(of, gnutls_protocol_get_version)(look->session);
        name = WR_GNUTLS(of, gnutls_protocol_get_name)(version);
        if (name != NULL && strncmp(name, "TLS", 3) == 0) {
            char text[32];
            struct wr_buf buf = wr_buf_on(text, sizeof(text));

            wr_buf_str(&buf, "TLSv"); /* as the other libraries write it: TLSv1.3 */
            wr_buf_mem(&buf, name + 3, strnlen(name + 3, 16));
            wr_tls_set_words(look->ev, WR_FACT_tls_version_peer, wr_buf_terminate(&buf));
        }
    }
    if (WR_GNUTLS(of, gnutls_ciphersuite_get) != NULL)
        wr_tls_set_words(look->ev, WR_FACT_tls_cipher,
                         WR_GNUTLS(of, gnutls_ciphersuite_get)(look->session));
    if (WR_GNUTLS(of, gnutls_alpn_get_selected_protocol) != NULL &&
        WR_GNUTLS(of, gnutls_alpn_get_selected_protocol)(look->session, &alpn) == 0 &&
        alpn.data != NULL && alpn.size > 0 && alpn.size < 256)
        wr_set_text(look->ev, WR_FACT_tls_alpn_chosen, (const char *)alpn.data, alpn.size);
}

static void set_own_certificate(const struct look *look)
{
    const struct wr_tls_instance *of = look->of;

    if (!look->server_known || look->server)
        return;
    if (WR_GNUTLS(of, gnutls_certificate_client_get_request_status) != NULL &&
        WR_GNUTLS(of, gnutls_certificate_client_get_request_status)(look->session) == 1)
        wr_set_bool(look->ev, WR_FACT_tls_certificate_requested, true);
    if (look->heard && WR_GNUTLS(of, gnutls_certificate_get_ours) != NULL)
        wr_set_bool(look->ev, WR_FACT_tls_certificate_own,
                    WR_GNUTLS(of, gnutls_certificate_get_ours)(look->session) != NULL);
}

static unsigned take_chain(const struct look *look, struct wr_der *chain)
{
    const struct wr_gnutls_datum *list;
    unsigned count = 0;

    if (WR_GNUTLS(look->of, gnutls_certificate_get_peers) == NULL)
        return 0;
    list = WR_GNUTLS(look->of, gnutls_certificate_get_peers)(look->session, &count);
    if (list == NULL)
        return 0;
    count = count < WR_TLS_CHAIN_MAX ? count : WR_TLS_CHAIN_MAX;
    for (unsigned i = 0; i < count; i++)
        chain[i] = (struct wr_der){list[i].data, list[i].size};
    return count;
}

static void set_alert(const struct look *look, enum wr_tls_failure failure,
                      enum wr_tls_verify verify)
{
    int alert = failure == WR_TLS_ALERT && WR_GNUTLS(look->of, gnutls_alert_get) != NULL
                    ? WR_GNUTLS(look->of, gnutls_alert_get)(look->session)
                    : -1;

    wr_tls_set_failure(look->ev, failure, verify, alert);
    if (alert >= 0)
        wr_tls_set_alert(look->ev, alert, true, look->attempt->door != WR_DOOR_CALL);
}

static void set_verification(const struct look *look, int culprit)
{
    const struct wr_tls_row *bit = find_bit(look->status);

    if (look->status != 0)
        wr_set_uint(look->ev, WR_FACT_tls_verify_code, look->status);
    if (bit != NULL)
        wr_tls_set_words(look->ev, WR_FACT_tls_verify_text, bit->text);
    else if (look->doubt != NULL && look->doubt->name_refused)
        wr_tls_set_words(look->ev, WR_FACT_tls_verify_text,
                         "The name in the certificate does not match the expected.");
    if (culprit >= 0)
        wr_set_uint(look->ev, WR_FACT_tls_verify_depth, (uint64_t)culprit);
}

/* The certificate, and what was found wrong with it. */
static void set_certificates(const struct look *look, enum wr_tls_failure failure)
{
    struct wr_der chain[WR_TLS_CHAIN_MAX];
    char space[WR_NAME_MAX];
    const char *asked = look->doubt != NULL && look->doubt->name[0] != '\0'
                            ? look->doubt->name
                            : wr_tls_asked_name(look->attempt, space, sizeof(space));
    unsigned count = take_chain(look, chain);
    enum wr_tls_verify verify =
        failure == WR_TLS_VERIFY ? wr_tls_refine(find_verify(look), chain, count) : 0;
    int culprit =
        verify != 0 ? wr_tls_find_culprit(verify, chain, count, look->attempt->time_us) : -1;

    set_alert(look, failure, verify);
    if (failure == WR_TLS_VERIFY)
        set_verification(look, culprit);
    if (!look->server && look->doubt != NULL && asked[0] != '\0')
        wr_set_str(look->ev, WR_FACT_tls_asked_name, asked);
    if (count > 0)
        wr_tls_set_chain(look->ev, chain, count, culprit, look->server ? NULL : asked);
}

static void look_at(const struct wr_handshake *handshake, struct wr_probe_ctx *ctx)
{
    struct look look = {.of = handshake->instance,
                        .session = handshake->object,
                        .handshake = handshake,
                        .attempt = ctx->attempt,
                        .ev = ctx->ev,
                        .doubt = wr_gnutls_doubted(handshake->object),
                        .number = (int)handshake->result};
    enum wr_tls_failure failure;
    const char *text = NULL;

    if (look.of == NULL)
        return;
    look.row = WR_TLS_FIND(errors, look.number);
    wr_tls_set_library(ctx->ev, "GnuTLS",
                       WR_GNUTLS(look.of, gnutls_check_version)
                           ? WR_GNUTLS(look.of, gnutls_check_version)(NULL)
                           : NULL);
    set_progress(&look);
    find_side(&look);
    look.status = find_status(&look);
    failure = find_failure(&look);
    if (look.row != NULL)
        text = look.row->text;
    else if (look.number != 0 && WR_GNUTLS(look.of, gnutls_strerror_name) != NULL)
        text = WR_GNUTLS(look.of, gnutls_strerror_name)(look.number);
    wr_tls_set_words(ctx->ev, WR_FACT_tls_error_text, text);
    set_chosen(&look);
    set_own_certificate(&look);
    set_certificates(&look, failure);
}

const struct wr_tls_library wr_tls_gnutls = {.name = "GnuTLS", .look = look_at};
