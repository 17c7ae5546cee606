/* SPDX-License-Identifier: MIT
 * Pseudonyms for names, addresses and paths (WHYREFUSED_REDACT). Pure. The same name gives the
 * same pseudonym, so that reports can still be compared; it is no secret kept from somebody who
 * can try every likely name. */
#ifndef WR_RENDER_REDACT_H
#define WR_RENDER_REDACT_H

#include "base/buf.h"
#include "whyrefused/address.h"
#include "whyrefused/evidence.h"

/* "host-1a2b3c4d". Case does not matter, nor does a dot at the end. "localhost" stays. */
void wr_redact_host(struct wr_buf *out, const char *bytes, size_t len);
/* An address from a range that nobody has: 240.0.0.0/4, or 100::/64 (RFC 6666). Loopback and
 * wildcard addresses stay. The port stays. */
struct wr_addr wr_redact_addr(const struct wr_addr *addr);
/* "…/name" where it begins with '/' (or '@', '/'); else as it is. */
void wr_redact_path(struct wr_buf *out, const char *bytes, size_t len);

enum wr_text_class { WR_TEXT_PLAIN, WR_TEXT_HOST, WR_TEXT_PATH, WR_TEXT_COMMAND };
/* What a text fact holds, by its unit: "host", "path" or "command" (of which each word is quoted
 * for the shell where it needs to be). */
enum wr_text_class wr_text_class(enum wr_fact fact);

/* A text as far as the WR_QUOTE_HIDE_ bits of quote (template.h) let it be seen. Paths are known
 * by their first '/' too, and addresses inside a text by their form. Not escaped. */
void wr_redact_text(struct wr_buf *out, const char *bytes, size_t len, enum wr_text_class class,
                    unsigned quote);

#endif
