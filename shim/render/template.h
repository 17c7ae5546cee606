/* SPDX-License-Identifier: MIT
 * Expands the templates of the catalogue (grammar: whyrefused/cause.h) with facts. Pure.
 *
 * {fact} prints   bool yes/no · uint the number · errno its name (ECONNREFUSED) · text escaped ·
 *                 addr 10.4.0.2:80 · sock "LISTEN 127.0.0.1:5432  postgres (pid 812, a.service)"
 * {errno.text}    what the errno means     {uint.ms} microseconds as milliseconds "0.3"
 * {uint.s}        microseconds as seconds "127"
 * {addr.address} {addr.port} {addr.service} (name of the port, drops where it has none)
 * {sock.address} {sock.port} {sock.endpoint} {sock.program} {sock.pid} {sock.unit}
 * {sock.container} {sock.uid} {sock.device} {sock.queue} {sock.queue_max}
 * {sock.owner}    the best that is known: "postgres (pid 812, a.service)", "a process of uid 33"
 * {?fact} {!fact} conditions: print nothing; {?fact=3} {!fact=3} compare a number
 * A part that is not known (or an empty text) drops its group or sentence as an unknown fact
 * does. {!fact=3} holds where the fact is absent or another number; not where it is unknown.
 * Groups nest. [[ is a literal bracket and pairs with the next ]; {{ is a literal brace. */
#ifndef WR_RENDER_TEMPLATE_H
#define WR_RENDER_TEMPLATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "whyrefused/evidence.h"

/* How values are written. WR_QUOTE_HIDE_ bits can be added to either. */
enum wr_quote {
    WR_QUOTE_NONE = 0,       /* a sentence for people */
    WR_QUOTE_SHELL = 1,      /* a command: values are quoted for sh(1) where they need it */
    WR_QUOTE_HIDE_HOSTS = 2, /* names and addresses become pseudonyms (redact.h) */
    WR_QUOTE_HIDE_PATHS = 4  /* paths lose their directories */
};

/* Appends the expanded template. Returns false, with nothing appended, where the sentence is
 * dropped because a fact it needs is not there. A command is dropped also where a value can't be
 * written safely (escape.h) or would be redacted. */
bool wr_template(const char *text, const struct wr_evidence *ev, unsigned quote,
                 struct wr_buf *out);

/* Appends the value of a fact as {fact} prints it; false where it has none. */
bool wr_template_fact(const struct wr_evidence *ev, enum wr_fact fact, unsigned quote,
                      struct wr_buf *out);

/* True where the template is well-formed: every {name} a fact, every part one of its kind, every
 * bracket closed. On false, *ret_at is the offset of the fault. For the tests. */
bool wr_template_valid(const char *text, size_t *ret_at);

/* Calls each(ctx, fact) for every fact that the template names. For the tests. */
void wr_template_facts(const char *text, void (*each)(void *ctx, enum wr_fact fact), void *ctx);

#endif
