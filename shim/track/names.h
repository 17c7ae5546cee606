/* SPDX-License-Identifier: MIT
 * Which name an address came from: the last results of getaddrinfo(), bounded, lock-free. */
#ifndef WR_TRACK_NAMES_H
#define WR_TRACK_NAMES_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/address.h"

/* Remembers at most 8 addresses for a name; service may be NULL. The name "" stands for a lookup of
 * a number. */
void wr_names_add(const char *name, const char *service, const struct addrinfo *list);
/* The name whose result held the address (any port). Both texts are terminated; service is "" where
 * none was given. False where the address came from no name that is remembered, where it was last
 * asked for as a number (name ""), or where several names lead to it: which one was meant is not
 * known then. */
bool wr_names_find(const struct wr_addr *addr, char *name, size_t name_size, char *service,
                   size_t service_size);
/* The other addresses that the names of this one led to, of either family; the port is that of
 * `addr`. Returns how many, at most `max`. */
unsigned wr_names_siblings(const struct wr_addr *addr, struct wr_addr *ret, unsigned max);

/* The addresses of one lookup, in its order. */
#define WR_NAMES_ADDRESSES 8
struct wr_name_group {
    char name[256];      /* "" = a pair that belongs together without a lookup */
    uint32_t generation; /* of the lookup: two with the same name differ */
    uint32_t count;
    struct wr_addr addresses[WR_NAMES_ADDRESSES]; /* ports do not count */
};

/* The newest lookup whose result held the address; false where none is remembered, or where it was
 * of a number. */
bool wr_names_group(const struct wr_addr *addr, struct wr_name_group *ret);
/* True where the address was last asked for as a number. */
bool wr_names_numeric(const struct wr_addr *addr);

#endif
