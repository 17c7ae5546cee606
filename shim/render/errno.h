/* SPDX-License-Identifier: MIT
 * Names and meanings of errno values, without libc's locale. Pure. */
#ifndef WR_RENDER_ERRNO_H
#define WR_RENDER_ERRNO_H

#include "base/buf.h"

/* "ECONNREFUSED"; NULL where there is no such errno. */
const char *wr_errno_name(int error);
/* "connection refused"; NULL where there is no such errno. */
const char *wr_errno_text(int error);
/* The name, or "errno 530". */
void wr_buf_errno(struct wr_buf *out, int error);
/* The number of a name of `len` bytes; 0 where there is none. */
int wr_errno_by_name(const char *name, size_t len);

#endif
