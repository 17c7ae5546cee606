/* SPDX-License-Identifier: MIT
 * Whole reports in every format, with facts, names and frames from the input. */
#include "fuzz.h"

#include <errno.h>

#include "diagnose/diagnose.h"
#include "render/render.h"

static struct wr_evidence ev;
static struct wr_attempt attempt;
static struct wr_frames frames;
static struct wr_process process;

static struct wr_addr take_addr(struct input *in)
{
    struct wr_addr addr = {.family = take(in) & 1 ? AF_INET : AF_INET6};

    for (unsigned i = 0; i < (addr.family == AF_INET ? 4 : 16); i++)
        addr.bytes[i] = take(in);
    addr.port = (uint16_t)take_number(in, 2);
    return addr;
}

static struct wr_text take_text(struct input *in)
{
    char text[300];
    size_t len = take_bytes(in, text, sizeof(text));

    return wr_add_text(&ev, text, (uint32_t)len);
}

static void take_fact(struct input *in, enum wr_fact fact)
{
    static char text[4096];
    struct wr_addr addr;
    struct wr_sock sock;

    switch (wr_fact_info[fact].kind) {
    case WR_KIND_bool:
        wr_set_bool(&ev, fact, take(in) & 1);
        break;
    case WR_KIND_uint:
        wr_set_uint(&ev, fact, take_number(in, take(in) % 9));
        break;
    case WR_KIND_errno:
        wr_set_errno(&ev, fact, take(in));
        break;
    case WR_KIND_addr:
        addr = take_addr(in);
        wr_set_addr(&ev, fact, &addr);
        break;
    case WR_KIND_text:
        wr_set_text(&ev, fact, text, (uint32_t)take_bytes(in, text, sizeof(text)));
        break;
    case WR_KIND_sock:
        sock = (struct wr_sock){.local = take_addr(in),
                                .protocol = take(in) & 1 ? 6 : 17,
                                .state = take(in),
                                .v6only = (int8_t)(take(in) % 3 - 1),
                                .device = take(in),
                                .uid = (uint32_t)take_number(in, 4),
                                .pid = (int32_t)take_number(in, 4)};
        sock.program = take_text(in);
        sock.unit = take_text(in);
        sock.container = take_text(in);
        wr_set_sock(&ev, fact, &sock);
        break;
    }
}

static uint16_t frame_text(struct input *in)
{
    char *at = frames.text + frames.text_used;
    size_t room = sizeof(frames.text) - frames.text_used, len;
    uint16_t where = frames.text_used;

    if (room < 2)
        return 0;
    len = take_bytes(in, at, room - 1 < 400 ? room - 1 : 400);
    at[len] = '\0';
    frames.text_used = (uint16_t)(frames.text_used + len + 1);
    return where;
}

static void take_frames(struct input *in)
{
    memset(&frames, 0, sizeof(frames));
    frames.text_used = 1;
    frames.count = take(in) % (WR_FRAMES_MAX + 1);
    for (unsigned i = 0; i < frames.count; i++) {
        frames.frame[i].pc = take_number(in, 8);
        frames.frame[i].module = frame_text(in);
        frames.frame[i].symbol = frame_text(in);
        frames.frame[i].build_id = frame_text(in);
    }
}

static void take_attempt(struct input *in)
{
    memset(&attempt, 0, sizeof(attempt));
    attempt.call = take(in) % WR_CALLS;
    attempt.error = take(in) + 1;
    attempt.domain = take(in) % 3 == 0 ? AF_UNIX : AF_INET;
    attempt.type = take(in) % 6;
    attempt.end_ns = take_number(in, 8);
    attempt.time_us = take_number(in, 8);
    attempt.target = take_addr(in);
    attempt.address_read =
        (socklen_t)take_bytes(in, (char *)attempt.address.bytes, WR_SOCKADDR_MAX);
    attempt.address_len = attempt.address_read;
    take_bytes(in, attempt.name, sizeof(attempt.name) - 1);
    take_bytes(in, attempt.service, sizeof(attempt.service) - 1);
}

static void take_process(struct input *in)
{
    memset(&process, 0, sizeof(process));
    process.pid = (int32_t)take_number(in, 4);
    take_bytes(in, process.name, sizeof(process.name) - 1);
    take_bytes(in, process.thread_name, sizeof(process.thread_name) - 1);
    take_bytes(in, process.host, sizeof(process.host) - 1);
    take_bytes(in, process.executable, sizeof(process.executable) - 1);
    take_bytes(in, process.unit, sizeof(process.unit) - 1);
    take_bytes(in, process.test, sizeof(process.test) - 1);
}

static void check(enum wr_format format, const struct wr_buf *out)
{
    PROMISE(out->len > 0 && out->len <= WR_RENDER_MAX);
    PROMISE(out->data[out->len - 1] == '\n');
    PROMISE(is_harmless(out->data, out->len - 1, format == WR_FORMAT_TEXT));
    PROMISE(is_utf8(out->data, out->len));
    if (format == WR_FORMAT_JSON)
        PROMISE(out->data[0] == '{' && out->data[out->len - 2] == '}');
    if (format != WR_FORMAT_TEXT)
        return;
    /* nothing quoted can begin a line */
    for (size_t i = 0; i + 1 < out->len; i++) {
        if (i == 0 || out->data[i - 1] == '\n')
            PROMISE(out->data[i] == ' ' || strncmp(out->data + i, "whyrefused", 10) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char space[WR_RENDER_MAX];
    struct input in = {data, size};
    struct wr_verdict verdict;
    struct wr_report report = {.attempt = &attempt,
                               .evidence = &ev,
                               .verdict = &verdict,
                               .process = &process,
                               .sequence = 1};
    unsigned flags = take(&in);

    memset(&ev, 0, sizeof(ev));
    take_attempt(&in);
    take_process(&in);
    take_frames(&in);
    report.frames = flags & 1 ? &frames : NULL;
    report.redact_hosts = flags & 2;
    report.redact_paths = flags & 4;
    report.out_of_time = flags & 8;
    while (in.left > 2)
        take_fact(&in, (enum wr_fact)(take_number(&in, 2) % WR_FACTS));
    wr_diagnose(&ev, &verdict);
    for (int format = WR_FORMAT_TEXT; format <= WR_FORMAT_JSON; format++) {
        struct wr_buf out = wr_buf_on(space, sizeof(space));

        wr_render((enum wr_format)format, &report, false, &out);
        check((enum wr_format)format, &out);
    }
    return 0;
}
