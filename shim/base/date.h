/* SPDX-License-Identifier: MIT
 * Times as text, without libc's time zones. Pure. */
#ifndef WR_BASE_DATE_H
#define WR_BASE_DATE_H

#include "base/buf.h"

/* Microseconds since the epoch as "2026-01-01T00:00:00.123456Z" (RFC 3339, UTC). */
void wr_buf_date(struct wr_buf *buf, uint64_t us);

#endif
