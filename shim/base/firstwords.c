/* SPDX-License-Identifier: MIT
 * See firstwords.h. No protocol is known yet. */
#include "base/firstwords.h"

bool wr_first_bytes_say_no(const struct wr_first_bytes *first)
{
    (void)first;
    return false;
}
