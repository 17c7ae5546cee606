/* SPDX-License-Identifier: MIT
 * Who has a socket: process, program, systemd unit, container. Costly (a walk through /proc):
 * for the one socket that a report names. For the probes. */
#ifndef WR_PROBE_OWNER_H
#define WR_PROBE_OWNER_H

#include "probe/probe.h"

/* Fills pid, program, unit and container of `sock` from the process that holds the socket with
 * this inode; where several do, from the oldest, and from the service manager only if nobody else
 * does. Processes of sock->uid (of our own user where that is not known) are looked at first.
 * Bounded by ctx->until_ns and WR_OWNER_BUDGET_NS. Uses wr_probe_file_space() and leaves the
 * netlink space alone. Returns false, with the socket unchanged, where no process was found:
 * other users' descriptors can only be read with CAP_SYS_PTRACE. */
#define WR_OWNER_BUDGET_NS 25000000u
bool wr_owner_find(struct wr_probe_ctx *ctx, uint64_t inode, struct wr_sock *sock);

/* Fills unit and container of `sock` from the id of the cgroup that made the socket
 * (INET_DIAG_CGROUP_ID): the directory with that inode number under /sys/fs/cgroup, which any
 * user may look for. Same bounds and space. Returns false where neither could be told. */
bool wr_owner_find_cgroup(struct wr_probe_ctx *ctx, uint64_t cgroup_id, struct wr_sock *sock);

/* Both: all that can be told of a socket with inode, uid and cgroup_id filled in. */
void wr_owner_fill(struct wr_probe_ctx *ctx, struct wr_sock *sock);

/* What the path of a cgroup tells; spans of the path, length 0 = nothing. Pure. */
struct wr_owner_names {
    const char *unit, *container;
    uint16_t unit_len, container_len;
};

/* `path`: a terminated path below the cgroup root ("/system.slice/nginx.service"); it may end
 * at a newline. The unit is the innermost service; a container's id is cut to the twelve digits
 * that the engines' own lists show (docker, podman, containerd, cri-o, Kubernetes; LXC: name). */
struct wr_owner_names wr_owner_parse_cgroup(const char *path);
/* The same from the text of a /proc/PID/cgroup (cgroups(7)). */
struct wr_owner_names wr_owner_parse_proc_cgroup(const char *text);

#endif
