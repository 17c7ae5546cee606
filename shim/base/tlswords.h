/* SPDX-License-Identifier: MIT
 * Names of numbers of TLS. Pure. */
#ifndef WR_BASE_TLSWORDS_H
#define WR_BASE_TLSWORDS_H

#include <stdint.h>

/* "handshake_failure" (RFC 8446, section 6, and the registry of IANA); NULL = not known. */
const char *wr_tls_alert_name(unsigned alert);
/* "TLS 1.2" for 0x0303; NULL = not known. */
const char *wr_tls_version_name(unsigned version);
/* "TLS_AES_128_GCM_SHA256"; NULL for those that are seldom met. */
const char *wr_tls_cipher_name(unsigned cipher);

#endif
