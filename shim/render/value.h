/* SPDX-License-Identifier: MIT
 * Values of facts, and of their parts, as text. Pure. For template.c and the renderers. */
#ifndef WR_RENDER_VALUE_H
#define WR_RENDER_VALUE_H

#include <stdbool.h>

#include "base/buf.h"
#include "render/redact.h"
#include "whyrefused/evidence.h"

enum wr_part {
    WR_PART_VALUE, /* the fact itself */
    WR_PART_TEXT,
    WR_PART_MS,
    WR_PART_S,
    WR_PART_ADDRESS,
    WR_PART_PORT,
    WR_PART_SERVICE,
    WR_PART_ENDPOINT,
    WR_PART_PROGRAM,
    WR_PART_PID,
    WR_PART_UNIT,
    WR_PART_CONTAINER,
    WR_PART_UID,
    WR_PART_DEVICE,
    WR_PART_QUEUE,
    WR_PART_QUEUE_MAX,
    WR_PART_OWNER,
    WR_PARTS
};

/* The part of that name, where facts of this kind have it; WR_PARTS where not. */
enum wr_part wr_part_by_name(enum wr_kind kind, const char *name, size_t len);

/* Appends the value; false, with nothing appended, where it is not known. quote: template.h.
 * Whatever came from outside is escaped. */
bool wr_value(const struct wr_evidence *ev, enum wr_fact fact, enum wr_part part, unsigned quote,
              struct wr_buf *out);

/* "LISTEN", "BOUND", "UDP", ...: what a socket is, in one word. */
const char *wr_sock_state(const struct wr_sock *sock);
/* "0.3", "42": microseconds as milliseconds, two figures where they matter. */
void wr_buf_ms(struct wr_buf *out, uint64_t us);
/* "1.5", "127": microseconds as seconds */
void wr_buf_s(struct wr_buf *out, uint64_t us);
/* A text from outside: escaped, and redacted where quote says so. */
void wr_value_text(const char *bytes, size_t len, enum wr_text_class class, unsigned quote,
                   struct wr_buf *out);
/* Address without its port, and with it; redacted where quote says so. */
void wr_value_addr(const struct wr_addr *addr, bool with_port, unsigned quote, struct wr_buf *out);

#endif
