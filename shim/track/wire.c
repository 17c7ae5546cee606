/* SPDX-License-Identifier: MIT
 * See wire.h. A place is taken for the moment of a look; who finds it taken marks it as lost. */
#include "track/wire.h"

#include <string.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/environ.h"
#include "track/taken.h"

#define PLACES 48
#define VECTOR_MAX 64
/* At a time, from the program's memory. */
#define CHUNK 1024
/* Beyond this it is no handshake. */
#define BYTES_MAX (256u * 1024)
#define IDLE_NS 2000000000u

_Atomic uint8_t wr_wire_marks[WR_TRACK_SLOTS]; /* 1 + index of the place; 0 = none */

static struct place {
    _Atomic bool taken, lost;
    _Atomic int owner; /* ~fd, so that a place of zeros belongs to descriptor -1 */
    _Atomic uintptr_t object;
    uint64_t id;
    uint64_t hello_ns, last_ns;
    bool by_library;
    struct wr_wire wire;
} places[PLACES];

static int owner_of(const struct place *place)
{
    return ~atomic_load_explicit(&place->owner, memory_order_relaxed);
}

/* Free, or of a connection that ended in a way that was not seen. */
static bool is_free(const struct place *place)
{
    struct wr_track track;
    int fd = owner_of(place);

    return fd < 0 || !wr_track_peek(fd, &track) || track.start_ns != place->id;
}

static void empty(struct place *place)
{
    uint8_t mark = (uint8_t)(1 + (place - places));
    int fd = owner_of(place);

    if (fd >= 0)
        atomic_compare_exchange_strong_explicit(&wr_wire_marks[(unsigned)fd % WR_TRACK_SLOTS],
                                                &mark, 0, memory_order_relaxed,
                                                memory_order_relaxed);
    atomic_store_explicit(&place->owner, 0, memory_order_relaxed);
}

/* The handshake is done, and the connection waits to be used: who wanted to drop it has. */
static bool is_idle(const struct place *place)
{
    return place->wire.way[WR_WIRE_OUT].finished && wr_now_ns() - place->last_ns > IDLE_NS;
}

bool wr_wire_follow(int fd, uint64_t id, const void *object)
{
    for (unsigned i = 0; i < PLACES; i++) {
        struct place *place = &places[i];

        if (!wr_taken_take(&place->taken))
            continue;
        if (!is_free(place) && !is_idle(place)) {
            wr_taken_give(&place->taken);
            continue;
        }
        empty(place);
        wr_wire_begin(&place->wire);
        place->id = id;
        atomic_store_explicit(&place->object, (uintptr_t)object, memory_order_relaxed);
        place->hello_ns = place->last_ns = wr_now_ns();
        place->by_library = false;
        atomic_store_explicit(&place->lost, false, memory_order_relaxed);
        atomic_store_explicit(&place->owner, ~fd, memory_order_relaxed);
        atomic_store_explicit(&wr_wire_marks[(unsigned)fd % WR_TRACK_SLOTS], (uint8_t)(1 + i),
                              memory_order_relaxed);
        wr_taken_give(&place->taken);
        return true;
    }
    return false;
}

bool wr_wire_is_of(int fd, const void *object)
{
    unsigned mark =
        atomic_load_explicit(&wr_wire_marks[(unsigned)fd % WR_TRACK_SLOTS], memory_order_relaxed);
    const struct place *place = &places[mark - 1];

    return object != NULL && mark != 0 && mark <= PLACES && owner_of(place) == fd &&
           atomic_load_explicit(&place->object, memory_order_relaxed) == (uintptr_t)object;
}

/* The place, taken; NULL where there is none that can be trusted. */
static struct place *find(int fd, uint64_t id)
{
    unsigned mark =
        atomic_load_explicit(&wr_wire_marks[(unsigned)fd % WR_TRACK_SLOTS], memory_order_relaxed);
    struct place *place;

    if (mark == 0 || mark > PLACES)
        return NULL;
    place = &places[mark - 1];
    if (!wr_taken_take(&place->taken)) {
        if (owner_of(place) == fd)
            atomic_store_explicit(&place->lost, true, memory_order_relaxed);
        return NULL;
    }
    if (owner_of(place) == fd && place->id == id &&
        !atomic_load_explicit(&place->lost, memory_order_relaxed))
        return place;
    wr_taken_give(&place->taken);
    return NULL;
}

/* n bytes that the span leads to. False where they could not be read. */
static bool feed(struct wr_wire *wire, enum wr_wire_way way, struct wr_area span, const void *from,
                 size_t n)
{
    unsigned char chunk[CHUNK];

    if (span.at_hand) {
        wr_wire_feed(wire, way, from, n);
        return true;
    }
    while (n > 0) {
        size_t len = wr_wire_skip(wire, way, n);

        if (len == 0) {
            len = n < sizeof(chunk) ? n : sizeof(chunk);
            if (wr_peek(from, chunk, len) != (long)len)
                return false;
            wr_wire_feed(wire, way, chunk, len);
        }
        from = (const char *)from + len;
        n -= len;
    }
    return true;
}

static bool feed_span(struct wr_wire *wire, enum wr_wire_way way, struct wr_area span, size_t n)
{
    struct iovec entry;

    if (!span.vector)
        return n <= span.len && feed(wire, way, span, span.at, n);
    for (size_t i = 0; i < span.len && i < VECTOR_MAX && n > 0; i++) {
        if (wr_area_peek(span, (const struct iovec *)span.at + i, &entry, sizeof(entry)) !=
            sizeof(entry))
            return false;
        entry.iov_len = entry.iov_len < n ? entry.iov_len : n;
        if (!feed(wire, way, span, entry.iov_base, entry.iov_len))
            return false;
        n -= entry.iov_len;
    }
    return n == 0;
}

/* The program's goodbye is not what it waits behind. */
static void note_time(struct place *place, enum wr_wire_way way)
{
    struct wr_wire_end *end = &place->wire.end;
    uint64_t now_ns = wr_now_ns(), ms = (now_ns - place->last_ns) / 1000000;

    if (place->wire.way[WR_WIRE_IN].alert_sealed && end->alert_ms == 0)
        end->alert_ms = ms + 1;
    if (way == WR_WIRE_OUT && place->wire.way[WR_WIRE_OUT].goodbye && !end->peer_closed &&
        !end->own_side_ended) {
        end->own_side_ended = true;
        end->waited_ms = ms;
    }
    place->last_ns = now_ns;
}

enum wr_wire_state wr_wire_passed(int fd, uint64_t id, enum wr_wire_way way, struct wr_area span,
                                  size_t n, bool by_library)
{
    struct place *place = find(fd, id);
    enum wr_wire_state state = WR_WIRE_MORE;

    if (place == NULL)
        return WR_WIRE_GONE;
    place->by_library |= by_library;
    if (way == WR_WIRE_IN && place->wire.end.error != 0) /* it was none that ends it */
        place->wire.end.peer_closed = false;
    if (place->wire.way[way].bytes + n > BYTES_MAX || !feed_span(&place->wire, way, span, n)) {
        empty(place);
        state = WR_WIRE_GONE;
    } else {
        note_time(place, way);
    }
    if (owner_of(place) == fd && wr_wire_is_over(&place->wire)) {
        state = WR_WIRE_OVER;
    }
    wr_taken_give(&place->taken);
    return state;
}

void wr_wire_peer_closed(int fd, uint64_t id, int error)
{
    struct place *place = find(fd, id);
    const struct wr_wire_stream *out;

    if (place == NULL)
        return;
    out = &place->wire.way[WR_WIRE_OUT];
    if (!place->wire.end.peer_closed && (out->alerted || out->alert_sealed)) {
        place->wire.end.own_side_ended = true; /* in answer to the program's alert */
    } else if (!place->wire.end.peer_closed) {
        place->wire.end.peer_closed = true;
        place->wire.end.error = error;
        place->wire.end.waited_ms = (wr_now_ns() - place->last_ns) / 1000000;
    }
    wr_taken_give(&place->taken);
}

void wr_wire_own_side_ended(int fd, uint64_t id)
{
    struct place *place = find(fd, id);

    if (place == NULL)
        return;
    if (!place->wire.end.peer_closed && !place->wire.end.own_side_ended) {
        place->wire.end.own_side_ended = true;
        place->wire.end.waited_ms = (wr_now_ns() - place->last_ns) / 1000000;
    }
    wr_taken_give(&place->taken);
}

enum wr_tls_failure wr_wire_ended(int fd, uint64_t id, struct wr_wire **ret, uint64_t *ret_hello_ns,
                                  bool *ret_by_library)
{
    struct place *place = find(fd, id);
    bool late;

    *ret = NULL;
    if (place == NULL)
        return 0;
    *ret = &place->wire;
    *ret_hello_ns = place->hello_ns;
    *ret_by_library = place->by_library;
    if (!place->wire.end.peer_closed && !place->wire.end.own_side_ended)
        place->wire.end.waited_ms = (wr_now_ns() - place->last_ns) / 1000000;
    return wr_wire_judge(&place->wire, &place->wire.end, &late);
}

struct wr_wire *wr_wire_take(int fd, uint64_t id)
{
    struct place *place = fd >= 0 ? find(fd, id) : NULL;

    return place != NULL ? &place->wire : NULL;
}

void wr_wire_give(const struct wr_wire *wire)
{
    for (unsigned i = 0; wire != NULL && i < PLACES; i++) {
        if (&places[i].wire == wire)
            wr_taken_give(&places[i].taken);
    }
}

void wr_wire_forget(int fd, uint64_t id)
{
    unsigned mark =
        atomic_load_explicit(&wr_wire_marks[(unsigned)fd % WR_TRACK_SLOTS], memory_order_relaxed);
    struct place *place;

    if (mark == 0 || mark > PLACES)
        return;
    place = &places[mark - 1];
    if (!wr_taken_take(&place->taken))
        return; /* another connection's, or found to be free later */
    if (owner_of(place) == fd && place->id == id)
        empty(place);
    wr_taken_give(&place->taken);
}

void wr_wire_new_connection(int fd)
{
    atomic_store_explicit(&wr_wire_marks[(unsigned)fd % WR_TRACK_SLOTS], 0, memory_order_relaxed);
}
