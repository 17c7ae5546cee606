/* SPDX-License-Identifier: MIT
 * See depth.h. */
#include "tls/depth.h"

__thread int wr_tls_depth;
__thread uintptr_t wr_tls_outermost;
__thread const void *wr_tls_object;
