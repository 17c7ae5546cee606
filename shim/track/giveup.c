/* SPDX-License-Identifier: MIT
 * See giveup.h, and wr_track_end() of track.h. */
#include "track/giveup.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/tcpinfo.h"
#include "failure.h"
#include "track/names.h"
#include "track/successes.h"
#include "track/talk.h"
#include "track/track.h"
#include "track/wire.h"

static bool succeeded_since(const struct wr_addr *target, uint64_t start_ns)
{
    return wr_successes_last(target) >= start_ns;
}

/* Happy Eyeballs (RFC 8305): the program tries several addresses at once and drops those that are
 * slower than the first. */
static bool another_won(const struct wr_track *track)
{
    struct wr_addr target, others[16], pair;
    unsigned count;

    if (!wr_addr_from_sockaddr(track->address, track->address_len, &target))
        return false;
    count = wr_names_siblings(&target, others, 16);
    for (unsigned i = 0; i < count; i++) {
        if (succeeded_since(&others[i], track->start_ns))
            return true;
    }
    if (!wr_addr_is_loopback(&target))
        return false;
    pair = wr_addr_localhost(target.family == AF_INET ? AF_INET6 : AF_INET);
    pair.port = target.port;
    return succeeded_since(&pair, track->start_ns);
}

/* Reading it takes it away: only where nobody can ask for it any more. */
static void report_unfetched(int fd, const struct wr_track *track, enum wr_door door)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (track->shared ||
        track->forks != atomic_load_explicit(&wr_track_forks, memory_order_relaxed))
        return;
    if (WR_SYS(getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
        wr_talk_is_about_peer(error))
        wr_failed_pending(fd, error, door);
}

/* False where the descriptor is not this process's to give up. */
static bool look(int fd, const struct wr_track *track, enum wr_door door)
{
    struct wr_tcpinfo info;

    if (track->history != WR_HISTORY_PENDING || track->pid != (int32_t)WR_SYS(getpid) ||
        !wr_tcpinfo(fd, &info))
        return false;
    /* of two descriptors of a socket only the last one that ends ends the connection */
    if (door != WR_DOOR_SHUTDOWN && door != WR_DOOR_EXIT && wr_track_has_twin(fd, track))
        return false;
    if (info.state != WR_TCP_SYN_SENT && info.state != WR_TCP_CLOSE)
        return false;
    if (another_won(track))
        return true;
    if (info.state == WR_TCP_SYN_SENT && track->told)
        wr_failed_connect(fd, track->address, track->address_len, EALREADY, track->start_ns);
    else if (info.state == WR_TCP_SYN_SENT)
        wr_gave_up(fd, door);
    else if (door == WR_DOOR_SHUTDOWN)
        return false; /* the program may still ask */
    else
        report_unfetched(fd, track, door);
    return true;
}

/* Of the kinds that a library which is hooked does not see itself. */
static bool is_told_here(const struct wr_track *track, enum wr_tls_failure failure, bool by_library)
{
    bool dropped = failure == WR_TLS_STALLED || failure == WR_TLS_REJECTED;

    if (failure == 0 || (by_library && failure != WR_TLS_STALLED))
        return false;
    /* a child, or another descriptor, may go on with it */
    return !dropped ||
           (!track->shared &&
            track->forks == atomic_load_explicit(&wr_track_forks, memory_order_relaxed));
}

static enum wr_outcome outcome_of(enum wr_tls_failure failure, const struct wr_wire *wire)
{
    if (failure == WR_TLS_EOF || failure == WR_TLS_RESET)
        return WR_OUTCOME_CLOSED;
    return failure == WR_TLS_STALLED && !wire->end.peer_closed ? WR_OUTCOME_GAVE_UP
                                                               : WR_OUTCOME_ERROR;
}

static int error_of(enum wr_tls_failure failure, const struct wr_wire *wire)
{
    if (failure == WR_TLS_STALLED && !wire->end.peer_closed)
        return ETIMEDOUT;
    return failure == WR_TLS_RESET || failure == WR_TLS_STALLED || failure == WR_TLS_OTHER
               ? wire->end.error
               : 0;
}

/* False where none failed. */
static bool end_handshake(int fd, const struct wr_track *track, enum wr_door door)
{
    struct wr_handshake handshake = {.library = NULL};
    struct wr_wire *wire;
    bool by_library;
    enum wr_tls_failure failure =
        wr_wire_ended(fd, track->start_ns, &wire, &handshake.start_ns, &by_library);

    handshake.wire = wire;
    if (wire != NULL && is_told_here(track, failure, by_library))
        wr_failed_handshake(&handshake, fd, outcome_of(failure, wire), error_of(failure, wire),
                            door);
    wr_wire_give(wire);
    return failure != 0;
}

/* What was sent on it never arrived, or the answer did not. To tell that takes a while from the
 * moment that it stood: who makes and ends many connections pays for no system call here. */
static void end_stalled(int fd, const struct wr_track *before, enum wr_door door)
{
    struct wr_first_bytes none = {.out_len = 0};
    struct wr_track track;
    struct wr_tcpinfo info;

    /* a child, or another descriptor, may go on with it */
    if (before->forks != atomic_load_explicit(&wr_track_forks, memory_order_relaxed) ||
        wr_now_ns() - before->start_ns < WR_TCPINFO_QUIET_MS * 1000000ull ||
        !wr_tcpinfo(fd, &info) || !(wr_tcpinfo_stalls(&info, false) || wr_tcpinfo_misses(&info)))
        return;
    if (wr_track_get(fd, &track) && track.history == WR_HISTORY_CONNECTED &&
        track.pid == (int32_t)WR_SYS(getpid) &&
        (door == WR_DOOR_EXIT || !wr_track_has_twin(fd, &track)))
        wr_failed_conversation(fd, WR_OUTCOME_STALLED, 0, door, &none);
}

/* A connection that stood ends: where a handshake was under way on it, that has failed. */
static void end_connection(int fd, enum wr_door door)
{
    struct wr_track track;
    bool told = false;

    if (!wr_track_peek(fd, &track))
        return;
    if (!track.rests && wr_wire_maybe(fd)) {
        if (track.pid == (int32_t)WR_SYS(getpid) && wr_track_get(fd, &track) &&
            track.history == WR_HISTORY_CONNECTED &&
            (door == WR_DOOR_EXIT || !wr_track_has_twin(fd, &track)))
            told = end_handshake(fd, &track, door);
        wr_wire_forget(fd, track.start_ns);
    }
    if (!told)
        end_stalled(fd, &track, door);
}

void wr_give_up(int fd, enum wr_door door)
{
    struct wr_track track;
    bool done;

    if (!wr_track_peek(fd, &track) || !wr_process_owns_memory() || !wr_may_look())
        return;
    if (track.history != WR_HISTORY_PENDING) {
        if (door != WR_DOOR_SHUTDOWN) {
            end_connection(fd, door);
            wr_bytes_end(fd, track.start_ns);
            wr_track_forget(fd);
        }
        return;
    }
    if (!wr_track_get(fd, &track)) {
        wr_track_forget(fd);
        return;
    }
    done = look(fd, &track, door);
    if (door != WR_DOOR_SHUTDOWN) {
        wr_bytes_end(fd, track.start_ns);
        wr_track_forget(fd);
    } else if (done) {
        wr_track_set(fd, WR_HISTORY_FAILED);
    }
}

static void give_up_one(int fd, void *door)
{
    wr_give_up(fd, *(enum wr_door *)door);
}

void wr_give_up_range(unsigned first, unsigned last)
{
    enum wr_door door = WR_DOOR_CLOSE;

    wr_track_each(first, last, give_up_one, &door);
}

/* Once for a socket: its other descriptors are forgotten first. */
static void end_one(int fd, void *unused)
{
    struct wr_track track;

    (void)unused;
    if (wr_track_peek(fd, &track) && (track.rests || wr_track_get(fd, &track)) &&
        !wr_track_has_twin(fd, &track)) {
        look(fd, &track, WR_DOOR_EXIT);
        end_connection(fd, WR_DOOR_EXIT);
    }
    wr_track_drop(fd);
}

void wr_track_end(void)
{
    if (wr_process_owns_memory() && wr_may_look())
        wr_track_each(0, INT_MAX, end_one, NULL);
}
