/* SPDX-License-Identifier: MIT
 * Bytes from outside made safe for a terminal, a JSON string, a shell command. Pure.
 * The only place that does so; called by render/, sink/ and the helper. */
#ifndef WR_RENDER_ESCAPE_H
#define WR_RENDER_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* What one field may take on a terminal, cut mark included. */
#define WR_FIELD_SHOWN 256

/* One UTF-8 sequence of at most `len` > 0 bytes (RFC 3629). Returns its length, or 0 where the
 * bytes are none: over-long, a surrogate, above U+10FFFF, or incomplete. */
size_t wr_utf8_decode(const char *bytes, size_t len, uint32_t *ret_code);
/* False for what a terminal obeys or hides instead of showing it: controls, C1, line and
 * paragraph separators, bidi controls, zero-width and other invisible characters. */
bool wr_code_is_shown(uint32_t code);
/* Columns that it takes: 0 combining, 2 East Asian wide and most emoji, else 1. */
unsigned wr_code_width(uint32_t code);
/* Columns of a text in one line. */
unsigned wr_text_width(const char *text, size_t len);

/* For a terminal or a line of text. What is not shown becomes \xNN (bytes) or \u{NNNN}, and so
 * does the second of two '#' (CI systems obey "##vso[" anywhere); more than WR_FIELD_SHOWN bytes
 * are cut with "…". */
void wr_escape(struct wr_buf *out, const char *bytes, size_t len);
void wr_escape_str(struct wr_buf *out, const char *terminated);

/* The inside of a JSON string: what is not shown as \uNNNN, invalid UTF-8 and NUL as
 * U+FFFD; at
 * most `max` bytes of `bytes` are taken, and cut with "…". Never leaves half a sequence: where
 * `out` is full, whole characters are left out. */
void wr_escape_json(struct wr_buf *out, const char *bytes, size_t len, size_t max);

/* One word for sh(1): as it is where every byte is in [A-Za-z0-9_./:@%+=,-], else in single
 * quotes. False, with nothing appended, where it holds what is not shown, is longer than
 * WR_FIELD_SHOWN, or begins with '-' (a command would take it for an option). */
bool wr_escape_shell(struct wr_buf *out, const char *bytes, size_t len);

#endif
