/* SPDX-License-Identifier: MIT
 * What becomes of a descriptor that connect() was called on: it connects, or the error comes by
 * another call; the peer answers, or closes. Called by hook/ after the real call, for descriptors
 * of which wr_track_maybe() says yes, with the program's errno saved. */
#ifndef WR_TRACK_TALK_H
#define WR_TRACK_TALK_H

#include <sys/socket.h>

#include "track/bytes.h"
#include "track/track.h"
#include "whyrefused/attempt.h"

/* The connect() that `track` speaks of has succeeded. door: by which call the program knows. */
void wr_talk_connected(int fd, struct wr_track *track, enum wr_door door);
/* The program asks whether a pending connect() has come to its end, and was told no error. */
void wr_talk_asked(int fd, enum wr_door door);
/* n bytes were sent; more than 0. */
void wr_talk_sent(int fd, struct wr_area span, size_t n);
/* n bytes were received; 0 = end of file. flags: of recv(2). */
void wr_talk_received(int fd, struct wr_area span, size_t n, int flags);
/* A call, or SO_ERROR, delivered this error. */
void wr_talk_failed(int fd, int error, enum wr_door door);
/* Something passed that was not seen: the first bytes are not known. */
void wr_talk_lose(int fd);
/* shutdown() has succeeded. */
void wr_talk_shut_down(int fd);

/* Errors that tell of the way to the peer, or of the peer: not of the call or of the local buffer.
 */
bool wr_talk_is_about_peer(int error);

#endif
