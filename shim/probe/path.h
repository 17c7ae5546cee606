/* SPDX-License-Identifier: MIT
 * The way to a port, hop by hop: requests to connect whose TTL ends on the way, and what comes back
 * of each. path_tries.c sends them, path_plan.c (pure) says which, path_judge.c (pure) what the
 * answers mean, path.c when, and makes facts of it. For these four alone. */
#ifndef WR_PROBE_PATH_H
#define WR_PROBE_PATH_H

#include "probe/icmp.h"
#include "probe/probe.h"
#include "whyrefused/faults.h"

#define WR_PATH_TRIES 48 /* requests in all: what one failure may cost the network */
#define WR_PATH_FAR 255  /* the TTL that the kernel takes by itself */
#define WR_PATH_HOPS 40  /* no way is longer */

enum wr_path_reply {
    WR_REPLY_NONE,
    WR_REPLY_ACCEPTED,
    WR_REPLY_RESET,
    WR_REPLY_EXPIRED, /* ICMP: the TTL ended at that hop */
    WR_REPLY_ICMP,    /* another ICMP error */
    WR_REPLY_ERROR    /* connect() failed without any packet that says so */
};

/* One request: a socket of its own. */
struct wr_path_try {
    uint16_t port;
    uint8_t ttl;      /* WR_PATH_FAR = not set */
    uint8_t min_ttl;  /* the kernel drops answers that arrive with less (IP_MINTTL); 0 = none */
    bool cut;         /* not waited for long enough: that nothing came says nothing */
    bool own;         /* sent to watch the loopback counters; not for distances */
    uint8_t reply;    /* enum wr_path_reply */
    int fd;           /* -1 = not open */
    int error;        /* ERROR: errno, > 0 */
    uint32_t us;      /* when the reply came */
    uint64_t sent_ns; /* 0 = not yet */
    struct wr_icmp_error icmp;
};

enum wr_path_own { WR_OWN_UNKNOWN, WR_OWN_NO, WR_OWN_YES };

struct wr_path {
    struct wr_addr target;
    uint16_t reference;  /* another port of it that answers; 0 = none does */
    uint8_t own;         /* enum wr_path_own: who answers requests whose TTL is 1 */
    uint8_t own_packets; /* of one request and its answer, on the loopback interface; 0 = unknown */
    bool began;          /* the first answers are there: what is silent then stays so */
    bool stopped;        /* no more can be sent */
    uint64_t first_ns;   /* when the first request was sent; 0 = none was */
    uint64_t batch_ns;   /* the first of those that were sent together at last */
    unsigned first_count; /* how many were sent with the first */
    unsigned count;
    struct wr_path_try tries[WR_PATH_TRIES];
};

/* --- path_judge.c -------------------------------------------------------------------------- */

/* What is seen of one port. */
struct wr_path_view {
    const struct wr_path_try *answer; /* what comes back from the port; NULL = nothing */
    uint8_t hop;                      /* the smallest TTL with which it comes; 0 = not known */
    uint8_t below;                    /* the largest smaller one that was asked with; 0 = none */
    uint8_t last;                     /* the largest TTL that ended on the way; 0 = none did */
    uint8_t arrival;                  /* TTL with which it arrives; 0 = not known */
    bool exact;                       /* below is hop - 1 */
};
struct wr_path_view wr_path_look(const struct wr_path *path, uint16_t port);

/* The address that says so where the TTL ends, and how long it takes; NULL where none does.
 * port 0: whatever the port. */
const struct wr_path_try *wr_path_hop(const struct wr_path *path, uint16_t port, uint8_t ttl);

struct wr_path_verdict {
    enum wr_path_answer answer; /* 0 = not known: it was not waited for long enough */
    int hop;                    /* of the machine that answers: 0 = this one; -1 = not known */
    struct wr_addr from;        /* family 0 = not known */
    uint8_t ttl;                /* with which it arrives; 0 = not known */
    uint8_t reference_hop;      /* distance of the destination; 0 = not known */
    uint8_t reference_ttl;      /* 0 = not known */
    uint8_t last;               /* the last hop that answers for the port; 0 = none */
    struct wr_addr behind;      /* who is behind it; family 0 = not known */
    enum wr_path_own leaves;    /* whether requests get out: NO, YES or not known */
};
void wr_path_judge(const struct wr_path *path, struct wr_path_verdict *ret);

/* How far a packet came that arrives with this TTL: systems begin at 64, 128 or 255. */
unsigned wr_path_came(uint8_t ttl);

/* --- path_plan.c: each adds the requests that are to be sent next ------------------------------
 */

void wr_path_plan_first(struct wr_path *path);
/* From what is known while answers may still come; the plans below hold good for it, too. */
void wr_path_plan_meanwhile(struct wr_path *path);
/* Of what the first brought: the other port to compare with. */
void wr_path_choose(struct wr_path *path);
void wr_path_plan_distance(struct wr_path *path);
/* Something nearer than the destination may have taken the requests to the other port (a proxy that
 * is not asked for): then takes one more, and true. */
bool wr_path_plan_another(struct wr_path *path);
void wr_path_plan_arrival(struct wr_path *path);
/* One with TTL 1; false where none may be sent any more. */
bool wr_path_plan_own(struct wr_path *path);

/* --- path_tries.c -------------------------------------------------------------------------- */

/* What the program's socket had that chooses the way; 0, family 0, "" = nothing. */
struct wr_path_way {
    uint32_t mark;
    struct wr_addr source;
    char device[16];
};
/* Sends what was planned and waits for the answers, as long as those that came make it look worth
 * it, and not beyond until_ns. more: what comes may tell what else to ask while what is far away is
 * still waited for; true is returned then, as soon as it has become quiet. Else every socket is
 * closed when it returns. hint_us: how long an answer took the program; 0 = not known. */
bool wr_path_ask(struct wr_probe_ctx *ctx, struct wr_path *path, const struct wr_path_way *way,
                 uint32_t hint_us, bool more, uint64_t until_ns);

#endif
