/* SPDX-License-Identifier: MIT
 * What the resolver of this process goes by: for the probes that have to do with names. */
#ifndef WR_PROBE_RESOLV_H
#define WR_PROBE_RESOLV_H

#include "base/resolvconf.h"
#include "probe/probe.h"

/* /etc/resolv.conf, LOCALDOMAIN and RES_OPTIONS as they are now. (A process that has resolved a
 * name before may go by what they were: glibc reads the file again when it has changed, the
 * variables never.) Uses up ctx's file space. False where it can't be told; a file that is not
 * there or may not be read is no such case. */
bool wr_resolv_read(struct wr_probe_ctx *ctx, struct wr_resolv *ret_resolv);

#endif
