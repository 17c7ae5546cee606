/* SPDX-License-Identifier: MIT
 * What the probe modules shares with its test. */
#ifndef WR_PROBE_MODULES_H
#define WR_PROBE_MODULES_H

#include <stddef.h>
#include <stdint.h>

/* The last line of a piece of an audit log that is a denial of this process. Its length, 0 where
 * there is none; *ret_line is where it begins. Pure. */
size_t wr_modules_record(const char *log, size_t len, int32_t pid, const char **ret_line);

#endif
