/* SPDX-License-Identifier: MIT
 * Expands the templates of the catalogue (grammar: whyrefused/cause.h) with facts. Pure.
 *
 * {fact} prints   bool yes/no · uint the number · errno its name (ECONNREFUSED) · text escaped ·
 *                 addr 10.4.0.2:80 · sock "LISTEN 127.0.0.1:5432  postgres (pid 812, a.service)"
 * {errno.text}    what the errno means     {uint.ms} microseconds as milliseconds "0.3"
 * {addr.address} {addr.port} {addr.service} (name of the port, drops where it has none)
 * {sock.address} {sock.port} {sock.endpoint} {sock.program} {sock.pid} {sock.unit}
 * {sock.container} {sock.uid} {sock.device} {sock.queue} {sock.queue_max}
 * {sock.owner}    the best that is known: "postgres (pid 812, a.service)", "a process of uid 33"
 * {?fact} {!fact} conditions: print nothing; {?fact=3} {!fact=3} compare a number
 * A part that is not known drops its group or sentence as an unknown fact does. */
#ifndef WR_RENDER_TEMPLATE_H
#define WR_RENDER_TEMPLATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "whyrefused/evidence.h"

enum wr_quote {
    WR_QUOTE_NONE, /* a sentence for people */
    WR_QUOTE_SHELL /* a command: values are quoted for sh(1) where they need it */
};

/* Appends the expanded template. Returns false, with nothing appended, where the sentence is
 * dropped because a fact it needs is not there. */
bool wr_template(const char *text, const struct wr_evidence *ev, enum wr_quote quote,
                 struct wr_buf *out);

/* True where the template is well-formed: every {name} a fact, every part one of its kind, every
 * bracket closed. On false, *ret_at is the offset of the fault. For the tests. */
bool wr_template_valid(const char *text, size_t *ret_at);

/* Calls each(ctx, fact) for every fact that the template names. For the tests. */
void wr_template_facts(const char *text, void (*each)(void *ctx, enum wr_fact fact), void *ctx);

#endif
