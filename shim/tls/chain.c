/* SPDX-License-Identifier: MIT
 * The facts of the peer's certificates, whichever library had them. See tls.h. */
#include <string.h>

#include "base/clock.h"
#include "base/x509.h"
#include "tls/tls.h"

#define TEXT_MAX 400
#define NAMES_MAX 8
#define DAY 86400

/* A text that is there, else absent. */
static void set_text(struct wr_evidence *ev, enum wr_fact fact, const struct wr_buf *buf)
{
    if (buf->len > 0)
        wr_set_text(ev, fact, buf->data, (uint32_t)buf->len);
    else
        wr_set_absent(ev, fact);
}

static void set_name(struct wr_evidence *ev, enum wr_fact fact, struct wr_span name)
{
    char text[TEXT_MAX];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_x509_put_name(&buf, name);
    set_text(ev, fact, &buf);
}

static void set_date(struct wr_evidence *ev, enum wr_fact fact, int64_t seconds)
{
    char text[40];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_x509_put_date(&buf, seconds);
    if (buf.len > 0)
        wr_set_text(ev, fact, text, (uint32_t)buf.len);
}

static void set_validity(struct wr_evidence *ev, const struct wr_x509 *certificate, int64_t now)
{
    bool expired = now > certificate->not_after, early = now < certificate->not_before;

    set_date(ev, WR_FACT_tls_cert_not_before, certificate->not_before);
    set_date(ev, WR_FACT_tls_cert_not_after, certificate->not_after);
    wr_set_bool(ev, WR_FACT_tls_cert_expired, expired);
    wr_set_bool(ev, WR_FACT_tls_cert_not_yet, early);
    if (expired)
        wr_set_uint(ev, WR_FACT_tls_cert_off_days, (uint64_t)(now - certificate->not_after) / DAY);
    else if (early)
        wr_set_uint(ev, WR_FACT_tls_cert_off_days, (uint64_t)(certificate->not_before - now) / DAY);
}

static void set_kind(struct wr_evidence *ev, const struct wr_x509 *certificate)
{
    char text[TEXT_MAX];
    struct wr_buf key = wr_buf_on(text, sizeof(text)), use = key;
    const char *digest = wr_x509_digest(certificate);

    wr_set_bool(ev, WR_FACT_tls_cert_self_signed, certificate->self_issued);
    wr_set_bool(ev, WR_FACT_tls_cert_ca, certificate->ca);
    wr_x509_put_key(&key, certificate);
    if (key.len > 0)
        wr_set_text(ev, WR_FACT_tls_cert_key, text, (uint32_t)key.len);
    if (digest != NULL)
        wr_set_str(ev, WR_FACT_tls_cert_digest, digest);
    wr_x509_put_use(&use, certificate);
    set_text(ev, WR_FACT_tls_cert_use, &use);
}

static void set_top(struct wr_evidence *ev, const struct wr_x509 *top)
{
    struct wr_span url = wr_x509_issuer_url(top);

    set_name(ev, WR_FACT_tls_top_subject, top->subject);
    set_name(ev, WR_FACT_tls_top_issuer, top->issuer);
    wr_set_bool(ev, WR_FACT_tls_top_self_signed, top->self_issued);
    if (url.at != NULL)
        wr_set_text(ev, WR_FACT_tls_top_issuer_url, (const char *)url.at, (uint32_t)url.len);
    else
        wr_set_absent(ev, WR_FACT_tls_top_issuer_url);
}

static void set_own(struct wr_evidence *ev, const struct wr_x509 *own, const char *asked_name)
{
    char text[TEXT_MAX];
    struct wr_buf names = wr_buf_on(text, sizeof(text));

    wr_x509_put_names(&names, own, NAMES_MAX);
    set_text(ev, WR_FACT_tls_cert_names, &names);
    if (asked_name != NULL && asked_name[0] != '\0')
        wr_set_bool(ev, WR_FACT_tls_name_matches, wr_x509_is_for(own, asked_name));
}

void wr_tls_set_chain(struct wr_evidence *ev, const struct wr_der *chain, unsigned count,
                      int culprit, const char *asked_name)
{
    int64_t now = (int64_t)(wr_clock_ns(CLOCK_REALTIME) / 1000000000u);
    struct wr_x509 certificate;

    wr_set_uint(ev, WR_FACT_tls_chain_length, count);
    if (count == 0)
        return;
    if (wr_x509_read(chain[0].at, chain[0].len, &certificate))
        set_own(ev, &certificate, asked_name);
    if (wr_x509_read(chain[count - 1].at, chain[count - 1].len, &certificate))
        set_top(ev, &certificate);
    culprit = culprit >= 0 && (unsigned)culprit < count ? culprit : 0;
    if (!wr_x509_read(chain[culprit].at, chain[culprit].len, &certificate))
        return;
    set_name(ev, WR_FACT_tls_cert_subject, certificate.subject);
    set_name(ev, WR_FACT_tls_cert_issuer, certificate.issuer);
    set_validity(ev, &certificate, now);
    set_kind(ev, &certificate);
}
