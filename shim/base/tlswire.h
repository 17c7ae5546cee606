/* SPDX-License-Identifier: MIT
 * What a TLS handshake looks like from outside: the records of both directions of a client's
 * connection (RFC 8446, RFC 5246), read as they pass. Pure, bounded; no table holds a pointer. */
#ifndef WR_BASE_TLSWIRE_H
#define WR_BASE_TLSWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/faults.h"

enum wr_wire_way { WR_WIRE_OUT, WR_WIRE_IN };

#define WR_WIRE_NAME 256
#define WR_WIRE_ALPN 128
#define WR_WIRE_KEPT 8192 /* of a message: long chains of certificates are cut */
#define WR_WIRE_SAID 512  /* of a peer that speaks no TLS */

/* One direction. */
struct wr_wire_stream {
    uint64_t bytes;
    uint32_t records;
    /* where in the stream of bytes */
    uint8_t header[5], header_len;
    uint8_t type;          /* of the record */
    uint16_t left, length; /* of the record */
    uint8_t head[4], head_len;
    uint32_t message_left;
    bool storing; /* the message under way is kept */
    bool not_tls; /* its first bytes are no record */
    bool lost;    /* what should be a record's header is none */
    bool in_record;
    /* what was seen */
    bool changed;  /* ChangeCipherSpec */
    bool finished; /* its last message of the handshake, by what can be seen of it */
    bool data;     /* application data (TLS 1.2) */
    bool alerted;  /* a fatal alert in plain text */
    uint8_t alert; /* its number */
    uint8_t alert_bytes[2], alert_len;
    bool alert_sealed; /* an alert whose number is encrypted, before the handshake was done */
    bool goodbye;    /* the alert that the connection ends, as far as it can be told from others */
    uint32_t sealed; /* encrypted records */
};

/* What came to the end of the connection; by the program's side. */
struct wr_wire_end {
    bool peer_closed;    /* it ended the connection first, before this side sent an alert */
    int error;           /* by this errno: ECONNRESET, EPIPE; 0 = an end of file */
    bool own_side_ended; /* the program had said goodbye, or called shutdown(), before */
    uint64_t waited_ms;  /* from the last message of either side to the end, or to the goodbye */
    uint64_t alert_ms;   /* ... to the peer's encrypted alert */
};

struct wr_wire {
    struct wr_wire_stream way[2];
    struct wr_wire_end end;
    /* ClientHello */
    bool hello_sent; /* all of it */
    uint16_t hello_len;
    uint16_t version_low, version_high; /* 0x0303 = TLS 1.2; low 0 = not said */
    uint16_t sni_len, alpn_len;
    unsigned char sni[WR_WIRE_NAME], alpn[WR_WIRE_ALPN]; /* names, separated by blanks */
    /* ServerHello and what follows it in plain text, up to TLS 1.2 */
    bool retry; /* HelloRetryRequest */
    bool server_hello;
    uint16_t version, cipher;
    bool certificate, certificate_requested, hello_done;
    bool requested_known; /* TLS 1.3: certificate_requested, by the client's answer */
    bool own_certificate, own_certificate_known; /* the client's answer to the request */
    /* a message, or what was said instead of TLS */
    uint8_t owner; /* whose: 1 + enum wr_wire_way; 0 = nobody's */
    uint16_t kept_len;
    unsigned char kept[WR_WIRE_KEPT];
};

/* The bytes begin with a ClientHello. */
bool wr_wire_is_hello(const unsigned char *at, size_t len);

/* All of it but the kept bytes is set. */
void wr_wire_begin(struct wr_wire *wire);
/* More bytes of one way. */
void wr_wire_feed(struct wr_wire *wire, enum wr_wire_way way, const unsigned char *at, size_t len);
/* Of n bytes to come: how many of the first are of no interest. They count as fed. */
size_t wr_wire_skip(struct wr_wire *wire, enum wr_wire_way way, size_t n);
/* The handshake has come good, or it cannot be followed: no more is to be learned. */
bool wr_wire_is_over(const struct wr_wire *wire);
/* The peer's part of the handshake has come. */
bool wr_wire_peer_done(const struct wr_wire *wire);
/* How the handshake of a connection that has ended so failed; 0 = it did not, or the connection was
 * dropped on purpose, as far as that can be told. *ret_late: after this side was done. */
enum wr_tls_failure wr_wire_judge(const struct wr_wire *wire, const struct wr_wire_end *end,
                                  bool *ret_late);
/* The peer's certificates in DER, its own first; returns how many of at most max. Those that were
 * not kept wholly are left out. */
unsigned wr_wire_chain(const struct wr_wire *wire, const unsigned char **at, size_t *len,
                       unsigned max);
/* For tlswire.c: the message that is kept. tlshello.c. */
void wr_wire_read_client_hello(struct wr_wire *wire);
void wr_wire_read_server_hello(struct wr_wire *wire);
/* How far it got: "after ClientHello". */
const char *wr_wire_stage(const struct wr_wire *wire);

#endif
