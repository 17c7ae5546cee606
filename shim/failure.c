/* SPDX-License-Identifier: MIT
 * From a failed call to a complete attempt: copies the arguments safely, looks at the socket, and
 * remembers the registers. See failure.h. */
#include "failure.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/environ.h"
#include "base/hostname.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/tcpinfo.h"
#include "frames/canary.h"
#include "hold/hold.h"
#include "speak.h"
#include "tls/depth.h"
#include "track/bound.h"
#include "track/handshakes.h"
#include "track/names.h"
#include "track/successes.h"
#include "track/targets.h"
#include "track/track.h"
#include "track/wire.h"

bool wr_may_look(void)
{
    return wr_enabled() && wr_canary_lives();
}

/* Of a name that is longer no more is looked at. */
#define WR_LOOKUP_LONGEST 65536

static int socket_number(int fd, int option)
{
    int value;
    socklen_t len = sizeof(value);

    return WR_SYS(getsockopt, fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static void look_at_socket(struct wr_attempt *attempt)
{
    attempt->domain = socket_number(attempt->fd, SO_DOMAIN);
    attempt->protocol = socket_number(attempt->fd, SO_PROTOCOL);
}

static void take_data(struct wr_attempt *attempt, const struct wr_tcpinfo *info)
{
    const bool timed_out = attempt->error == ETIMEDOUT && attempt->outcome != WR_OUTCOME_GAVE_UP;

    attempt->tcp.data = (struct wr_tcp_data){
        .stalls = wr_tcpinfo_stalls(info, timed_out),
        .misses = wr_tcpinfo_misses(info),
        .segment_bytes = info->segment_bytes,
        .again_bytes = info->again_bytes,
        .again = info->retransmits,
        .beyond = info->beyond,
        .out_of_order = info->out_of_order,
        .path_mtu = info->path_mtu,
        .acked_bytes = info->acked_bytes,
        .unacked_bytes = info->unacked_bytes,
        .quiet_ms = info->ack_ms,
    };
}

static void take_tcp(struct wr_attempt *attempt)
{
    struct wr_tcpinfo info;

    if (!wr_tcpinfo(attempt->fd, &info))
        return;
    attempt->tcp = (struct wr_tcp_sample){.known = true,
                                          .state = info.state,
                                          .retransmits = info.retransmits,
                                          .lost = info.lost,
                                          .on_the_way = info.on_the_way};
    if (info.was_connected)
        take_data(attempt, &info);
}

static void begin(struct wr_attempt *attempt, enum wr_call call, int fd, int error,
                  uint64_t start_ns)
{
    memset(attempt, 0, sizeof(*attempt));
    attempt->call = call;
    attempt->fd = fd;
    attempt->row = -1;
    attempt->error = error;
    attempt->start_ns = start_ns;
    attempt->end_ns = wr_now_ns();
    attempt->time_us = wr_clock_ns(CLOCK_REALTIME) / 1000;
    attempt->domain = attempt->type = attempt->protocol = -1;
    if (fd >= 0)
        attempt->type = socket_number(fd, SO_TYPE);
}

/* Errors that come only after the kernel has read the address: then it can be read. */
static bool was_read(int error)
{
    return error == ECONNREFUSED || error == ETIMEDOUT || error == EHOSTUNREACH ||
           error == ENETUNREACH || error == EADDRNOTAVAIL || error == ECONNRESET;
}

static void copy_address(struct wr_attempt *attempt, const void *address, socklen_t len)
{
    socklen_t wanted = len < WR_SOCKADDR_MAX ? len : WR_SOCKADDR_MAX;
    long got = 0;

    attempt->address_len = len;
    if (address != NULL && len > 0 && attempt->call == WR_CALL_CONNECT &&
        was_read(attempt->error)) {
        memcpy(attempt->address.bytes, address, wanted);
        got = (long)wanted;
    } else if (address != NULL && len > 0) {
        got = wr_peek(address, attempt->address.bytes, wanted);
    }
    attempt->address_read = got > 0 ? (socklen_t)got : 0;
    wr_addr_from_sockaddr(attempt->address.bytes, attempt->address_read, &attempt->target);
}

static void take_origin(struct wr_attempt *attempt)
{
    if (attempt->target.family == 0)
        return;
    wr_names_find(&attempt->target, attempt->name, sizeof(attempt->name), attempt->service,
                  sizeof(attempt->service));
    attempt->succeeded_ns = wr_successes_last(&attempt->target);
}

static void take_bound(struct wr_attempt *attempt)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    struct wr_addr local = {.family = 0};

    attempt->bound = WR_SYS(getsockname, attempt->fd, &name, &len) == 0 &&
                     wr_addr_from_sockaddr(&name, len, &local) && wr_bound_is(attempt->fd, &local);
    attempt->bound_port = local.family != 0 && wr_bound_port_is(attempt->fd, local.port);
}

static void take_history(struct wr_attempt *attempt)
{
    struct wr_track track;

    take_bound(attempt);
    if (wr_track_get(attempt->fd, &track)) {
        attempt->history = track.history;
        wr_addr_from_sockaddr(track.address, track.address_len, &attempt->earlier);
    }
    if (attempt->error != EISCONN ||
        (attempt->history != WR_HISTORY_UNSEEN && attempt->history != WR_HISTORY_FRESH))
        return;
    attempt->history = socket_number(attempt->fd, SO_ACCEPTCONN) == 1 ? WR_HISTORY_LISTENING
                                                                      : WR_HISTORY_CONNECTED;
}

static void gather(struct wr_attempt *attempt)
{
    look_at_socket(attempt);
    take_origin(attempt);
    take_history(attempt);
}

/* A repeat is counted here and costs little; for what is news the rest is gathered. */
static void go_on(struct wr_attempt *attempt, const struct wr_registers *registers)
{
    if (wr_targets_note(attempt) == WR_SEEN_AGAIN || wr_process_borrows_memory())
        return;
    if (attempt->fd >= 0)
        gather(attempt);
    wr_report_attempt(attempt, registers);
}

void wr_failed_socket(int domain, int type, int protocol, int error, uint64_t start_ns)
{
    struct wr_registers registers;
    struct wr_attempt attempt;

    WR_CAPTURE(&registers);
    begin(&attempt, WR_CALL_SOCKET, -1, error, start_ns);
    attempt.domain = domain;
    attempt.type = type & 0xf;
    attempt.protocol = protocol;
    go_on(&attempt, &registers);
}

/* Where the call names no address: the socket's own, or that of its peer. */
static void copy_name(struct wr_attempt *attempt, bool peer)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    long error = peer ? WR_SYS(getpeername, attempt->fd, &name, &len)
                      : WR_SYS(getsockname, attempt->fd, &name, &len);

    if (error == 0)
        copy_address(attempt, &name, len < sizeof(name) ? len : sizeof(name));
}

void wr_failed_local(enum wr_call call, int fd, const void *address, socklen_t len, int error,
                     uint64_t start_ns)
{
    struct wr_registers registers;
    struct wr_attempt attempt;

    WR_CAPTURE(&registers);
    begin(&attempt, call, fd, error, start_ns);
    if (call == WR_CALL_BIND)
        copy_address(&attempt, address, len);
    else
        copy_name(&attempt, false); /* listen(), accept() */
    go_on(&attempt, &registers);
}

void wr_failed_connect(int fd, const void *address, socklen_t len, int error, uint64_t start_ns)
{
    struct wr_registers registers;
    struct wr_attempt attempt;
    struct wr_track track;

    WR_CAPTURE(&registers);
    begin(&attempt, WR_CALL_CONNECT, fd, error, start_ns);
    copy_address(&attempt, address, len);
    /* the second connect() of a pending one returns the error of the first */
    if (error != EALREADY && error != EISCONN && wr_track_get(fd, &track) &&
        track.history == WR_HISTORY_PENDING) {
        attempt.start_ns = track.start_ns;
        attempt.door = WR_DOOR_AGAIN;
    }
    go_on(&attempt, &registers);
}

/* The end of the connect() that `track` speaks of. first: NULL where no byte is known. */
static void end_pending(int fd, const struct wr_track *track, enum wr_outcome outcome, int error,
                        enum wr_door door, const struct wr_first_bytes *first,
                        const struct wr_registers *registers)
{
    struct wr_attempt attempt;

    begin(&attempt, WR_CALL_CONNECT, fd, error, track->start_ns);
    attempt.outcome = outcome;
    attempt.door = door;
    if (first != NULL)
        attempt.first = *first;
    if (outcome != WR_OUTCOME_ERROR) /* else the kernel has forgotten it */
        take_tcp(&attempt);
    if (outcome == WR_OUTCOME_STALLED)
        attempt.call = attempt.tcp.data.stalls ? WR_CALL_SEND : WR_CALL_RECV;
    if (outcome == WR_OUTCOME_LOST) {
        attempt.call = door == WR_DOOR_SEND ? WR_CALL_SEND : WR_CALL_RECV;
        attempt.start_ns = attempt.end_ns - attempt.tcp.data.quiet_ms * 1000000ull;
    }
    copy_address(&attempt, track->address, track->address_len);
    go_on(&attempt, registers);
}

void wr_failed_pending(int fd, int error, enum wr_door door)
{
    struct wr_registers registers;
    struct wr_tcpinfo info;
    struct wr_track track;

    WR_CAPTURE(&registers);
    /* SO_ERROR may speak of a connection that was there and broke */
    if (wr_track_get(fd, &track) && !(wr_tcpinfo(fd, &info) && info.was_connected))
        end_pending(fd, &track, WR_OUTCOME_ERROR, error, door, NULL, &registers);
}

void wr_gave_up(int fd, enum wr_door door)
{
    struct wr_registers registers;
    struct wr_track track;

    WR_CAPTURE(&registers);
    if (wr_track_get(fd, &track))
        end_pending(fd, &track, WR_OUTCOME_GAVE_UP, ETIMEDOUT, door, NULL, &registers);
}

void wr_failed_conversation(int fd, enum wr_outcome outcome, int error, enum wr_door door,
                            const struct wr_first_bytes *first)
{
    struct wr_registers registers;
    struct wr_track track;

    WR_CAPTURE(&registers);
    if (wr_track_get(fd, &track))
        end_pending(fd, &track, outcome, error, door, first, &registers);
}

void wr_failed_datagram(enum wr_call call, int fd, const void *address, socklen_t len, int error,
                        uint64_t start_ns)
{
    struct wr_registers registers;
    struct wr_attempt attempt;

    WR_CAPTURE(&registers);
    begin(&attempt, call, fd, error, start_ns);
    attempt.door = call == WR_CALL_RECV ? WR_DOOR_RECV : WR_DOOR_SEND;
    if (wr_tls_depth > 0) /* DTLS: this is the whole story of the handshake, too */
        (void)wr_handshake_is_news(NULL, fd);
    if (address != NULL)
        copy_address(&attempt, address, len);
    else
        copy_name(&attempt, true);
    go_on(&attempt, &registers);
}

void wr_failed_handshake(const struct wr_handshake *handshake, int fd, enum wr_outcome outcome,
                         int error, enum wr_door door)
{
    struct wr_registers registers;
    struct wr_attempt attempt;
    struct wr_track track;

    const struct wr_wire *taken = NULL;

    WR_CAPTURE(&registers);
    if (!wr_handshake_is_news(handshake->object, fd))
        return;
    begin(&attempt, WR_CALL_HANDSHAKE, fd, error, handshake->start_ns);
    attempt.outcome = outcome;
    attempt.door = door;
    attempt.handshake = *handshake;
    if (handshake->start_ns == 0)
        attempt.start_ns = attempt.end_ns;
    if (fd >= 0)
        take_tcp(&attempt);
    if (fd >= 0 && wr_track_get(fd, &track)) {
        if (handshake->start_ns == 0)
            attempt.start_ns = track.start_ns;
        copy_address(&attempt, track.address, track.address_len);
        if (handshake->wire == NULL)
            attempt.handshake.wire = taken = wr_wire_take(fd, track.start_ns);
    } else if (fd >= 0) {
        copy_name(&attempt, true);
    }
    go_on(&attempt, &registers);
    wr_wire_give(taken);
}

static void keep(char *to, size_t room, const char *text)
{
    size_t len = text != NULL ? strnlen(text, room - 1) : 0;

    memcpy(to, text, len);
    to[len] = '\0';
}

void wr_failed_lookup(const struct wr_name_lookup *lookup, const char *name, const char *service,
                      int error, uint64_t start_ns)
{
    struct wr_registers registers;
    struct wr_attempt attempt;

    WR_CAPTURE(&registers);
    begin(&attempt, WR_CALL_LOOKUP, -1, lookup->result == EAI_SYSTEM ? error : 0, start_ns);
    attempt.lookup = *lookup;
    attempt.lookup.name_len = name != NULL ? (uint32_t)strnlen(name, WR_LOOKUP_LONGEST) : 0;
    keep(attempt.name, sizeof(attempt.name), name);
    wr_name_hide_password(attempt.name);
    if (attempt.lookup.name_len < sizeof(attempt.name)) /* else its end is not here */
        attempt.lookup.name_len = (uint32_t)strlen(attempt.name);
    keep(attempt.service, sizeof(attempt.service), service);
    wr_speak_looked_up(attempt.name, lookup, start_ns);
    if (!wr_hold_found_otherwise(&attempt))
        go_on(&attempt, &registers);
}

static void take_failings(struct wr_attempt *attempt, const struct wr_failings *what)
{
    attempt->outcome = WR_OUTCOME_RECOVERED;
    attempt->tries = what->tries;
    attempt->failing_since_ns = what->since_ns;
    attempt->failing_cause = what->cause;
}

void wr_came_known(const char *name, uint64_t start_ns, const struct wr_failings *what,
                   const struct wr_registers *registers)
{
    struct wr_attempt attempt;

    begin(&attempt, WR_CALL_LOOKUP, -1, 0, start_ns);
    take_failings(&attempt, what);
    attempt.lookup = (struct wr_name_lookup){.function = "getaddrinfo"};
    attempt.lookup.name_len = (uint32_t)strlen(name);
    keep(attempt.name, sizeof(attempt.name), name);
    wr_report_attempt(&attempt, registers);
}

void wr_came_good(int fd, const struct wr_addr *target, uint64_t start_ns,
                  const struct wr_failings *what, const struct wr_registers *registers)
{
    struct wr_attempt attempt;

    begin(&attempt, WR_CALL_CONNECT, fd, 0, start_ns);
    take_failings(&attempt, what);
    attempt.target = *target;
    attempt.address_len = wr_addr_to_sockaddr(target, attempt.address.bytes);
    attempt.address_read = attempt.address_len;
    gather(&attempt);
    wr_report_attempt(&attempt, registers);
}
