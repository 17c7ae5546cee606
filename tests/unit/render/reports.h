/* SPDX-License-Identifier: MIT
 * Reports to render, for the tests of render/ and sink/. */
#ifndef TESTS_RENDER_REPORTS_H
#define TESTS_RENDER_REPORTS_H

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "whyrefused/report.h"

struct case_report {
    struct wr_attempt attempt;
    struct wr_evidence ev;
    struct wr_cause cause, rival;
    struct wr_verdict verdict;
    struct wr_frames frames;
    struct wr_process process;
    struct wr_report report;
};

static inline struct wr_addr ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    return (struct wr_addr){.family = AF_INET, .bytes = {a, b, c, d}, .port = port};
}

static inline uint16_t frame_text(struct wr_frames *frames, const char *text)
{
    uint16_t at = frames->text_used;

    if (at + strlen(text) + 1 > sizeof(frames->text))
        return 0;
    strcpy(frames->text + at, text);
    frames->text_used = (uint16_t)(at + strlen(text) + 1);
    return at;
}

static inline void add_frame(struct wr_frames *frames, const char *module, const char *symbol,
                             const char *file, uint32_t line)
{
    struct wr_frame *frame = &frames->frame[frames->count++];

    *frame = (struct wr_frame){.pc = 0x555500001000, .offset = 0x1c2e0, .symbol_offset = 0x2e0};
    frame->module = frame_text(frames, module);
    frame->build_id = frame_text(frames, "0123456789abcdef");
    if (symbol != NULL)
        frame->symbol = frame_text(frames, symbol);
    if (file != NULL)
        frame->file = frame_text(frames, file);
    frame->line = line;
}

static inline void case_base(struct case_report *c)
{
    memset(c, 0, sizeof(*c));
    c->frames.text_used = 1;
    c->attempt = (struct wr_attempt){.call = WR_CALL_CONNECT,
                                     .fd = 3,
                                     .error = ECONNREFUSED,
                                     .start_ns = 1000,
                                     .end_ns = 313000,
                                     .time_us = 1767225600123456, /* 2026-01-01T00:00:00.123456Z */
                                     .domain = AF_INET,
                                     .type = SOCK_STREAM};
    c->process = (struct wr_process){.pid = 4242,
                                     .parent_pid = 1,
                                     .thread_id = 4243,
                                     .effective_uid = 1000,
                                     .name = "python3",
                                     .thread_name = "worker",
                                     .host = "box",
                                     .executable = "/usr/bin/python3.11",
                                     .unit = "app.service",
                                     .test = "tests/test_db.py::test_connect (call)"};
    c->rival = (struct wr_cause){.id = "firewall-local-input-reject",
                                 .what = "a rule on this machine rejects it",
                                 .headline = "x",
                                 .ruled_out = "the kernel itself sent the reset"};
    c->verdict = (struct wr_verdict){.cause = &c->cause, .confidence = WR_MATCH_CERTAIN};
    c->report = (struct wr_report){.attempt = &c->attempt,
                                   .evidence = &c->ev,
                                   .verdict = &c->verdict,
                                   .process = &c->process,
                                   .sequence = 1,
                                   .spent_us = 1234};
    wr_set_errno(&c->ev, WR_FACT_error, ECONNREFUSED);
    wr_set_uint(&c->ev, WR_FACT_elapsed_us, 312);
}

/* A name that leads here, where a server listens on another address. */
static inline void case_other_address(struct case_report *c)
{
    struct wr_sock sock = {.local = ipv4(127, 0, 0, 1, 5432),
                           .protocol = IPPROTO_TCP,
                           .state = 10,
                           .v6only = -1,
                           .uid = 33,
                           .queue_max = 128,
                           .inode = 99,
                           .pid = 812};

    case_base(c);
    c->attempt.target = ipv4(10, 4, 0, 2, 5432);
    strcpy(c->attempt.name, "db.local");
    wr_set_addr(&c->ev, WR_FACT_destination, &c->attempt.target);
    wr_set_str(&c->ev, WR_FACT_asked_name, "db.local");
    wr_set_bool(&c->ev, WR_FACT_destination_local, true);
    wr_set_absent(&c->ev, WR_FACT_source);
    sock.program = wr_add_text(&c->ev, "postgres", 8);
    sock.unit = wr_add_text(&c->ev, "postgresql@15-main.service", 26);
    wr_set_sock(&c->ev, WR_FACT_listener, &sock);
    c->cause = (struct wr_cause){
        .id = "tcp-listener-other-address",
        .what = "the port is open here, on another local address",
        .headline = "{listener.program} listens on {listener.address} only",
        .because = {"{destination.address} is an address of this machine",
                    "{listener}; nothing on {destination.address} or *",
                    "never said{?icmp_received}"},
        .unknown = {{WR_FACT_source, "absent, so not blind", "", ""}},
        .fixes = {{"let it listen on {destination.address} too", NULL},
                  {"or connect to {listener.address}", "psql -h {listener.address} -p "
                                                       "{listener.port}"}}};
    c->verdict.ruled_out[0] = &c->rival;
    c->verdict.ruled_out_count = 1;
    add_frame(&c->frames, "/usr/lib/libwhyrefused.so", "connect", NULL, 0);
    add_frame(&c->frames, "/usr/lib/x86_64-linux-gnu/libpq.so.5", "PQconnectPoll", NULL, 0);
    add_frame(&c->frames, "/srv/app/app", "connect_db", "/srv/app/src/db.c", 41);
    add_frame(&c->frames, "/srv/app/app", NULL, NULL, 0);
    c->report.frames = &c->frames;
}

static inline void set_unix(struct case_report *c, const char *path, size_t len)
{
    c->attempt.domain = AF_UNIX;
    c->attempt.address.un.sun_family = AF_UNIX;
    memcpy(c->attempt.address.bytes + offsetof(struct sockaddr_un, sun_path), path, len);
    c->attempt.address_len = c->attempt.address_read =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static inline void case_unix(struct case_report *c)
{
    case_base(c);
    c->attempt.error = ENOENT;
    set_unix(c, "/run/x/x.sock", 14);
    wr_set_errno(&c->ev, WR_FACT_error, ENOENT);
    c->cause = (struct wr_cause){.id = "unix-no-such-path",
                                 .what = "the path does not exist",
                                 .headline = "/run/x does not exist",
                                 .because = {"the call failed with {error} ({error.text})"},
                                 .fixes = {{"start the server that makes it", NULL}}};
}

/* Nothing is sure: IPv6, likely, unknowns, out of time, a rival that was not examined. */
static inline void case_unsure(struct case_report *c)
{
    case_base(c);
    c->attempt.error = ETIMEDOUT;
    c->attempt.domain = AF_INET6;
    c->attempt.end_ns = c->attempt.start_ns + 127000000000;
    c->attempt.target = (struct wr_addr){
        .family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}, .port = 443, .scope = 2};
    wr_set_addr(&c->ev, WR_FACT_destination, &c->attempt.target);
    wr_set_errno(&c->ev, WR_FACT_error, ETIMEDOUT);
    wr_set_uint(&c->ev, WR_FACT_elapsed_us, 127000000);
    c->cause = (struct wr_cause){
        .id = "firewall-no-answer",
        .what = "no reply",
        .headline = "no reply in {elapsed_us.s} s",
        .because = {"no reply in {elapsed_us.s} s"},
        .unknown = {{WR_FACT_netfilter_rules, "a packet filter rule on this machine",
                     "rules can only be read with CAP_NET_ADMIN", "sudo nft list ruleset"}}};
    c->rival.unknown[0] =
        (struct wr_blind_spot){WR_FACT_netfilter_rules, "more", "of no weight", "x"};
    c->rival.unknown[1] =
        (struct wr_blind_spot){WR_FACT_source_bound, "known by now", "x", "x", .decides = true};
    c->rival.unknown[2] = (struct wr_blind_spot){WR_FACT_netfilter_rules, "rules", "no privilege",
                                                 "sudo nft list ruleset", .decides = true};
    wr_set_bool(&c->ev, WR_FACT_source_bound, false);
    c->verdict.undecided[0] = &c->rival;
    c->verdict.undecided_count = 1;
    c->verdict.confidence = WR_MATCH_LIKELY;
    c->report.out_of_time = true;
}

#define NASTY                                                                                   \
    "\x1b]0;x\x07\n::error file=a::\r##vso[task.x]\xe2\x80\xae\xff\xc2\x9b\"\\</script>\t%s%n " \
    "##teamcity[x] section_start:1:x\r\x1b[0K"

/* Every text from outside is hostile and as long as it can be. */
static inline void case_nasty(struct case_report *c)
{
    static const char nasty[] = NASTY;
    char big[1000];

    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = nasty[i % (sizeof(nasty) - 1)];
    big[sizeof(big) - 1] = '\0';
    case_other_address(c);
#define FILL(field)                        \
    do {                                   \
        memcpy(field, big, sizeof(field)); \
        (field)[sizeof(field) - 1] = '\0'; \
    } while (0)
    FILL(c->attempt.name);
    FILL(c->process.name);
    FILL(c->process.thread_name);
    FILL(c->process.host);
    FILL(c->process.executable);
    FILL(c->process.unit);
    FILL(c->process.container);
    FILL(c->process.test);
    wr_set_text(&c->ev, WR_FACT_asked_name, big, 999);
    c->ev.socks[0].program = wr_add_text(&c->ev, big, 999);
    c->ev.socks[0].unit = wr_add_text(&c->ev, big, 999);
    c->ev.socks[0].container = wr_add_text(&c->ev, big, 999);
    c->cause.headline = "{asked_name} and {listener}";
    for (int i = 0; i < WR_CAUSE_SENTENCES; i++)
        c->cause.because[i] = "{listener} {asked_name} {listener.owner} {listener.container}";
    for (int i = 0; i < 4; i++) {
        c->cause.unknown[i] =
            (struct wr_blind_spot){WR_FACT_netfilter_rules, "{listener} {asked_name}",
                                   "{listener} {asked_name}", "x {asked_name}"};
        c->cause.fixes[i] = (struct wr_fix){"{listener} {asked_name}", "x {asked_name}"};
    }
    c->rival.ruled_out = "{listener} {asked_name}";
    for (int i = 0; i < WR_VERDICT_OTHERS; i++)
        c->verdict.ruled_out[i] = c->verdict.undecided[i] = &c->rival;
    c->verdict.ruled_out_count = c->verdict.undecided_count = WR_VERDICT_OTHERS;
    c->verdict.confidence = WR_MATCH_POSSIBLE;
    while (c->frames.count < WR_FRAMES_MAX) {
        char part[180];

        memcpy(part, big, sizeof(part) - 1);
        part[sizeof(part) - 1] = '\0';
        add_frame(&c->frames, part, part, part, 7);
    }
}

#endif
