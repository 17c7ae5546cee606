/* SPDX-License-Identifier: MIT
 * Writes a finished report to where the user wants it: stderr, a file, the journal, syslog.
 * One write for each report; no descriptor is kept; never blocks, never raises a signal in the
 * host. Called with all signals that can be blocked blocked. */
#ifndef WR_SINK_SINK_H
#define WR_SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What descriptor 2 was when the program started; taken by the constructor. */
struct wr_stderr_identity {
    bool known;
    uint64_t dev, ino, rdev;
    uint32_t mode;
};
void wr_sink_stderr_identity(struct wr_stderr_identity *ret_identity);

enum wr_sink_kind { WR_SINK_STDERR, WR_SINK_FILE, WR_SINK_JOURNAL, WR_SINK_SYSLOG };

/* From the value of WHYREFUSED_LOG: everything but the three names is a path. */
enum wr_sink_kind wr_sink_kind(const char *log);

struct wr_sink_target {
    const char *log; /* value of WHYREFUSED_LOG */
    const struct wr_stderr_identity *stderr_identity;
    /* for %p %e %h in a path, and for the headers of journal and syslog */
    int32_t pid;
    const char *program, *host;
    /* the value of an environment variable for %q{VAR}; NULL = not set */
    const char *(*environment)(void *ctx, const char *name, size_t name_len);
    void *environment_ctx;
};

/* True where a report to this target may use colour: stderr, still itself, and a terminal. */
bool wr_sink_is_terminal(const struct wr_sink_target *target);

/* What the journal and syslog want to know beside the bytes. All terminated. */
struct wr_sink_fields {
    const char *message; /* the headline */
    const char *cause;   /* the cause id */
    const char *json;    /* the report as JSON, with its length; "" = none */
    size_t json_len;
    int error; /* errno */
};

/* Returns 0, or -errno when the report could not be written (it is dropped; -EPIPE, -EAGAIN,
 * -ESTALE where descriptor 2 is not what it was, ...). */
int wr_sink_write(const struct wr_sink_target *target, const char *bytes, size_t len,
                  const struct wr_sink_fields *fields);

#endif
