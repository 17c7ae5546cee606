/* SPDX-License-Identifier: MIT
 * See buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <string.h>

void wr_buf_mem(struct wr_buf *buf, const char *bytes, size_t len)
{
    size_t room = buf->size - buf->len;

    if (len > room) {
        len = room;
        buf->cut = true;
    }
    if (len != 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
}

void wr_buf_str(struct wr_buf *buf, const char *terminated)
{
    wr_buf_mem(buf, terminated, strlen(terminated));
}

void wr_buf_char(struct wr_buf *buf, char c)
{
    wr_buf_mem(buf, &c, 1);
}

static void put_number(struct wr_buf *buf, uint64_t value, unsigned base, unsigned digits)
{
    char text[64];
    size_t at = sizeof(text);

    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (sizeof(text) - at < digits && at > 0)
        text[--at] = '0';
    wr_buf_mem(buf, text + at, sizeof(text) - at);
}

void wr_buf_uint(struct wr_buf *buf, uint64_t value)
{
    put_number(buf, value, 10, 1);
}

void wr_buf_uint_padded(struct wr_buf *buf, uint64_t value, unsigned digits)
{
    put_number(buf, value, 10, digits);
}

void wr_buf_int(struct wr_buf *buf, int64_t value)
{
    if (value < 0)
        wr_buf_char(buf, '-');
    put_number(buf, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, 1);
}

void wr_buf_hex(struct wr_buf *buf, uint64_t value)
{
    put_number(buf, value, 16, 1);
}

char *wr_buf_terminate(struct wr_buf *buf)
{
    if (buf->size == 0)
        return buf->data;
    if (buf->len == buf->size) {
        buf->len--;
        buf->cut = true;
    }
    buf->data[buf->len] = '\0';
    return buf->data;
}

char *wr_join(char *dest, size_t size, ...)
{
    struct wr_buf buf = wr_buf_on(dest, size);
    va_list parts;
    const char *part;

    va_start(parts, size);
    while ((part = va_arg(parts, const char *)) != NULL)
        wr_buf_str(&buf, part);
    va_end(parts);
    wr_buf_terminate(&buf);
    return buf.cut ? NULL : dest;
}
