/* SPDX-License-Identifier: MIT
 * What OpenSSL knows of a handshake that failed: facts of the section "the handshake". */
#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/tlsalert.h"
#include "base/x509.h"
#include "tls/common.h"
#include "tls/openssl.h"
#include "tls/openssl_words.h"
#include "tls/tls.h"

enum { SERVERNAME_HOST = 0, GET_MIN_PROTO = 130, GET_MAX_PROTO = 131, VERIFY_PEER = 1 };
/* SSL_get_state(3): the same in 1.1 and 3, but for what 3.2 put behind the fourth */
enum { BEFORE = 0, READ_HELLO = 3, WRITE_HELLO = 12, SERVER_READ_HELLO = 20 };
enum { LEGACY_SIGALG = 333 };

struct look {
    const struct wr_tls_instance *of;
    void *ssl;
    const struct wr_handshake *handshake;
    const struct wr_attempt *attempt;
    struct wr_evidence *ev;
    enum wr_tls_failure failure;
    unsigned long number; /* of the error queue */
    unsigned reason;      /* of libssl; 0 = it is another library's, or none */
    uint64_t heard, sent;
    bool server;
    int state;
    long verify;
};

static unsigned version_of(const struct look *look)
{
    unsigned long number =
        WR_OPENSSL(look->of, OpenSSL_version_num) ? WR_OPENSSL(look->of, OpenSSL_version_num)() : 0;

    return (unsigned)(number >> 20); /* 0x300 = 3.0, 0x101 = 1.1 */
}

/* The peer's hello has not been understood yet. */
static bool is_early(const struct look *look)
{
    if (version_of(look) < 0x302)
        return look->state == BEFORE || look->state == READ_HELLO || look->state == WRITE_HELLO ||
               look->state == SERVER_READ_HELLO;
    return WR_OPENSSL(look->of, SSL_get_current_cipher) == NULL ||
           WR_OPENSSL(look->of, SSL_get_current_cipher)(look->ssl) == NULL;
}

static bool is_alert(const struct look *look)
{
    return look->reason >= WR_SSL_ALERT_BASE && look->reason < WR_SSL_ALERT_BASE + 256;
}

static enum wr_tls_failure by_reason(const struct look *look)
{
    enum wr_tls_failure failure = wr_openssl_failure(look->reason);

    if (failure == WR_TLS_NOT_TLS && !is_early(look))
        return WR_TLS_PROTOCOL; /* a record that is damaged */
    /* what a server of TLS 1.0 or 1.1 signs with, the security level does not take */
    if (look->reason == LEGACY_SIGALG && WR_OPENSSL(look->of, SSL_version)(look->ssl) < 0x0303)
        return WR_TLS_VERSION;
    if (failure != WR_TLS_OTHER)
        return failure;
    return look->sent == 0 && look->heard == 0 ? WR_TLS_LOCAL
           : look->heard > 0                   ? WR_TLS_PROTOCOL
                                               : WR_TLS_OTHER;
}

static enum wr_tls_failure find_failure(const struct look *look)
{
    const struct wr_attempt *attempt = look->attempt;

    if (look->handshake->result > 0)
        return WR_TLS_REJECTED;
    if (attempt->outcome == WR_OUTCOME_GAVE_UP)
        return WR_TLS_STALLED;
    if (attempt->outcome == WR_OUTCOME_CLOSED)
        return attempt->error != 0 ? WR_TLS_RESET : WR_TLS_EOF;
    if (attempt->error != 0)
        return attempt->error == ETIMEDOUT ? WR_TLS_STALLED : WR_TLS_OTHER;
    if (is_alert(look))
        return WR_TLS_ALERT;
    if (look->reason != 0)
        return by_reason(look);
    if (look->verify != 0 && look->heard > 0)
        return WR_TLS_VERIFY;
    return look->sent == 0 && look->heard == 0 ? WR_TLS_LOCAL : WR_TLS_OTHER;
}

static void begin(struct look *look)
{
    unsigned long number = wr_openssl_error(look->of);
    bool by_queue = look->attempt->outcome == WR_OUTCOME_ERROR && look->attempt->error == 0 &&
                    look->handshake->result <= 0;

    look->server = WR_OPENSSL(look->of, SSL_is_server)(look->ssl) != 0;
    look->state = WR_OPENSSL(look->of, SSL_get_state)(look->ssl);
    look->heard = wr_openssl_heard(look->of, look->ssl);
    look->sent = wr_openssl_sent(look->of, look->ssl);
    look->verify = WR_OPENSSL(look->of, SSL_get_verify_result)(look->ssl);
    if (by_queue && number != 0) {
        look->number = number;
        if (wr_openssl_error_lib(look->of, number) == WR_ERR_LIB_SSL)
            look->reason = wr_openssl_error_reason(look->of, number);
    }
    look->failure = find_failure(look);
}

/* "OpenSSL 3.0.19" of "OpenSSL 3.0.19 27 Jan 2026" */
static void set_library(const struct look *look)
{
    const char *text =
        WR_OPENSSL(look->of, OpenSSL_version) ? WR_OPENSSL(look->of, OpenSSL_version)(0) : NULL;
    const char *end = text != NULL ? strchr(text, ' ') : NULL;

    end = end != NULL ? strchr(end + 1, ' ') : NULL;
    if (text != NULL)
        wr_set_text(look->ev, WR_FACT_tls_library, text,
                    (uint32_t)(end != NULL ? (size_t)(end - text) : strnlen(text, 64)));
}

static void put_upper(struct wr_buf *buf, const char *word)
{
    for (; *word != '\0'; word++)
        wr_buf_char(buf, *word >= 'a' && *word <= 'z' ? (char)(*word - 'a' + 'A') : *word);
}

static void set_type(const struct look *look)
{
    char text[80];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));
    const char *word = NULL, *alert;

    if (look->failure == WR_TLS_VERIFY)
        word = wr_openssl_verify_word(look->verify);
    else if (look->failure == WR_TLS_EOF)
        word = "TLS_EOF";
    else if (look->failure == WR_TLS_RESET)
        word = "TLS_RESET";
    else if (look->failure == WR_TLS_STALLED)
        word = "TLS_STALLED";
    else if (look->failure == WR_TLS_REJECTED)
        word = "TLS_REJECTED";
    if (look->failure == WR_TLS_ALERT) {
        alert = wr_tls_alert_name(look->reason - WR_SSL_ALERT_BASE);
        wr_buf_str(&buf, "TLS_ALERT_");
        put_upper(&buf, alert != NULL ? alert : "UNKNOWN");
    } else {
        word = word != NULL ? word : wr_openssl_reason_word(look->reason);
        wr_buf_str(&buf, word != NULL ? word : "TLS_OTHER");
    }
    wr_set_text(look->ev, WR_FACT_tls_error_type, text, (uint32_t)buf.len);
}

static void set_failure(const struct look *look)
{
    const char *text = look->number != 0 && WR_OPENSSL(look->of, ERR_reason_error_string)
                           ? WR_OPENSSL(look->of, ERR_reason_error_string)(look->number)
                           : NULL;

    wr_set_uint(look->ev, WR_FACT_tls_failure, look->failure);
    set_type(look);
    if (text != NULL)
        wr_set_text(look->ev, WR_FACT_tls_error_text, text, (uint32_t)strnlen(text, 120));
    if (look->failure == WR_TLS_ALERT) {
        unsigned alert = look->reason - WR_SSL_ALERT_BASE;
        const char *name = wr_tls_alert_name(alert);

        wr_set_uint(look->ev, WR_FACT_tls_alert, alert);
        if (name != NULL)
            wr_set_str(look->ev, WR_FACT_tls_alert_name, name);
        wr_set_bool(look->ev, WR_FACT_tls_alert_received, true);
        wr_set_bool(look->ev, WR_FACT_tls_alert_late, look->state == WR_OPENSSL_DONE);
    }
}

/* After a fatal error the text is but "error": then by the number, of which later versions have
 * others. */
static void set_stage(const struct look *look)
{
    const char *text = WR_OPENSSL(look->of, SSL_state_string_long)
                           ? WR_OPENSSL(look->of, SSL_state_string_long)(look->ssl)
                           : NULL;
    static const char *const first[] = {"before anything was sent", "done", NULL,
                                        "read server hello", "read server certificate"};

    if (text == NULL || strcmp(text, "error") == 0) {
        text = (unsigned)look->state < sizeof(first) / sizeof(first[0]) ? first[look->state] : NULL;
        if (text == NULL && version_of(look) < 0x302)
            text = look->state == WRITE_HELLO         ? "write client hello"
                   : look->state == SERVER_READ_HELLO ? "read client hello"
                                                      : NULL;
    }
    if (text == NULL)
        return;
    if (strncmp(text, "SSLv3/TLS ", 10) == 0)
        text += 10;
    wr_set_text(look->ev, WR_FACT_tls_stage, text, (uint32_t)strnlen(text, 80));
}

static void set_progress(const struct look *look)
{
    struct wr_evidence *ev = look->ev;
    bool counts = WR_OPENSSL(look->of, BIO_number_read) != NULL &&
                  WR_OPENSSL(look->of, BIO_number_written) != NULL;

    wr_set_bool(ev, WR_FACT_tls_server_side, look->server);
    set_stage(look);
    if (look->state == WR_OPENSSL_DONE)
        wr_set_bool(ev, WR_FACT_tls_peer_done, true);
    if (!counts)
        return;
    wr_set_bool(ev, WR_FACT_tls_hello_sent, (look->server ? look->heard : look->sent) > 0);
    wr_set_bool(ev, WR_FACT_tls_heard, look->heard > 0);
    wr_set_uint(ev, WR_FACT_tls_sent_bytes, look->sent);
    wr_set_uint(ev, WR_FACT_tls_heard_bytes, look->heard);
}

/* What the program or the configuration allows; 0 = what the library can. Options take single
 * versions away; from security level 1 on 3.x refuses the digests of TLS 1.0 and 1.1. */
static bool allows(const struct look *look, unsigned version, long lowest, long highest)
{
    static const unsigned long off[] = {1ul << 26, 1ul << 28, 1ul << 27, 1ul << 29};
    unsigned long options = WR_OPENSSL(look->of, SSL_get_options)
                                ? WR_OPENSSL(look->of, SSL_get_options)(look->ssl)
                                : 0;
    int level = WR_OPENSSL(look->of, SSL_get_security_level)
                    ? WR_OPENSSL(look->of, SSL_get_security_level)(look->ssl)
                    : 0;

    if ((lowest != 0 && version < (unsigned long)lowest) ||
        (highest != 0 && version > (unsigned long)highest) ||
        (options & off[version - 0x0301]) != 0)
        return false;
    return version >= 0x0303 || level < 1 || version_of(look) < 0x300;
}

static void set_versions(const struct look *look)
{
    long lowest = 0, highest = 0;
    unsigned first = 0, last = 0;

    if (WR_OPENSSL(look->of, SSL_ctrl) != NULL) {
        lowest = WR_OPENSSL(look->of, SSL_ctrl)(look->ssl, GET_MIN_PROTO, 0, NULL);
        highest = WR_OPENSSL(look->of, SSL_ctrl)(look->ssl, GET_MAX_PROTO, 0, NULL);
    }
    for (unsigned version = 0x0301; version <= 0x0304; version++) {
        if (lowest > 0xf000 || highest > 0xf000 || !allows(look, version, lowest, highest))
            continue; /* DTLS counts down */
        first = first == 0 ? version : first;
        last = version;
    }
    if (first != 0) {
        wr_set_str(look->ev, WR_FACT_tls_version_lowest, wr_tls_version_name(first));
        wr_set_str(look->ev, WR_FACT_tls_version_highest, wr_tls_version_name(last));
    }
}

static void set_chosen(const struct look *look)
{
    const struct wr_tls_instance *of = look->of;
    const char *version = wr_tls_version_name((unsigned)WR_OPENSSL(of, SSL_version)(look->ssl));
    const void *cipher =
        WR_OPENSSL(of, SSL_get_current_cipher) && WR_OPENSSL(of, SSL_CIPHER_get_name)
            ? WR_OPENSSL(of, SSL_get_current_cipher)(look->ssl)
            : NULL;
    const char *name = cipher != NULL ? WR_OPENSSL(of, SSL_CIPHER_get_name)(cipher) : NULL;
    const unsigned char *alpn = NULL;
    unsigned len = 0;

    if (is_early(look) || look->heard == 0)
        return;
    if (version != NULL)
        wr_set_str(look->ev, WR_FACT_tls_version_peer, version);
    if (name != NULL)
        wr_set_text(look->ev, WR_FACT_tls_cipher, name, (uint32_t)strnlen(name, 80));
    if (WR_OPENSSL(of, SSL_get0_alpn_selected) != NULL)
        WR_OPENSSL(of, SSL_get0_alpn_selected)(look->ssl, &alpn, &len);
    if (alpn != NULL && len > 0 && len < 256)
        wr_set_text(look->ev, WR_FACT_tls_alpn_chosen, (const char *)alpn, len);
    else if (look->state == WR_OPENSSL_DONE)
        wr_set_absent(look->ev, WR_FACT_tls_alpn_chosen);
}

/* The server asked for a certificate: seen by the list of authorities that comes with that, always
 * up to TLS 1.2, and where there is one in TLS 1.3. It can't have before its hello. */
static void set_own_certificate(const struct look *look)
{
    const struct wr_tls_instance *of = look->of;
    bool asked = WR_OPENSSL(of, SSL_get0_peer_CA_list) != NULL &&
                 WR_OPENSSL(of, SSL_get0_peer_CA_list)(look->ssl) != NULL;
    unsigned alert = is_alert(look) ? look->reason - WR_SSL_ALERT_BASE : 0;
    bool is_12 = WR_OPENSSL(of, SSL_version)(look->ssl) <= 0x0303;

    if (WR_OPENSSL(of, SSL_get_certificate) != NULL)
        wr_set_bool(look->ev, WR_FACT_tls_certificate_own,
                    WR_OPENSSL(of, SSL_get_certificate)(look->ssl) != NULL);
    if (look->server || WR_OPENSSL(of, SSL_get0_peer_CA_list) == NULL)
        return;
    if (asked || alert == 116)
        wr_set_bool(look->ev, WR_FACT_tls_certificate_requested, true);
    else if (is_early(look) || (is_12 && look->state != WR_OPENSSL_DONE))
        wr_set_bool(look->ev, WR_FACT_tls_certificate_requested, false);
}

/* What the certificate has to be for: what the program told the library, else what it told the
 * server, else the name or the address that it connected to. */
static const char *asked_name(const struct look *look, char *space, size_t size)
{
    const struct wr_tls_instance *of = look->of;
    const char *name = NULL;
    void *param = WR_OPENSSL(of, SSL_get0_param) ? WR_OPENSSL(of, SSL_get0_param)(look->ssl) : NULL;
    struct wr_buf buf = wr_buf_on(space, size);

    if (param != NULL && WR_OPENSSL(of, X509_VERIFY_PARAM_get0_host) != NULL)
        name = WR_OPENSSL(of, X509_VERIFY_PARAM_get0_host)(param, 0);
    if (name == NULL && WR_OPENSSL(of, SSL_get_servername) != NULL)
        name = WR_OPENSSL(of, SSL_get_servername)(look->ssl, SERVERNAME_HOST);
    if (name == NULL && look->attempt->name[0] != '\0')
        name = look->attempt->name;
    if (name != NULL)
        wr_buf_mem(&buf, name, strnlen(name, WR_NAME_MAX));
    else if (look->attempt->target.family != 0)
        wr_buf_addr(&buf, &look->attempt->target);
    return wr_buf_terminate(&buf);
}

static void set_names(const struct look *look, const char *asked)
{
    const char *sni = WR_OPENSSL(look->of, SSL_get_servername)
                          ? WR_OPENSSL(look->of, SSL_get_servername)(look->ssl, SERVERNAME_HOST)
                          : NULL;

    if (sni != NULL)
        wr_set_text(look->ev, WR_FACT_tls_sni, sni, (uint32_t)strnlen(sni, WR_NAME_MAX));
    else
        wr_set_absent(look->ev, WR_FACT_tls_sni);
    if (asked[0] != '\0' && !look->server)
        wr_set_str(look->ev, WR_FACT_tls_asked_name, asked);
}

/* Certificates of the stack in DER, in space of ours: i2d_X509() then allocates nothing. */
static unsigned write_chain(const struct look *look, void *stack, void *first, char *space,
                            size_t room, struct wr_der *chain)
{
    const struct wr_tls_instance *of = look->of;
    int count = stack != NULL ? WR_OPENSSL(of, OPENSSL_sk_num)(stack) : 0;
    unsigned kept = 0;

    for (int i = first != NULL ? -1 : 0; i < count && kept < WR_TLS_CHAIN_MAX; i++) {
        void *certificate = i < 0 ? first : WR_OPENSSL(of, OPENSSL_sk_value)(stack, i);
        unsigned char *at = (unsigned char *)space;
        int len = certificate != NULL ? WR_OPENSSL(of, i2d_X509)(certificate, NULL) : -1;

        if (len <= 0 || (size_t)len > room || WR_OPENSSL(of, i2d_X509)(certificate, &at) != len)
            break;
        chain[kept++] = (struct wr_der){(unsigned char *)space, (size_t)len};
        space += len;
        room -= (size_t)len;
    }
    return kept;
}

/* A client's list has the server's own certificate, a server's has not the client's own. 1.1 drops
 * the list when it fails: then the one that was put together for the verification. */
static unsigned take_chain(const struct look *look, char *space, size_t room, struct wr_der *chain)
{
    const struct wr_tls_instance *of = look->of;
    void *stack, *first = NULL;

    if (!WR_OPENSSL(of, SSL_get_peer_cert_chain) || !WR_OPENSSL(of, OPENSSL_sk_num) ||
        !WR_OPENSSL(of, OPENSSL_sk_value) || !WR_OPENSSL(of, i2d_X509))
        return 0;
    stack = WR_OPENSSL(of, SSL_get_peer_cert_chain)(look->ssl);
    if (look->server && WR_OPENSSL(of, SSL_get0_peer_certificate) != NULL)
        first = WR_OPENSSL(of, SSL_get0_peer_certificate)(look->ssl);
    if (stack == NULL && first == NULL && WR_OPENSSL(of, SSL_get0_verified_chain) != NULL)
        stack = WR_OPENSSL(of, SSL_get0_verified_chain)(look->ssl);
    return write_chain(look, stack, first, space, room, chain);
}

/* OpenSSL does not keep the depth. It looks at the dates from the top down. -1 = none of those
 * sent, or not known. */
static int find_culprit(const struct look *look, const struct wr_der *chain, unsigned count)
{
    switch (look->verify) {
    case 21: /* X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE */
    case 26: /* X509_V_ERR_INVALID_PURPOSE */
    case 66: /* X509_V_ERR_EE_KEY_TOO_SMALL */
        return 0;
    default:
        return wr_tls_find_culprit(wr_openssl_verify(look->verify), chain, count,
                                   look->attempt->time_us);
    }
}

static void set_verification(const struct look *look, int culprit, unsigned count)
{
    struct wr_evidence *ev = look->ev;
    int mode = WR_OPENSSL(look->of, SSL_get_verify_mode)(look->ssl);
    const char *text;

    if (!look->server) /* a server asks few clients for a certificate */
        wr_set_bool(ev, WR_FACT_tls_verify_off, (mode & VERIFY_PEER) == 0);
    if (look->failure != WR_TLS_VERIFY && !(look->failure == WR_TLS_REJECTED && look->verify != 0))
        return;
    wr_set_uint(ev, WR_FACT_tls_verify,
                look->verify != 0 ? wr_openssl_verify(look->verify) : WR_VERIFY_OTHER);
    if (look->verify == 0)
        return;
    wr_set_uint(ev, WR_FACT_tls_verify_code, (uint64_t)look->verify);
    text = WR_OPENSSL(look->of, X509_verify_cert_error_string)
               ? WR_OPENSSL(look->of, X509_verify_cert_error_string)(look->verify)
               : NULL;
    if (text != NULL)
        wr_set_text(ev, WR_FACT_tls_verify_text, text, (uint32_t)strnlen(text, 120));
    if (culprit >= 0)
        wr_set_uint(ev, WR_FACT_tls_verify_depth, (uint64_t)culprit);
    else if (count > 0 && (wr_openssl_verify(look->verify) == WR_VERIFY_EXPIRED ||
                           wr_openssl_verify(look->verify) == WR_VERIFY_NOT_YET))
        wr_set_uint(ev, WR_FACT_tls_verify_depth, count); /* of this side's own */
}

static void look_at(const struct wr_handshake *handshake, struct wr_probe_ctx *ctx)
{
    struct look look = {.of = wr_openssl_of(handshake->object),
                        .ssl = handshake->object,
                        .handshake = handshake,
                        .attempt = ctx->attempt,
                        .ev = ctx->ev};
    struct wr_der chain[WR_TLS_CHAIN_MAX];
    char name[WR_NAME_MAX + 1];
    const char *asked;
    unsigned count;
    int culprit;

    if (look.of == NULL || !wr_openssl_is_complete(look.of))
        return;
    begin(&look);
    set_library(&look);
    set_failure(&look);
    set_progress(&look);
    set_versions(&look);
    set_chosen(&look);
    set_own_certificate(&look);
    if (WR_OPENSSL(look.of, SSL_get_security_level) != NULL)
        wr_set_uint(ctx->ev, WR_FACT_tls_security_level,
                    (uint64_t)WR_OPENSSL(look.of, SSL_get_security_level)(look.ssl));
    asked = asked_name(&look, name, sizeof(name));
    set_names(&look, asked);
    count = take_chain(&look, ctx->scratch, WR_PROBE_SCRATCH, chain);
    culprit = find_culprit(&look, chain, count);
    set_verification(&look, culprit, count);
    if (count > 0)
        wr_tls_set_chain(ctx->ev, chain, count, culprit, look.server ? NULL : asked);
    if (look.failure == WR_TLS_REJECTED && look.verify == 0 &&
        wr_ev_false(ctx->ev, WR_FACT_tls_name_matches))
        wr_set_uint(ctx->ev, WR_FACT_tls_verify, WR_VERIFY_NAME);
}

const struct wr_tls_library wr_tls_openssl = {.name = "OpenSSL", .look = look_at};
