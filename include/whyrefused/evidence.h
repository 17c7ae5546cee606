/* SPDX-License-Identifier: MIT
 * A record of facts. Written by probe/ through the wr_set_ functions, read by diagnose/ through
 * the wr_ev_ functions and by render/. A fact is unknown until a probe sets it; unknown is never
 * the same as zero, and "looked, and there is none" (absent) is neither. */
#ifndef WHYREFUSED_EVIDENCE_H
#define WHYREFUSED_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "whyrefused/address.h"

enum wr_kind {
    WR_KIND_bool, /* true or false */
    WR_KIND_uint, /* a number in the unit of its row */
    WR_KIND_errno,
    WR_KIND_addr, /* struct wr_addr */
    WR_KIND_text, /* bytes from outside: bounded, not terminated by anything, never trusted */
    WR_KIND_sock  /* struct wr_sock: a socket that exists, or absent */
};

enum wr_fact {
#define FIELD(kind, name, unit, meaning) WR_FACT_##name,
#include "whyrefused/evidence.def"
#undef FIELD
    WR_FACTS
};

struct wr_fact_info {
    const char *name;
    enum wr_kind kind;
    const char *unit; /* "" where there is none */
    const char *meaning;
};
extern const struct wr_fact_info wr_fact_info[WR_FACTS];

/* A span of wr_evidence.text. */
struct wr_text {
    uint16_t at, len;
};

/* A socket found on this machine, and who has it. Texts of length 0 and pid 0 = not known. */
struct wr_sock {
    struct wr_addr local;
    uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
    uint8_t state;    /* TCP_LISTEN, ..., as in linux/tcp.h; 13 = bound, not listening */
    int8_t v6only;    /* 1, 0; -1 = not known or IPv4 */
    uint32_t device;  /* interface index that it is bound to; 0 = none */
    uint32_t queue, queue_max;
    uint32_t uid; /* owner; UINT32_MAX = not known */
    uint64_t inode;
    uint64_t cgroup_id; /* 0 = not known */
    int32_t pid;
    struct wr_text device_name, program, unit, container;
};

enum wr_fact_state { WR_UNKNOWN = 0, WR_ABSENT, WR_PRESENT };

#define WR_EVIDENCE_SOCKS 12
#define WR_EVIDENCE_TEXT 6144

struct wr_evidence {
    uint8_t state[WR_FACTS]; /* enum wr_fact_state */
    union {
        uint64_t number; /* bool, uint, errno */
        struct wr_addr addr;
        struct wr_text text;
        uint16_t sock; /* index into socks */
    } value[WR_FACTS];
    struct wr_sock socks[WR_EVIDENCE_SOCKS];
    uint16_t socks_used;
    uint16_t text_used;
    bool text_full; /* a text did not fit and was left out */
    char text[WR_EVIDENCE_TEXT];
};

/* Setters. Each states a fact as present. What does not fit (texts, sockets) stays unknown. */
void wr_set_bool(struct wr_evidence *ev, enum wr_fact fact, bool value);
void wr_set_uint(struct wr_evidence *ev, enum wr_fact fact, uint64_t value);
void wr_set_errno(struct wr_evidence *ev, enum wr_fact fact, int value);
void wr_set_addr(struct wr_evidence *ev, enum wr_fact fact, const struct wr_addr *value);
void wr_set_text(struct wr_evidence *ev, enum wr_fact fact, const char *bytes, uint32_t len);
void wr_set_str(struct wr_evidence *ev, enum wr_fact fact, const char *terminated);
void wr_set_sock(struct wr_evidence *ev, enum wr_fact fact, const struct wr_sock *value);
/* It was looked for, and there is none. */
void wr_set_absent(struct wr_evidence *ev, enum wr_fact fact);
/* Copies text into the record for use in a struct wr_sock. Returns length 0 when it is full. */
struct wr_text wr_add_text(struct wr_evidence *ev, const char *bytes, uint32_t len);

/* For the tests: called with each fact that a reader looks at. */
#ifdef WR_EVIDENCE_TRACE
void wr_ev_trace(enum wr_fact fact);
#define WR_EV_LOOK(fact) wr_ev_trace(fact)
#else
#define WR_EV_LOOK(fact) ((void)0)
#endif

/* Readers for diagnose/. Each takes a fact of the kind it names. */
static inline bool wr_ev_known(const struct wr_evidence *ev, enum wr_fact fact)
{
    WR_EV_LOOK(fact);
    return ev->state[fact] != WR_UNKNOWN;
}

/* The fact is known and has a value (a socket, an address, a text that exists). */
static inline bool wr_ev_has(const struct wr_evidence *ev, enum wr_fact fact)
{
    WR_EV_LOOK(fact);
    return ev->state[fact] == WR_PRESENT;
}

/* Looked for, and there is none. */
static inline bool wr_ev_absent(const struct wr_evidence *ev, enum wr_fact fact)
{
    WR_EV_LOOK(fact);
    return ev->state[fact] == WR_ABSENT;
}

static inline bool wr_ev_true(const struct wr_evidence *ev, enum wr_fact fact)
{
    return wr_ev_has(ev, fact) && ev->value[fact].number != 0;
}

static inline bool wr_ev_false(const struct wr_evidence *ev, enum wr_fact fact)
{
    return wr_ev_has(ev, fact) && ev->value[fact].number == 0;
}

/* The number of a bool, uint or errno; fallback where it is unknown or absent. */
static inline uint64_t wr_ev_uint(const struct wr_evidence *ev, enum wr_fact fact,
                                  uint64_t fallback)
{
    return wr_ev_has(ev, fact) ? ev->value[fact].number : fallback;
}

/* Known, and equal to number. */
static inline bool wr_ev_is(const struct wr_evidence *ev, enum wr_fact fact, uint64_t number)
{
    return wr_ev_has(ev, fact) && ev->value[fact].number == number;
}

/* NULL where unknown or absent. */
static inline const struct wr_addr *wr_ev_addr(const struct wr_evidence *ev, enum wr_fact fact)
{
    return wr_ev_has(ev, fact) ? &ev->value[fact].addr : 0;
}

static inline const struct wr_sock *wr_ev_sock(const struct wr_evidence *ev, enum wr_fact fact)
{
    return wr_ev_has(ev, fact) ? &ev->socks[ev->value[fact].sock] : 0;
}

/* Known, and the bytes equal the terminated string. */
bool wr_ev_text_is(const struct wr_evidence *ev, enum wr_fact fact, const char *string);
/* Known, and the bytes end in the terminated string. */
bool wr_ev_text_ends(const struct wr_evidence *ev, enum wr_fact fact, const char *string);

#endif
