/* SPDX-License-Identifier: MIT
 * See speak.h. */
#include "speak.h"

_Atomic uint32_t wr_speak_open;

void wr_speak_connected(int fd, const struct wr_addr *target, uint64_t start_ns)
{
    (void)fd;
    (void)target;
    (void)start_ns;
}

void wr_speak_turned(void)
{
}

void wr_speak_end(void)
{
}
