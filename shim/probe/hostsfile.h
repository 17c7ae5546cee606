/* SPDX-License-Identifier: MIT
 * The hosts file as glibc's "files" source reads it: hosts(5). For shim/probe/ alone. */
#ifndef WR_PROBE_HOSTSFILE_H
#define WR_PROBE_HOSTSFILE_H

#include "probe/probe.h"

struct wr_hosts_line {
    unsigned number; /* from 1 */
    struct wr_addr address;
    const char *names; /* what follows the address; wr_hosts_name() takes it apart */
};

/* The next name; NULL where there is none, or a comment begins. Moves *names behind it. */
const char *wr_hosts_name(const char **names, size_t *ret_len);

/* Calls each(arg, line) with every line of /etc/hosts that has an address, until it returns false.
 * Uses up ctx's file space. Returns 0 or -errno, as wr_file_lines(). */
int wr_hosts_each(struct wr_probe_ctx *ctx, bool (*each)(void *arg, const struct wr_hosts_line *),
                  void *arg);

#endif
