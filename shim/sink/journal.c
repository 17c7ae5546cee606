/* SPDX-License-Identifier: MIT
 * Sends to the systemd journal in its native protocol, without libsystemd.
 * https://systemd.io/JOURNAL_NATIVE_PROTOCOL/ See sink.h. */
#include <string.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "sink/sinks.h"

#define SOCKET "/run/systemd/journal/socket"
/* conf/whyrefused.catalog explains it. */
#define MESSAGE_ID "06f5f91f26ab4d5e9868dc9eac4cbb77"

/* A field with a value from outside: length and bytes, so that nothing in it ends the field. */
static void put_field(struct wr_buf *head, const char *name, size_t value_len)
{
    wr_buf_str(head, name);
    wr_buf_char(head, '\n');
    for (int shift = 0; shift < 64; shift += 8)
        wr_buf_char(head, (char)((uint64_t)value_len >> shift & 0xff));
}

static struct iovec part(const char *bytes, size_t len)
{
    return (struct iovec){.iov_base = (char *)bytes, .iov_len = len};
}

int wr_sink_journal(const struct wr_sink_target *target, const struct wr_sink_fields *fields)
{
    const char *program = target->program != NULL ? target->program : "";
    const struct {
        const char *name, *value;
        size_t len;
    } outside[] = {
        {"MESSAGE", fields->message, strlen(fields->message)},
        {"SYSLOG_IDENTIFIER", program, strlen(program)},
        {"WHYREFUSED_JSON", fields->json,
         fields->json_len > 0 && fields->json[fields->json_len - 1] == '\n' ? fields->json_len - 1
                                                                            : fields->json_len},
    };
    enum { OUTSIDE = sizeof(outside) / sizeof(outside[0]) };
    char fixed[256], heads[OUTSIDE][40];
    struct wr_buf text = wr_buf_on(fixed, sizeof(fixed));
    struct iovec parts[1 + 3 * OUTSIDE];
    size_t count = 0;

    wr_buf_str(&text, "PRIORITY=3\nMESSAGE_ID=" MESSAGE_ID "\nSYSLOG_PID=");
    wr_buf_int(&text, target->pid);
    wr_buf_str(&text, "\nERRNO=");
    wr_buf_int(&text, fields->error);
    wr_buf_str(&text, "\nWHYREFUSED_CAUSE=");
    wr_buf_str(&text, fields->cause);
    wr_buf_char(&text, '\n');
    parts[count++] = part(text.data, text.len);
    for (size_t i = 0; i < OUTSIDE; i++) {
        struct wr_buf head = wr_buf_on(heads[i], sizeof(heads[i]));

        if (outside[i].len == 0)
            continue;
        put_field(&head, outside[i].name, outside[i].len);
        parts[count++] = part(head.data, head.len);
        parts[count++] = part(outside[i].value, outside[i].len);
        parts[count++] = part("\n", 1);
    }
    return wr_sink_datagram(SOCKET, parts, count);
}
