/* SPDX-License-Identifier: MIT
 * What the libraries have in common: their error numbers as rows, and the facts
 * that follow from those. For tls/; after the first failure. */
#ifndef WR_TLS_COMMON_H
#define WR_TLS_COMMON_H

#include <stdbool.h>
#include <stddef.h>

#include "tls/tls.h"
#include "whyrefused/faults.h"

/* A number of the library's: what it means, and its words for it. */
struct wr_tls_row {
    long number;
    int failure;      /* enum wr_tls_failure */
    int verify;       /* enum wr_tls_verify, where the failure is WR_TLS_VERIFY; 0 = not known */
    const char *text; /* NULL = asked of the library */
};

/* NULL where there is none. */
const struct wr_tls_row *wr_tls_find_row(const struct wr_tls_row *rows, size_t count, long number);
#define WR_TLS_FIND(rows, number) \
    wr_tls_find_row((rows), sizeof(rows) / sizeof((rows)[0]), (number))

/* Sets tls_failure and tls_error_type. verify: where the failure is WR_TLS_VERIFY, else 0. alert:
 * number; -1 = none, or not known. */
void wr_tls_set_failure(struct wr_evidence *ev, enum wr_tls_failure failure,
                        enum wr_tls_verify verify, int alert);
/* Sets the tls_alert facts. */
void wr_tls_set_alert(struct wr_evidence *ev, int alert, bool received, bool late);
/* "GnuTLS 3.7.9"; version NULL = not known. */
void wr_tls_set_library(struct wr_evidence *ev, const char *name, const char *version);
/* A text of the library's that is bounded by us; nothing for NULL and "". */
void wr_tls_set_words(struct wr_evidence *ev, enum wr_fact fact, const char *text);

/* The name that the certificate has to be for, where the library does not say: what the program
 * looked up, or the address that it connected to. */
const char *wr_tls_asked_name(const struct wr_attempt *attempt, char *space, size_t size);

/* Libraries say only that the issuer is not known: whether the certificate is its own issuer is
 * told by the chain. */
enum wr_tls_verify wr_tls_refine(enum wr_tls_verify verify, const struct wr_der *chain,
                                 unsigned count);
/* Which certificate of the chain is meant; -1 = not known. */
int wr_tls_find_culprit(enum wr_tls_verify verify, const struct wr_der *chain, unsigned count,
                        uint64_t time_us);

#endif
