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

/* What did not come about. SEND and RECV: on a socket that had no connection to lose (UDP), or
 * whose connection came to a halt (outcome STALLED, LOST); the error of a pending connect() is
 * CONNECT by whatever door. */
enum wr_call {
    WR_CALL_SOCKET,
    WR_CALL_BIND,
    WR_CALL_LISTEN,
    WR_CALL_CONNECT,
    WR_CALL_ACCEPT,
    WR_CALL_SEND,
    WR_CALL_RECV,
    WR_CALL_LOOKUP,    /* a name did not resolve */
    WR_CALL_HANDSHAKE, /* TLS, on a connection that stood */
    WR_CALLS
};

/* By which call the program learned of it, or by which it gave up. */
enum wr_door {
    WR_DOOR_CALL,     /* the call itself */
    WR_DOOR_SO_ERROR, /* getsockopt(SO_ERROR) */
    WR_DOOR_AGAIN,    /* a second connect() */
    WR_DOOR_SEND,     /* send(), write() and their kin */
    WR_DOOR_RECV,     /* recv(), read() and their kin */
    WR_DOOR_CLOSE,    /* close(), while it was pending */
    WR_DOOR_SHUTDOWN, /* shutdown(), while it was pending */
    WR_DOOR_REPLACED, /* dup2() over it */
    WR_DOOR_EXIT,     /* the process ended */
    WR_DOORS
};

enum wr_outcome {
    WR_OUTCOME_ERROR,   /* an errno */
    WR_OUTCOME_GAVE_UP, /* the program stopped waiting before the kernel did */
    WR_OUTCOME_CLOSED,  /* the peer closed before any byte came: end of file, ECONNRESET or EPIPE */
    WR_OUTCOME_ANSWERED,  /* the first bytes of the peer say no, or are of another protocol */
    WR_OUTCOME_SELF,      /* connected to itself */
    WR_OUTCOME_RECOVERED, /* it works now, after failures that were reported */
    /* SEND, RECV on a connection that stood: full segments were sent again and again in vain, or
     * those of the peer never came; the program gave up, or the kernel did (ETIMEDOUT) */
    WR_OUTCOME_STALLED,
    /* SEND, RECV on a connection that stood: nothing was heard of the peer any more, and the kernel
     * gave it up. start_ns: when it was heard last */
    WR_OUTCOME_LOST,
    WR_OUTCOMES
};

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

/* The beginning of what was said on a connection, each way. */
#define WR_FIRST_OUT 128
#define WR_FIRST_IN 512

struct wr_first_bytes {
    uint16_t out_len, in_len; /* bytes kept; 0 = none were seen to pass */
    bool shut_down;           /* the program had ended its own side before the peer closed */
    bool last_in_eof;         /* the peer closed after these */
    uint64_t connected_ns;    /* CLOCK_MONOTONIC, when the connection stood; 0 = not known */
    unsigned char out[WR_FIRST_OUT];
    unsigned char in[WR_FIRST_IN];
};

/* What became of the data of a connection, as base/tcpinfo.h has it. */
struct wr_tcp_data {
    bool stalls, misses;                  /* wr_tcpinfo_stalls(), wr_tcpinfo_misses() */
    uint32_t segment_bytes;               /* of payload in a full one */
    uint32_t again, beyond, out_of_order; /* segments */
    uint32_t path_mtu;
    uint32_t quiet_ms; /* since the peer was heard last */
    uint64_t again_bytes, acked_bytes, unacked_bytes;
};

/* Of TCP_INFO (tcp(7), include/uapi/linux/tcp.h), sampled while the socket still had it. */
struct wr_tcp_sample {
    bool known;
    uint8_t state;        /* TCP_SYN_SENT 2, TCP_CLOSE 7, ... */
    uint32_t retransmits; /* tcpi_total_retrans: SYNs sent again */
    uint32_t lost;        /* tcpi_lost: segments that are taken for lost */
    uint32_t on_the_way;  /* tcpi_retrans: of those sent again, on their way */
    struct wr_tcp_data data;
};

/* The arguments and the result of a lookup; the name and the service are the attempt's. */
struct wr_name_lookup {
    const char *function; /* "getaddrinfo", "gethostbyname2_r", "res_search"; NULL = it is none */
    /* EAI_* of netdb.h, negative; of a function that sets h_errno the one that stands for the same:
     * HOST_NOT_FOUND EAI_NONAME, TRY_AGAIN EAI_AGAIN, NO_RECOVERY EAI_FAIL, NO_DATA EAI_NODATA,
     * NETDB_INTERNAL EAI_SYSTEM. With EAI_SYSTEM the errno is the attempt's error, which is 0 with
     * all others. */
    int result;
    int family, flags, socktype; /* AF_UNSPEC where any family was asked for; AI_* */
    uint16_t record_type;        /* res_query() and its kin: what was asked for, else 0 */
    bool reverse;                /* the name of an address was asked for */
    uint32_t name_len;           /* of the whole name, which may be longer than what is kept */
};

/* A TLS handshake that failed. The library is asked by the probes of the report, while the
 * program's call has not returned: only then the objects are there. */
struct wr_tls_library;
struct wr_wire;
struct wr_handshake {
    const struct wr_tls_library *library; /* tls/tls.h; NULL = only the bytes were seen */
    const void *instance;                 /* tls/instance.h; NULL = the object leads to it */
    const char *function;                 /* "SSL_connect"; NULL = no call of a library */
    uint64_t start_ns;                    /* CLOCK_MONOTONIC, when the call began; 0 = not known */
    void *object;                         /* SSL *, gnutls_session_t, ... of the program */
    long result;                          /* what the call returned */
    /* Not 0: it is a server's, and the number tells its failures apart. Clients come from anywhere:
     * one report is for all that fail so. */
    uint32_t served;
    const struct wr_wire *wire; /* base/tlswire.h: the bytes that passed; NULL = not known */
};

struct wr_attempt {
    enum wr_call call;
    enum wr_door door;
    enum wr_outcome outcome;
    int fd;           /* -1 for socket() */
    int row;          /* of the target in track/targets.h; -1 = none */
    uint64_t row_key; /* what the row was for */
    /* errno that the program got; > 0. GAVE_UP: ETIMEDOUT, which it did not wait for. 0 where the
     * outcome is none: CLOSED by an end of file, ANSWERED, SELF, RECOVERED, STALLED and
     * given up. */
    int error;
    uint64_t start_ns; /* CLOCK_MONOTONIC, when the call (for a pending one: connect) was made */
    uint64_t end_ns;   /* CLOCK_MONOTONIC, when the program got the error */
    uint64_t time_us;  /* CLOCK_REALTIME, microseconds since the epoch, at end_ns */

    /* socket() arguments for WR_CALL_SOCKET; else read from the descriptor, -1 = not known */
    int domain, type, protocol;

    /* The address argument; listen(), accept(): what the socket is bound to. A copy, at most
     * WR_SOCKADDR_MAX bytes of address_len. address_read is how many bytes could be copied; 0 where
     * the pointer was bad or there is no address. */
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        unsigned char bytes[WR_SOCKADDR_MAX];
    } address;
    socklen_t address_len;
    socklen_t address_read;

    struct wr_addr target; /* the IP address in it; family 0 where it holds none */

    enum wr_history history;
    bool bound_port;        /* bind() was seen to choose this socket's local port */
    bool bound;             /* bind() was seen to choose this socket's local address */
    struct wr_addr earlier; /* target of the connect() that history speaks of, if any */

    struct wr_tcp_sample tcp;
    struct wr_first_bytes first;
    /* When this process last connected to the same address and port; CLOCK_MONOTONIC, 0 = never */
    uint64_t succeeded_ns;
    /* RECOVERED: failures of this target, this time; when the first of them was (CLOCK_MONOTONIC),
     * and the cause that was reported then (struct wr_cause of cause.h) */
    uint32_t tries;
    uint64_t failing_since_ns;
    const char *failing_cause;

    struct wr_name_lookup lookup;  /* WR_CALL_LOOKUP */
    struct wr_handshake handshake; /* WR_CALL_HANDSHAKE */

    /* LOOKUP: the name and service that were asked for. Else: name and service that the program
     * gave getaddrinfo() for this target; "" = none seen */
    char name[WR_NAME_MAX];
    char service[32];
};

#endif
