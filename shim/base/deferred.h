/* SPDX-License-Identifier: MIT
 * Relocations that only a failure needs. The catalogue is full of pointers; letting ld.so fill them
 * in would cost every program that never fails a dozen page copies at its start. The build takes
 * these relocations out of ld.so's list (link/defer_relocations.c); they are done here. */
#ifndef WR_BASE_DEFERRED_H
#define WR_BASE_DEFERRED_H

#include <stdbool.h>

/* Makes the constant tables usable; once, at the first failure, with signals blocked. Until then
 * nothing on the way of a successful call, nor the constructor, may follow a pointer in a constant
 * table. Returns false where it can't be done. In the helper program there is nothing to do. */
bool wr_deferred_relocate(void);

#endif
