/* SPDX-License-Identifier: MIT
 * What the probes of local resources share. For shim/probe/ alone. */
#ifndef WR_PROBE_LOCAL_H
#define WR_PROBE_LOCAL_H

#include "probe/probe.h"

#define WR_DEVICE_NAME 16

/* Writes "/proc/PID/", then the terminated parts up to NULL. PID is that of the process that
 * failed, whoever runs the probe. Returns dest, NULL where it does not fit. */
char *wr_proc_path(const struct wr_probe_ctx *ctx, char *dest, size_t size, const char *name,
                   const char *entry);

/* Name of an interface (netdevice(7) SIOCGIFNAME), terminated. False where there is none. */
bool wr_device_name(struct wr_probe_ctx *ctx, uint32_t index, char ret_name[WR_DEVICE_NAME]);

/* Index of an interface (netdevice(7) SIOCGIFINDEX). 0, or -errno: -ENODEV where there is none of
 * that name. */
int wr_device_index(struct wr_probe_ctx *ctx, const char *name, uint32_t *ret_index);

/* The socket's own address (getsockname). False where it is no IP socket or fd is bad. */
bool wr_socket_name(int fd, struct wr_addr *ret_addr);

/* An int socket option, fallback where it cannot be read. */
int wr_socket_option(int fd, int level, int name, int fallback);

/* For an attempt on AF_INET or AF_INET6: IPPROTO_TCP, IPPROTO_UDP, or 0 for neither. */
int wr_attempt_transport(const struct wr_attempt *attempt);

#endif
