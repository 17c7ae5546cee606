/* SPDX-License-Identifier: MIT
 * What mbed TLS knows of a handshake that failed: facts of the section "the handshake". It keeps no
 * certificate until the handshake is over, and no alert: those are told by the bytes. */
#include "tls/mbedtls.h"

#include "tls/common.h"

const struct wr_tls_names wr_mbedtls_names = {.count = WR_MBEDTLS_FUNCTIONS,
                                              .name = {
#define FUNCTION(result, name, arguments) #name,
#include "tls/mbedtls.def"
#undef FUNCTION
                                              }};
_Static_assert(WR_MBEDTLS_FUNCTIONS <= WR_TLS_FUNCTIONS, "room");
struct wr_tls_single wr_mbedtls_single;

/* mbedtls/ssl.h, net_sockets.h, x509.h; where 2.x and 3.x have different meanings the text is of
 * both. */
static const struct wr_tls_row errors[] = {
    {-0x004C, WR_TLS_RESET, 0, "NET - Reading information from the socket failed"},
    {-0x004E, WR_TLS_RESET, 0, "NET - Sending information through the socket failed"},
    {-0x0050, WR_TLS_RESET, 0, "NET - Connection was reset by peer"},
    {-0x2700, WR_TLS_VERIFY, 0, "X509 - Certificate verification failed"},
    {-0x3000, WR_TLS_VERIFY, 0, "X509 - A fatal error occurred in the verification callback"},
    {-0x5E80, WR_TLS_LOCAL, 0, "SSL - Invalid value in SSL config"},
    {-0x5F00, WR_TLS_VERSION, 0,
     "SSL - An operation failed due to an unexpected version or configuration"},
    {-0x6600, WR_TLS_CIPHER, 0, "SSL - Couldn't set the hash for verifying CertificateVerify"},
    {-0x6680, WR_TLS_PROTOCOL, 0, "SSL - The alert message received indicates a non-fatal error"},
    {-0x6700, WR_TLS_PROTOCOL, 0, "SSL - Record header looks valid but is not expected"},
    {-0x6800, WR_TLS_STALLED, 0, "SSL - The operation timed out"},
    {-0x6980, WR_TLS_CIPHER, 0, "SSL - None of the common ciphersuites is usable"},
    {-0x6C00, WR_TLS_OTHER, 0, "SSL - Internal error"},
    {-0x6E00, WR_TLS_CIPHER, 0, "SSL - The handshake negotiation failed"},
    {-0x6E80, WR_TLS_VERSION, 0, "SSL - Handshake protocol not within min/max boundaries"},
    {-0x7080, WR_TLS_LOCAL, 0, "SSL - The requested feature is not available"},
    {-0x7100, WR_TLS_LOCAL, 0, "SSL - Bad input parameters to function"},
    {-0x7180, WR_TLS_PROTOCOL, 0, "SSL - Verification of the message MAC failed"},
    {-0x7200, WR_TLS_NOT_TLS, 0, "SSL - An invalid SSL record was received"},
    {-0x7280, WR_TLS_EOF, 0, "SSL - The connection indicated an EOF"},
    {-0x7300, WR_TLS_CIPHER, 0, "SSL - An unknown cipher was received"},
    {-0x7380, WR_TLS_CIPHER, 0, "SSL - The server has no ciphersuites in common with the client"},
    {-0x7400, WR_TLS_LOCAL, 0, "SSL - No RNG was provided to the SSL module"},
    {-0x7480, WR_TLS_PROTOCOL, 0,
     "SSL - No client certification received from the client, but required by the authentication "
     "mode"},
    {-0x7580, WR_TLS_LOCAL, 0, "SSL - The own certificate is not set, but needed by the server"},
    {-0x7600, WR_TLS_LOCAL, 0,
     "SSL - The own private key or pre-shared key is not set, but needed"},
    {-0x7680, WR_TLS_LOCAL, 0, "SSL - No CA Chain is set, but required to operate"},
    {-0x7700, WR_TLS_PROTOCOL, 0, "SSL - An unexpected message was received from our peer"},
    {-0x7780, WR_TLS_ALERT, 0, "SSL - A fatal alert message was received from our peer"},
    {-0x7800, WR_TLS_VERIFY, 0, "SSL - Verification of our peer failed"},
    {-0x7880, WR_TLS_EOF, 0,
     "SSL - The peer notified us that the connection is going to be closed"},
    {-0x7980, WR_TLS_PROTOCOL, 0, "SSL - Processing of the ServerHello handshake message failed"},
    {-0x7A00, WR_TLS_PROTOCOL, 0, "SSL - Processing of the Certificate handshake message failed"},
    {-0x7F00, WR_TLS_LOCAL, 0, "SSL - Memory allocation failed"},
};

/* MBEDTLS_X509_BADCERT_ and BADCRL_ of mbedtls/x509.h; of several the one that stands first. */
static const struct wr_tls_row bits[] = {
    {0x02, 0, WR_VERIFY_REVOKED, "The certificate has been revoked (is on a CRL)"},
    {0x08, 0, WR_VERIFY_ISSUER, "The certificate is not correctly signed by the trusted CA"},
    {0x01, 0, WR_VERIFY_EXPIRED, "The certificate validity has expired"},
    {0x0200, 0, WR_VERIFY_NOT_YET, "The certificate validity starts in the future"},
    {0x04, 0, WR_VERIFY_NAME,
     "The certificate Common Name (CN) does not match with the expected CN"},
    {0x4000, 0, WR_VERIFY_WEAK_DIGEST, "The certificate is signed with an unacceptable hash"},
    {0x8000, 0, WR_VERIFY_WEAK_KEY, "The certificate is signed with an unacceptable PK alg"},
    {0x10000, 0, WR_VERIFY_WEAK_KEY, "The certificate is signed with an unacceptable key"},
    {0x0800, 0, WR_VERIFY_PURPOSE, "Usage does not match the keyUsage extension"},
    {0x1000, 0, WR_VERIFY_PURPOSE, "Usage does not match the extendedKeyUsage extension"},
    {0x2000, 0, WR_VERIFY_PURPOSE, "Usage does not match the nsCertType extension"},
    {0x10, 0, WR_VERIFY_NO_CRL, "The CRL is not correctly signed by the trusted CA"},
    {0x20, 0, WR_VERIFY_NO_CRL, "The CRL is expired"},
    {0x0400, 0, WR_VERIFY_NO_CRL, "The CRL is from the future"},
    {0x40, 0, WR_VERIFY_OTHER, "Certificate was missing"},
    {0x0100, 0, WR_VERIFY_OTHER, "Other reason (can be used by verify callback)"},
};

static enum wr_tls_failure find_failure(const struct wr_attempt *attempt, const void *ssl,
                                        const struct wr_tls_row *row)
{
    if (attempt->outcome == WR_OUTCOME_CLOSED)
        return attempt->error != 0 ? WR_TLS_RESET : WR_TLS_EOF;
    if (row == NULL)
        return WR_TLS_OTHER;
    if (row->failure == WR_TLS_NOT_TLS && wr_mbedtls_state(ssl) > WR_MBEDTLS_SERVER_HELLO)
        return WR_TLS_PROTOCOL; /* a record that is damaged */
    return (enum wr_tls_failure)row->failure;
}

static void set_verification(struct wr_evidence *ev, const struct wr_tls_instance *of,
                             const void *ssl, enum wr_tls_failure failure)
{
    uint32_t flags = 0;
    const struct wr_tls_row *row = NULL;

    if (failure == WR_TLS_VERIFY && WR_MBEDTLS(of, mbedtls_ssl_get_verify_result) != NULL)
        flags = WR_MBEDTLS(of, mbedtls_ssl_get_verify_result)(ssl);
    if (flags == (uint32_t)-1)
        flags = 0;
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]) && row == NULL; i++) {
        if ((flags & (uint32_t)bits[i].number) != 0)
            row = &bits[i];
    }
    wr_tls_set_failure(ev, failure,
                       failure != WR_TLS_VERIFY ? 0
                       : row != NULL            ? (enum wr_tls_verify)row->verify
                                                : WR_VERIFY_OTHER,
                       -1);
    if (flags != 0)
        wr_set_uint(ev, WR_FACT_tls_verify_code, flags);
    if (row != NULL)
        wr_tls_set_words(ev, WR_FACT_tls_verify_text, row->text);
}

static void look_at(const struct wr_handshake *handshake, struct wr_probe_ctx *ctx)
{
    const struct wr_tls_instance *of = handshake->instance;
    const void *ssl = handshake->object;
    const struct wr_tls_row *row = WR_TLS_FIND(errors, handshake->result);
    char version[32] = ""; /* mbedtls_version_get_string() wants 9 */

    if (of == NULL)
        return;
    if (WR_MBEDTLS(of, mbedtls_version_get_string) != NULL)
        WR_MBEDTLS(of, mbedtls_version_get_string)(version);
    wr_tls_set_library(ctx->ev, "mbed TLS", version);
    if (row != NULL)
        wr_tls_set_words(ctx->ev, WR_FACT_tls_error_text, row->text);
    set_verification(ctx->ev, of, ssl, find_failure(ctx->attempt, ssl, row));
    if (wr_mbedtls_state(ssl) > WR_MBEDTLS_SERVER_HELLO) {
        wr_set_bool(ctx->ev, WR_FACT_tls_heard, true);
        if (WR_MBEDTLS(of, mbedtls_ssl_get_version) != NULL)
            wr_tls_set_words(ctx->ev, WR_FACT_tls_version_peer,
                             WR_MBEDTLS(of, mbedtls_ssl_get_version)(ssl));
    }
}

const struct wr_tls_library wr_tls_mbedtls = {.name = "mbed TLS", .look = look_at};
