/* SPDX-License-Identifier: MIT
 * See tlswire.h. A record is a header of five bytes and a body; messages of the handshake lie in
 * the bodies, over their borders. The body of an encrypted one is never looked at. */
#include "base/tlswire.h"

#include <string.h>

enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23, HEARTBEAT = 24 };
enum {
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    CERTIFICATE = 11,
    CERTIFICATE_REQUEST = 13,
    SERVER_HELLO_DONE = 14
};
enum { TLS_1_3 = 0x0304 };

/* 2^14 and what encryption may add (RFC 5246, section 6.2.3) */
#define RECORD_MAX (16384 + 2048)
/* An encrypted alert of TLS 1.3: two bytes, their type, a tag of 16, and what JSSE pads it with.
 * The smallest Finished has 53, an EncryptedExtensions 23. */
#define SEALED_ALERT 19
#define SEALED_ALERT_PADDED 35
#define END_OF_EARLY_DATA 21

/* --- messages ----------------------------------------------------------------------------------
 */

static bool is_wanted(const struct wr_wire *wire, enum wr_wire_way way, uint8_t type)
{
    if (wire->owner != 0)
        return false;
    if (way == WR_WIRE_OUT)
        return type == CLIENT_HELLO && !wire->hello_sent;
    return (type == SERVER_HELLO && !wire->server_hello) || type == CERTIFICATE;
}

static void message_begins(struct wr_wire *wire, enum wr_wire_way way)
{
    struct wr_wire_stream *stream = &wire->way[way];

    stream->message_left =
        (uint32_t)stream->head[1] << 16 | (uint32_t)stream->head[2] << 8 | stream->head[3];
    stream->storing = is_wanted(wire, way, stream->head[0]);
    if (stream->storing) {
        wire->owner = (uint8_t)(1 + way);
        wire->kept_len = 0;
    }
    if (way == WR_WIRE_OUT && stream->head[0] == CLIENT_HELLO && !wire->hello_sent)
        wire->hello_len =
            (uint16_t)(stream->message_left > 0xffff - 4 ? 0xffff : stream->message_left + 4);
    if (way == WR_WIRE_OUT && stream->head[0] == CERTIFICATE) {
        wire->own_certificate_known = true;
        wire->own_certificate = stream->message_left > 3; /* more than an empty list */
    }
}

static void message_ends(struct wr_wire *wire, enum wr_wire_way way)
{
    struct wr_wire_stream *stream = &wire->way[way];
    uint8_t type = stream->head[0];

    stream->head_len = 0;
    if (way == WR_WIRE_OUT && type == CLIENT_HELLO) {
        if (stream->storing)
            wr_wire_read_client_hello(wire);
        wire->hello_sent = true;
    } else if (way == WR_WIRE_IN && type == SERVER_HELLO && stream->storing) {
        wr_wire_read_server_hello(wire);
    } else if (way == WR_WIRE_IN) {
        wire->certificate |= type == CERTIFICATE;
        wire->certificate_requested |= type == CERTIFICATE_REQUEST;
        wire->hello_done |= type == SERVER_HELLO_DONE;
    }
    /* a chain stays */
    if (stream->storing && type != CERTIFICATE)
        wire->owner = 0;
    stream->storing = false;
}

static void keep(struct wr_wire *wire, const unsigned char *at, size_t len)
{
    size_t room = WR_WIRE_KEPT - wire->kept_len;

    len = len > room ? room : len;
    memcpy(wire->kept + wire->kept_len, at, len);
    wire->kept_len = (uint16_t)(wire->kept_len + len);
}

static void read_handshake(struct wr_wire *wire, enum wr_wire_way way, const unsigned char *at,
                           size_t len)
{
    struct wr_wire_stream *stream = &wire->way[way];

    while (len > 0) {
        size_t n = 1;

        if (stream->head_len < sizeof(stream->head)) {
            stream->head[stream->head_len++] = *at;
            if (stream->head_len == sizeof(stream->head))
                message_begins(wire, way);
        } else {
            n = len < stream->message_left ? len : stream->message_left;
            if (stream->storing)
                keep(wire, at, n);
            stream->message_left -= (uint32_t)n;
        }
        at += n;
        len -= n;
        if (stream->head_len == sizeof(stream->head) && stream->message_left == 0)
            message_ends(wire, way);
    }
}

/* --- records -----------------------------------------------------------------------------------
 */

static bool is_sealed(const struct wr_wire *wire, const struct wr_wire_stream *stream)
{
    switch (stream->type) {
    case APPLICATION_DATA:
        return true;
    case ALERT:
        return stream->changed && stream->length != 2;
    case HANDSHAKE:
        /* where the first hello is asked for again, what was changed is not yet in use */
        return stream->changed && !(wire->retry && !wire->server_hello);
    default:
        return false;
    }
}

static bool is_sealed_alert(const struct wr_wire_stream *stream)
{
    return stream->length == SEALED_ALERT || stream->length == SEALED_ALERT_PADDED;
}

/* The client's part of TLS 1.3 begins with its Finished, or with a Certificate, empty or not, where
 * the server asked for one. The messages are hidden and their lengths are not. */
static void read_client_part(struct wr_wire *wire, unsigned length)
{
    enum { PADDING = 16, EMPTY = 25, EMPTY_WITHIN = 8, SMALLEST_CHAIN = 250, SHA384 = 0x1302 };
    unsigned finished = wire->cipher == SHA384 ? 69 : 53;

    if (length == EMPTY || length == EMPTY + PADDING || length == finished + EMPTY_WITHIN ||
        length == finished + EMPTY_WITHIN + PADDING) {
        wire->requested_known = wire->certificate_requested = true;
        wire->own_certificate_known = true;
    } else if (length == finished || length == finished + PADDING) {
        wire->requested_known = true;
    } else if (length >= SMALLEST_CHAIN) {
        wire->requested_known = wire->certificate_requested = true;
        wire->own_certificate_known = wire->own_certificate = true;
    }
}

/* TLS 1.3: all that follows the hellos has the type of application data. */
static void sealed_1_3(struct wr_wire *wire, enum wr_wire_way way)
{
    struct wr_wire_stream *stream = &wire->way[way], *out = &wire->way[WR_WIRE_OUT];

    if (!wire->server_hello) /* early data */
        return;
    if (way == WR_WIRE_OUT && out->finished) {
        out->goodbye |= is_sealed_alert(stream);
    } else if (way == WR_WIRE_OUT) {
        if (is_sealed_alert(stream)) {
            out->alert_sealed = true;
        } else if (!out->alert_sealed && stream->length != END_OF_EARLY_DATA) {
            out->finished = true;
            read_client_part(wire, stream->length);
        }
    } else if (!out->finished) {
        /* an EncryptedExtensions may have the other length */
        stream->alert_sealed |= stream->length == SEALED_ALERT;
    } else if (is_sealed_alert(stream) && !out->goodbye && !stream->finished) {
        stream->alert_sealed = true;
    } else { /* a ticket or data: it has taken what this side sent */
        stream->finished = true;
    }
}

static void sealed_1_2(struct wr_wire *wire, enum wr_wire_way way)
{
    struct wr_wire_stream *stream = &wire->way[way];

    if (stream->type == APPLICATION_DATA)
        stream->data = true;
    else if (stream->type == HANDSHAKE)
        stream->finished = true;
    else if (!wire->way[WR_WIRE_OUT].finished || !wire->way[WR_WIRE_IN].finished)
        stream->alert_sealed = true;
    else /* from now on it says that the connection ends */
        stream->goodbye = true;
}

static void record_begins(struct wr_wire *wire, enum wr_wire_way way)
{
    struct wr_wire_stream *stream = &wire->way[way];

    stream->header_len = 0;
    stream->type = stream->header[0];
    stream->left = stream->length =
        (uint16_t)((unsigned)stream->header[3] << 8 | stream->header[4]);
    stream->in_record = true;
    if (stream->length > RECORD_MAX) {
        stream->lost = true;
        return;
    }
    stream->records++;
    stream->alert_len = 0;
    stream->changed |= stream->type == CHANGE_CIPHER_SPEC;
    if (!is_sealed(wire, stream))
        return;
    stream->sealed++;
    if (wire->version >= TLS_1_3 || !wire->server_hello)
        sealed_1_3(wire, way);
    else
        sealed_1_2(wire, way);
}

static void read_alert(struct wr_wire_stream *stream, const unsigned char *at, size_t len)
{
    enum { WARNING = 1, CLOSE_NOTIFY = 0, USER_CANCELED = 90 };

    while (len-- > 0 && stream->alert_len < 2)
        stream->alert_bytes[stream->alert_len++] = *at++;
    if (stream->alert_len < 2 || stream->alerted)
        return;
    if (stream->alert_bytes[1] == CLOSE_NOTIFY || stream->alert_bytes[1] == USER_CANCELED) {
        stream->goodbye = true;
        return;
    }
    if (stream->alert_bytes[0] == WARNING)
        return;
    stream->alerted = true;
    stream->alert = stream->alert_bytes[1];
}

static void body(struct wr_wire *wire, enum wr_wire_way way, const unsigned char *at, size_t len)
{
    struct wr_wire_stream *stream = &wire->way[way];

    if (is_sealed(wire, stream))
        return;
    if (stream->type == HANDSHAKE)
        read_handshake(wire, way, at, len);
    else if (stream->type == ALERT)
        read_alert(stream, at, len);
}

/* One byte of a header. */
static void header(struct wr_wire *wire, enum wr_wire_way way, unsigned char byte)
{
    struct wr_wire_stream *stream = &wire->way[way];
    bool good = stream->header_len == 0   ? byte >= CHANGE_CIPHER_SPEC && byte <= HEARTBEAT
                : stream->header_len == 1 ? byte == 3
                : stream->header_len == 2 ? byte <= 4
                                          : true;

    stream->header[stream->header_len++] = byte;
    if (good && stream->header_len == sizeof(stream->header))
        record_begins(wire, way);
    if (good && !stream->lost)
        return;
    stream->lost = true;
    stream->not_tls = stream->records == 0;
    if (way == WR_WIRE_IN && stream->not_tls && wire->owner == 0) {
        wire->owner = 1 + WR_WIRE_IN;
        wire->kept_len = 0;
        keep(wire, stream->header, good ? sizeof(stream->header) : stream->header_len);
    }
}

bool wr_wire_is_hello(const unsigned char *at, size_t len)
{
    return len >= 6 && at[0] == HANDSHAKE && at[1] == 3 && at[2] <= 4 && at[5] == CLIENT_HELLO &&
           ((unsigned)at[3] << 8 | at[4]) >= 40;
}

void wr_wire_begin(struct wr_wire *wire)
{
    memset(wire, 0, offsetof(struct wr_wire, kept));
}

void wr_wire_feed(struct wr_wire *wire, enum wr_wire_way way, const unsigned char *at, size_t len)
{
    struct wr_wire_stream *stream = &wire->way[way];

    stream->bytes += len;
    while (len > 0 && !stream->lost) {
        size_t n = 1;

        if (!stream->in_record) {
            header(wire, way, *at);
        } else {
            n = len < stream->left ? len : stream->left;
            body(wire, way, at, n);
            stream->left = (uint16_t)(stream->left - n);
        }
        if (stream->in_record && stream->left == 0)
            stream->in_record = false;
        at += n;
        len -= n;
    }
    if (len > 0 && stream->not_tls && way == WR_WIRE_IN && wire->kept_len < WR_WIRE_SAID)
        keep(wire, at,
             len < WR_WIRE_SAID - (size_t)wire->kept_len ? len
                                                         : WR_WIRE_SAID - (size_t)wire->kept_len);
}

size_t wr_wire_skip(struct wr_wire *wire, enum wr_wire_way way, size_t n)
{
    struct wr_wire_stream *stream = &wire->way[way];

    if (stream->lost || !stream->in_record || !is_sealed(wire, stream))
        return 0;
    n = n < stream->left ? n : stream->left;
    stream->bytes += n;
    stream->left = (uint16_t)(stream->left - n);
    stream->in_record = stream->left > 0;
    return n;
}
