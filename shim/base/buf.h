/* SPDX-License-Identifier: MIT
 * A bounded output buffer. Nothing here fails: what does not fit is left out and `cut` is set.
 * No allocation, no locale, no stdio; usable by every stage. */
#ifndef WR_BASE_BUF_H
#define WR_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wr_buf {
    char *data;
    size_t size, len; /* len <= size; data is not terminated */
    bool cut;
};

static inline struct wr_buf wr_buf_on(char *data, size_t size)
{
    return (struct wr_buf){.data = data, .size = size};
}

void wr_buf_mem(struct wr_buf *buf, const char *bytes, size_t len);
void wr_buf_str(struct wr_buf *buf, const char *terminated);
void wr_buf_char(struct wr_buf *buf, char c);
void wr_buf_uint(struct wr_buf *buf, uint64_t value);
/* Decimal, padded on the left with zeros to at least `digits`. */
void wr_buf_uint_padded(struct wr_buf *buf, uint64_t value, unsigned digits);
void wr_buf_int(struct wr_buf *buf, int64_t value);
/* Lower case, no prefix. */
void wr_buf_hex(struct wr_buf *buf, uint64_t value);
/* Terminates the text, cutting the last byte off where the buffer is full. Returns data. */
char *wr_buf_terminate(struct wr_buf *buf);

/* A terminated path or name put together from terminated parts; NULL ends the parts.
 * Returns dest, or NULL when it does not fit. */
char *wr_join(char *dest, size_t size, ...) __attribute__((sentinel));

#endif
