/* SPDX-License-Identifier: MIT
 * Recognises protocols by their first bytes. For firstwords.c alone. Pure. */
#ifndef WR_BASE_SPEECH_H
#define WR_BASE_SPEECH_H

#include <stddef.h>
#include <string.h>

#include "base/firstwords.h"

struct wr_span {
    const unsigned char *at;
    size_t len;
};

static inline bool wr_span_begins(struct wr_span span, const char *head, size_t head_len)
{
    return span.len >= head_len && memcmp(span.at, head, head_len) == 0;
}
/* With a literal, which may hold NULs. */
#define WR_BEGINS(span, literal) wr_span_begins(span, literal, sizeof(literal) - 1)

/* Where the literal stands in the span, whatever the case of ASCII letters; -1 = nowhere. */
long wr_span_find(struct wr_span span, const char *word);

/* Big-endian number of `bytes` bytes at an offset that the caller has checked. */
static inline uint32_t wr_span_number(struct wr_span span, size_t at, unsigned bytes)
{
    uint32_t number = 0;

    while (bytes-- > 0)
        number = number << 8 | span.at[at++];
    return number;
}

/* Length of the first line without its end; *ret_whole: its end was seen. */
size_t wr_span_line(struct wr_span span, bool *ret_whole);

/* By what the program sent first. */
enum wr_speech wr_speech_sent(struct wr_span out);
/* By what it got first; `sent` tells answers apart that several protocols give. */
enum wr_speech wr_speech_heard(struct wr_span in, enum wr_speech sent);
/* The protocol is one of lines, whose first has to be whole before it is judged. */
bool wr_speech_is_lines(enum wr_speech speech);

#endif
