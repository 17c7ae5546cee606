/* SPDX-License-Identifier: MIT
 * Who this process is: names, unit, container. Kept after the first call, as they rarely change. */
#ifndef WR_WHOAMI_H
#define WR_WHOAMI_H

#include <stdbool.h>
#include <stddef.h>

#include "whyrefused/report.h"

/* Fills *ret_process; the name of the running test only where it is asked for. `space` is working
 * space of WR_ENVIRON_SPACE bytes (base/environ.h). */
void wr_whoami(struct wr_process *ret_process, bool with_test, char *space);

#endif
