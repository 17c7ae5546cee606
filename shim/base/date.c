/* SPDX-License-Identifier: MIT
 * See date.h. */
#include "base/date.h"

/* Days to a civil date: Howard Hinnant, chrono-Compatible Low-Level Date
 * Algorithms. */
void wr_buf_date(struct wr_buf *buf, uint64_t us)
{
    uint64_t seconds = us / 1000000, day = seconds / 86400 + 719468;
    uint64_t era = day / 146097, doe = day % 146097;
    uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;

    wr_buf_uint_padded(buf, yoe + era * 400 + (month <= 2), 4);
    wr_buf_char(buf, '-');
    wr_buf_uint_padded(buf, month, 2);
    wr_buf_char(buf, '-');
    wr_buf_uint_padded(buf, doy - (153 * mp + 2) / 5 + 1, 2);
    wr_buf_char(buf, 'T');
    wr_buf_uint_padded(buf, seconds / 3600 % 24, 2);
    wr_buf_char(buf, ':');
    wr_buf_uint_padded(buf, seconds / 60 % 60, 2);
    wr_buf_char(buf, ':');
    wr_buf_uint_padded(buf, seconds % 60, 2);
    wr_buf_char(buf, '.');
    wr_buf_uint_padded(buf, us % 1000000, 6);
    wr_buf_char(buf, 'Z');
}
