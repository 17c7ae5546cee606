/* SPDX-License-Identifier: MIT
 * Reading small files and directories (/proc, /sys, /etc) without libc, within bounds. */
#ifndef WR_BASE_FILE_H
#define WR_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads at most size - 1 bytes of a file and terminates them. Never follows into a FIFO or a
 * device (O_NONBLOCK). Returns the length, or -errno; -EFBIG where the file was longer (the
 * buffer then holds its beginning). */
long wr_file_read(const char *path, char *buf, size_t size);

/* Calls each(ctx, line) with every line of a file of any length, terminated, until it returns
 * false. `space` has to hold the longest line. line_max: 0, or a length that no line of this file
 * of /proc exceeds, which saves the read that only meets the end: for tables of sockets it costs
 * milliseconds. Returns 0; -ETIME where it was not done at until_ns (CLOCK_MONOTONIC), -EFBIG at a
 * longer line, or another -errno. */
int wr_file_lines(const char *path, size_t line_max, char *space, size_t size, uint64_t until_ns,
                  bool (*each)(void *ctx, const char *line), void *ctx);

/* A file that holds one decimal number at its beginning. 0, or -errno; -EINVAL if it does not. */
int wr_file_uint(const char *path, uint64_t *ret_value);

/* Calls each(ctx, name, d_type) for every entry but "." and ".."; each returns false to stop.
 * `buf` is working space of at least 1 KiB, more is faster. Returns 0, or -errno. */
int wr_dir_each(const char *path, char *buf, size_t size,
                bool (*each)(void *ctx, const char *name, unsigned char type), void *ctx);

/* The target of a link, terminated. Returns its length, or -errno. */
long wr_link_read(const char *path, char *buf, size_t size);

/* Text helpers for what was read; all take terminated strings. */

/* The number at *text; moves *text behind it. False where there is none or it overflows. */
bool wr_parse_uint(const char **text, uint64_t *ret_value);
bool wr_parse_hex(const char **text, uint64_t *ret_value);
/* The rest of the first line that begins with key, leading blanks skipped; NULL if none. The
 * result ends at the next newline, not at a terminator: see wr_line_length(). */
const char *wr_line_value(const char *text, const char *key);
size_t wr_line_length(const char *text);
/* The beginning of the next line, or NULL at the end of the text. */
const char *wr_line_next(const char *text);
/* True where the terminated name matches the shell glob (only * and ? are special). */
bool wr_glob(const char *pattern, const char *name);

#endif
