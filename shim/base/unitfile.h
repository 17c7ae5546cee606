/* SPDX-License-Identifier: MIT
 * Reading systemd unit files as files: which units are installed here and what they say. No
 * D-Bus, no systemd needed. Used by probe/. */
#ifndef WR_BASE_UNITFILE_H
#define WR_BASE_UNITFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* WR_UNIT_SYSTEM_OWN: of the system's units those that this machine's administrator made (in /etc,
 * /run and /usr/local), not the hundreds of packages. */
enum wr_unit_scope { WR_UNIT_SYSTEM, WR_UNIT_USER, WR_UNIT_SYSTEM_OWN };

/* Smallest working space of the functions below; more reads longer files (others are left out). */
#define WR_UNIT_SPACE 8192

/* One assignment of a unit file. All are terminated strings that live until each() returns. */
struct wr_unit_line {
    const char *unit;    /* name of the unit: "docker.socket", also for its drop-ins */
    const char *section; /* "Socket"; "" before the first header */
    const char *key;     /* "ListenStream" */
    const char *value;   /* blanks at both ends cut, continued lines joined; "" resets a list;
                            specifiers (%t) and quotes are as in the file */
};

/* Calls each() for every assignment in every installed unit whose name matches the glob, and in
 * its drop-ins, in the order of systemd.unit(5): a unit in /etc hides one in /usr/lib; aliases
 * and masked units are left out. each() returns false to stop. until_ns: CLOCK_MONOTONIC, 0 = no
 * limit. Returns 0; -ETIME when time ran out; -ENOENT where there is no unit directory. */
int wr_unit_each(enum wr_unit_scope scope, const char *glob, char *space, size_t size,
                 uint64_t until_ns, bool (*each)(void *ctx, const struct wr_unit_line *line),
                 void *ctx);

/* The unit of that exact name is installed (in any unit directory) and not masked. */
bool wr_unit_installed(enum wr_unit_scope scope, const char *unit);

/* Systemd is the init of this machine: sd_booted(3). */
bool wr_unit_booted(void);

/* Unescapes nothing but %t (the runtime directory) and %% in a value. Returns dest, or NULL where
 * it does not fit or another specifier stands in it. runtime: "/run", or "/run/user/1000". */
char *wr_unit_expand(const char *value, const char *runtime, char *dest, size_t size);

#endif
