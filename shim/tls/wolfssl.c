/* SPDX-License-Identifier: MIT
 * What wolfSSL knows of a handshake that failed: facts of the section "the handshake". */
#include "tls/wolfssl.h"

#include <errno.h>

#include "tls/common.h"
#include "track/wire.h"

const struct wr_tls_names wr_wolfssl_names = {.count = WR_WOLFSSL_FUNCTIONS,
                                              .name = {
#define FUNCTION(result, name, arguments) #name,
#include "tls/wolfssl.def"
#undef FUNCTION
                                              }};
_Static_assert(WR_WOLFSSL_FUNCTIONS <= WR_TLS_FUNCTIONS, "room");
struct wr_tls_single wr_wolfssl_single;

/* wolfssl/error-ssl.h, wolfcrypt/error-crypt.h. VERSION_ERROR, UNKNOWN_RECORD_TYPE and
 * LENGTH_ERROR, which plain text and another version of TLS have in common, are left to the bytes
 * where they are known.
 */
static const struct wr_tls_row errors[] = {
    {-150, WR_TLS_VERIFY, WR_VERIFY_NOT_YET, NULL},
    {-151, WR_TLS_VERIFY, WR_VERIFY_EXPIRED, NULL},
    {-155, WR_TLS_VERIFY, WR_VERIFY_OTHER, NULL},
    {-160, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-179, WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {-188, WR_TLS_VERIFY, WR_VERIFY_ISSUER, NULL},
    {-189, WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {-190, WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {-198, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-226, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-238, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-247, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-275, WR_TLS_VERIFY, WR_VERIFY_ISSUER, NULL},
    {-311, WR_TLS_NOT_TLS, 0, NULL},
    {-313, WR_TLS_ALERT, 0, NULL},
    {-317, WR_TLS_LOCAL, 0, NULL},
    {-322, WR_TLS_VERIFY, WR_VERIFY_NAME, NULL},
    {-325, WR_TLS_VERIFY, WR_VERIFY_NAME, NULL},
    {-326, WR_TLS_VERSION, 0, NULL},
    {-329, WR_TLS_VERIFY, WR_VERIFY_OTHER, NULL},
    {-341, WR_TLS_NOT_TLS, 0, NULL},
    {-344, WR_TLS_LOCAL, 0, NULL},
    {-345, WR_TLS_PROTOCOL, 0, NULL},
    {-350, WR_TLS_CIPHER, 0, NULL},
    {-351, WR_TLS_CIPHER, 0, NULL},
    {-357, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-360, WR_TLS_VERIFY, WR_VERIFY_REVOKED, NULL},
    {-361, WR_TLS_VERIFY, WR_VERIFY_REVOKED, NULL},
    {-362, WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {-366, WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {-367, WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {-371, WR_TLS_LOCAL, 0, NULL},
    {-381, WR_TLS_PROTOCOL, 0, NULL},
    {-383, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-385, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-386, WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {-388, WR_TLS_RENEGOTIATION, 0, NULL},
    {-401, WR_TLS_WEAK, 0, NULL},
    {-405, WR_TLS_CIPHER, 0, NULL},
    {-406, WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {-407, WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {-409, WR_TLS_VERIFY, WR_VERIFY_WEAK_KEY, NULL},
    {-410, WR_TLS_VERIFY, WR_VERIFY_WEAK_KEY, NULL},
    {-440, WR_TLS_LOCAL, 0, NULL},
    {-450, WR_TLS_VERSION, 0, NULL},
    {-500, WR_TLS_CIPHER, 0, NULL},
    {-501, WR_TLS_CIPHER, 0, NULL},
    {-503, WR_TLS_CIPHER, 0, NULL},
};

enum { UNKNOWN_RECORD_TYPE = -311, VERSION_ERROR = -326, LENGTH_ERROR = -341 };

int wr_wolfssl_alert(const struct wr_tls_instance *of, void *ssl)
{
    struct wr_wolfssl_alerts alerts = {{-1, -1}, {-1, -1}};

    if (WR_WOLFSSL(of, wolfSSL_get_alert_history) == NULL ||
        WR_WOLFSSL(of, wolfSSL_get_alert_history)(ssl, &alerts) != 1 || alerts.received.level < 1)
        return -1;
    return alerts.received.code > 0 && alerts.received.code < 256 ? alerts.received.code : -1;
}

static enum wr_tls_failure find_failure(const struct wr_attempt *attempt,
                                        const struct wr_tls_row *row)
{
    if (attempt->outcome == WR_OUTCOME_CLOSED)
        return attempt->error != 0 ? WR_TLS_RESET : WR_TLS_EOF;
    if (attempt->error != 0)
        return attempt->error == ETIMEDOUT ? WR_TLS_STALLED : WR_TLS_OTHER;
    if (attempt->door != WR_DOOR_CALL)
        return WR_TLS_ALERT;
    return row != NULL ? (enum wr_tls_failure)row->failure : WR_TLS_PROTOCOL;
}

static unsigned take_chain(const struct wr_tls_instance *of, void *ssl, struct wr_der *chain)
{
    void *list;
    int count;

    if (!WR_WOLFSSL(of, wolfSSL_get_peer_chain) || !WR_WOLFSSL(of, wolfSSL_get_chain_count) ||
        !WR_WOLFSSL(of, wolfSSL_get_chain_length) || !WR_WOLFSSL(of, wolfSSL_get_chain_cert))
        return 0;
    list = WR_WOLFSSL(of, wolfSSL_get_peer_chain)(ssl);
    count = list != NULL ? WR_WOLFSSL(of, wolfSSL_get_chain_count)(list) : 0;
    count = count < WR_TLS_CHAIN_MAX ? count : WR_TLS_CHAIN_MAX;
    for (int i = 0; i < count; i++) {
        int len = WR_WOLFSSL(of, wolfSSL_get_chain_length)(list, i);

        if (len <= 0)
            return (unsigned)i;
        chain[i] = (struct wr_der){WR_WOLFSSL(of, wolfSSL_get_chain_cert)(list, i), (size_t)len};
    }
    return count > 0 ? (unsigned)count : 0;
}

/* What failed, and the certificate that is at fault. */
static void set_failure(struct wr_probe_ctx *ctx, const struct wr_tls_instance *of, void *ssl,
                        const struct wr_tls_row *row, bool server)
{
    enum wr_tls_failure failure = find_failure(ctx->attempt, row);
    struct wr_der chain[WR_TLS_CHAIN_MAX];
    char name[WR_NAME_MAX];
    unsigned count = take_chain(of, ssl, chain);
    enum wr_tls_verify verify =
        failure == WR_TLS_VERIFY ? wr_tls_refine((enum wr_tls_verify)row->verify, chain, count) : 0;
    int culprit =
        verify != 0 ? wr_tls_find_culprit(verify, chain, count, ctx->attempt->time_us) : -1;
    int alert = failure == WR_TLS_ALERT ? wr_wolfssl_alert(of, ssl) : -1;

    wr_tls_set_failure(ctx->ev, failure, verify, alert);
    if (alert >= 0)
        wr_tls_set_alert(ctx->ev, alert, true, ctx->attempt->door != WR_DOOR_CALL);
    if (verify != 0 && WR_WOLFSSL(of, wolfSSL_ERR_reason_error_string) != NULL)
        wr_tls_set_words(
            ctx->ev, WR_FACT_tls_verify_text,
            WR_WOLFSSL(of, wolfSSL_ERR_reason_error_string)((unsigned long)-row->number));
    if (verify != 0)
        wr_set_uint(ctx->ev, WR_FACT_tls_verify_code, (uint64_t)-row->number);
    if (culprit >= 0)
        wr_set_uint(ctx->ev, WR_FACT_tls_verify_depth, (uint64_t)culprit);
    if (count > 0)
        wr_tls_set_chain(ctx->ev, chain, count, culprit,
                         server ? NULL : wr_tls_asked_name(ctx->attempt, name, sizeof(name)));
}

static void set_chosen(struct wr_evidence *ev, const struct wr_tls_instance *of, void *ssl)
{
    if (WR_WOLFSSL(of, wolfSSL_get_version) != NULL)
        wr_tls_set_words(ev, WR_FACT_tls_version_peer, WR_WOLFSSL(of, wolfSSL_get_version)(ssl));
    if (WR_WOLFSSL(of, wolfSSL_get_cipher) != NULL)
        wr_tls_set_words(ev, WR_FACT_tls_cipher, WR_WOLFSSL(of, wolfSSL_get_cipher)(ssl));
}

static void look_at(const struct wr_handshake *handshake, struct wr_probe_ctx *ctx)
{
    const struct wr_tls_instance *of = handshake->instance;
    void *ssl = handshake->object;
    bool server;
    int number;

    if (of == NULL || WR_WOLFSSL(of, wolfSSL_get_error) == NULL)
        return;
    number = WR_WOLFSSL(of, wolfSSL_get_error)(ssl, (int)handshake->result);
    server = WR_WOLFSSL(of, wolfSSL_GetSide) != NULL && WR_WOLFSSL(of, wolfSSL_GetSide)(ssl) == 0;
    wr_tls_set_library(ctx->ev, "wolfSSL",
                       WR_WOLFSSL(of, wolfSSL_lib_version) ? WR_WOLFSSL(of, wolfSSL_lib_version)()
                                                           : NULL);
    if (WR_WOLFSSL(of, wolfSSL_GetSide) != NULL)
        wr_set_bool(ctx->ev, WR_FACT_tls_server_side, server);
    if (number < 0 && WR_WOLFSSL(of, wolfSSL_ERR_reason_error_string) != NULL)
        wr_tls_set_words(ctx->ev, WR_FACT_tls_error_text,
                         WR_WOLFSSL(of, wolfSSL_ERR_reason_error_string)((unsigned long)-number));
    if ((number != UNKNOWN_RECORD_TYPE && number != VERSION_ERROR && number != LENGTH_ERROR) ||
        ctx->attempt->fd < 0 || !wr_wire_maybe(ctx->attempt->fd))
        set_failure(ctx, of, ssl, WR_TLS_FIND(errors, number), server);
    if (ctx->attempt->door != WR_DOOR_CALL) {
        wr_set_bool(ctx->ev, WR_FACT_tls_peer_done, true);
        set_chosen(ctx->ev, of, ssl);
    }
}

const struct wr_tls_library wr_tls_wolfssl = {.name = "wolfSSL", .look = look_at};
