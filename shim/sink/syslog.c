/* SPDX-License-Identifier: MIT
 * Sends to the local syslog daemon: RFC 5424 over /dev/log. syslog(3) is not called, as its state
 * is the host's. See sink.h. */
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "sink/sinks.h"

#define SOCKET "/dev/log"
#define PRIORITY "<11>" /* facility user, severity error */

/* A header field: printable ASCII, no blank, at most `max` bytes; "-" where it is empty. */
static void put_header(struct wr_buf *out, const char *value, size_t max)
{
    wr_buf_char(out, ' ');
    if (value == NULL || value[0] == '\0')
        wr_buf_char(out, '-');
    for (size_t i = 0; value != NULL && i < max && value[i] != '\0'; i++)
        wr_buf_char(out, value[i] > ' ' && value[i] < 0x7f ? value[i] : '_');
}

int wr_sink_syslog(const struct wr_sink_target *target, const char *bytes, size_t len,
                   const struct wr_sink_fields *fields)
{
    char space[512];
    struct wr_buf head = wr_buf_on(space, sizeof(space));
    struct iovec parts[4] = {{.iov_base = space}};
    size_t count = 1;

    wr_buf_str(&head, PRIORITY "1 ");
    wr_buf_date(&head, wr_clock_ns(CLOCK_REALTIME) / 1000);
    put_header(&head, target->host, 255);
    put_header(&head, target->program, 48);
    wr_buf_char(&head, ' ');
    wr_buf_int(&head, target->pid);
    put_header(&head, fields->cause, 32);
    wr_buf_str(&head, " - ");
    parts[0].iov_len = head.len;
    if (len > 0 && bytes[0] == '{') {
        /* the cookie by which rsyslog's mmjsonparse knows JSON */
        parts[count++] = (struct iovec){.iov_base = (char *)"@cee: ", .iov_len = 6};
        parts[count++] = (struct iovec){.iov_base = (char *)bytes,
                                        .iov_len = bytes[len - 1] == '\n' ? len - 1 : len};
    } else {
        parts[count++] =
            (struct iovec){.iov_base = (char *)fields->message, .iov_len = strlen(fields->message)};
    }
    return wr_sink_datagram(SOCKET, parts, count);
}
