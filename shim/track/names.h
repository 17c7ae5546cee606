/* SPDX-License-Identifier: MIT
 * Which name an address came from: the last results of lookups, bounded, lock-free. */
#ifndef WR_TRACK_NAMES_H
#define WR_TRACK_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/address.h"

/* The addresses of one lookup, in its order. */
#define WR_NAMES_ADDRESSES 8
struct wr_name_group {
    char name[256];      /* "" = of a number, or a pair that belongs together without a lookup */
    uint32_t generation; /* of the lookup: two with the same name differ */
    uint32_t count;
    uint64_t asked_ns;                            /* CLOCK_MONOTONIC, when the lookup began */
    struct wr_addr addresses[WR_NAMES_ADDRESSES]; /* each once; ports do not count */
};

/* Puts an address behind the others, unless it is among them or there is no place. */
void wr_names_append(struct wr_name_group *group, const struct wr_addr *addr);
/* Remembers the addresses of `group` as the answer for a name, asked at asked_ns. The name ""
 * stands for a lookup of a number; service may be NULL. Both are the program's, and can be read. */
void wr_names_add(struct wr_name_group *group, const char *name, const char *service);
/* The name whose result held the address (any port). Both texts are terminated; service is "" where
 * none was given. False where the address came from no name that is remembered, where it was last
 * asked for as a number (name ""), or where several names lead to it: which one was meant is not
 * known then. */
bool wr_names_find(const struct wr_addr *addr, char *name, size_t name_size, char *service,
                   size_t service_size);
/* The other addresses that the names of this one led to, of either family; the port is that of
 * `addr`. Returns how many, at most `max`. */
unsigned wr_names_siblings(const struct wr_addr *addr, struct wr_addr *ret, unsigned max);

/* Whether a lookup of that name ended a few seconds ago, or less, and found addresses, but none of
 * that family; AF_UNSPEC: any. now_ns: CLOCK_MONOTONIC. */
bool wr_names_found_otherwise(const char *name, int family, uint64_t now_ns);

/* The newest lookup whose result held the address; false where none is remembered, or where it was
 * of a number. */
bool wr_names_group(const struct wr_addr *addr, struct wr_name_group *ret);
/* True where the address was last asked for as a number. */
bool wr_names_numeric(const struct wr_addr *addr);

#endif
