/* SPDX-License-Identifier: MIT
 * What NSS knows of a handshake that failed: facts of the section "the handshake". Of the chain
 * only the peer's own certificate: a list of the others is made anew for whoever asks. */
#include "tls/nss.h"

#include <string.h>

#include "base/tlsalert.h"
#include "base/x509.h"
#include "tls/common.h"
#include "track/wire.h"

const struct wr_tls_names wr_nss_names = {.count = WR_NSS_FUNCTIONS,
                                          .name = {
#define FUNCTION(result, name, arguments) #name,
#include "tls/nss.def"
#undef FUNCTION
                                          }};
_Static_assert(WR_NSS_FUNCTIONS <= WR_TLS_FUNCTIONS, "room");
struct wr_tls_single wr_nss_single;

enum { SSL_BASE = -12288, SEC_BASE = -8192, PKIX_BASE = -16384, RANGE = 1000 };
#define SSL(number) (SSL_BASE + (number))
#define SEC(number) (SEC_BASE + (number))
#define PKIX(number) (PKIX_BASE + (number))

/* nss/sslerr.h, nss/secerr.h, and mozilla::pkix of Firefox */
static const struct wr_tls_row errors[] = {
    {SSL(2), WR_TLS_CIPHER, 0, NULL},
    {SSL(3), WR_TLS_PROTOCOL, 0, NULL},
    {SSL(4), WR_TLS_VERIFY, WR_VERIFY_OTHER, NULL},
    {SSL(9), WR_TLS_VERSION, 0, NULL},
    {SSL(12), WR_TLS_VERIFY, WR_VERIFY_NAME, NULL},
    {SSL(14), WR_TLS_VERSION, 0, NULL},
    {SSL(20), WR_TLS_LOCAL, 0, NULL},
    {SSL(22), WR_TLS_CIPHER, 0, NULL},
    {SSL(23), WR_TLS_LOCAL, 0, NULL},
    {SSL(25), WR_TLS_NOT_TLS, 0, NULL},
    {SSL(55), WR_TLS_NOT_TLS, 0, NULL},
    {SSL(58), WR_TLS_EOF, 0, NULL},
    {SSL(65), WR_TLS_LOCAL, 0, NULL},
    {SSL(78), WR_TLS_WEAK, 0, NULL},
    {SSL(82), WR_TLS_LOCAL, 0, NULL},
    {SSL(89), WR_TLS_PROTOCOL, 0, NULL},
    {SSL(112), WR_TLS_RENEGOTIATION, 0, NULL},
    {SSL(113), WR_TLS_RENEGOTIATION, 0, NULL},
    {SSL(115), WR_TLS_WEAK, 0, NULL},
    {SSL(120), WR_TLS_LOCAL, 0, NULL},
    {SSL(126), WR_TLS_CIPHER, 0, NULL},
    {SSL(128), WR_TLS_CIPHER, 0, NULL},
    {SSL(132), WR_TLS_VERIFY, WR_VERIFY_WEAK_KEY, NULL},
    {SSL(134), WR_TLS_CIPHER, 0, NULL},
    {SSL(135), WR_TLS_CIPHER, 0, NULL},
    {SSL(165), WR_TLS_REJECTED, 0, NULL},
    {SSL(179), WR_TLS_NOT_TLS, 0, NULL},
    {SEC(10), WR_TLS_VERIFY, WR_VERIFY_OTHER, NULL},
    {SEC(11), WR_TLS_VERIFY, WR_VERIFY_EXPIRED, NULL},
    {SEC(12), WR_TLS_VERIFY, WR_VERIFY_REVOKED, NULL},
    {SEC(13), WR_TLS_VERIFY, WR_VERIFY_ISSUER, NULL},
    {SEC(20), WR_TLS_VERIFY, WR_VERIFY_ISSUER, NULL},
    {SEC(21), WR_TLS_VERIFY, WR_VERIFY_ISSUER, NULL},
    {SEC(28), WR_TLS_VERIFY, WR_VERIFY_OTHER, NULL},
    {SEC(30), WR_TLS_VERIFY, WR_VERIFY_EXPIRED, NULL},
    {SEC(31), WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {SEC(32), WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {SEC(33), WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {SEC(36), WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {SEC(37), WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {SEC(41), WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {SEC(90), WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {SEC(91), WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {SEC(111), WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {SEC(116), WR_TLS_VERIFY, WR_VERIFY_ISSUER, NULL},
    {SEC(126), WR_TLS_VERIFY, WR_VERIFY_NO_CRL, NULL},
    {SEC(145), WR_TLS_VERIFY, WR_VERIFY_REVOKED, NULL},
    {SEC(146), WR_TLS_VERIFY, WR_VERIFY_REVOKED, NULL},
    {SEC(176), WR_TLS_VERIFY, WR_VERIFY_WEAK_DIGEST, NULL},
    {PKIX(1), WR_TLS_VERIFY, WR_VERIFY_PURPOSE, NULL},
    {PKIX(2), WR_TLS_VERIFY, WR_VERIFY_WEAK_KEY, NULL},
    {PKIX(5), WR_TLS_VERIFY, WR_VERIFY_NOT_YET, NULL},
    {PKIX(6), WR_TLS_VERIFY, WR_VERIFY_NOT_YET, NULL},
    {PKIX(14), WR_TLS_VERIFY, WR_VERIFY_SELF_SIGNED, NULL},
};

struct alert {
    unsigned char number, alert;
};

/* SSL_ERROR_..._ALERT */
static const struct alert alerts[] = {
    {16, 20},   {17, 42},   {18, 44},   {19, 45},   {59, 10},  {60, 30},   {61, 40},   {62, 47},
    {63, 43},   {64, 46},   {91, 21},   {92, 22},   {93, 48},  {94, 49},   {95, 50},   {96, 51},
    {97, 60},   {98, 70},   {99, 71},   {100, 80},  {101, 90}, {102, 100}, {104, 110}, {105, 111},
    {106, 112}, {107, 113}, {108, 114}, {130, 120}, {131, 86}, {143, 109}, {181, 116},
};

bool wr_nss_is_of_tls(int32_t number)
{
    return (number >= SSL_BASE && number < SSL_BASE + RANGE) ||
           (number >= SEC_BASE && number < SEC_BASE + RANGE) ||
           (number >= PKIX_BASE && number < PKIX_BASE + RANGE);
}

int wr_nss_alert(int32_t number)
{
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        if (number == SSL(alerts[i].number))
            return alerts[i].alert;
    }
    return -1;
}

#define DESCRIPTORS 256 /* power of two */
static _Atomic uintptr_t done[DESCRIPTORS];

static _Atomic uintptr_t *place_of(const void *fd)
{
    uintptr_t word = (uintptr_t)fd;

    return &done[(word >> 4 ^ word >> 12) & (DESCRIPTORS - 1)];
}

void wr_nss_came_good(const void *fd)
{
    if (atomic_load_explicit(place_of(fd), memory_order_relaxed) != (uintptr_t)fd)
        atomic_store_explicit(place_of(fd), (uintptr_t)fd, memory_order_relaxed);
}

void wr_nss_begins(const void *fd)
{
    uintptr_t expected = (uintptr_t)fd;

    atomic_compare_exchange_strong(place_of(fd), &expected, 0);
}

bool wr_nss_is_certainly_tls(const struct wr_tls_instance *of, void *fd)
{
    struct wr_nss_channel channel;

    return wr_nss_is_tls(of, fd) &&
           (WR_NSS(of, SSL_GetChannelInfo) == NULL ||
            WR_NSS(of, SSL_GetChannelInfo)(fd, &channel, sizeof(channel)) == 0);
}

/* After an error the library itself does not always say so. */
bool wr_nss_is_done(const struct wr_tls_instance *of, void *fd)
{
    struct wr_nss_channel channel;

    if (atomic_load_explicit(place_of(fd), memory_order_relaxed) == (uintptr_t)fd)
        return true;
    memset(&channel, 0, sizeof(channel));
    return WR_NSS(of, SSL_GetChannelInfo) != NULL &&
           WR_NSS(of, SSL_GetChannelInfo)(fd, &channel, sizeof(channel)) == 0 &&
           channel.length > 0 && channel.version != 0;
}

static enum wr_tls_failure find_failure(const struct wr_attempt *attempt, int32_t number,
                                        const struct wr_tls_row *row)
{
    if (attempt->outcome == WR_OUTCOME_CLOSED)
        return attempt->error != 0 ? WR_TLS_RESET : WR_TLS_EOF;
    if (wr_nss_alert(number) >= 0)
        return WR_TLS_ALERT;
    if (number == WR_NSS_TIMEOUT)
        return WR_TLS_STALLED;
    if (row != NULL)
        return (enum wr_tls_failure)row->failure;
    return wr_nss_is_of_tls(number) ? WR_TLS_PROTOCOL : WR_TLS_OTHER;
}

/* Dates that have not come are "expired" here, too. */
static enum wr_tls_verify refine(enum wr_tls_verify verify, const struct wr_der *own,
                                 uint64_t time_us)
{
    struct wr_x509 certificate;

    if (!wr_x509_read(own->at, own->len, &certificate))
        return verify;
    if (verify == WR_VERIFY_EXPIRED && (int64_t)(time_us / 1000000) < certificate.not_before)
        return WR_VERIFY_NOT_YET;
    return verify == WR_VERIFY_ISSUER && certificate.self_issued ? WR_VERIFY_SELF_SIGNED : verify;
}

/* One is known, and how many there were is not. */
static void set_own(struct wr_evidence *ev, const struct wr_der *own, const char *asked)
{
    static const uint16_t unknown[] = {WR_FACT_tls_chain_length, WR_FACT_tls_top_subject,
                                       WR_FACT_tls_top_issuer, WR_FACT_tls_top_self_signed,
                                       WR_FACT_tls_top_issuer_url};

    wr_tls_set_chain(ev, own, 1, 0, asked);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        ev->state[unknown[i]] = WR_UNKNOWN;
}

static void set_words(struct wr_evidence *ev, const struct wr_tls_instance *of, int32_t number,
                      enum wr_tls_verify verify)
{
    const char *name =
        WR_NSS(of, PR_ErrorToName) != NULL ? WR_NSS(of, PR_ErrorToName)(number) : NULL;
    const char *text = name != NULL && WR_NSS(of, PR_ErrorToString) != NULL
                           ? WR_NSS(of, PR_ErrorToString)(number, 0)
                           : NULL;

    wr_tls_set_words(ev, WR_FACT_tls_error_text, text != NULL ? text : name);
    if (verify == 0)
        return;
    wr_tls_set_words(ev, WR_FACT_tls_verify_text, text != NULL ? text : name);
    wr_set_uint(ev, WR_FACT_tls_verify_code, (uint64_t) - (int64_t)number);
}

static void set_failure(struct wr_probe_ctx *ctx, const struct wr_tls_instance *of, int32_t number,
                        const struct wr_nss_certificate *certificate)
{
    const struct wr_tls_row *row = WR_TLS_FIND(errors, number);
    enum wr_tls_failure failure = find_failure(ctx->attempt, number, row);
    struct wr_der own = {NULL, 0};
    enum wr_tls_verify verify = failure == WR_TLS_VERIFY ? (enum wr_tls_verify)row->verify : 0;
    int alert = failure == WR_TLS_ALERT ? wr_nss_alert(number) : -1;
    char name[WR_NAME_MAX];

    if (certificate != NULL)
        own = (struct wr_der){certificate->der.data, certificate->der.len};
    if (verify != 0 && own.at != NULL)
        verify = refine(verify, &own, ctx->attempt->time_us);
    /* it waits for the rest of what it takes for a record: whether it was one is told by the bytes
     */
    if (failure != WR_TLS_EOF || ctx->attempt->fd < 0 || !wr_wire_maybe(ctx->attempt->fd))
        wr_tls_set_failure(ctx->ev, failure, verify, alert);
    if (alert >= 0)
        wr_tls_set_alert(ctx->ev, alert, true, wr_nss_is_done(of, ctx->attempt->handshake.object));
    set_words(ctx->ev, of, number, verify);
    if (own.at != NULL)
        set_own(ctx->ev, &own, wr_tls_asked_name(ctx->attempt, name, sizeof(name)));
}

static void look_at(const struct wr_handshake *handshake, struct wr_probe_ctx *ctx)
{
    const struct wr_tls_instance *of = handshake->instance;
    void *fd = handshake->object;
    struct wr_nss_certificate *certificate = NULL;
    int32_t number = (int32_t)handshake->result;

    if (of == NULL)
        return;
    wr_tls_set_library(ctx->ev, "NSS",
                       WR_NSS(of, NSS_GetVersion) ? WR_NSS(of, NSS_GetVersion)() : NULL);
    if (WR_NSS(of, SSL_PeerCertificate) != NULL && WR_NSS(of, CERT_DestroyCertificate) != NULL)
        certificate = WR_NSS(of, SSL_PeerCertificate)(fd); /* counts one more reference */
    set_failure(ctx, of, number, certificate);
    if (certificate != NULL) {
        wr_set_bool(ctx->ev, WR_FACT_tls_heard, true);
        WR_NSS(of, CERT_DestroyCertificate)(certificate);
    }
}

const struct wr_tls_library wr_tls_nss = {.name = "NSS", .look = look_at};
