/* SPDX-License-Identifier: MIT
 * Looking into other network namespaces without any right: the tables in /proc/PID/net of a
 * visible process can be read by all (proc_pid_net(5)). For unix_netns.c and tcp_netns.c. */
#ifndef WR_PROBE_NETNS_SCAN_H
#define WR_PROBE_NETNS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/address.h"
#include "whyrefused/evidence.h"

/* Room for a process id and its terminator; also for "self". */
#define WR_PID_TEXT 12

/* The number that stands for the network namespace of a process ("self": the calling thread's):
 * the inode of that table of it ("tcp", "unix"). 0 where it can't be read. */
uint64_t wr_netns_id(const char *pid, const char *table);

/* Calls each(ctx, pid, id) with the lowest visible process of every network namespace but our
 * own, until it returns false. `space`: working space of at least 1 KiB. Returns 0; -ETIME where
 * it was not done at until_ns (CLOCK_MONOTONIC), -E2BIG where there were more than 64, or another
 * -errno where nothing could be read. */
int wr_netns_each(const char *table, char *space, size_t size, uint64_t until_ns,
                  bool (*each)(void *ctx, const char *pid, uint64_t id), void *ctx);

/* Calls each(ctx, line) with every line of /proc/PID/net/TABLE, terminated, until it returns
 * false; the first is the heading. `space` has to hold the longest line. Returns 0, -ETIME or
 * another -errno. */
int wr_netns_lines(const char *pid, const char *table, char *space, size_t size, uint64_t until_ns,
                   bool (*each)(void *ctx, const char *line), void *ctx);

/* The name of the program of a process, terminated, in 32 bytes. Its length, or -errno. */
long wr_netns_program(const char *pid, char *ret_name);

/* Reads a line of a tcp or tcp6 table: local, protocol, state, uid and inode. False where it is
 * none. */
bool wr_netns_tcp_line(const char *line, struct wr_sock *ret_sock);

/* Calls each(ctx, addr) with the addresses of that family in the namespace of the process, but
 * for loopback and link-local ones, until it returns false. False where they can't be read. */
bool wr_netns_addresses(const char *pid, int family, char *space, size_t size, uint64_t until_ns,
                        bool (*each)(void *ctx, const struct wr_addr *addr), void *ctx);

/* Address and gateway of the IPv4 default route of the calling thread's namespace; false where
 * there is none. */
bool wr_netns_gateway(char *space, size_t size, uint64_t until_ns, struct wr_addr *ret_addr);

#endif
