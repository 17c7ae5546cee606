/* SPDX-License-Identifier: MIT
 * See common.h. */
#include "tls/common.h"

#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/tlsalert.h"
#include "base/x509.h"

#define WORDS_MAX 120

const struct wr_tls_row *wr_tls_find_row(const struct wr_tls_row *rows, size_t count, long number)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].number == number)
            return &rows[i];
    }
    return NULL;
}

void wr_tls_set_words(struct wr_evidence *ev, enum wr_fact fact, const char *text)
{
    if (text != NULL && text[0] != '\0')
        wr_set_text(ev, fact, text, (uint32_t)strnlen(text, WORDS_MAX));
}

void wr_tls_set_library(struct wr_evidence *ev, const char *name, const char *version)
{
    char text[64];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_buf_str(&buf, name);
    if (version != NULL && version[0] != '\0') {
        wr_buf_char(&buf, ' ');
        wr_buf_mem(&buf, version, strnlen(version, 32));
    }
    wr_set_text(ev, WR_FACT_tls_library, text, (uint32_t)buf.len);
}

static const char *const failures[] = {
    [WR_TLS_VERIFY] = "CERTIFICATE_VERIFY_FAILED",
    [WR_TLS_ALERT] = "TLS_ALERT",
    [WR_TLS_NOT_TLS] = "TLS_WRONG_PROTOCOL",
    [WR_TLS_EOF] = "TLS_EOF",
    [WR_TLS_RESET] = "TLS_RESET",
    [WR_TLS_STALLED] = "TLS_TIMEOUT",
    [WR_TLS_VERSION] = "TLS_VERSION",
    [WR_TLS_CIPHER] = "TLS_NO_COMMON_CIPHER",
    [WR_TLS_RENEGOTIATION] = "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    [WR_TLS_WEAK] = "TLS_INSUFFICIENT_SECURITY",
    [WR_TLS_LOCAL] = "TLS_LOCAL",
    [WR_TLS_PROTOCOL] = "TLS_PROTOCOL",
    [WR_TLS_REJECTED] = "TLS_REJECTED_BY_PROGRAM",
    [WR_TLS_OTHER] = "TLS_OTHER",
};

/* As OpenSSL names them. */
static const char *const verifications[] = {
    [WR_VERIFY_EXPIRED] = "CERT_HAS_EXPIRED",
    [WR_VERIFY_NOT_YET] = "CERT_NOT_YET_VALID",
    [WR_VERIFY_SELF_SIGNED] = "DEPTH_ZERO_SELF_SIGNED_CERT",
    [WR_VERIFY_SELF_SIGNED_CHAIN] = "SELF_SIGNED_CERT_IN_CHAIN",
    [WR_VERIFY_ISSUER] = "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    [WR_VERIFY_NAME] = "HOSTNAME_MISMATCH",
    [WR_VERIFY_REVOKED] = "CERT_REVOKED",
    [WR_VERIFY_PURPOSE] = "INVALID_PURPOSE",
    [WR_VERIFY_WEAK_KEY] = "EE_KEY_TOO_SMALL",
    [WR_VERIFY_WEAK_DIGEST] = "CA_MD_TOO_WEAK",
    [WR_VERIFY_NO_CRL] = "UNABLE_TO_GET_CRL",
    [WR_VERIFY_OTHER] = "CERT_REJECTED",
};

void wr_tls_set_failure(struct wr_evidence *ev, enum wr_tls_failure failure,
                        enum wr_tls_verify verify, int alert)
{
    const char *name = alert >= 0 ? wr_tls_alert_name((unsigned)alert) : NULL;
    char text[80];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_set_uint(ev, WR_FACT_tls_failure, failure);
    if (failure == WR_TLS_VERIFY && verify != 0)
        wr_buf_str(&buf, verifications[verify]);
    else
        wr_buf_str(&buf, failures[failure]);
    if (failure == WR_TLS_ALERT && name != NULL) {
        wr_buf_char(&buf, '_');
        for (; *name != '\0'; name++)
            wr_buf_char(&buf, *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name);
    }
    wr_set_text(ev, WR_FACT_tls_error_type, text, (uint32_t)buf.len);
    if (failure == WR_TLS_VERIFY && verify != 0)
        wr_set_uint(ev, WR_FACT_tls_verify, verify);
}

void wr_tls_set_alert(struct wr_evidence *ev, int alert, bool received, bool late)
{
    const char *name = wr_tls_alert_name((unsigned)alert);

    wr_set_uint(ev, WR_FACT_tls_alert, (uint64_t)alert);
    if (name != NULL)
        wr_set_str(ev, WR_FACT_tls_alert_name, name);
    wr_set_bool(ev, WR_FACT_tls_alert_received, received);
    wr_set_bool(ev, WR_FACT_tls_alert_late, late);
}

const char *wr_tls_asked_name(const struct wr_attempt *attempt, char *space, size_t size)
{
    struct wr_buf buf = wr_buf_on(space, size);

    if (attempt->name[0] != '\0')
        wr_buf_str(&buf, attempt->name);
    else if (attempt->target.family != 0)
        wr_buf_addr(&buf, &attempt->target);
    return wr_buf_terminate(&buf);
}

enum wr_tls_verify wr_tls_refine(enum wr_tls_verify verify, const struct wr_der *chain,
                                 unsigned count)
{
    struct wr_x509 certificate;

    if (verify != WR_VERIFY_ISSUER || count == 0 ||
        !wr_x509_read(chain[count - 1].at, chain[count - 1].len, &certificate) ||
        !certificate.self_issued)
        return verify;
    return count == 1 ? WR_VERIFY_SELF_SIGNED : WR_VERIFY_SELF_SIGNED_CHAIN;
}

int wr_tls_find_culprit(enum wr_tls_verify verify, const struct wr_der *chain, unsigned count,
                        uint64_t time_us)
{
    int64_t now = (int64_t)(time_us / 1000000);
    struct wr_x509 certificate;

    if (count == 0)
        return -1;
    if (verify == WR_VERIFY_NAME || verify == WR_VERIFY_SELF_SIGNED)
        return 0;
    if (verify == WR_VERIFY_ISSUER || verify == WR_VERIFY_SELF_SIGNED_CHAIN)
        return (int)count - 1;
    for (int i = (int)count - 1; i >= 0; i--) {
        const char *digest;

        if (!wr_x509_read(chain[i].at, chain[i].len, &certificate))
            continue;
        digest = wr_x509_digest(&certificate);
        if ((verify == WR_VERIFY_EXPIRED && now > certificate.not_after) ||
            (verify == WR_VERIFY_NOT_YET && now < certificate.not_before) ||
            (verify == WR_VERIFY_WEAK_DIGEST && !certificate.self_issued && digest != NULL &&
             (strcmp(digest, "SHA-1") == 0 || digest[0] == 'M')))
            return i;
    }
    return -1;
}
