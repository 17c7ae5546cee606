/* SPDX-License-Identifier: MIT
 * See talk.h. */
#include "track/talk.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/environ.h"
#include "base/firstwords.h"
#include "base/process.h"
#include "base/sys.h"
#include "base/tcpinfo.h"
#include "failure.h"
#include "speak.h"
#include "tls/depth.h"
#include "track/successes.h"
#include "track/track.h"
#include "track/wire.h"

/* A peer that closes later than this has not refused the connection by closing it. */
#define AT_ONCE_NS 1000000000u
/* Below these no port is given to a client by itself (ip_local_port_range of ip(7)): nothing
 * connects to itself by chance. Where the machine's own address is not told at a glance, the system
 * call is saved for the ports that nobody opens to clients. */
#define FIRST_CLIENT_PORT 1024
#define FIRST_LIKELY_PORT 16384

bool wr_talk_is_about_peer(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENONET:
    case ENOPROTOOPT:
    case EPROTO:
    case EACCES:
    case EPERM:
    case EPIPE:
        return true;
    default:
        return false;
    }
}

/* Nothing more is to be learned: the connection is over. */
static void leave(int fd, const struct wr_track *track)
{
    wr_bytes_end(fd, track->start_ns);
    wr_wire_forget(fd, track->start_ns);
    wr_track_forget(fd);
}

static bool is_self(int fd, const struct wr_addr *target)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    struct wr_addr local;

    if (target->port < (wr_addr_is_loopback(target) || wr_addr_is_any(target) ? FIRST_CLIENT_PORT
                                                                              : FIRST_LIKELY_PORT))
        return false;
    if (WR_SYS(getsockname, fd, &name, &len) < 0 || !wr_addr_from_sockaddr(&name, len, &local) ||
        local.port != target->port)
        return false;
    return wr_addr_same_host(&local, target) ||
           (wr_addr_is_any(target) && wr_addr_is_loopback(&local));
}

/* connect() says 0 before anything was sent where TCP_FASTOPEN_CONNECT is set (tcp(7)). */
static bool is_established(int fd)
{
    struct wr_tcpinfo info;

    return wr_tcpinfo(fd, &info) && info.state != WR_TCP_SYN_SENT && info.state != WR_TCP_CLOSE;
}

static void connected_to_itself(int fd, struct wr_track *track, enum wr_door door)
{
    struct wr_first_bytes none = {.connected_ns = track->start_ns};

    wr_failed_conversation(fd, WR_OUTCOME_SELF, 0, door, &none);
    leave(fd, track);
}

void wr_talk_connected(int fd, struct wr_track *track, enum wr_door door)
{
    uint64_t now_ns = wr_now_ns();
    struct wr_addr target;

    if (!wr_addr_from_sockaddr(track->address, track->address_len, &target))
        return;
    track->history = WR_HISTORY_CONNECTED;
    track->told = false;
    wr_track_put(fd, track);
    if (is_self(fd, &target)) {
        connected_to_itself(fd, track, door);
        return;
    }
    wr_successes_note(&target, now_ns);
    if (wr_speak_listens() && is_established(fd))
        wr_speak_connected(fd, &target, track->start_ns);
    wr_bytes_begin(fd, track->start_ns, now_ns);
    if (wr_wire_maybe(fd))
        wr_wire_new_connection(fd);
}

/* True where history is CONNECTED, now or since before. */
static bool look_again(int fd, struct wr_track *track, enum wr_door door)
{
    struct wr_tcpinfo info;

    if (track->history == WR_HISTORY_CONNECTED)
        return true;
    if (track->history != WR_HISTORY_PENDING || !wr_tcpinfo(fd, &info) ||
        info.state == WR_TCP_SYN_SENT || !info.was_connected)
        return false;
    wr_talk_connected(fd, track, door);
    return wr_track_get(fd, track);
}

/* False where nothing is known of it, or it is another process's. */
static bool find(int fd, struct wr_track *ret_track)
{
    long pid = wr_process_own_id();

    return pid != 0 && wr_track_get(fd, ret_track) && ret_track->pid == (int32_t)pid;
}

/* The same for what a library sends and receives in the handshake that it began itself: whose the
 * descriptor is was asked when the ClientHello was sent, and the library has not come by another
 * since. Without a system call: a handshake is on the success path. */
static bool find_in_handshake(int fd, struct wr_track *ret_track)
{
    long pid;

    return wr_tls_inside() && wr_wire_maybe(fd) && wr_wire_is_of(fd, wr_tls_object) &&
           wr_track_peek(fd, ret_track) && ret_track->history == WR_HISTORY_CONNECTED &&
           (pid = wr_process_known_id()) != 0 && ret_track->pid == (int32_t)pid;
}

void wr_talk_asked(int fd, enum wr_door door)
{
    struct wr_track track;

    if (wr_may_look() && find(fd, &track))
        look_again(fd, &track, door);
}

/* Enough was heard, or it cannot be followed: only its end is looked at. */
static void rest(int fd, const struct wr_track *track)
{
    wr_bytes_end(fd, track->start_ns);
    wr_wire_forget(fd, track->start_ns);
    wr_track_rest(fd);
}

static bool begins_tls(struct wr_area span, size_t n)
{
    unsigned char head[6];
    struct iovec first = {(void *)span.at, n};

    if (span.vector && wr_area_peek(span, span.at, &first, sizeof(first)) != sizeof(first))
        return false;
    return n >= sizeof(head) && first.iov_len >= sizeof(head) &&
           wr_area_peek(span, first.iov_base, head, sizeof(head)) == sizeof(head) &&
           wr_wire_is_hello(head, sizeof(head));
}

/* A handshake is followed on it: the rest of what passes is its. */
static void in_handshake(int fd, const struct wr_track *track, enum wr_wire_way way,
                         struct wr_area span, size_t n)
{
    if (wr_wire_passed(fd, track->start_ns, way, span, n, wr_tls_depth > 0) != WR_WIRE_MORE)
        rest(fd, track);
}

void wr_talk_sent(int fd, struct wr_area span, size_t n)
{
    struct wr_track track;
    bool hello;

    span.at_hand = wr_tls_inside();
    if (!wr_may_look() || (!find_in_handshake(fd, &track) &&
                           (!find(fd, &track) || !look_again(fd, &track, WR_DOOR_SEND))))
        return;
    hello = !wr_wire_maybe(fd) && begins_tls(span, n);
    if (wr_wire_maybe(fd) ||
        (hello && wr_wire_follow(fd, track.start_ns, wr_tls_inside() ? wr_tls_object : NULL)))
        in_handshake(fd, &track, WR_WIRE_OUT, span, n);
    else if (wr_bytes_sent(fd, track.start_ns, span, n) == WR_BYTES_LOST || hello)
        rest(fd, &track);
}

/* The connection came to its end. */
static void ended(int fd, const struct wr_track *track, int error, enum wr_door door)
{
    struct wr_first_bytes first;
    struct wr_tcpinfo info;
    bool at_once, unanswered;

    if (wr_wire_maybe(fd)) { /* told when the program closes: a library may say more before */
        wr_wire_peer_closed(fd, track->start_ns, error);
        return;
    }
    if (wr_tls_depth > 0) {
        rest(fd, track);
        return;
    }
    if (!wr_bytes_get(fd, track->start_ns, &first) || first.shut_down) {
        leave(fd, track);
        return;
    }
    first.last_in_eof = error == 0;
    at_once = wr_now_ns() - first.connected_ns <= AT_ONCE_NS;
    unanswered = error == ECONNRESET && first.out_len > 0;
    if (first.in_len > 0) {
        if (error == 0 && wr_first_bytes_say_no(&first))
            wr_failed_conversation(fd, WR_OUTCOME_ANSWERED, 0, door, &first);
    } else if ((at_once || unanswered) && wr_tcpinfo(fd, &info) &&
               /* by ways that are not seen: splice(), io_uring, another process */
               !(info.received_known && info.received_bytes > 1)) {
        wr_failed_conversation(fd, WR_OUTCOME_CLOSED, error, door, &first);
    }
    leave(fd, track);
}

/* read(fd, buffer, 0) is no end of file. */
static bool has_room(struct wr_area span)
{
    struct iovec vector[8];
    size_t count = span.len < 8 ? span.len : 8, room = 0;

    if (!span.vector)
        return span.len > 0;
    if (wr_area_peek(span, span.at, vector, count * sizeof(vector[0])) !=
        (long)(count * sizeof(vector[0])))
        return false;
    for (size_t i = 0; i < count; i++)
        room |= vector[i].iov_len;
    return room > 0;
}

static void heard(int fd, const struct wr_track *track, struct wr_area span, size_t n)
{
    struct wr_first_bytes first;
    enum wr_bytes result;

    if (wr_wire_maybe(fd)) {
        in_handshake(fd, track, WR_WIRE_IN, span, n);
        return;
    }
    result = wr_bytes_received(fd, track->start_ns, span, n);
    if (result != WR_BYTES_LOST && wr_bytes_get(fd, track->start_ns, &first)) {
        if (wr_tls_depth == 0 && wr_first_bytes_say_no(&first))
            wr_failed_conversation(fd, WR_OUTCOME_ANSWERED, 0, WR_DOOR_RECV, &first);
        else if (result == WR_BYTES_MORE ||
                 (result == WR_BYTES_ENOUGH && wr_first_bytes_may_turn_to_tls(&first)))
            return;
    }
    rest(fd, track);
}

void wr_talk_received(int fd, struct wr_area span, size_t n, int flags)
{
    struct wr_track track;

    span.at_hand = wr_tls_inside();
    if ((flags & (MSG_ERRQUEUE | MSG_OOB)) != 0 || !wr_may_look() || (n == 0 && !has_room(span)))
        return;
    if (!find_in_handshake(fd, &track) &&
        (!find(fd, &track) || !look_again(fd, &track, WR_DOOR_RECV)))
        return;
    if (n == 0)
        ended(fd, &track, 0, WR_DOOR_RECV);
    else if ((flags & MSG_TRUNC) != 0) /* thrown away: tcp(7) */
        rest(fd, &track);
    else if ((flags & MSG_PEEK) == 0)
        heard(fd, &track, span, n);
}

/* ETIMEDOUT, or what routers or the next hop said in the meantime: tcp_write_err() of
 * net/ipv4/tcp_timer.c. */
static bool is_silence(int error)
{
    return error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH ||
           error == EHOSTDOWN || error == ENETDOWN;
}

/* The kernel has given it up, or it is of no use any more. */
static void gone(int fd, const struct wr_track *track, int error, enum wr_door door)
{
    struct wr_first_bytes none = {.connected_ns = track->start_ns};
    struct wr_tcpinfo info;

    /* a program that asked for it (IP_RECVERR) hears of errors that end nothing */
    if (!is_silence(error) || !wr_tcpinfo(fd, &info) || info.state != WR_TCP_CLOSE)
        return;
    wr_failed_conversation(fd,
                           error == ETIMEDOUT && wr_tcpinfo_stalls(&info, true) ? WR_OUTCOME_STALLED
                                                                                : WR_OUTCOME_LOST,
                           error, door, &none);
    leave(fd, track);
}

void wr_talk_failed(int fd, int error, enum wr_door door)
{
    struct wr_track track;

    if (!wr_talk_is_about_peer(error) || !wr_may_look() || !find(fd, &track))
        return;
    if (look_again(fd, &track, door)) {
        if (is_silence(error) && (track.rests || !wr_wire_maybe(fd)))
            gone(fd, &track, error, door);
        else if (track.rests)
            leave(fd, &track);
        else
            ended(fd, &track, error, door);
    } else if (track.history == WR_HISTORY_PENDING) {
        if (error != EPIPE) /* its error was fetched in another way */
            wr_failed_pending(fd, error, door);
        wr_track_set(fd, WR_HISTORY_FAILED);
    }
}

void wr_talk_lose(int fd)
{
    struct wr_track track;

    if (wr_may_look() && find(fd, &track) && track.history == WR_HISTORY_CONNECTED)
        rest(fd, &track);
}

void wr_talk_shut_down(int fd)
{
    struct wr_track track;

    if (!wr_may_look() || !find(fd, &track))
        return;
    wr_bytes_shut_down(fd, track.start_ns);
    if (wr_wire_maybe(fd))
        wr_wire_own_side_ended(fd, track.start_ns);
}
