/* SPDX-License-Identifier: MIT
 * Alerts and versions of TLS by their numbers. Pure; usable after the first failure. */
#ifndef WR_BASE_TLSALERT_H
#define WR_BASE_TLSALERT_H

/* "handshake_failure" (RFC 8446, section 6; RFC 5246, 7.2; RFC 6066); NULL where there is none. */
const char *wr_tls_alert_name(unsigned number);
/* "TLSv1.2" for 0x0303; NULL where there is none. */
const char *wr_tls_version_name(unsigned number);

#endif
