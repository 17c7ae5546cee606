/* SPDX-License-Identifier: MIT
 * What accept() needs to know of the calls before it: EINVAL says that a socket does not listen,
 * and not whether it ever did. Included by the files of hook/ only. */
#ifndef WR_HOOK_ACCEPT_H
#define WR_HOOK_ACCEPT_H

#include <stdbool.h>

/* bind() or listen() has succeeded. One store. */
void wr_accept_note(int fd, bool listens);

#endif
