/* SPDX-License-Identifier: MIT
 * Reads certificates (RFC 5280) in DER. Pure and bounded; what it gives points into the input.
 * Nothing is verified: it is only said what stands there. */
#ifndef WR_BASE_X509_H
#define WR_BASE_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct wr_span {
    const unsigned char *at; /* NULL = not there */
    size_t len;
};

struct wr_x509 {
    struct wr_span subject, issuer;         /* Name, with its header */
    int64_t not_before, not_after;          /* seconds since the epoch */
    struct wr_span key, signature;          /* SubjectPublicKeyInfo, AlgorithmIdentifier: inside */
    struct wr_span names, use, issuer_urls; /* contents of the extensions */
    bool ca;                                /* basicConstraints says so */
    bool self_issued;                       /* subject and issuer are the same */
};

/* False where it is no certificate. */
bool wr_x509_read(const unsigned char *der, size_t len, struct wr_x509 *ret);

/* "CN=db.test, O=Example" (in the manner of RFC 4514): the common name and the organisation, or
 * what else there is. Nothing for an empty name. */
void wr_x509_put_name(struct wr_buf *buf, struct wr_span name);
/* "RSA 2048 bits", "EC P-256", "Ed25519"; nothing where it is not known. */
void wr_x509_put_key(struct wr_buf *buf, const struct wr_x509 *certificate);
/* "SHA-256"; NULL where it is not known. For usable tables: after the first failure. */
const char *wr_x509_digest(const struct wr_x509 *certificate);
/* "server, client"; nothing where it does not say. */
void wr_x509_put_use(struct wr_buf *buf, const struct wr_x509 *certificate);
/* The first http URL of the issuer's certificate; at NULL = none. */
struct wr_span wr_x509_issuer_url(const struct wr_x509 *certificate);

/* The names that it is for, separated by ", ": at most `max`, then "and 12 more"; the common name
 * where there is no subjectAltName. */
void wr_x509_put_names(struct wr_buf *buf, const struct wr_x509 *certificate, unsigned max);
/* One of them is the name (RFC 6125): a host name, or an IP address as text. */
bool wr_x509_is_for(const struct wr_x509 *certificate, const char *name);

/* "2026-01-01T00:00:00Z"; nothing before 1970. */
void wr_x509_put_date(struct wr_buf *buf, int64_t seconds);

#endif
