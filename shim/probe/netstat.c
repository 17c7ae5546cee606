/* SPDX-License-Identifier: MIT
 * See netstat.h. */
#include "probe/netstat.h"

#include <string.h>

#include "base/file.h"

/* Two lines: names, then values. */
bool wr_netstat_value(const char *text, const char *name, uint64_t *ret_value)
{
    const char *names = wr_line_value(text, "TcpExt:");
    const char *values = names != NULL ? wr_line_next(names) : NULL;
    size_t len = strlen(name);

    if (values == NULL || strncmp(values, "TcpExt:", 7) != 0)
        return false;
    values += 7;
    while (*names != '\n' && *names != '\0') {
        uint64_t value;

        while (*names == ' ')
            names++;
        while (*values == ' ')
            values++;
        if (!wr_parse_uint(&values, &value))
            return false;
        if (strncmp(names, name, len) == 0 && (names[len] == ' ' || names[len] == '\n')) {
            *ret_value = value;
            return true;
        }
        while (*names != ' ' && *names != '\n' && *names != '\0')
            names++;
    }
    return false;
}

bool wr_netstat_read(struct wr_probe_ctx *ctx, const char *name, uint64_t *ret_value)
{
    char *text = wr_probe_file_space(ctx);

    return wr_file_read("/proc/net/netstat", text, WR_PROBE_FILE_SPACE) > 0 &&
           wr_netstat_value(text, name, ret_value);
}
