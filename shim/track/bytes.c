/* SPDX-License-Identifier: MIT
 * See bytes.h. A place is taken for the moment of a copy; who finds it taken marks it as lost. */
#include "track/bytes.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/uio.h>

#include "base/environ.h"
#include "track/taken.h"

#define PLACES 64
#define VECTOR_MAX 8

static struct place {
    _Atomic bool taken, lost;
    _Atomic uint16_t out_len; /* a copy of first.out_len, for who does not take the place */
    int fd;
    uint64_t id; /* 0 = empty */
    unsigned reads;
    struct wr_first_bytes first;
} places[PLACES];

static struct place *place_of(int fd)
{
    return &places[(unsigned)fd % PLACES];
}

/* The place, taken, or NULL where it is another connection's, or a record that cannot be trusted.
 */
static struct place *find(int fd, uint64_t id)
{
    struct place *place = place_of(fd);

    if (!wr_taken_take(&place->taken)) {
        atomic_store_explicit(&place->lost, true, memory_order_relaxed);
        return NULL;
    }
    if (id != 0 && place->fd == fd && place->id == id &&
        !atomic_load_explicit(&place->lost, memory_order_relaxed))
        return place;
    wr_taken_give(&place->taken);
    return NULL;
}

void wr_bytes_begin(int fd, uint64_t id, uint64_t connected_ns)
{
    struct place *place = place_of(fd);

    if (!wr_taken_take(&place->taken))
        return;
    place->fd = fd;
    place->id = id;
    place->reads = 0;
    /* not the bytes: their numbers say how many there are */
    place->first.out_len = place->first.in_len = 0;
    place->first.shut_down = place->first.last_in_eof = false;
    place->first.connected_ns = connected_ns;
    atomic_store_explicit(&place->out_len, 0, memory_order_relaxed);
    atomic_store_explicit(&place->lost, false, memory_order_relaxed);
    wr_taken_give(&place->taken);
}

bool wr_bytes_wants_sent(int fd)
{
    return atomic_load_explicit(&place_of(fd)->out_len, memory_order_relaxed) < WR_FIRST_OUT;
}

long wr_area_peek(struct wr_area area, const void *from, void *to, size_t len)
{
    if (!area.at_hand || from == NULL)
        return wr_peek(from, to, len);
    memcpy(to, from, len);
    return (long)len;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Appends the first n bytes of the span as far as there is room. False where they could not be
 * read. */
static bool append(struct wr_area span, size_t n, unsigned char *to, size_t size, uint16_t *len)
{
    struct iovec vector[VECTOR_MAX] = {{(void *)span.at, span.len}};
    size_t count = 1;

    n = least(n, size - *len);
    if (span.vector) {
        count = least(span.len, VECTOR_MAX);
        if (wr_area_peek(span, span.at, vector, count * sizeof(vector[0])) !=
            (long)(count * sizeof(vector[0])))
            return false;
    }
    for (size_t i = 0; i < count && n > 0; i++) {
        size_t part = least(vector[i].iov_len, n);

        if (part > 0 && wr_area_peek(span, vector[i].iov_base, to + *len, part) != (long)part)
            return false;
        *len = (uint16_t)(*len + part);
        n -= part;
    }
    return n == 0;
}

enum wr_bytes wr_bytes_sent(int fd, uint64_t id, struct wr_area span, size_t n)
{
    struct place *place = find(fd, id);
    enum wr_bytes result = WR_BYTES_MORE;

    if (place == NULL)
        return WR_BYTES_LOST;
    /* what is sent after an answer is no longer the first request */
    if (place->first.in_len == 0 &&
        !append(span, n, place->first.out, WR_FIRST_OUT, &place->first.out_len)) {
        atomic_store_explicit(&place->lost, true, memory_order_relaxed);
        result = WR_BYTES_LOST;
    }
    atomic_store_explicit(&place->out_len, place->first.out_len, memory_order_relaxed);
    wr_taken_give(&place->taken);
    return result;
}

enum wr_bytes wr_bytes_received(int fd, uint64_t id, struct wr_area span, size_t n)
{
    struct place *place = find(fd, id);
    enum wr_bytes result = WR_BYTES_MORE;

    if (place == NULL)
        return WR_BYTES_LOST;
    if (!append(span, n, place->first.in, WR_FIRST_IN, &place->first.in_len)) {
        atomic_store_explicit(&place->lost, true, memory_order_relaxed);
        result = WR_BYTES_LOST;
    } else if ((n > 1 || place->first.in_len > WR_BYTES_LINE ? ++place->reads : place->reads) >=
                   WR_BYTES_READS ||
               place->first.in_len == WR_FIRST_IN) {
        result = place->reads < WR_BYTES_READS_MAX ? WR_BYTES_ENOUGH : WR_BYTES_OVER;
    }
    wr_taken_give(&place->taken);
    return result;
}

void wr_bytes_shut_down(int fd, uint64_t id)
{
    struct place *place = find(fd, id);

    if (place == NULL)
        return;
    place->first.shut_down = true;
    wr_taken_give(&place->taken);
}

bool wr_bytes_get(int fd, uint64_t id, struct wr_first_bytes *ret)
{
    struct place *place = find(fd, id);

    if (place == NULL)
        return false;
    *ret = place->first;
    wr_taken_give(&place->taken);
    return true;
}

void wr_bytes_end(int fd, uint64_t id)
{
    struct place *place = find(fd, id);

    if (place == NULL)
        return;
    place->id = 0;
    atomic_store_explicit(&place->out_len, 0, memory_order_relaxed);
    wr_taken_give(&place->taken);
}
