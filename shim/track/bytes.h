/* SPDX-License-Identifier: MIT
 * The first bytes of connections, each way. Bounded: a newer connection takes the place of an older
 * one. Nobody waits: what cannot be kept makes the connection's record be lost, never wrong. */
#ifndef WR_TRACK_BYTES_H
#define WR_TRACK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/attempt.h"

/* Memory of the program: bytes, or an array of struct iovec. Read safely, which costs two system
 * calls; at_hand: the kernel has just read or filled it, for a library that uses it in this very
 * call. */
struct wr_area {
    const void *at;
    size_t len; /* bytes, or entries of the array */
    bool vector, at_hand;
};

/* As wr_peek(), of memory that the area consists of or leads to. */
long wr_area_peek(struct wr_area area, const void *from, void *to, size_t len);

/* Reads of a connection after which enough has been heard. */
#define WR_BYTES_READS 8
/* Those of one byte do not count so far: some read the first line so (curl a proxy's answer, ssh
 * the banner). */
#define WR_BYTES_LINE 64

/* Who may turn to TLS later is listened to for that so long. */
#define WR_BYTES_READS_MAX 24

enum wr_bytes { WR_BYTES_LOST, WR_BYTES_MORE, WR_BYTES_ENOUGH, WR_BYTES_OVER };

/* A connection stands. `id` tells it from others that had this descriptor (when its connect() was
 * called). */
void wr_bytes_begin(int fd, uint64_t id, uint64_t connected_ns);
/* False where nothing of what is sent is wanted any more. One load; may say yes wrongly. */
bool wr_bytes_wants_sent(int fd);
/* The program has sent n bytes of the span, or has received n into it. LOST: nothing is known of
 * the connection any more. ENOUGH: after WR_FIRST_IN bytes or WR_BYTES_READS reads. OVER:
 * after WR_BYTES_READS_MAX. */
enum wr_bytes wr_bytes_sent(int fd, uint64_t id, struct wr_area span, size_t n);
enum wr_bytes wr_bytes_received(int fd, uint64_t id, struct wr_area span, size_t n);
/* The program has ended its own side. */
void wr_bytes_shut_down(int fd, uint64_t id);
/* False where it is lost. */
bool wr_bytes_get(int fd, uint64_t id, struct wr_first_bytes *ret);
void wr_bytes_end(int fd, uint64_t id);

#endif
