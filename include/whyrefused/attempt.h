/* SPDX-License-Identifier: MIT
 * What the program did: one call that failed, with its target, result and times.
 * Written by hook/ and track/, read by probe/ and render/. */
#ifndef WHYREFUSED_ATTEMPT_H
#define WHYREFUSED_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "whyrefused/address.h"

enum wr_call { WR_CALL_SOCKET, WR_CALL_BIND, WR_CALL_LISTEN, WR_CALL_CONNECT, WR_CALLS };

/* What is known of a descriptor's past when a call on it fails. */
enum wr_history {
    WR_HISTORY_UNSEEN,    /* the descriptor came from elsewhere, or nothing was seen of it */
    WR_HISTORY_FRESH,     /* a socket, not connected */
    WR_HISTORY_PENDING,   /* a connect() on it is under way */
    WR_HISTORY_CONNECTED, /* a connect() on it has succeeded */
    WR_HISTORY_LISTENING, /* listen() on it has succeeded */
    WR_HISTORY_FAILED     /* the last connect() on it failed */
};

#define WR_NAME_MAX 256
/* Longest socket address that is looked at: more than any family that is diagnosed needs. */
#define WR_SOCKADDR_MAX 256

struct wr_attempt {
    enum wr_call call;
    int fd;            /* -1 for socket() */
    int error;         /* errno that the program got; > 0 */
    uint64_t start_ns; /* CLOCK_MONOTONIC, when the call (for a pending one: connect) was made */
    uint64_t end_ns;   /* CLOCK_MONOTONIC, when the program got the error */
    uint64_t time_us;  /* CLOCK_REALTIME, microseconds since the epoch, at end_ns */

    /* socket() arguments for WR_CALL_SOCKET; else read from the descriptor, -1 = not known */
    int domain, type, protocol;

    /* The address argument: a copy, at most WR_SOCKADDR_MAX bytes of address_len. address_read is
     * how many bytes could be copied; 0 where the pointer was bad or there is no address. */
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        unsigned char bytes[WR_SOCKADDR_MAX];
    } address;
    socklen_t address_len;
    socklen_t address_read;

    struct wr_addr target; /* the IP address in it; family 0 where it holds none */

    enum wr_history history;
    bool bound;             /* bind() was seen to choose this socket's local address */
    struct wr_addr earlier; /* target of the connect() that history speaks of, if any */

    /* Name and service that the program gave getaddrinfo() for this target; "" = none seen */
    char name[WR_NAME_MAX];
    char service[32];
};

#endif
