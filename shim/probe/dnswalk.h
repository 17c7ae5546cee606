/* SPDX-License-Identifier: MIT
 * For which names the resolver asks, given one (resolv.conf(5), res_search(3)). Pure. */
#ifndef WR_PROBE_DNSWALK_H
#define WR_PROBE_DNSWALK_H

#include <stdbool.h>

#include "base/resolvconf.h"

#define WR_DNSWALK_NAME 256

/* Only letters, digits and - _ . : what can be meant for a nameserver. */
bool wr_dnswalk_plausible(const char *name);
/* An IPv4 or IPv6 address in any of the forms that need no nameserver. */
bool wr_dnswalk_numeric(const char *name);

/* The index-th name in the order of glibc; searched: the function goes by the search list. Returns
 * false where there are no more, or where it does not fit. */
bool wr_dnswalk_name(const struct wr_resolv *resolv, const char *name, bool searched,
                     unsigned index, char ret[WR_DNSWALK_NAME]);

/* Names that are not tried, but could be meant: below the parents of the search list's domains,
 * or below these themselves where they are not gone by. Same return. *ret_by_search: the latter. */
bool wr_dnswalk_other(const struct wr_resolv *resolv, const char *name, bool searched,
                      unsigned index, char ret[WR_DNSWALK_NAME], bool *ret_by_search);

/* The ending for which a name belongs to a network of one's own; NULL where it does not. */
const char *wr_dnswalk_internal(const char *name);

#endif
