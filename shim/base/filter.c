/* SPDX-License-Identifier: MIT
 * See filter.h. Runs a filter for each system call of ours, with the arguments unknown: where the
 * filter asks for one, both ways are followed. */
#include "base/filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/environ.h"
#include "base/startup.h"
#include "base/sys.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static const uint16_t our_calls[] = {
#define OURS(name) SYS_##name,
#include "base/our_calls.def"
#undef OURS
};

/* More than real filters take; a filter beyond is taken to kill. */
#define STEPS_MAX 200000
#define WAYS_MAX 32

struct value {
    bool known;
    uint32_t number;
};

struct machine {
    uint32_t pc;
    struct value a, x, memory[BPF_MEMWORDS];
};

struct search {
    const struct sock_filter *code;
    uint32_t len;
    uint32_t call;
    unsigned steps, ways;
    struct machine way[WAYS_MAX]; /* still to be followed */
};

static struct value load(const struct search *search, uint32_t offset)
{
    if (offset == offsetof(struct seccomp_data, nr))
        return (struct value){true, search->call};
    if (offset == offsetof(struct seccomp_data, arch))
        return (struct value){true, ARCHITECTURE};
    return (struct value){0};
}

static void calculate(struct machine *m, const struct sock_filter *at)
{
    struct value operand = BPF_SRC(at->code) == BPF_X ? m->x : (struct value){true, at->k};
    uint32_t b = operand.number;

    m->a.known = m->a.known && operand.known;
    switch (BPF_OP(at->code)) {
    case BPF_ADD:
        m->a.number += b;
        break;
    case BPF_SUB:
        m->a.number -= b;
        break;
    case BPF_AND:
        m->a.number &= b;
        break;
    case BPF_OR:
        m->a.number |= b;
        break;
    case BPF_XOR:
        m->a.number ^= b;
        break;
    case BPF_LSH:
        m->a.known = m->a.known && b < 32;
        m->a.number <<= b & 31;
        break;
    case BPF_RSH:
        m->a.known = m->a.known && b < 32;
        m->a.number >>= b & 31;
        break;
    case BPF_NEG:
        m->a.number = -m->a.number;
        break;
    default:
        m->a.known = false;
    }
}

static bool holds(unsigned operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_JEQ:
        return a == b;
    case BPF_JGT:
        return a > b;
    case BPF_JGE:
        return a >= b;
    default:
        return (a & b) != 0;
    }
}

/* Moves m to where it goes on, and remembers the other way where the condition is not known.
 * False where there are too many ways. */
static bool jump(struct search *search, struct machine *m, const struct sock_filter *at)
{
    struct value operand = BPF_SRC(at->code) == BPF_X ? m->x : (struct value){true, at->k};

    if (BPF_OP(at->code) == BPF_JA) {
        m->pc += at->k;
        return true;
    }
    if (m->a.known && operand.known) {
        m->pc += holds(BPF_OP(at->code), m->a.number, operand.number) ? at->jt : at->jf;
        return true;
    }
    if (search->ways == WAYS_MAX)
        return false;
    search->way[search->ways] = *m;
    search->way[search->ways++].pc += at->jf;
    m->pc += at->jt;
    return true;
}

static bool is_harmless(struct value result)
{
    uint32_t action = result.number & SECCOMP_RET_ACTION_FULL;

    /* an errno of 0 is a call that pretends to have worked: nothing can be built on that */
    return result.known &&
           (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
            (action == SECCOMP_RET_ERRNO && (result.number & SECCOMP_RET_DATA) != 0));
}

static void move(const struct search *search, struct machine *m, const struct sock_filter *at)
{
    struct value *to = BPF_CLASS(at->code) == BPF_LDX ? &m->x : &m->a;

    switch (BPF_MODE(at->code)) {
    case BPF_ABS:
        *to = load(search, at->k);
        break;
    case BPF_IMM:
        *to = (struct value){true, at->k};
        break;
    case BPF_MEM:
        *to = at->k < BPF_MEMWORDS ? m->memory[at->k] : (struct value){0};
        break;
    case BPF_LEN:
        *to = (struct value){true, sizeof(struct seccomp_data)};
        break;
    default:
        to->known = false;
    }
}

/* Follows one way to its end. */
static bool way_is_harmless(struct search *search, struct machine m)
{
    while (m.pc < search->len && search->steps++ < STEPS_MAX) {
        const struct sock_filter *at = &search->code[m.pc++];

        switch (BPF_CLASS(at->code)) {
        case BPF_LD:
        case BPF_LDX:
            move(search, &m, at);
            break;
        case BPF_ST:
        case BPF_STX:
            if (at->k < BPF_MEMWORDS)
                m.memory[at->k] = BPF_CLASS(at->code) == BPF_ST ? m.a : m.x;
            break;
        case BPF_ALU:
            calculate(&m, at);
            break;
        case BPF_JMP:
            if (!jump(search, &m, at))
                return false;
            break;
        case BPF_RET:
            return is_harmless(BPF_RVAL(at->code) == BPF_A ? m.a : (struct value){true, at->k});
        default: /* BPF_MISC */
            if (BPF_MISCOP(at->code) == BPF_TAX)
                m.x = m.a;
            else
                m.a = m.x;
        }
    }
    return false;
}

static bool call_is_harmless(struct search *search, uint32_t call)
{
    search->call = call;
    search->steps = 0;
    search->ways = 1;
    search->way[0] = (struct machine){0};
    while (search->ways > 0) {
        if (!way_is_harmless(search, search->way[--search->ways]))
            return false;
    }
    return true;
}

static bool code_kills(struct search *search)
{
    for (unsigned i = 0; i < sizeof(our_calls) / sizeof(our_calls[0]); i++) {
        if (!call_is_harmless(search, our_calls[i]))
            return true;
    }
    return false;
}

bool wr_filter_kills(const void *program)
{
    struct sock_fprog header;
    /* the search and a copy of the code: no place for them on a small stack */
    const size_t room = sizeof(struct search) + BPF_MAXINSNS * sizeof(struct sock_filter);
    bool kills = true;
    long at;

    if (wr_peek(program, &header, sizeof(header)) != sizeof(header) || header.len > BPF_MAXINSNS)
        return true;
    at = WR_SYS(mmap, 0, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0 && at > -4096)
        return true;
    struct search *search = (struct search *)at;
    const size_t bytes = header.len * sizeof(struct sock_filter);

    if (wr_peek(header.filter, search + 1, bytes) == (long)bytes) {
        search->code = (const struct sock_filter *)(search + 1);
        search->len = header.len;
        kills = code_kills(search);
    }
    WR_SYS(munmap, at, room);
    return kills;
}

static WR_STARTUP _Atomic bool killing;

void wr_filter_installed(bool kills)
{
    if (kills)
        atomic_store_explicit(&killing, true, memory_order_relaxed);
}

bool wr_filtered(void)
{
    return atomic_load_explicit(&killing, memory_order_relaxed);
}
