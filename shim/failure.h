/* SPDX-License-Identifier: MIT
 * The way from a hook to a report. Called by hook/ after the real call has failed and the
 * program's errno is known; implemented by failure.c (what happened) and pipeline.c (the rest). */
#ifndef WR_FAILURE_H
#define WR_FAILURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "frames/registers.h"
#include "whyrefused/attempt.h"

/* False where the switch is off, in secure execution, or under a seccomp filter that would kill
 * for what we do: the hooks then only pass calls on. Runs the initialisation at the first call. */
bool wr_enabled(void);

/* As wr_enabled(), for the ways that go on to system calls of ours: also false where a filter that
 * was there before the program started kills for one of them. */
bool wr_may_look(void);

/* socket() failed. */
void wr_failed_socket(int domain, int type, int protocol, int error, uint64_t start_ns);
/* bind(), listen() or accept() failed; address NULL for all but bind(). */
void wr_failed_local(enum wr_call call, int fd, const void *address, socklen_t len, int error,
                     uint64_t start_ns);
/* connect() failed at once, or a second connect() returned the error of the first. */
void wr_failed_connect(int fd, const void *address, socklen_t len, int error, uint64_t start_ns);
/* Another call than connect() delivered the error of a connect() that was pending. */
void wr_failed_pending(int fd, int error, enum wr_door door);
/* A socket without a connection (UDP) could not send, or was told by a later call that what it sent
 * was refused. address: the destination argument; NULL = the one that it is connected to. */
void wr_failed_datagram(enum wr_call call, int fd, const void *address, socklen_t len, int error,
                        uint64_t start_ns);
/* The program stops waiting for a pending connect(). Before the real call: afterwards nothing could
 * be learned from the socket. */
void wr_gave_up(int fd, enum wr_door door);
/* A connection that stood, and ended or answered in a way that is a failure: outcome CLOSED,
 * ANSWERED, SELF, STALLED or LOST; error 0 = end of file, or none. */
void wr_failed_conversation(int fd, enum wr_outcome outcome, int error, enum wr_door door,
                            const struct wr_first_bytes *first);

/* A TLS handshake failed, on the connection of `fd` (-1 = not known). Told once for each connection
 * and object. outcome ERROR: the library or the wire says why; error is errno where the transport
 * failed (ECONNRESET), else 0. CLOSED: the peer closed. GAVE_UP: the program stopped waiting. */
void wr_failed_handshake(const struct wr_handshake *handshake, int fd, enum wr_outcome outcome,
                         int error, enum wr_door door);

/* A lookup failed. name and service are the program's, were read by libc, and may be NULL; of
 * `lookup` all but name_len is set. error: errno with EAI_SYSTEM, else 0. */
void wr_failed_lookup(const struct wr_name_lookup *lookup, const char *name, const char *service,
                      int error, uint64_t start_ns);
/* What came good: how many failures there were, when the first was, and the cause that was reported
 * for it. */
struct wr_failings {
    uint32_t tries;
    uint64_t since_ns; /* CLOCK_MONOTONIC; 0 = there were none */
    const char *cause;
};

/* A name resolves that had not: as wr_came_good(). */
void wr_came_known(const char *name, uint64_t start_ns, const struct wr_failings *what,
                   const struct wr_registers *registers);

/* A target works that had failed. speak.c. */
void wr_came_good(int fd, const struct wr_addr *target, uint64_t start_ns,
                  const struct wr_failings *what, const struct wr_registers *registers);

/* The common end of all: probes, diagnoses, renders and writes. `attempt` has all but the
 * name and end_ns. pipeline.c. */
void wr_report_attempt(struct wr_attempt *attempt, const struct wr_registers *registers);

#endif
