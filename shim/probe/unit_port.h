/* SPDX-License-Identifier: MIT
 * Whether a line of a unit file says that the unit serves a port. Pure. For units.c. */
#ifndef WR_PROBE_UNIT_PORT_H
#define WR_PROBE_UNIT_PORT_H

#include <stdbool.h>

#include "whyrefused/address.h"

/* ListenStream= of systemd.socket(5): "5432", "10.4.0.2:80", "[::1]:80". `dest` with its port. */
bool wr_unit_listens(const char *value, const struct wr_addr *dest);

/* ExecStart=: the port stands behind an option that tells a program where to listen (--port 80,
 * -p80, --listen=0.0.0.0:80, docker run -p 80:8080). Ports of its peers do not count. */
bool wr_unit_command_serves(const char *value, uint16_t port);

/* Environment=: PORT=80, HTTP_PORT=80, LISTEN_ADDR=:80. */
bool wr_unit_environment_serves(const char *value, uint16_t port);

#endif
