/* SPDX-License-Identifier: MIT
 * What the hooks of lookups share: an answer is remembered, so that a report names what the program
 * asked for; a failure is reported. Included by the files of hook/ only. */
#ifndef WR_HOOK_LOOKUP_H
#define WR_HOOK_LOOKUP_H

#include "track/names.h"
#include "whyrefused/attempt.h"

/* What a function that sets h_errno says, as a result of getaddrinfo(3). */
int wr_lookup_result(int h_error);
/* The lookup has failed: see wr_failed_lookup(). Saves the host's errno by itself. */
void wr_lookup_failed(const struct wr_name_lookup *lookup, const char *name, const char *service,
                      uint64_t asked_ns);
/* It has found something: for what is held or was reported of the name. Saves errno, too. */
void wr_lookup_found(const char *name, uint64_t asked_ns);

/* The name is the program's, and can be read; service may be NULL. To be called where
 * wr_enabled(), with the host's errno saved. */
void wr_lookup_answered(struct wr_name_group *group, const char *name, const char *service);

#endif
