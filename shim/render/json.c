/* SPDX-License-Identifier: MIT
 * The report as one line of JSON: Elastic Common Schema keys, flat, ours under "whyrefused.".
 * conf/report.schema.json is the contract. Pure. */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/date.h"
#include "base/words.h"
#include "render/errno.h"
#include "render/formats.h"
#include "render/parts.h"
#include "render/render.h"
#include "render/value.h"

#define ECS_VERSION "8.11.0"
/* What closes the object behind the last member that fits. */
#define TAIL 128
/* The room that is kept for evidence when the sentences are long. */
#define EVIDENCE_ROOM 4096

static void put_head(const struct wr_report *report, struct wr_json *json)
{
    char space[2 * WR_SENTENCE_MAX];
    struct wr_buf headline = wr_buf_on(space, sizeof(space));

    wr_json_key(json, "@timestamp");
    wr_buf_char(json->out, '"');
    wr_buf_date(json->out, report->attempt->time_us);
    wr_buf_char(json->out, '"');
    wr_json_text(json, "log.level", report->event == WR_EVENT_REPORT ? "error" : "info");
    wr_render_headline(report, &headline);
    wr_sentence_end(&headline);
    wr_json_key(json, "message");
    wr_json_string(json, headline.data, headline.len, headline.len);
    wr_json_text(json, "ecs.version", ECS_VERSION);
}

static void put_error(const struct wr_report *report, struct wr_json *json)
{
    const struct wr_attempt *attempt = report->attempt;
    bool lookup = attempt->call == WR_CALL_LOOKUP && attempt->lookup.result != EAI_SYSTEM;
    int code = lookup ? attempt->lookup.result : attempt->error;
    const char *text = lookup ? wr_eai_text(code) : wr_errno_text(code);

    wr_json_key(json, "error.type");
    wr_buf_char(json->out, '"');
    wr_say_end(report, json->out);
    wr_buf_char(json->out, '"');
    if (code == 0 || attempt->outcome == WR_OUTCOME_GAVE_UP)
        return;
    wr_json_key(json, "error.code");
    wr_buf_char(json->out, '"');
    wr_buf_int(json->out, code);
    wr_buf_char(json->out, '"');
    if (text != NULL)
        wr_json_text(json, "error.message", text);
}

static const char *const datasets[] = {[WR_EVENT_REPORT] = "whyrefused.report",
                                       [WR_EVENT_RECOVERED] = "whyrefused.recovered",
                                       [WR_EVENT_SUMMARY] = "whyrefused.summary"};

static void put_event(const struct wr_report *report, struct wr_json *json)
{
    const struct wr_attempt *attempt = report->attempt;
    bool denied = attempt->error == EACCES || attempt->error == EPERM;
    bool recovered = report->event == WR_EVENT_RECOVERED;

    wr_json_text(json, "event.kind", "event");
    wr_json_key(json, "event.category");
    wr_buf_str(json->out, "[\"network\"]");
    wr_json_key(json, "event.type");
    wr_buf_str(json->out, recovered ? "[\"connection\",\"info\"]"
                          : denied  ? "[\"connection\",\"error\",\"denied\"]"
                                    : "[\"connection\",\"error\"]");
    wr_json_text(json, "event.outcome", recovered ? "success" : "failure");
    wr_json_text(json, "event.action",
                 attempt->call == WR_CALL_LOOKUP && attempt->lookup.function != NULL
                     ? attempt->lookup.function
                     : wr_call_word(attempt->call));
    wr_json_text(json, "event.code", report->verdict->cause->id);
    wr_json_text(json, "event.reason", report->verdict->cause->what);
    wr_json_number(json, "event.duration",
                   attempt->end_ns > attempt->start_ns ? attempt->end_ns - attempt->start_ns : 0);
    wr_json_number(json, "event.sequence", report->sequence);
    wr_json_text(json, "event.dataset", datasets[report->event]);
    if (!recovered)
        put_error(report, json);
}

static void put_addr_key(const struct wr_report *report, struct wr_json *json, const char *key,
                         const struct wr_addr *addr)
{
    struct wr_addr bare = *addr;

    bare.scope = 0; /* the ip type of collectors takes no zone */
    wr_json_key(json, key);
    wr_buf_char(json->out, '"');
    wr_value_addr(&bare, false, wr_report_quote(report), json->out);
    wr_buf_char(json->out, '"');
}

static void put_server_unix(const struct wr_report *report, struct wr_json *json,
                            const struct wr_unix_name *name)
{
    char space[WR_SOCKADDR_MAX];
    struct wr_buf path = wr_buf_on(space, sizeof(space));

    if (name->abstract)
        wr_buf_char(&path, '@');
    wr_buf_mem(&path, name->bytes, name->len);
    wr_json_outside(report, json, "server.address", path.data, path.len, WR_TEXT_PATH);
}

static void put_server(const struct wr_report *report, struct wr_json *json)
{
    const struct wr_attempt *attempt = report->attempt;
    const struct wr_addr *addr = wr_subject(report);
    bool named = wr_is_named(attempt);
    struct wr_unix_name name;

    if (named) {
        wr_json_outside(report, json, "server.address", attempt->name, strlen(attempt->name),
                        WR_TEXT_HOST);
    } else if (addr != NULL) {
        wr_json_key(json, "server.address");
        wr_buf_char(json->out, '"');
        wr_value_addr(addr, false, wr_report_quote(report), json->out);
        wr_buf_char(json->out, '"');
    } else if (wr_unix_name(attempt, &name)) {
        put_server_unix(report, json, &name);
    } else {
        /* every report has the key; socket() and unreadable addresses name no target */
        wr_json_text(json, "server.address", "");
    }
    if (addr != NULL)
        wr_json_number(json, "server.port", addr->port);
    if (attempt->call == WR_CALL_LOOKUP && !attempt->lookup.reverse && named)
        wr_json_outside(report, json, "dns.question.name", attempt->name, strlen(attempt->name),
                        WR_TEXT_HOST);
}

/* Of these the subject is this side's own address. */
static bool is_local(enum wr_call call)
{
    return call == WR_CALL_BIND || call == WR_CALL_LISTEN || call == WR_CALL_ACCEPT;
}

static void put_socket(const struct wr_report *report, struct wr_json *json)
{
    const struct wr_attempt *attempt = report->attempt;
    const struct wr_addr *addr = wr_subject(report);
    const struct wr_addr *source =
        is_local(attempt->call) ? addr : wr_ev_addr(report->evidence, WR_FACT_source);
    int family = addr != NULL ? addr->family : attempt->domain;
    const char *transport = wr_transport(attempt);

    put_server(report, json);
    if (addr != NULL) {
        put_addr_key(report, json, "destination.ip", addr);
        wr_json_number(json, "destination.port", addr->port);
    }
    if (source != NULL && source->family != 0) {
        put_addr_key(report, json, "source.ip", source);
        wr_json_number(json, "source.port", source->port);
    }
    if (transport != NULL)
        wr_json_text(json, "network.transport", transport);
    if (family == AF_INET || family == AF_INET6)
        wr_json_text(json, "network.type", family == AF_INET ? "ipv4" : "ipv6");
}

static void put_text_fact(const struct wr_report *report, struct wr_json *json, const char *key,
                          enum wr_fact fact)
{
    const struct wr_evidence *ev = report->evidence;
    const struct wr_text *text = &ev->value[fact].text;

    if (wr_ev_has(ev, fact))
        wr_json_outside(report, json, key, ev->text + text->at, text->len, wr_text_class(fact));
}

/* What the nameserver said to our own question. */
static void put_dns(const struct wr_report *report, struct wr_json *json)
{
    if (report->attempt->call == WR_CALL_LOOKUP)
        put_text_fact(report, json, "dns.response_code", WR_FACT_dns_response_code);
}

/* The certificate is the server's own unless another one of its chain is at fault. */
static void put_tls(const struct wr_report *report, struct wr_json *json)
{
    if (report->attempt->call != WR_CALL_HANDSHAKE)
        return;
    put_text_fact(report, json, "tls.client.server_name", WR_FACT_tls_sni);
    if (wr_ev_uint(report->evidence, WR_FACT_tls_verify_depth, 0) != 0 ||
        wr_ev_true(report->evidence, WR_FACT_tls_server_side))
        return;
    put_text_fact(report, json, "tls.server.subject", WR_FACT_tls_cert_subject);
    put_text_fact(report, json, "tls.server.issuer", WR_FACT_tls_cert_issuer);
    put_text_fact(report, json, "tls.server.not_after", WR_FACT_tls_cert_not_after);
}

/* Left out where it is not known. */
static void put_known(const struct wr_report *report, struct wr_json *json, const char *key,
                      const char *text, enum wr_text_class class)
{
    if (text[0] != '\0')
        wr_json_outside(report, json, key, text, strlen(text), class);
}

static void put_process(const struct wr_report *report, struct wr_json *json)
{
    const struct wr_process *process = report->process;

    wr_json_number(json, "process.pid", (uint64_t)process->pid);
    wr_json_text(json, "process.name", process->name);
    put_known(report, json, "process.executable", process->executable, WR_TEXT_PATH);
    wr_json_number(json, "process.parent.pid", (uint64_t)process->parent_pid);
    wr_json_number(json, "process.thread.id", (uint64_t)process->thread_id);
    put_known(report, json, "process.thread.name", process->thread_name, WR_TEXT_PLAIN);
    put_known(report, json, "host.name", process->host, WR_TEXT_HOST);
    put_known(report, json, "service.name", process->unit, WR_TEXT_PLAIN);
    put_known(report, json, "container.id", process->container, WR_TEXT_PLAIN);
    put_known(report, json, "labels.ci.test", process->test, WR_TEXT_PLAIN);
}

/* The innermost frame with a source line. */
static void put_origin(const struct wr_report *report, struct wr_json *json)
{
    const struct wr_frames *frames = report->frames;

    for (uint32_t i = 0; frames != NULL && i < frames->count && i < WR_FRAMES_MAX; i++) {
        const struct wr_frame *frame = &frames->frame[i];
        const char *file = frames->text + frame->file;

        if (frame->file == 0 || frame->line == 0 || wr_frame_is_ours(frames, frame))
            continue;
        if (frame->symbol != 0)
            wr_json_text(json, "log.origin.function", frames->text + frame->symbol);
        wr_json_outside(report, json, "log.origin.file.name", file, strlen(file), WR_TEXT_PATH);
        wr_json_number(json, "log.origin.file.line", frame->line);
        return;
    }
}

/* A sentence that has been appended to `text`, as the value of `key` (NULL: an element). */
static void put_sentence(struct wr_json *json, const char *key, struct wr_buf *text)
{
    wr_sentence_end(text);
    if (key != NULL)
        wr_json_key(json, key);
    wr_json_string(json, text->data, text->len, text->len);
    text->len = 0;
}

static void put_because(const struct wr_report *report, struct wr_json *json)
{
    char space[WR_SENTENCE_MAX];
    struct wr_buf text = wr_buf_on(space, sizeof(space));

    wr_json_key(json, "whyrefused.because");
    wr_json_open(json, '[');
    for (unsigned i = 0; i < WR_SAY_BECAUSE; i++) {
        struct wr_json_mark mark = wr_json_mark(json);

        if (!wr_say_because(report, i, &text))
            continue;
        put_sentence(json, NULL, &text);
        wr_json_keep(json, mark);
    }
    wr_json_close(json, ']');
}

static void put_ruled_out(const struct wr_report *report, struct wr_json *json)
{
    char space[WR_SENTENCE_MAX];
    struct wr_buf text = wr_buf_on(space, sizeof(space));
    const struct wr_cause *cause;

    wr_json_key(json, "whyrefused.ruled_out");
    wr_json_open(json, '[');
    for (unsigned i = 0; i < WR_SAY_RULED_OUT; i++) {
        struct wr_json_mark mark = wr_json_mark(json);

        if (!wr_say_ruled_out(report, i, &cause, &text))
            continue;
        wr_json_open(json, '{');
        wr_json_text(json, "cause", cause->id);
        put_sentence(json, "because", &text);
        wr_json_close(json, '}');
        wr_json_keep(json, mark);
    }
    wr_json_close(json, ']');
}

static void put_unknown(const struct wr_report *report, struct wr_json *json)
{
    char space[WR_SENTENCE_MAX];
    struct wr_buf text = wr_buf_on(space, sizeof(space));

    wr_json_key(json, "whyrefused.unknown");
    wr_json_open(json, '[');
    for (unsigned i = 0; i < WR_SAY_UNKNOWN; i++) {
        struct wr_json_mark mark = wr_json_mark(json);

        if (!wr_say_unknown(report, i, WR_SAY_WHAT, &text))
            continue;
        wr_json_open(json, '{');
        put_sentence(json, "what", &text);
        if (wr_say_unknown(report, i, WR_SAY_WHY, &text))
            put_sentence(json, "why", &text);
        if (wr_say_unknown(report, i, WR_SAY_COMMAND, &text) && !text.cut)
            put_sentence(json, "command", &text);
        text = wr_buf_on(space, sizeof(space));
        wr_json_close(json, '}');
        wr_json_keep(json, mark);
    }
    wr_json_close(json, ']');
}

static void put_fixes(const struct wr_report *report, struct wr_json *json)
{
    char space[WR_SENTENCE_MAX];
    struct wr_buf text = wr_buf_on(space, sizeof(space));

    wr_json_key(json, "whyrefused.fixes");
    wr_json_open(json, '[');
    for (unsigned i = 0; i < WR_SAY_FIX; i++) {
        struct wr_json_mark mark = wr_json_mark(json);

        if (!wr_say_fix(report, i, false, &text))
            continue;
        wr_json_open(json, '{');
        put_sentence(json, "text", &text);
        if (wr_say_fix(report, i, true, &text) && !text.cut)
            put_sentence(json, "command", &text);
        text = wr_buf_on(space, sizeof(space));
        wr_json_close(json, '}');
        wr_json_keep(json, mark);
    }
    wr_json_close(json, ']');
}

/* "whyrefused.attempts" */
static void put_tries(const struct wr_report *report, struct wr_json *json)
{
    if (report->tries_count == 0)
        return;
    wr_json_key(json, "whyrefused.attempts");
    wr_json_open(json, '[');
    for (uint32_t i = 0; i < report->tries_count; i++) {
        const struct wr_try *try = &report->tries[i];
        struct wr_json_mark mark = wr_json_mark(json);

        wr_json_open(json, '{');
        put_addr_key(report, json, "address", &try->address);
        wr_json_number(json, "port", try->address.port);
        wr_json_key(json, "error");
        wr_buf_char(json->out, '"');
        wr_say_error(try->outcome, try->error, json->out);
        wr_buf_char(json->out, '"');
        wr_json_text(json, "cause", try->cause);
        wr_json_number(json, "duration_us", try->duration_us);
        wr_json_close(json, '}');
        wr_json_keep(json, mark);
    }
    wr_json_close(json, ']');
}

/* Of what was counted: a summary, or what came good. */
static void put_counts(const struct wr_report *report, struct wr_json *json)
{
    if (report->event == WR_EVENT_RECOVERED) {
        wr_json_number(json, "whyrefused.tries", report->count);
        wr_json_number(json, "whyrefused.elapsed_ms", report->lasted_ms);
    } else if (report->event == WR_EVENT_SUMMARY) {
        wr_json_number(json, "whyrefused.count", report->count);
        wr_json_key(json, "whyrefused.first_seen");
        wr_buf_char(json->out, '"');
        wr_buf_date(json->out, report->first_us);
        wr_buf_char(json->out, '"');
    }
}

void wr_render_json(const struct wr_report *report, struct wr_buf *out)
{
    struct wr_json json = {.out = out, .limit = out->size - TAIL - EVIDENCE_ROOM};

    wr_buf_char(out, '{');
    put_head(report, &json);
    put_event(report, &json);
    put_socket(report, &json);
    put_dns(report, &json);
    put_tls(report, &json);
    put_process(report, &json);
    put_origin(report, &json);
    wr_json_number(&json, "whyrefused.schema", 1);
    put_counts(report, &json);
    if (report->event == WR_EVENT_SUMMARY) {
        wr_buf_str(out, "}\n");
        return;
    }
    wr_json_text(&json, "whyrefused.confidence", wr_say_confidence(report));
    wr_json_number(&json, "whyrefused.spent_us", report->spent_us);
    if (wr_is_redacted(report)) {
        wr_json_key(&json, "whyrefused.redacted");
        wr_buf_str(out, "true");
    }
    put_tries(report, &json);
    put_because(report, &json);
    put_fixes(report, &json);
    put_unknown(report, &json);
    put_ruled_out(report, &json);
    json.limit = out->size - TAIL;
    wr_json_evidence(report, &json);
    wr_json_frames(report, &json);
    if (json.cut) {
        wr_json_key(&json, "whyrefused.cut");
        wr_buf_str(out, "true");
    }
    wr_buf_str(out, "}\n");
}
