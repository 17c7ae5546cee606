/* SPDX-License-Identifier: MIT
 * Pseudonyms for names, addresses and paths (WHYREFUSED_REDACT). Pure. The same name gives the
 * same pseudonym, so that reports can still be compared; it is no secret kept from somebody who
 * can try every likely name. */
#ifndef WR_RENDER_REDACT_H
#define WR_RENDER_REDACT_H

#include "base/buf.h"
#include "whyrefused/address.h"
#include "whyrefused/evidence.h"

/* "host-1a2b3c4d". Case does not matter, nor does a dot at the end. */
void wr_redact_host(struct wr_buf *out, const char *bytes, size_t len);
/* An address from a range that nobody has: 240.0.0.0/4, or 100::/64 (RFC 6666). Loopback and
 * wildcard addresses stay. The port stays. */
struct wr_addr wr_redact_addr(const struct wr_addr *addr);
/* "…/name" where it begins with '/'; else (abstract names too) as it is. */
void wr_redact_path(struct wr_buf *out, const char *bytes, size_t len);

enum wr_text_class { WR_TEXT_PLAIN, WR_TEXT_HOST, WR_TEXT_PATH };
/* What a text fact holds: its unit says "host" or "path"; whatever begins with '/' is a path. */
enum wr_text_class wr_text_class(const struct wr_evidence *ev, enum wr_fact fact);

#endif
