/* SPDX-License-Identifier: MIT
 * What the hooks of lookups share: an answer is remembered, so that a report names what the program
 * asked for. A lookup that fails is only passed on. Included by the files of hook/ only. */
#ifndef WR_HOOK_LOOKUP_H
#define WR_HOOK_LOOKUP_H

#include "track/names.h"

/* The name is the program's, and can be read; service may be NULL. To be called where
 * wr_enabled(), with the host's errno saved. */
void wr_lookup_answered(struct wr_name_group *group, const char *name, const char *service);

#endif
