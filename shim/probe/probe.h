/* SPDX-License-Identifier: MIT
 * The interface of a probe: one source of facts, one file, one row in probes.def.
 * Called by pipeline.c only, in the order of probes.def. A probe reads the attempt and what
 * earlier probes found, returns at once where it has nothing to say, calls the kernel through
 * WR_SYS only, and changes nothing: no setsockopt on the program's socket, no SO_ERROR. */
#ifndef WR_PROBE_PROBE_H
#define WR_PROBE_PROBE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/netlink.h"
#include "whyrefused/attempt.h"
#include "whyrefused/evidence.h"

/* What a failure is about: a call on a socket, the lookup of a name, a TLS handshake. */
enum { FOR_SOCKET = 1, FOR_LOOKUP = 2, FOR_TLS = 4, FOR_ALL = 7 };

enum wr_tier { WR_TIER_PASSIVE, WR_TIER_LOCAL, WR_TIER_ACTIVE };

#define WR_PROBE_SCRATCH (WR_NETLINK_SPACE + 16384)

/* Runs a task of the helper program (helper/worker.h) until that time. Returns the answer,
 * terminated, or what there is of it; NULL where there is none. *ret_error is 0, or -errno as
 * wr_worker_run() of frames/worker.h has it. The answer holds until the next call. */
struct wr_probe_helper {
    const char *(*run)(const struct wr_probe_helper *helper, const char *task, const void *request,
                       size_t len, uint64_t until_ns, int *ret_error);
    /* Runs run(arg) in a child with this memory and no descriptor but 0, 1 and 2. 0, or -errno
     * when it did not run. No task of the helper can be run from there. */
    int (*apart)(const struct wr_probe_helper *helper, void (*run)(void *arg), void *arg);
    void *space;
};

struct wr_probe_ctx {
    const struct wr_attempt *attempt;
    struct wr_evidence *ev;
    uint64_t until_ns; /* CLOCK_MONOTONIC: the end of the budget */
    /* Working space: the first WR_NETLINK_SPACE bytes for netlink answers, the rest free. A probe
     * may use all of it; nothing in it survives to the next probe. */
    char *scratch;
    int32_t host_pid; /* getpid() of the host: where its descriptor table is full, the probes run in
                       * a child with its memory, and /proc/self is then the child */
    enum wr_tier tier;
    uint32_t answer_us; /* the slowest answer that requests on the way met (path); 0 = none */
    bool answered;      /* some port of the destination was among those */
    /* Netlink sockets shared by the probes of one report: opened at first use by
     * wr_probe_netlink(), closed by the pipeline. -1 = not open. */
    int route_fd, diag_fd;
    bool no_descriptors;                  /* opening one failed with EMFILE */
    const struct wr_probe_helper *helper; /* NULL = there is none */
};

/* The call was to reach the target: connect(), or one on a socket without a connection (UDP). */
static inline bool wr_attempt_reaches(const struct wr_attempt *attempt)
{
    return attempt->call == WR_CALL_CONNECT || attempt->call == WR_CALL_SEND ||
           attempt->call == WR_CALL_RECV;
}

/* The scratch space behind the netlink answers. */
#define WR_PROBE_FILE_SPACE 16384
static inline char *wr_probe_file_space(const struct wr_probe_ctx *ctx)
{
    return ctx->scratch + WR_NETLINK_SPACE;
}

static inline bool wr_probe_out_of_time(const struct wr_probe_ctx *ctx)
{
    return wr_now_ns() >= ctx->until_ns;
}

/* The end of a part of the work that takes at most usual_ns with the usual budget, and a share of
 * one that is far larger: who gives more time wants more to be known. */
static inline uint64_t wr_probe_part_until(const struct wr_probe_ctx *ctx, uint64_t usual_ns)
{
    uint64_t now_ns = wr_now_ns();
    uint64_t share_ns = ctx->until_ns > now_ns ? (ctx->until_ns - now_ns) / 32 : 0;

    return now_ns + (share_ns > usual_ns ? share_ns : usual_ns);
}

/* The shared socket for NETLINK_ROUTE or NETLINK_SOCK_DIAG; -errno where it can't be had. */
int wr_probe_netlink(struct wr_probe_ctx *ctx, int protocol);

/* Runs a probe in a child without the host's descriptors, or here where there can be none. For
 * those that hold sockets of their own for long: other threads may fork() meanwhile. */
void wr_probe_apart(struct wr_probe_ctx *ctx, void (*run)(struct wr_probe_ctx *ctx));

#define PROBE(name, tier, about, reads) void wr_probe_##name(struct wr_probe_ctx *ctx);
#include "probe/probes.def"
#undef PROBE

/* doubts.c: what the facts of all probes leave open. Asks nobody, and so runs in any case, last. */
void wr_probe_doubts(struct wr_probe_ctx *ctx);

/* Runs every probe of at most that tier. Returns false when the budget ended before the last.
 * `scratch`: WR_PROBE_SCRATCH bytes, 8-aligned. *ret_no_descriptors is set where the process has
 * no descriptor left to look with. */
bool wr_probe_all(const struct wr_attempt *attempt, int32_t host_pid, enum wr_tier tier,
                  uint64_t until_ns, char *scratch, const struct wr_probe_helper *helper,
                  struct wr_evidence *ev, bool *ret_no_descriptors);

#endif
