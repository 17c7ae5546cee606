/* SPDX-License-Identifier: MIT
 * See drawing.h. The hops are those of path_hops, which the path prober wrote. */
#include "render/drawing.h"

#include "base/address.h"
#include "base/endpoint.h"
#include "render/escape.h"
#include "render/parts.h"
#include "render/template.h"
#include "render/value.h"
#include "whyrefused/faults.h"

#define HOPS_MAX 40
#define NEXT " ──▶ "
#define BARRED " ──✗ "

struct hop {
    uint64_t number;
    struct wr_addr addr; /* family 0 = silent */
};

struct drawing {
    struct hop hops[HOPS_MAX];
    unsigned count; /* of those to be drawn */
    const char *tail;
};

/* The end of the word at `at`, no further than `end`. */
static const char *word_end(const char *at, const char *end)
{
    while (at < end && *at != ' ' && *at != ',')
        at++;
    return at;
}

static const char *skip(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == ','))
        at++;
    return at;
}

/* "1 10.1.0.2 0.4, 2 *, 3 10.3.0.2 0.9": those up to hop `last`. */
static void read_hops(const struct wr_evidence *ev, uint64_t last, struct drawing *drawing)
{
    const char *at, *end;

    drawing->count = 0;
    if (!wr_ev_has(ev, WR_FACT_path_hops))
        return;
    at = ev->text + ev->value[WR_FACT_path_hops].text.at;
    end = at + ev->value[WR_FACT_path_hops].text.len;
    while (drawing->count < HOPS_MAX) {
        struct hop hop = {.number = 0};
        const char *stop;

        for (at = skip(at, end); at < end && *at >= '0' && *at <= '9' && hop.number < 256; at++)
            hop.number = hop.number * 10 + (uint64_t)(*at - '0');
        at = skip(at, end);
        stop = word_end(at, end);
        if (at == stop || hop.number == 0 || hop.number > last)
            return;
        if (!wr_address_parse(at, (size_t)(stop - at), &hop.addr))
            hop.addr.family = 0;
        drawing->hops[drawing->count++] = hop;
        while (stop < end && *stop != ',')
            stop++;
        at = stop;
    }
}

static void silent_end(const struct wr_evidence *ev, struct drawing *drawing)
{
    uint64_t last = wr_ev_uint(ev, WR_FACT_path_last_hop, 0);

    if (last > 0) {
        read_hops(ev, last, drawing);
        drawing->tail = wr_ev_has(ev, WR_FACT_path_reference) ? BARRED
                            "{destination.address} port {destination.port}   (dropped behind hop "
                            "{path_last_hop})"
                                                              : BARRED
                            "{destination.address} port {destination.port}   (silence behind hop "
                            "{path_last_hop})";
    } else if (wr_ev_false(ev, WR_FACT_path_leaves)) {
        drawing->tail = BARRED "{destination.address} port {destination.port}   (hop 1 does not "
                               "see it)";
    }
}

static bool is_destination(const struct wr_evidence *ev, enum wr_fact fact)
{
    const struct wr_addr *a = wr_ev_addr(ev, fact), *b = wr_ev_addr(ev, WR_FACT_destination);

    return a != NULL && b != NULL && wr_addr_same_host(a, b);
}

static void reset_end(const struct wr_evidence *ev, struct drawing *drawing)
{
    uint64_t hop = wr_ev_uint(ev, WR_FACT_path_answer_hop, 0);
    uint64_t end = wr_ev_uint(ev, WR_FACT_path_reference_hop, 0);

    if (wr_ev_true(ev, WR_FACT_path_answer_own)) {
        drawing->tail = BARRED "{destination.address} port {destination.port}   (reset by this "
                               "machine)";
    } else if (hop == 0 || end == 0) {
        return;
    } else if (hop < end) {
        read_hops(ev, hop, drawing);
        drawing->tail = BARRED "{destination.address} port {destination.port}   (reset by hop "
                               "{path_answer_hop})";
    } else if (hop > end) {
        read_hops(ev, end, drawing);
        drawing->tail = NEXT "…" BARRED "port {destination.port}   (reset behind it, at hop "
                             "{path_answer_hop})";
    } else if (is_destination(ev, WR_FACT_path_answer_from)) {
        read_hops(ev, end, drawing);
        drawing->tail = BARRED "port {destination.port}   (reset by itself)";
    }
}

static void icmp_end(const struct wr_evidence *ev, struct drawing *drawing)
{
    uint64_t hop = wr_ev_uint(ev, WR_FACT_path_answer_hop, 0);

    if (hop == 0 || !wr_ev_has(ev, WR_FACT_path_answer_from))
        return;
    read_hops(ev, hop - 1, drawing);
    drawing->tail = is_destination(ev, WR_FACT_path_answer_from)
                        ? NEXT "{destination.address}" BARRED "port {destination.port}   (ICMP "
                               "type {icmp_type} code {icmp_code})"
                        : NEXT "{path_answer_from.address}" BARRED
                               "{destination.address} port {destination.port}   (ICMP type "
                               "{icmp_type} code {icmp_code})";
}

/* From one hop on; what is left out, or silent, is one mark. */
static bool put(const struct wr_report *report, const struct drawing *drawing, unsigned hidden,
                struct wr_buf *out)
{
    unsigned quote = wr_report_quote(report);
    unsigned from = hidden + 1 < drawing->count ? 1 : 0;
    bool marked = false;

    wr_buf_str(out, "app");
    for (unsigned i = 0; i < drawing->count; i++) {
        const struct hop *hop = &drawing->hops[i];
        bool left_out = (i >= from && i < from + hidden) || hop->addr.family == 0 ||
                        (i > 0 && hop->number != hop[-1].number + 1);

        if (left_out && !marked)
            wr_buf_str(out, NEXT "…");
        marked = left_out;
        if (hop->addr.family == 0 || (i >= from && i < from + hidden))
            continue;
        wr_buf_str(out, NEXT);
        wr_value_addr(&hop->addr, false, quote, out);
        marked = false;
    }
    return wr_template(drawing->tail, report->evidence, quote, out);
}

static bool draw_path(const struct wr_report *report, unsigned columns, struct wr_buf *out)
{
    const struct wr_evidence *ev = report->evidence;
    struct drawing drawing = {.tail = NULL};
    size_t mark = out->len;

    switch (wr_ev_uint(ev, WR_FACT_path_answer, 0)) {
    case WR_PATH_SILENT:
        silent_end(ev, &drawing);
        break;
    case WR_PATH_RESET:
        reset_end(ev, &drawing);
        break;
    case WR_PATH_ICMP:
        icmp_end(ev, &drawing);
        break;
    }
    if (drawing.tail == NULL)
        return false;
    for (unsigned hidden = 0; hidden == 0 || hidden < drawing.count; hidden++) {
        if (put(report, &drawing, hidden, out) && !out->cut &&
            wr_text_width(out->data + mark, out->len - mark) <= columns)
            return true;
        out->len = mark;
        out->cut = false;
    }
    return false;
}

bool wr_draw(const struct wr_report *report, unsigned columns, struct wr_buf *out)
{
    static const char *const pictures[] = {
        "app ──▶ … ──▶ {icmp_offender.address} ──✗ {destination}   (ICMP type {icmp_type} code "
        "{icmp_code}){?icmp_received}{!icmp_offender_local}",
        "app ──✗ {destination}   (no route: {route_error.text}){?route_error}",
        "app ──▶ {destination.address} (this machine) ──✗ port {destination.port}"
        "{?destination_local}{?error=111}",
    };
    size_t mark = out->len;

    if (draw_path(report, columns, out))
        return true;
    for (unsigned i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
        if (!wr_template(pictures[i], report->evidence, wr_report_quote(report), out))
            continue;
        if (wr_text_width(out->data + mark, out->len - mark) <= columns)
            return true;
        out->len = mark;
        return false;
    }
    return false;
}
