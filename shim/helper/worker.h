/* SPDX-License-Identifier: MIT
 * What the shim and the helper program say to each other. The shim starts
 * `whyrefused --worker TASK` with three descriptors: 3 = request (read), 4 = answer (write),
 * 5 = extra input; nothing else is open but 0-2 on /dev/null, and the environment is empty but
 * for what a task names. The worker writes its answer and exits; the shim reads what came. */
#ifndef WR_HELPER_WORKER_H
#define WR_HELPER_WORKER_H

#include <stdint.h>

#include "whyrefused/address.h"

#define WR_WORKER_REQUEST_FD 3
#define WR_WORKER_ANSWER_FD 4
#define WR_WORKER_EXTRA_FD 5

/* Task "frames": 3 = struct wr_snapshot, then the stack; 5 = the host's
 * /proc/PID/maps, opened by the host. Answer: a line for each frame, innermost first, at most
 * WR_FRAMES_MAX: five fields separated by tabs, empty where not known, lower-case hex numbers:
 *   pc \t module path \t offset in module \t build id \t symbol[+offset]
 * The offset is the address as the file has it, as addr2line -e MODULE takes it; of a file that
 * cannot be read it is the offset in the file. Of a caller, pc is behind the call: one less is
 * the line of the call.
 * Bytes below 0x20, 0x7f and the tab in names are replaced by '?'. A last line "!text" says what
 * is missing and why. */
#define WR_SNAPSHOT_MAGIC 0x57525331u /* "WRS1" */
#define WR_SNAPSHOT_REGS 18

struct wr_snapshot {
    uint32_t magic;
    uint32_t machine;    /* ELF e_machine: EM_X86_64, EM_AARCH64 */
    int32_t pid;         /* of the host */
    uint32_t stack_size; /* bytes of stack that follow, or fewer where it ends before */
    uint64_t stack_base; /* address of the first of them, equal to the stack pointer */
    /* x86-64: rax rbx rcx rdx rsi rdi rbp rsp r8..r15 rip; only rbx rbp rsp r12-r15 rip are set.
     * aarch64: x19..x30 sp pc, the rest 0 */
    uint64_t regs[WR_SNAPSHOT_REGS];
};

/* Task "config": 3 = the search list, one terminated path after the other (a path that ends in
 * "/" stands for its *.conf files in order); 5 = not used. Answer: the block of
 * config/settings.h. Environment: none. */

/* Task "rule": 3 = struct wr_rule_request; 5 = not used. The worker sends a few requests to connect
 * (SYN), or as many empty datagrams, and tells which rule of this network namespace's packet
 * filters ended them, and where address translation led them. Needs CAP_NET_ADMIN. Answer: lines
 * "key \t value", in any order, what is not known left out; bytes below 0x20, and 0x7f, are
 * replaced by '?': examined 1|0   missing TEXT   found 1|0 tool TEXT   table TEXT   chain TEXT
 * number N   text TEXT   policy 1|0   rejects 1|0 hook TEXT   command TEXT      as the facts rule_*
 * of evidence.def nat ADDRESS   natport N       where DNAT leads; "nat -" = nowhere else */
#define WR_RULE_MAGIC 0x57525231u /* "WRR1" */

struct wr_rule_request {
    uint32_t magic;
    uint32_t left_ms;  /* after that the worker is killed */
    uint32_t mark;     /* of the socket (SO_MARK); 0 = none */
    uint32_t wait_ms;  /* after that no answer is expected any more; 0 = not known */
    uint32_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
    struct wr_addr destination;
    struct wr_addr source; /* family 0: as the kernel chooses; the port is not used */
    char device[16];       /* that the socket is bound to, terminated; "" = none */
};

#endif
