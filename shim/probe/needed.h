/* SPDX-License-Identifier: MIT
 * Which shared objects a program was linked with: DT_NEEDED of its file. For the probes. */
#ifndef WR_PROBE_NEEDED_H
#define WR_PROBE_NEEDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 1 where the ELF file of this machine's class names a shared object that begins with `library`,
 * 0 where not, -errno where it can't be read or is no such file. `space`: at least 4 KiB. */
int wr_needed_has(const char *path, const char *library, char *space, size_t size);

#endif
