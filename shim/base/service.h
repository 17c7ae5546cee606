/* SPDX-License-Identifier: MIT
 * Names of usual ports, from a built-in table: getservbyport(3) would call NSS. Pure. */
#ifndef WR_BASE_SERVICE_H
#define WR_BASE_SERVICE_H

#include <stdint.h>

/* "postgresql" for 5432, IPPROTO_TCP (or IPPROTO_UDP; 0 = either). NULL where it has none. */
const char *wr_service_name(uint16_t port, int protocol);
/* The port of a name ("postgresql", "postgres"); 0 where it is not in the table. */
uint16_t wr_service_port(const char *name, int protocol);

#endif
