/* SPDX-License-Identifier: MIT
 * The table of descriptors. See track.h. Each place is guarded by a sequence number: writers
 * make it odd, readers that see it change know nothing. Nobody ever waits. */
#include "track/track.h"

#include <string.h>

#include "base/address.h"
#include "base/process.h"
#include "base/sys.h"

#define WORDS ((sizeof(struct wr_track) + 7) / 8)

_Atomic int wr_track_owner[WR_TRACK_SLOTS];

static struct place {
    _Atomic uint32_t sequence;
    _Atomic uint64_t words[WORDS];
} places[WR_TRACK_SLOTS];

static struct place *place_of(int fd)
{
    return &places[fd % WR_TRACK_SLOTS];
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

static void put(int fd, const struct wr_track *track)
{
    struct place *place = place_of(fd);
    uint64_t words[WORDS] = {0};

    if (!lock(place))
        return;
    memcpy(words, track, sizeof(*track));
    for (unsigned i = 0; i < WORDS; i++)
        atomic_store_explicit(&place->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&wr_track_owner[fd % WR_TRACK_SLOTS], ~fd, memory_order_relaxed);
    unlock(place);
}

/* Identifies a socket for as long as the machine runs (socket(7), Linux 4.12). */
static uint64_t cookie_of(int fd)
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

    if (!wr_track_maybe(fd))
        return false;
    place = place_of(fd);
    before = atomic_load_explicit(&place->sequence, memory_order_acquire);
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = atomic_load_explicit(&place->words[i], memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if ((before & 1) != 0 || !wr_track_maybe(fd) ||
        atomic_load_explicit(&place->sequence, memory_order_relaxed) != before)
        return false;
    memcpy(ret_track, words, sizeof(*ret_track));
    return true;
}

bool wr_track_get(int fd, struct wr_track *ret_track)
{
    return read_place(fd, ret_track) && ret_track->cookie == cookie_of(fd);
}

static bool is_inet(const void *address, socklen_t len)
{
    sa_family_t family;

    if (len < sizeof(family))
        return false;
    memcpy(&family, address, sizeof(family));
    return family == AF_INET || family == AF_INET6;
}

void wr_track_pending(int fd, const void *address, socklen_t len, uint64_t start_ns)
{
    struct wr_track track;

    if (fd < 0 || !is_inet(address, len) || !wr_process_owns_memory())
        return;
    memset(&track, 0, sizeof(track));
    track.history = WR_HISTORY_PENDING;
    track.start_ns = start_ns;
    track.cookie = cookie_of(fd);
    track.address_len = len < WR_TRACK_ADDRESS ? len : WR_TRACK_ADDRESS;
    memcpy(track.address, address, track.address_len);
    put(fd, &track);
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

    if (wr_track_maybe(to))
        wr_track_drop(to);
    if (to < 0 || !wr_track_get(from, &track) || !wr_process_owns_memory())
        return;
    put(to, &track);
}

void wr_track_drop(int fd)
{
    int mine = ~fd;

    if (wr_track_maybe(fd) && wr_process_owns_memory())
        atomic_compare_exchange_strong_explicit(&wr_track_owner[fd % WR_TRACK_SLOTS], &mine, 0,
                                                memory_order_relaxed, memory_order_relaxed);
}

bool wr_track_is_pending(int32_t pid, const struct wr_addr *target)
{
    (void)pid;
    for (int i = 0; i < WR_TRACK_SLOTS; i++) {
        int fd = ~atomic_load_explicit(&wr_track_owner[i], memory_order_relaxed);
        struct wr_track track;
        struct wr_addr addr;

        if (fd >= 0 && read_place(fd, &track) && track.history == WR_HISTORY_PENDING &&
            wr_addr_from_sockaddr(track.address, track.address_len, &addr) &&
            addr.port == target->port && wr_addr_same_host(&addr, target))
            return true;
    }
    return false;
}
