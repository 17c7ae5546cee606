/* SPDX-License-Identifier: MIT
 * The text and the short form: exact output of a few reports; hostile ones stay on one screen,
 * inside our margin, and printable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "render/escape.h"
#include "render/render.h"
#include "unit/render/reports.h"

static struct case_report c;
static char space[WR_RENDER_MAX + 1];

static const char *render(enum wr_format format, bool colour)
{
    struct wr_buf out = wr_buf_on(space, WR_RENDER_MAX);

    wr_render(format, &c.report, colour, &out);
    assert_false(out.cut);
    space[out.len] = '\0';
    return space;
}

static void other_address(void **state)
{
    (void)state;
    case_other_address(&c);
    assert_string_equal(
        render(WR_FORMAT_TEXT, false),
        "whyrefused: error[tcp-listener-other-address]: connect to db.local (10.4.0.2) port 5432 "
        "was refused: postgres listens on 127.0.0.1 only\n"
        "   --> libpq.so.5 PQconnectPoll+0x2e0\n"
        "    ·  /srv/app/src/db.c:41 in connect_db\n"
        "    ·  app+0x1c2e0\n"
        "    │\n"
        "    │  app ──▶ 10.4.0.2 (this machine) ──✗ port 5432\n"
        "    │\n"
        "    = because  10.4.0.2 is an address of this machine\n"
        "    = because  LISTEN 127.0.0.1:5432  postgres (pid 812,\n"
        "    │          postgresql@15-main.service); nothing on 10.4.0.2 or *\n"
        "    = not      firewall-local-input-reject: the kernel itself sent the reset\n"
        "    = unknown  (nothing)\n"
        "    = fix      let it listen on 10.4.0.2 too\n"
        "    = fix      or connect to 127.0.0.1: psql -h 127.0.0.1 -p 5432\n"
        "    = certain · failed after 0.3 ms · diagnosed in 1.2 ms ·\n"
        "    │          whyrefused explain tcp-listener-other-address\n");
    assert_string_equal(render(WR_FORMAT_SHORT, false),
                        "/srv/app/src/db.c:41: error: connect to db.local (10.4.0.2) port 5432 was "
                        "refused: postgres listens on 127.0.0.1 only [tcp-listener-other-address] "
                        "certain\n");
    c.report.redact_paths = true; /* a bare file name is no place to jump to */
    assert_memory_equal(render(WR_FORMAT_SHORT, false), "whyrefused: error: ", 19);
    c.report.redact_paths = false;
    c.report.redact_hosts = true; /* a pseudonym looks like an address */
    assert_non_null(strstr(render(WR_FORMAT_SHORT, false), "certain (redacted)\n"));
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false), " redacted: "));
}

static void unix_path(void **state)
{
    (void)state;
    case_unix(&c);
    assert_string_equal(
        render(WR_FORMAT_TEXT, false),
        "whyrefused: error[unix-no-such-path]: connect to /run/x/x.sock failed (No such file or "
        "directory): /run/x does not exist\n"
        "    = because  the call failed with ENOENT (No such file or directory)\n"
        "    = unknown  (nothing)\n"
        "    = fix      start the server that makes it\n"
        "    = certain · failed after 0.3 ms · diagnosed in 1.2 ms ·\n"
        "    │          whyrefused explain unix-no-such-path\n");
    set_unix(&c, "\0/tmp/.X11-unix/X0", 18);
    c.attempt.error = ECONNREFUSED;
    assert_string_equal(render(WR_FORMAT_SHORT, false),
                        "whyrefused: error: connect to @/tmp/.X11-unix/X0 was refused: /run/x does "
                        "not exist [unix-no-such-path] certain\n");
    c.attempt.address_read = 3; /* an abstract name of no bytes */
    assert_non_null(strstr(render(WR_FORMAT_SHORT, false), "connect to @ was refused"));
    c.attempt.address_read = 2;
    assert_non_null(strstr(render(WR_FORMAT_SHORT, false),
                           "connect to an unnamed address of AF_UNIX was refused"));
    c.attempt.address_read = 8;
    c.attempt.address.any.sa_family = AF_NETLINK;
    assert_non_null(strstr(render(WR_FORMAT_SHORT, false), "to an address of AF_NETLINK was"));
}

static void unsure(void **state)
{
    (void)state;
    case_unsure(&c);
    assert_string_equal(
        render(WR_FORMAT_TEXT, false),
        "whyrefused: error[firewall-no-answer]: connect to fe80::1%2 port 443 timed out: no reply "
        "in 127 s\n"
        "    = because  no reply in 127 s\n"
        "    = unknown  a packet filter rule on this machine: rules can only be read\n"
        "    │          with CAP_NET_ADMIN; to tell: sudo nft list ruleset\n"
        "    = unknown  what the probes that did not run would have said: the time for\n"
        "    │          this report was over; to tell: WHYREFUSED_BUDGET_MS=2000\n"
        "    = unknown  whether a rule on this machine rejects it: no privilege; to\n"
        "    │          tell: sudo nft list ruleset\n"
        "    = likely · failed after 127 s · diagnosed in 1.2 ms ·\n"
        "    │          whyrefused explain firewall-no-answer\n");
    c.rival.rank = 20;
    c.cause.rank = 40; /* it would not win: not worth a line */
    assert_null(strstr(render(WR_FORMAT_TEXT, false), "whether"));
    wr_set_bool(&c.ev, WR_FACT_netfilter_rules, false);
    assert_null(strstr(render(WR_FORMAT_TEXT, false), "packet filter"));
    c.report.out_of_time = false;
    assert_null(strstr(render(WR_FORMAT_TEXT, false), "unknown"));
    c.cause.rank = 0;
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false), "whether"));
    c.verdict.confidence = WR_MATCH_CERTAIN; /* then no rival is open */
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false), "= unknown  (nothing)\n"));
}

static void root_needs_no_sudo(void **state)
{
    (void)state;
    case_unsure(&c);
    c.cause.unknown[0].command = "sudo a; sudo b && x 'sudo c; sudo d' | sudo e sudo f";
    assert_non_null(strstr(render(WR_FORMAT_JSON, false), "x 'sudo c; sudo d' | sudo e sudo f"));
    c.process.effective_uid = 0;
    assert_non_null(
        strstr(render(WR_FORMAT_JSON, false), "\"a; b && x 'sudo c; sudo d' | e sudo f\""));
    assert_non_null(
        strstr(render(WR_FORMAT_TEXT, false), "a; b && x 'sudo c; sudo d' | e sudo f\n"));
}

/* T38, T39: no line begins with anything but ours; all of it printable; one screen. */
static void check_lines(bool one)
{
    unsigned lines = 0;

    assert_in_range(strlen(space), 1, 4096);
    assert_true(!one || wr_text_width(space, strlen(space) - 1) <= 160);
    for (const char *line = space; *line != '\0'; line = strchr(line, '\n') + 1) {
        static const char *const starts[] = {"whyrefused: error[", "   --> ", "    ·  ", "    │",
                                             "    = "};
        bool ours = false;

        for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
            ours = ours || strncmp(line, starts[i], strlen(starts[i])) == 0;
        assert_true(one || ours);
        lines++;
    }
    assert_in_range(lines, 1, one ? 1 : 60);
    for (size_t at = 0; space[at] != '\0';) {
        uint32_t code;
        size_t used = wr_utf8_decode(space + at, strlen(space) - at, &code);

        assert_true(used > 0 && (wr_code_is_shown(code) || code == '\n'));
        at += used;
    }
    assert_null(strstr(space, "##"));
}

/* Only the headline, and a word that is longer than a line, go beyond 79 columns. */
static void lines_fit_a_terminal(void **state)
{
    char sentence[512] = "";

    (void)state;
    case_unsure(&c);
    for (unsigned i = 0; i < 60; i++)
        strcat(sentence, i % 3 == 0 ? "a " : i % 3 == 1 ? "words, " : "größer ");
    c.cause.because[0] = c.cause.unknown[0].what = c.cause.headline = sentence;
    c.cause.fixes[0] = (struct wr_fix){sentence, "do it"};
    render(WR_FORMAT_TEXT, false);
    for (const char *line = strchr(space, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1)
        assert_in_range(wr_text_width(line, strcspn(line, "\n")), 1, 79);
    render(WR_FORMAT_SHORT, false);
    check_lines(true);
    assert_true(strstr(space, "a …") != NULL || strstr(space, "words, …") != NULL ||
                strstr(space, "größer …") != NULL);
}

static void headlines(void **state)
{
    static const struct {
        int error;
        const char *says;
    } rows[] = {{ECONNREFUSED, "port 5432 was refused: h"},
                {ETIMEDOUT, "port 5432 timed out: h"},
                {ECONNRESET, "port 5432 was reset: h"},
                {EHOSTUNREACH, "port 5432 failed (No route to host): h"},
                {EPERM, "port 5432 was denied (Operation not permitted): h"},
                {530, "port 5432 failed (errno 530): h"}};

    (void)state;
    case_other_address(&c);
    c.cause.headline = "h";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        c.attempt.error = rows[i].error;
        assert_non_null(strstr(render(WR_FORMAT_TEXT, false), rows[i].says));
    }
    c.attempt.type = SOCK_DGRAM;
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false), "]: UDP connect to db.local"));
    strcpy(c.attempt.name, "10.4.0.2"); /* not said twice */
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false), "connect to 10.4.0.2 port"));
    c.cause.headline = "never{?icmp_received}"; /* dropped: the catalogue's own line stands in */
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false), ": the port is open here, on another"));
}

static void drawings(void **state)
{
    struct wr_addr router = ipv4(10, 9, 9, 9, 0);

    (void)state;
    case_other_address(&c);
    wr_set_bool(&c.ev, WR_FACT_destination_local, false);
    assert_null(strstr(render(WR_FORMAT_TEXT, false), "app ─"));
    wr_set_errno(&c.ev, WR_FACT_route_error, ENETUNREACH);
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false),
                           "│  app ──✗ 10.4.0.2:5432   (no route: Network is unreachable)\n"));
    wr_set_bool(&c.ev, WR_FACT_icmp_received, true);
    wr_set_addr(&c.ev, WR_FACT_icmp_offender, &router);
    wr_set_bool(&c.ev, WR_FACT_icmp_offender_local, false);
    wr_set_uint(&c.ev, WR_FACT_icmp_type, 3);
    wr_set_uint(&c.ev, WR_FACT_icmp_code, 1);
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false),
                           "│  app ──▶ … ──▶ 10.9.9.9 ──✗ 10.4.0.2:5432   (ICMP type 3 code 1)\n"));
}

static void coloured(void **state)
{
    char plain[WR_RENDER_MAX + 1], *to = space;

    (void)state;
    case_other_address(&c);
    strcpy(plain, render(WR_FORMAT_TEXT, false));
    assert_null(strchr(plain, 0x1b));
    render(WR_FORMAT_TEXT, true);
    assert_non_null(strstr(space, "\x1b[1;31merror[tcp-listener-other-address]\x1b[0m: "));
    for (const char *from = space; *from != '\0';) {
        if (*from == 0x1b)
            from = strchr(from, 'm') + 1;
        else
            *to++ = *from++;
    }
    *to = '\0';
    assert_string_equal(space, plain); /* colour changes nothing else */
}

static void frames(void **state)
{
    (void)state;
    case_other_address(&c);
    while (c.frames.count < 20)
        add_frame(&c.frames, "/lib/libc.so.6", "f", NULL, 0);
    render(WR_FORMAT_TEXT, false);
    assert_non_null(strstr(space, "    ·  … (13 more native frames)\n"));
    assert_null(strstr(space, "libwhyrefused"));
    case_other_address(&c);
    for (int i = 0; i < 4; i++)
        add_frame(&c.frames, "/lib/libx.so", NULL, NULL, 0);
    add_frame(&c.frames, "/lib/libc.so.6", "__libc_start_main", NULL, 0);
    add_frame(&c.frames, "/srv/app/app", "_start", NULL, 0);
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false), "    ·  app+0x1c2e0\n"
                                                          "    ·  libx.so+0x1c2e0 … (4 frames)\n"
                                                          "    │\n"));
    c.frames.missing = "source lines: the helper is not there";
    c.verdict.confidence = WR_MATCH_LIKELY;
    assert_non_null(strstr(render(WR_FORMAT_TEXT, false), "= unknown  source lines: the helper"));
    add_frame(&c.frames, "/lib/libwhyrefused.so", "f", "x.c", 1);
    strcpy(c.frames.text + c.frames.frame[2].file, "a:b.c");
    assert_memory_equal(render(WR_FORMAT_SHORT, false), "whyrefused: error:", 18);
}

static void nasty(void **state)
{
    (void)state;
    case_nasty(&c);
    render(WR_FORMAT_TEXT, false);
    check_lines(false);
    assert_non_null(strstr(space, " · cut ·"));
    render(WR_FORMAT_SHORT, false);
    check_lines(true);
    assert_non_null(strstr(space, "… [tcp-listener-other-address] possible\n"));
    srand(5);
    for (int round = 0; round < 2000; round++) {
        case_nasty(&c);
        for (size_t i = 0; i < sizeof(c.ev.text); i++) {
            if (rand() % 4 == 0)
                c.ev.text[i] = (char)rand();
        }
        for (size_t i = 1; i < c.frames.text_used; i++) {
            if (rand() % 9 == 0)
                c.frames.text[i] = (char)rand();
        }
        c.attempt.name[round % 255] = (char)rand();
        render(WR_FORMAT_TEXT, false);
        check_lines(false);
        render(WR_FORMAT_SHORT, false);
        check_lines(true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_address),
        cmocka_unit_test(unix_path),
        cmocka_unit_test(unsure),
        cmocka_unit_test(root_needs_no_sudo),
        cmocka_unit_test(lines_fit_a_terminal),
        cmocka_unit_test(headlines),
        cmocka_unit_test(drawings),
        cmocka_unit_test(coloured),
        cmocka_unit_test(frames),
        cmocka_unit_test(nasty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
