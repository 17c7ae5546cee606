/* SPDX-License-Identifier: MIT
 * See value.h. */
#include "render/value.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/address.h"
#include "base/service.h"
#include "render/errno.h"
#include "render/escape.h"
#include "render/template.h"

#define SOCK_BOUND 13 /* evidence.h: bound, not listening */

static const struct {
    const char *name;
    uint8_t kinds; /* bit for each enum wr_kind */
} parts[WR_PARTS] = {
#define FOR(kind) (1u << WR_KIND_##kind)
    [WR_PART_TEXT] = {"text", FOR(errno)},
    [WR_PART_MS] = {"ms", FOR(uint)},
    [WR_PART_S] = {"s", FOR(uint)},
    [WR_PART_ADDRESS] = {"address", FOR(addr) | FOR(sock)},
    [WR_PART_PORT] = {"port", FOR(addr) | FOR(sock)},
    [WR_PART_SERVICE] = {"service", FOR(addr) | FOR(sock)},
    [WR_PART_ENDPOINT] = {"endpoint", FOR(sock)},
    [WR_PART_PROGRAM] = {"program", FOR(sock)},
    [WR_PART_PID] = {"pid", FOR(sock)},
    [WR_PART_UNIT] = {"unit", FOR(sock)},
    [WR_PART_CONTAINER] = {"container", FOR(sock)},
    [WR_PART_UID] = {"uid", FOR(sock)},
    [WR_PART_DEVICE] = {"device", FOR(sock)},
    [WR_PART_QUEUE] = {"queue", FOR(sock)},
    [WR_PART_QUEUE_MAX] = {"queue_max", FOR(sock)},
    [WR_PART_OWNER] = {"owner", FOR(sock)},
#undef FOR
};

enum wr_part wr_part_by_name(enum wr_kind kind, const char *name, size_t len)
{
    for (int i = WR_PART_VALUE + 1; i < WR_PARTS; i++) {
        if ((parts[i].kinds & 1u << kind) != 0 && strlen(parts[i].name) == len &&
            memcmp(parts[i].name, name, len) == 0)
            return (enum wr_part)i;
    }
    return WR_PARTS;
}

const char *wr_sock_state(const struct wr_sock *sock)
{
    if (sock->protocol == IPPROTO_UDP)
        return "UDP";
    switch (sock->state) {
    case TCP_ESTABLISHED:
        return "ESTABLISHED";
    case TCP_SYN_SENT:
        return "SYN-SENT";
    case TCP_SYN_RECV:
        return "SYN-RECV";
    case TCP_FIN_WAIT1:
        return "FIN-WAIT-1";
    case TCP_FIN_WAIT2:
        return "FIN-WAIT-2";
    case TCP_TIME_WAIT:
        return "TIME-WAIT";
    case TCP_CLOSE_WAIT:
        return "CLOSE-WAIT";
    case TCP_LAST_ACK:
        return "LAST-ACK";
    case TCP_LISTEN:
        return "LISTEN";
    case TCP_CLOSING:
        return "CLOSING";
    case SOCK_BOUND:
        return "BOUND";
    default:
        return "OPEN";
    }
}

void wr_buf_ms(struct wr_buf *out, uint64_t us)
{
    if (us >= 100000) {
        wr_buf_uint(out, (us + 500) / 1000);
        return;
    }
    wr_buf_uint(out, us / 1000);
    wr_buf_char(out, '.');
    if (us < 100)
        wr_buf_uint_padded(out, us / 10, 2);
    else
        wr_buf_uint(out, us % 1000 / 100);
}

void wr_buf_s(struct wr_buf *out, uint64_t us)
{
    uint64_t tenths = (us + 50000) / 100000;

    wr_buf_uint(out, tenths / 10);
    if (tenths < 100 && tenths % 10 != 0) {
        wr_buf_char(out, '.');
        wr_buf_uint(out, tenths % 10);
    }
}

void wr_value_addr(const struct wr_addr *addr, bool with_port, unsigned quote, struct wr_buf *out)
{
    struct wr_addr shown = (quote & WR_QUOTE_HIDE_HOSTS) != 0 ? wr_redact_addr(addr) : *addr;

    if (with_port)
        wr_buf_endpoint(out, &shown);
    else
        wr_buf_addr(out, &shown);
}

void wr_value_text(const char *bytes, size_t len, enum wr_text_class class, unsigned quote,
                   struct wr_buf *out)
{
    char space[2 * WR_FIELD_SHOWN];
    struct wr_buf text = wr_buf_on(space, sizeof(space));

    wr_redact_text(&text, bytes, len, class, quote);
    if ((quote & WR_QUOTE_SHELL) != 0)
        wr_buf_mem(out, text.data, text.len); /* wr_escape_shell() sees to it */
    else
        wr_escape(out, text.data, text.len);
}

static bool put_span(const struct wr_evidence *ev, struct wr_text span, unsigned quote,
                     struct wr_buf *out)
{
    if (span.len != 0)
        wr_value_text(ev->text + span.at, span.len, WR_TEXT_PLAIN, quote, out);
    return span.len != 0;
}

static void put_program(const struct wr_evidence *ev, const struct wr_sock *sock, unsigned quote,
                        struct wr_buf *out)
{
    put_span(ev, sock->program, quote, out);
    if (sock->pid == 0 && sock->unit.len == 0)
        return;
    wr_buf_str(out, sock->program.len != 0 ? " (" : "");
    if (sock->pid != 0) {
        wr_buf_str(out, "pid ");
        wr_buf_int(out, sock->pid);
    }
    if (sock->unit.len != 0) {
        wr_buf_str(out, sock->pid != 0 ? ", " : "");
        put_span(ev, sock->unit, quote, out);
    }
    wr_buf_str(out, sock->program.len != 0 ? ")" : "");
}

static bool put_owner(const struct wr_evidence *ev, const struct wr_sock *sock, unsigned quote,
                      struct wr_buf *out)
{
    if (sock->program.len != 0 || sock->pid != 0 || sock->unit.len != 0) {
        put_program(ev, sock, quote, out);
    } else if (sock->container.len != 0) {
        wr_buf_str(out, "a process");
    } else if (sock->uid != UINT32_MAX) {
        wr_buf_str(out, "a process of uid ");
        wr_buf_uint(out, sock->uid);
    } else {
        return false;
    }
    if (sock->container.len != 0) {
        wr_buf_str(out, " in container ");
        put_span(ev, sock->container, quote, out);
    }
    return true;
}

static bool put_device(const struct wr_evidence *ev, const struct wr_sock *sock, unsigned quote,
                       struct wr_buf *out)
{
    if (put_span(ev, sock->device_name, quote, out))
        return true;
    if (sock->device == 0)
        return false;
    wr_buf_str(out, "interface ");
    wr_buf_uint(out, sock->device);
    return true;
}

static void put_sock(const struct wr_evidence *ev, const struct wr_sock *sock, unsigned quote,
                     struct wr_buf *out)
{
    wr_buf_str(out, wr_sock_state(sock));
    wr_buf_char(out, ' ');
    wr_value_addr(&sock->local, true, quote, out);
    if (sock->v6only == 1 && wr_addr_is_any(&sock->local))
        wr_buf_str(out, " (IPv6 only)");
    if (sock->device != 0 || sock->device_name.len != 0) {
        wr_buf_str(out, " on ");
        put_device(ev, sock, quote, out);
    }
    size_t before = out->len;
    wr_buf_str(out, "  ");
    if (!put_owner(ev, sock, quote, out))
        out->len = before;
}

static bool put_port(uint16_t port, struct wr_buf *out)
{
    if (port != 0)
        wr_buf_uint(out, port);
    return port != 0;
}

static bool put_service(uint16_t port, int protocol, struct wr_buf *out)
{
    const char *name = wr_service_name(port, protocol);

    if (name != NULL)
        wr_buf_str(out, name);
    return name != NULL;
}

static bool put_number(uint64_t number, struct wr_buf *out)
{
    wr_buf_uint(out, number);
    return true;
}

static bool sock_part(const struct wr_evidence *ev, const struct wr_sock *sock, enum wr_part part,
                      unsigned quote, struct wr_buf *out)
{
    switch (part) {
    case WR_PART_VALUE:
        put_sock(ev, sock, quote, out);
        return true;
    case WR_PART_ADDRESS:
        wr_value_addr(&sock->local, false, quote, out);
        return true;
    case WR_PART_PORT:
        return put_port(sock->local.port, out);
    case WR_PART_SERVICE:
        return put_service(sock->local.port, sock->protocol, out);
    case WR_PART_ENDPOINT:
        wr_value_addr(&sock->local, true, quote, out);
        return true;
    case WR_PART_PROGRAM:
        return put_span(ev, sock->program, quote, out);
    case WR_PART_PID:
        return sock->pid > 0 && put_number((uint64_t)sock->pid, out);
    case WR_PART_UNIT:
        return put_span(ev, sock->unit, quote, out);
    case WR_PART_CONTAINER:
        return put_span(ev, sock->container, quote, out);
    case WR_PART_UID:
        return sock->uid != UINT32_MAX && put_number(sock->uid, out);
    case WR_PART_DEVICE:
        return put_device(ev, sock, quote, out);
    case WR_PART_QUEUE:
        return put_number(sock->queue, out);
    case WR_PART_QUEUE_MAX:
        return put_number(sock->queue_max, out);
    case WR_PART_OWNER:
        return put_owner(ev, sock, quote, out);
    default:
        return false;
    }
}

static bool addr_part(const struct wr_addr *addr, int protocol, enum wr_part part, unsigned quote,
                      struct wr_buf *out)
{
    switch (part) {
    case WR_PART_VALUE:
    case WR_PART_ADDRESS:
        wr_value_addr(addr, part == WR_PART_VALUE, quote, out);
        return addr->family != 0;
    case WR_PART_PORT:
        return put_port(addr->port, out);
    case WR_PART_SERVICE:
        return put_service(addr->port, protocol, out);
    default:
        return false;
    }
}

static bool errno_part(int error, enum wr_part part, struct wr_buf *out)
{
    const char *text = wr_errno_text(error);

    if (part == WR_PART_VALUE)
        wr_buf_errno(out, error);
    else if (text != NULL)
        wr_buf_str(out, text);
    return part == WR_PART_VALUE || text != NULL;
}

/* Of the socket that the report is about; 0 where it is not known. */
static int protocol_of(const struct wr_evidence *ev)
{
    return ev->state[WR_FACT_socket_protocol] == WR_PRESENT
               ? (int)ev->value[WR_FACT_socket_protocol].number
               : 0;
}

bool wr_value(const struct wr_evidence *ev, enum wr_fact fact, enum wr_part part, unsigned quote,
              struct wr_buf *out)
{
    uint64_t number = ev->value[fact].number;

    if (ev->state[fact] != WR_PRESENT)
        return false;
    switch (wr_fact_info[fact].kind) {
    case WR_KIND_bool:
        wr_buf_str(out, number != 0 ? "yes" : "no");
        return true;
    case WR_KIND_uint:
        if (part == WR_PART_MS)
            wr_buf_ms(out, number);
        else if (part == WR_PART_S)
            wr_buf_s(out, number);
        else
            wr_buf_uint(out, number);
        return true;
    case WR_KIND_errno:
        return errno_part((int)number, part, out);
    case WR_KIND_addr:
        return addr_part(&ev->value[fact].addr, protocol_of(ev), part, quote, out);
    case WR_KIND_text:
        if (ev->value[fact].text.len != 0)
            wr_value_text(ev->text + ev->value[fact].text.at, ev->value[fact].text.len,
                          wr_text_class(fact), quote, out);
        return ev->value[fact].text.len != 0;
    case WR_KIND_sock:
        return sock_part(ev, &ev->socks[ev->value[fact].sock], part, quote, out);
    }
    return false;
}
