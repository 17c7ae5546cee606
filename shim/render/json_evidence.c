/* SPDX-License-Identifier: MIT
 * Facts as JSON: fact name -> value. A fact that is absent is null; an unknown one is left out.
 * Pure. */
#include <string.h>

#include "base/address.h"
#include "render/errno.h"
#include "render/formats.h"
#include "render/parts.h"
#include "render/value.h"

static void put_addr(struct wr_json *json, const struct wr_addr *addr, bool with_port,
                     unsigned quote)
{
    wr_json_next(json);
    wr_buf_char(json->out, '"');
    wr_value_addr(addr, with_port, quote, json->out);
    wr_buf_char(json->out, '"');
}

void wr_json_outside(const struct wr_report *report, struct wr_json *json, const char *key,
                     const char *bytes, size_t len, enum wr_text_class class)
{
    char space[2 * WR_FIELD_SHOWN];
    struct wr_buf text = wr_buf_on(space, sizeof(space));

    wr_redact_text(&text, bytes, len, class, wr_report_quote(report));
    wr_json_key(json, key);
    wr_json_string(json, text.data, text.len, WR_FIELD_SHOWN);
}

static void sock_text(const struct wr_report *report, struct wr_json *json, const char *key,
                      struct wr_text text)
{
    if (text.len != 0)
        wr_json_outside(report, json, key, report->evidence->text + text.at, text.len,
                        WR_TEXT_PLAIN);
}

static void put_sock(const struct wr_report *report, struct wr_json *json,
                     const struct wr_sock *sock)
{
    wr_json_open(json, '{');
    wr_json_text(json, "state", wr_sock_state(sock));
    wr_json_number(json, "protocol", sock->protocol);
    wr_json_key(json, "address");
    put_addr(json, &sock->local, false, wr_report_quote(report));
    wr_json_number(json, "port", sock->local.port);
    if (sock->v6only >= 0) {
        wr_json_key(json, "v6only");
        wr_buf_str(json->out, sock->v6only != 0 ? "true" : "false");
    }
    if (sock->device != 0)
        wr_json_number(json, "device", sock->device);
    sock_text(report, json, "device_name", sock->device_name);
    wr_json_number(json, "queue", sock->queue);
    wr_json_number(json, "queue_max", sock->queue_max);
    if (sock->uid != UINT32_MAX)
        wr_json_number(json, "uid", sock->uid);
    if (sock->inode != 0)
        wr_json_number(json, "inode", sock->inode);
    if (sock->pid > 0)
        wr_json_number(json, "pid", (uint64_t)sock->pid);
    sock_text(report, json, "program", sock->program);
    sock_text(report, json, "unit", sock->unit);
    sock_text(report, json, "container", sock->container);
    wr_json_close(json, '}');
}

static void put_fact(const struct wr_report *report, struct wr_json *json, enum wr_fact fact)
{
    const struct wr_evidence *ev = report->evidence;
    uint64_t number = ev->value[fact].number;
    struct wr_text text = ev->value[fact].text;

    if (wr_fact_info[fact].kind == WR_KIND_text) {
        wr_json_outside(report, json, wr_fact_info[fact].name, ev->text + text.at, text.len,
                        wr_text_class(fact));
        return;
    }
    wr_json_key(json, wr_fact_info[fact].name);
    switch (wr_fact_info[fact].kind) {
    case WR_KIND_bool:
        wr_buf_str(json->out, number != 0 ? "true" : "false");
        break;
    case WR_KIND_uint:
        wr_buf_uint(json->out, number < INT64_MAX ? number : INT64_MAX);
        break;
    case WR_KIND_errno:
        wr_buf_char(json->out, '"');
        wr_buf_errno(json->out, (int)number);
        wr_buf_char(json->out, '"');
        break;
    case WR_KIND_addr:
        put_addr(json, &ev->value[fact].addr, true, wr_report_quote(report));
        break;
    case WR_KIND_text:
        break;
    case WR_KIND_sock:
        put_sock(report, json, &ev->socks[ev->value[fact].sock]);
        break;
    }
}

void wr_json_evidence(const struct wr_report *report, struct wr_json *json)
{
    wr_json_key(json, "whyrefused.evidence");
    wr_json_open(json, '{');
    for (int fact = 0; fact < WR_FACTS; fact++) {
        struct wr_json_mark mark = wr_json_mark(json);

        if (report->evidence->state[fact] == WR_UNKNOWN)
            continue;
        if (report->evidence->state[fact] == WR_PRESENT) {
            put_fact(report, json, (enum wr_fact)fact);
        } else {
            wr_json_key(json, wr_fact_info[fact].name);
            wr_buf_str(json->out, "null");
        }
        wr_json_keep(json, mark);
    }
    wr_json_close(json, '}');
}
