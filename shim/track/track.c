/* SPDX-License-Identifier: MIT
 * The table of descriptors. See track.h. Each place is guarded by a sequence number: writers
 * make it odd, readers that see it change know nothing. Nobody ever waits. */
#include "track/track.h"

#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/process.h"
#include "base/startup.h"
#include "base/sys.h"
#include "base/tcpinfo.h"

#define WORDS ((sizeof(struct wr_track) + 7) / 8)

/* Looked at by every read() and close() of every program: on the page that is there already. */
WR_STARTUP _Atomic uint8_t wr_track_marks[WR_TRACK_SLOTS];
_Atomic uint8_t wr_track_kinds[WR_TRACK_KINDS];
_Atomic uint32_t wr_track_forks;

static struct place {
    _Atomic uint32_t sequence;
    _Atomic int owner; /* ~fd, so that the empty table (zeros) belongs to descriptor -1 */
    _Atomic uint64_t words[WORDS];
} places[WR_TRACK_SLOTS];

static struct place *place_of(int fd)
{
    return &places[(unsigned)fd % WR_TRACK_SLOTS];
}

static bool owns(int fd)
{
    return fd >= 0 && wr_track_knows(fd) &&
           atomic_load_explicit(&place_of(fd)->owner, memory_order_relaxed) == ~fd;
}

static bool lock(struct place *place)
{
    uint32_t even = atomic_load_explicit(&place->sequence, memory_order_relaxed) & ~1u;

    if (!atomic_compare_exchange_strong_explicit(&place->sequence, &even, even + 1,
                                                 memory_order_acquire, memory_order_relaxed))
        return false;
    /* the odd number is seen before any of the words that follow */
    atomic_thread_fence(memory_order_release);
    return true;
}

static void unlock(struct place *place)
{
    atomic_fetch_add_explicit(&place->sequence, 1, memory_order_release);
}

static void mark(int fd, uint8_t bit)
{
    atomic_fetch_or_explicit(&wr_track_marks[(unsigned)fd % WR_TRACK_SLOTS], bit,
                             memory_order_relaxed);
}

static void unmark(int fd, uint8_t bit)
{
    atomic_fetch_and_explicit(&wr_track_marks[(unsigned)fd % WR_TRACK_SLOTS], (uint8_t)~bit,
                              memory_order_relaxed);
}

static void put(int fd, const struct wr_track *track)
{
    struct place *place = place_of(fd);
    uint64_t words[WORDS] = {0};

    if (!lock(place))
        return;
    memcpy(words, track, sizeof(*track));
    for (unsigned i = 0; i < WORDS; i++)
        atomic_store_explicit(&place->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&place->owner, ~fd, memory_order_relaxed);
    unmark(fd, track->rests ? WR_MARK_REMEMBERED : WR_MARK_RESTS);
    mark(fd, track->rests ? WR_MARK_RESTS : WR_MARK_REMEMBERED);
    unlock(place);
}

uint64_t wr_track_cookie(int fd)
{
    uint64_t cookie;
    socklen_t len = sizeof(cookie);

    return WR_SYS(getsockopt, fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

static bool read_place(int fd, struct wr_track *ret_track)
{
    uint64_t words[WORDS];
    struct place *place;
    uint32_t before;

    if (!owns(fd))
        return false;
    place = place_of(fd);
    before = atomic_load_explicit(&place->sequence, memory_order_acquire);
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = atomic_load_explicit(&place->words[i], memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if ((before & 1) != 0 || !owns(fd) ||
        atomic_load_explicit(&place->sequence, memory_order_relaxed) != before)
        return false;
    memcpy(ret_track, words, sizeof(*ret_track));
    return true;
}

/* Of an entry that was written before connect() was called, and that nobody has looked at since.
 * Where it is the socket that was meant, its cookie is remembered from now on. */
static bool is_plausible(int fd, struct wr_track *track)
{
    struct wr_tcpinfo info;

    if (!wr_tcpinfo(fd, &info) || info.state == WR_TCP_LISTEN)
        return false;
    /* with TCP_FASTOPEN_CONNECT, connect() says 0 and the first write() begins (tcp(7)) */
    if (track->history == WR_HISTORY_CONNECTED &&
        (info.state == WR_TCP_SYN_SENT || (info.state == WR_TCP_CLOSE && !info.was_connected)))
        track->history = WR_HISTORY_PENDING;
    track->cookie = wr_track_cookie(fd);
    if (wr_process_owns_memory())
        put(fd, track);
    return true;
}

bool wr_track_get(int fd, struct wr_track *ret_track)
{
    if (!read_place(fd, ret_track))
        return false;
    return ret_track->cookie == 0 ? is_plausible(fd, ret_track)
                                  : ret_track->cookie == wr_track_cookie(fd);
}

static bool is_inet(const void *address, socklen_t len)
{
    sa_family_t family;

    if (len < sizeof(family))
        return false;
    memcpy(&family, address, sizeof(family));
    return family == AF_INET || family == AF_INET6;
}

bool wr_track_begin(int fd, const void *address, socklen_t len, uint64_t start_ns,
                    struct wr_track *ret_track)
{
    struct wr_track track;
    long pid;

    if (fd < 0 || !is_inet(address, len) || (pid = wr_process_own_id()) == 0)
        return false;
    memset(&track, 0, sizeof(track));
    track.history = WR_HISTORY_PENDING;
    track.pid = (int32_t)pid;
    track.forks = atomic_load_explicit(&wr_track_forks, memory_order_relaxed);
    track.start_ns = start_ns;
    track.address_len = len < WR_TRACK_ADDRESS ? len : WR_TRACK_ADDRESS;
    memcpy(track.address, address, track.address_len);
    put(fd, &track);
    *ret_track = track;
    return true;
}

void wr_track_pending(int fd, const void *address, socklen_t len, uint64_t start_ns)
{
    struct wr_track track;

    if (!wr_track_begin(fd, address, len, start_ns, &track))
        return;
    track.cookie = wr_track_cookie(fd);
    put(fd, &track);
}

void wr_track_put(int fd, const struct wr_track *track)
{
    if (fd >= 0)
        put(fd, track);
}

bool wr_track_peek(int fd, struct wr_track *ret_track)
{
    return read_place(fd, ret_track);
}

void wr_track_set(int fd, enum wr_history history)
{
    struct wr_track track;

    if (!wr_track_get(fd, &track) || !wr_process_owns_memory())
        return;
    track.history = history;
    track.told = false;
    put(fd, &track);
}

void wr_track_tell(int fd)
{
    struct wr_track track;

    if (!wr_track_get(fd, &track) || !wr_process_owns_memory())
        return;
    track.told = true;
    put(fd, &track);
}

void wr_track_copy(int from, int to)
{
    struct wr_track track;

    if (wr_track_knows(to))
        wr_track_drop(to);
    if (to < 0 || !wr_track_get(from, &track) || !wr_process_owns_memory())
        return;
    track.shared = true;
    put(from, &track);
    put(to, &track);
}

void wr_track_drop(int fd)
{
    if (owns(fd) && wr_process_owns_memory())
        wr_track_forget(fd);
}

void wr_track_forget(int fd)
{
    int mine = ~fd;

    /* between the two stores a newer one may take the place, and is forgotten with it */
    if (owns(fd) && atomic_compare_exchange_strong_explicit(
                        &place_of(fd)->owner, &mine, 0, memory_order_relaxed, memory_order_relaxed))
        unmark(fd, WR_MARK_REMEMBERED | WR_MARK_RESTS);
}

void wr_track_rest(int fd)
{
    struct wr_track track;

    if (!read_place(fd, &track))
        return;
    track.rests = true;
    put(fd, &track);
}

bool wr_track_has_twin(int fd, const struct wr_track *track)
{
    if (!track->shared || track->cookie == 0)
        return false;
    for (unsigned i = 0; i < WR_TRACK_SLOTS; i++) {
        int other = ~atomic_load_explicit(&places[i].owner, memory_order_relaxed);
        struct wr_track its;

        if (other >= 0 && other != fd && read_place(other, &its) && its.cookie == track->cookie &&
            wr_track_cookie(other) == track->cookie)
            return true;
    }
    return false;
}

void wr_track_each(unsigned first, unsigned last, void (*each)(int fd, void *ctx), void *ctx)
{
    for (unsigned i = 0; i < WR_TRACK_SLOTS; i++) {
        if (!wr_track_knows((int)i))
            continue;
        int fd = ~atomic_load_explicit(&places[i].owner, memory_order_relaxed);

        if (fd >= 0 && (unsigned)fd >= first && (unsigned)fd <= last)
            each(fd, ctx);
    }
}

bool wr_track_any(void)
{
    for (unsigned i = 0; i < WR_TRACK_SLOTS; i++) {
        if (wr_track_knows((int)i))
            return true;
    }
    return false;
}

enum wr_socket_kind wr_track_kind_of(int domain, int type, int protocol)
{
    if (domain != AF_INET && domain != AF_INET6)
        return WR_KIND_OTHER;
    switch (type & 0xf) {
    case SOCK_STREAM:
        return protocol == 0 || protocol == IPPROTO_TCP || protocol == 262 /* MPTCP */
                   ? WR_KIND_TCP
                   : WR_KIND_OTHER;
    case SOCK_DGRAM:
        return WR_KIND_DATAGRAM;
    default:
        return WR_KIND_OTHER;
    }
}

static int option(int fd, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    return WR_SYS(getsockopt, fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

enum wr_socket_kind wr_track_kind_ask(int fd)
{
    int domain = option(fd, SO_DOMAIN);
    enum wr_socket_kind kind;

    if (domain < 0)
        return WR_KIND_UNKNOWN;
    kind = wr_track_kind_of(domain, option(fd, SO_TYPE), option(fd, SO_PROTOCOL));
    wr_track_kind_set(fd, kind);
    return kind;
}

void wr_track_kind_set(int fd, enum wr_socket_kind kind)
{
    if (fd < 0 || wr_track_kind(fd) == kind || !wr_process_owns_memory())
        return;
    if (fd < WR_TRACK_KINDS)
        atomic_store_explicit(&wr_track_kinds[fd], (uint8_t)kind, memory_order_relaxed);
    /* not unmarked by close(): an open file that has the number next costs a little more */
    if (kind == WR_KIND_DATAGRAM)
        mark(fd, WR_MARK_DATAGRAM);
    else
        unmark(fd, WR_MARK_DATAGRAM);
}

bool wr_track_is_pending(int32_t pid, const struct wr_addr *target)
{
    for (unsigned i = 0; i < WR_TRACK_SLOTS; i++) {
        int fd = ~atomic_load_explicit(&places[i].owner, memory_order_relaxed);
        struct wr_track track;
        struct wr_addr addr;

        if (fd >= 0 && read_place(fd, &track) && track.history == WR_HISTORY_PENDING &&
            track.pid == pid && wr_addr_from_sockaddr(track.address, track.address_len, &addr) &&
            addr.port == target->port && wr_addr_same_host(&addr, target))
            return true;
    }
    return false;
}
