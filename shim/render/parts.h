/* SPDX-License-Identifier: MIT
 * The sentences of a report, one at a time, for every format. Pure. For render/ only. */
#ifndef WR_RENDER_PARTS_H
#define WR_RENDER_PARTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "whyrefused/report.h"

/* Room for one sentence. What is longer is cut; call wr_sentence_end() on it. */
#define WR_SENTENCE_MAX 600
/* Removes an incomplete UTF-8 sequence from the end, and puts a cut mark where it was cut. */
void wr_sentence_end(struct wr_buf *sentence);

/* Names, addresses or paths in the report are pseudonyms. */
bool wr_is_redacted(const struct wr_report *report);
/* How values are written for this report: WR_QUOTE_NONE and the WR_QUOTE_HIDE_ bits. */
unsigned wr_report_quote(const struct wr_report *report);

/* Each appends number i of its list and returns true, or false where that number says nothing
 * (there may be more behind it). Numbers run up to the constant below it. */
bool wr_say_because(const struct wr_report *report, unsigned i, struct wr_buf *out);
#define WR_SAY_BECAUSE (WR_CAUSE_SENTENCES + 1)

/* *ret_cause: the cause that it is not. */
bool wr_say_ruled_out(const struct wr_report *report, unsigned i, const struct wr_cause **ret_cause,
                      struct wr_buf *out);
#define WR_SAY_RULED_OUT WR_VERDICT_OTHERS

enum wr_say_unknown { WR_SAY_WHAT, WR_SAY_WHY, WR_SAY_COMMAND };
/* what: false where number i says nothing; why, command: false where it has none. */
bool wr_say_unknown(const struct wr_report *report, unsigned i, enum wr_say_unknown which,
                    struct wr_buf *out);
#define WR_SAY_UNKNOWN (4 + 2 + WR_VERDICT_OTHERS)

/* command: false where there is none, or it can't be written safely. */
bool wr_say_fix(const struct wr_report *report, unsigned i, bool command, struct wr_buf *out);
#define WR_SAY_FIX 4

/* The name that the program asked for is part of what is said of the attempt. */
bool wr_is_named(const struct wr_attempt *attempt);
/* "error", "recovered", "summary" */
const char *wr_say_event(const struct wr_report *report);
/* One of several addresses: "[::1]:80  ECONNREFUSED  tcp-no-listener"; i < tries_count. */
void wr_say_try(const struct wr_report *report, uint32_t i, struct wr_buf *out);
/* What it ended with, as one word: "ECONNREFUSED", "TIMEOUT", "EOF", ... */
void wr_say_error(enum wr_outcome outcome, int error, struct wr_buf *out);
/* The same of the whole attempt: also "EAI_NONAME", "TLS_ALERT_HANDSHAKE_FAILURE". */
void wr_say_end(const struct wr_report *report, struct wr_buf *out);

/* "certain", "likely", "possible" */
const char *wr_say_confidence(const struct wr_report *report);

/* The unix socket address: what to print for it ("/run/x.sock", "@name" raw bytes after the
 * '@'). False where the address is none, or has no name. */
struct wr_unix_name {
    bool abstract;
    const char *bytes; /* without the NUL of an abstract name */
    size_t len;
};
bool wr_unix_name(const struct wr_attempt *attempt, struct wr_unix_name *ret_name);
/* "tcp", "udp", "unix", ...; NULL where it is not known. */
const char *wr_transport(const struct wr_attempt *attempt);
/* The address that the call is about: its target, or for listen() the socket's own; NULL where
 * it is no IP address. */
const struct wr_addr *wr_subject(const struct wr_report *report);

/* The frame is of libwhyrefused itself. */
bool wr_frame_is_ours(const struct wr_frames *frames, const struct wr_frame *frame);
/* "app.c:41 in main", "libpq.so.5 PQconnectPoll+0x2e0", "app+0x1234" */
void wr_say_frame(const struct wr_report *report, const struct wr_frame *frame, struct wr_buf *out);

#endif
