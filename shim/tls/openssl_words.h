/* SPDX-License-Identifier: MIT
 * What OpenSSL's numbers mean: reasons of libssl (openssl/sslerr.h) and of a failed verification
 * (openssl/x509_vfy.h), the same in 1.1 and later. For openssl_look.c; after the first failure. */
#ifndef WR_TLS_OPENSSL_WORDS_H
#define WR_TLS_OPENSSL_WORDS_H

#include "whyrefused/faults.h"

/* WR_TLS_OTHER where it is none of those that are told apart. */
enum wr_tls_failure wr_openssl_failure(unsigned reason);
/* "WRONG_VERSION_NUMBER"; NULL where it has none. */
const char *wr_openssl_reason_word(unsigned reason);
enum wr_tls_verify wr_openssl_verify(long number);
/* "CERT_HAS_EXPIRED"; NULL where it has none. */
const char *wr_openssl_verify_word(long number);

#endif
