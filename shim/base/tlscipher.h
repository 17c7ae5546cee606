/* SPDX-License-Identifier: MIT
 * Cipher suites of TLS by their numbers. Pure; the table holds no pointers. */
#ifndef WR_BASE_TLSCIPHER_H
#define WR_BASE_TLSCIPHER_H

/* "TLS_AES_128_GCM_SHA256"; NULL for those that are seldom met. */
const char *wr_tls_cipher_name(unsigned number);

#endif
