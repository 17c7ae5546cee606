/* SPDX-License-Identifier: MIT
 * Which targets this process has connected to, and when last. Bounded, lock-free: a newer target
 * may take the place of an older one, which is then forgotten. */
#ifndef WR_TRACK_SUCCESSES_H
#define WR_TRACK_SUCCESSES_H

#include <stdint.h>

#include "whyrefused/address.h"

/* Two stores. now_ns: CLOCK_MONOTONIC. */
void wr_successes_note(const struct wr_addr *target, uint64_t now_ns);
/* 0 = never, or forgotten. Address and port are compared. */
uint64_t wr_successes_last(const struct wr_addr *target);

#endif
