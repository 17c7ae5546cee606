/* SPDX-License-Identifier: MIT
 * One function for each kind of sink, and what they share. For sink/ only. */
#ifndef WR_SINK_SINKS_H
#define WR_SINK_SINKS_H

#include "sink/sink.h"

int wr_sink_stderr(const struct wr_sink_target *target, const char *bytes, size_t len);
int wr_sink_file(const struct wr_sink_target *target, const char *bytes, size_t len);
int wr_sink_journal(const struct wr_sink_target *target, const struct wr_sink_fields *fields);
/* bytes: the report in the user's format; sent instead of the headline where it is JSON. */
int wr_sink_syslog(const struct wr_sink_target *target, const char *bytes, size_t len,
                   const struct wr_sink_fields *fields);

/* The path of a file sink with its % sequences expanded, terminated, into `path`. What comes from
 * outside adds neither '/' nor "..". Returns 0, or -ENAMETOOLONG. */
int wr_sink_path(const struct wr_sink_target *target, char *path, size_t size);

/* One datagram of `count` parts to a unix socket, without waiting. 0, or -errno. */
struct iovec;
int wr_sink_datagram(const char *path, const struct iovec *parts, size_t count);

#endif
