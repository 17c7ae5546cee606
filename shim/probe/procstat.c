/* SPDX-License-Identifier: MIT
 * See procstat.h. */
#include "probe/procstat.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"

#define TICK_NS 10000000u /* USER_HZ is 100 on every architecture */
#define START_FIELD 22    /* proc(5) starttime; the state is field 3 */

bool wr_process_stat_parse(const char *text, struct wr_process_stat *ret_stat)
{
    /* the name before it may hold blanks and parentheses */
    const char *at = strrchr(text, ')');
    uint64_t ticks;

    if (at == NULL || at[1] != ' ' || at[2] == '\0')
        return false;
    at += 2;
    ret_stat->state = *at;
    for (unsigned field = 3; field < START_FIELD; field++) {
        at = strchr(at, ' ');
        if (at == NULL)
            return false;
        at++;
    }
    if (!wr_parse_uint(&at, &ticks))
        return false;
    ret_stat->start_ns = ticks * TICK_NS;
    return true;
}

bool wr_process_stat(int32_t pid, struct wr_process_stat *ret_stat)
{
    char path[32], text[1024];
    struct wr_buf buf = wr_buf_on(path, sizeof(path));
    struct wr_process_stat stat;

    if (pid <= 0)
        return false;
    wr_buf_str(&buf, "/proc/");
    wr_buf_int(&buf, pid);
    wr_buf_str(&buf, "/stat");
    wr_buf_terminate(&buf);
    if (wr_file_read(path, text, sizeof(text)) <= 0 || !wr_process_stat_parse(text, &stat))
        return false;
    *ret_stat = stat;
    return true;
}
