/* SPDX-License-Identifier: MIT
 * Templates: values, parts, groups, conditions, quoting, redaction; every template of the
 * catalogue is well-formed. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "render/template.h"
#include "whyrefused/cause.h"

static struct wr_evidence ev;
static char space[2048];
static unsigned quote;

static const char *expand(const char *text)
{
    struct wr_buf out = wr_buf_on(space, sizeof(space));
    size_t at;

    assert_true(wr_template_valid(text, &at));
    if (!wr_template(text, &ev, quote, &out)) {
        assert_int_equal(out.len, 0);
        return NULL;
    }
    return wr_buf_terminate(&out);
}
#define EXPANDS(text, to) assert_string_equal(expand(text), to)
#define DROPS(text) assert_null(expand(text))

static struct wr_addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    return (struct wr_addr){.family = AF_INET, .bytes = {a, b, c, d}, .port = port};
}

static int fresh(void **state)
{
    struct wr_addr destination = v4(10, 4, 0, 2, 5432);
    struct wr_sock sock = {.local = v4(127, 0, 0, 1, 5432),
                           .protocol = IPPROTO_TCP,
                           .state = 10,
                           .v6only = -1,
                           .uid = 33,
                           .queue_max = 128,
                           .pid = 812};

    (void)state;
    memset(&ev, 0, sizeof(ev));
    quote = WR_QUOTE_NONE;
    wr_set_errno(&ev, WR_FACT_error, ECONNREFUSED);
    wr_set_uint(&ev, WR_FACT_elapsed_us, 312);
    wr_set_addr(&ev, WR_FACT_destination, &destination);
    wr_set_bool(&ev, WR_FACT_destination_local, true);
    wr_set_bool(&ev, WR_FACT_icmp_received, false);
    wr_set_str(&ev, WR_FACT_asked_name, "db.local");
    sock.program = wr_add_text(&ev, "postgres", 8);
    sock.unit = wr_add_text(&ev, "a.service", 9);
    wr_set_sock(&ev, WR_FACT_listener, &sock);
    wr_set_absent(&ev, WR_FACT_source);
    return 0;
}

static void values(void **state)
{
    (void)state;
    EXPANDS("{error} ({error.text})", "ECONNREFUSED (Connection refused)");
    EXPANDS("{elapsed_us} {elapsed_us.ms}", "312 0.3");
    EXPANDS("{destination_local} {icmp_received}", "yes no");
    EXPANDS("{destination} {destination.address} {destination.port} {destination.service}",
            "10.4.0.2:5432 10.4.0.2 5432 postgresql");
    struct wr_addr syslog = v4(10, 4, 0, 2, 514);
    wr_set_addr(&ev, WR_FACT_source, &syslog);
    wr_set_uint(&ev, WR_FACT_socket_protocol, IPPROTO_UDP);
    EXPANDS("{source.service}", "syslog");
    wr_set_uint(&ev, WR_FACT_socket_protocol, IPPROTO_TCP);
    EXPANDS("{source.service}", "shell");
    EXPANDS("{asked_name}", "db.local");
    EXPANDS("{listener}", "LISTEN 127.0.0.1:5432  postgres (pid 812, a.service)");
    EXPANDS("{listener.owner} {listener.endpoint} {listener.uid} {listener.queue_max}",
            "postgres (pid 812, a.service) 127.0.0.1:5432 33 128");
    DROPS("{listener.device}");
    DROPS("in {listener.container}");
}

static void times(void **state)
{
    static const struct {
        uint64_t us;
        const char *shown;
    } rows[] = {
        {0, "0.00 0"},         {7, "0.00 0"},       {42, "0.04 0"},           {99, "0.09 0"},
        {100, "0.1 0"},        {1234, "1.2 0"},     {99999, "99.9 0.1"},      {100000, "100 0.1"},
        {1500000, "1500 1.5"}, {3049000, "3049 3"}, {127000000, "127000 127"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wr_set_uint(&ev, WR_FACT_elapsed_us, rows[i].us);
        EXPANDS("{elapsed_us.ms} {elapsed_us.s}", rows[i].shown);
    }
}

static void owners(void **state)
{
    struct wr_sock *sock = &ev.socks[0];

    (void)state;
    sock->unit.len = 0;
    EXPANDS("{listener.owner}", "postgres (pid 812)");
    sock->pid = 0;
    EXPANDS("{listener.owner}", "postgres");
    sock->program.len = 0;
    EXPANDS("{listener.owner}", "a process of uid 33");
    EXPANDS("{listener}", "LISTEN 127.0.0.1:5432  a process of uid 33");
    sock->uid = UINT32_MAX;
    DROPS("{listener.owner}");
    DROPS("{listener.pid}");
    EXPANDS("{listener}", "LISTEN 127.0.0.1:5432");
    sock->unit.len = 9;
    EXPANDS("{listener.owner}", "a.service");
    sock->pid = 7;
    EXPANDS("{listener.owner}", "pid 7, a.service");
    sock->local = (struct wr_addr){.family = AF_INET6, .port = 80};
    sock->v6only = 1;
    sock->device = 3;
    EXPANDS("{listener}", "LISTEN [::]:80 (IPv6 only) on interface 3  pid 7, a.service");
    sock->protocol = IPPROTO_UDP;
    EXPANDS("{listener.service} {listener}",
            "http UDP [::]:80 (IPv6 only) on interface 3  pid 7, a.service");
}

static void groups(void **state)
{
    (void)state;
    EXPANDS("a[ from {source}] b", "a b");
    EXPANDS("a[ to {destination.port}] b", "a to 5432 b");
    EXPANDS("a[ x[ {source}] {error}]", "a x ECONNREFUSED");
    EXPANDS("a[ x[ {error}] {source}]", "a");
    DROPS("a {source}");
    DROPS("a {earlier_destination}[ b]");
    EXPANDS("[[::1]:{destination.port}", "[::1]:5432");
    EXPANDS("x[ on [[{destination.address}]:1]", "x on [10.4.0.2]:1");
    EXPANDS("dport {{ {destination.port} }", "dport { 5432 }");
    EXPANDS("", "");
}

static void conditions(void **state)
{
    (void)state;
    EXPANDS("x{?destination_local}", "x");
    DROPS("x{?icmp_received}");
    EXPANDS("x{!icmp_received}", "x");
    EXPANDS("x{!source}", "x");
    DROPS("x{!listener}");
    EXPANDS("x{?listener}", "x");
    /* unknown: neither */
    DROPS("x{?netfilter_rules}");
    DROPS("x{!netfilter_rules}");
    DROPS("x{!icmp_code=3}");
    wr_set_uint(&ev, WR_FACT_icmp_code, 3);
    EXPANDS("[a{?icmp_code=3}][b{?icmp_code=4}][c{!icmp_code=3}][d{!icmp_code=4}]", "ad");
    wr_set_absent(&ev, WR_FACT_icmp_code);
    EXPANDS("[a{?icmp_code=0}][b{!icmp_code=0}]", "b");
    EXPANDS("[a{?icmp_code}][b{!icmp_code}]", "b");
}

static void hostile_text(void **state)
{
    (void)state;
    wr_set_str(&ev, WR_FACT_asked_name, "a\x1b[31m\n::error\xe2\x80\xae{error}[x");
    EXPANDS("<{asked_name}>", "<a\\x1b[31m\\x0a::error\\u{202e}{error}[x>");
    quote = WR_QUOTE_SHELL;
    DROPS("host {asked_name}");
    wr_set_str(&ev, WR_FACT_asked_name, "-rf");
    DROPS("host {asked_name}");
    wr_set_str(&ev, WR_FACT_asked_name, "");
    DROPS("host {asked_name}");
    wr_set_str(&ev, WR_FACT_asked_name, "$(reboot) 'x'");
    EXPANDS("host {asked_name}", "host '$(reboot) '\\''x'\\'''");
}

static void commands(void **state)
{
    struct wr_addr v6 = {.family = AF_INET6, .bytes = {[15] = 1}, .port = 80};

    (void)state;
    quote = WR_QUOTE_SHELL;
    EXPANDS("systemctl status {listener.unit}", "systemctl status a.service");
    EXPANDS("nc {destination.address} {destination.port}", "nc 10.4.0.2 5432");
    wr_set_addr(&ev, WR_FACT_destination, &v6);
    EXPANDS("curl {destination}", "curl '[::1]:80'");
    EXPANDS("ss -ltn[ 'sport = :{destination.port}']", "ss -ltn 'sport = :80'");
    wr_set_str(&ev, WR_FACT_asked_name, "caf\xc3\xa9");
    EXPANDS("getent hosts {asked_name}", "getent hosts 'caf\xc3\xa9'");
}

static void redaction(void **state)
{
    struct wr_addr any = {.family = AF_INET6, .port = 80};

    (void)state;
    quote = WR_QUOTE_HIDE_HOSTS;
    assert_null(strstr(expand("{destination} {asked_name} {listener}"), "10.4.0.2"));
    assert_null(strstr(space, "db.local"));
    assert_memory_equal(space, "24", 2); /* 240.0.0.0/4 */
    assert_non_null(strstr(space, ":5432 host-"));
    assert_non_null(strstr(space, "127.0.0.1:5432"));
    wr_set_addr(&ev, WR_FACT_source, &any);
    EXPANDS("{source}", "[::]:80");
    wr_set_str(&ev, WR_FACT_call, "/home/alice/x.sock");
    EXPANDS("{call}", "/home/alice/x.sock");
    quote = WR_QUOTE_HIDE_PATHS;
    EXPANDS("{call}", "…/x.sock");
    quote = WR_QUOTE_SHELL | WR_QUOTE_HIDE_HOSTS | WR_QUOTE_HIDE_PATHS;
    DROPS("nc {destination.address}");
    DROPS("ls {call}");
    EXPANDS("nc {listener.address} {destination.port}", "nc 127.0.0.1 5432");
}

static void redacted_texts(void **state)
{
    static const struct {
        const char *text;
        bool hidden;
    } rows[] = {{"from 10.4.0.2 lookup 100", true}, {"10.4.0.2:80", true},
                {"eth0:10.4.0.2.", true},           {"::ffff:10.4.0.2", true},
                {"fe80::a:1/64 dev eth0", true},    {"(10.4.0.2)", true},
                {"version 1.2.3", false},           {"127.0.0.1 and ::1 and ::", false},
                {"a bad cafe, 1.2.3.4.5", false},   {"300.1.1.1", false}};
    char text[64];

    (void)state;
    quote = WR_QUOTE_HIDE_HOSTS;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wr_set_str(&ev, WR_FACT_call, rows[i].text);
        if (rows[i].hidden) {
            assert_null(strstr(expand("{call}"), "10.4.0.2"));
            assert_null(strstr(space, "fe80"));
        } else {
            EXPANDS("{call}", rows[i].text);
        }
    }
    /* the same address has the same pseudonym wherever it stands */
    strcpy(text, expand("{destination.address}"));
    wr_set_str(&ev, WR_FACT_call, "10.4.0.2");
    EXPANDS("{call}", text);
    wr_set_str(&ev, WR_FACT_asked_name, "localhost");
    EXPANDS("{asked_name}", "localhost");
    quote = WR_QUOTE_HIDE_PATHS;
    wr_set_str(&ev, WR_FACT_call, "@/tmp/alice/x");
    EXPANDS("{call}", "@…/x");
    wr_set_str(&ev, WR_FACT_call, "/");
    EXPANDS("{call}", "…/");
}

static void bounded(void **state)
{
    char small[8];
    struct wr_buf out = wr_buf_on(small, sizeof(small));
    static char big[4000];

    (void)state;
    memset(big, 0x1b, sizeof(big));
    wr_set_text(&ev, WR_FACT_asked_name, big, sizeof(big));
    assert_in_range(strlen(expand("{asked_name}")), 200, 256);
    assert_true(wr_template("0123456789{error}", &ev, 0, &out));
    assert_int_equal(out.len, 8);
    assert_true(out.cut);
}

static void malformed(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {{"a {nosuch}", 2},
                {"a {error", 2},
                {"a [b", 4},
                {"a ]", 2},
                {"{error.port}", 0},
                {"{listener.ms}", 0},
                {"[a {call.text}]", 3},
                {"{}", 0},
                {"{?}", 0},
                {"{?error=}", 0},
                {"{?error=x}", 0},
                {"{?listener=1}", 0},
                {"x{errorx}", 1},
                {"{?error.text}", 0},
                {"{err}", 0},
                {"[[[[[[[[[[[[[[[[", 99},
                {"[ [ [ [ [ [ [ [ [ [ [ [ ]", 99}};
    struct wr_buf out = wr_buf_on(space, sizeof(space));

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t at = 99;

        if (i == 15) {
            assert_true(wr_template_valid(rows[i].text, &at)); /* all literal */
            continue;
        }
        assert_false(wr_template_valid(rows[i].text, &at));
        if (rows[i].at != 99)
            assert_int_equal(at, rows[i].at);
        assert_false(wr_template(rows[i].text, &ev, 0, &out));
        assert_int_equal(out.len, 0);
    }
}

static void mark(void *ctx, enum wr_fact fact)
{
    ((bool *)ctx)[fact] = true;
}

static void named_facts(void **state)
{
    bool seen[WR_FACTS] = {false};
    unsigned count = 0;

    (void)state;
    wr_template_facts("{error} [a {destination.port}] {?listener}{!source}", mark, seen);
    assert_true(seen[WR_FACT_error] && seen[WR_FACT_destination] && seen[WR_FACT_listener] &&
                seen[WR_FACT_source]);
    for (int i = 0; i < WR_FACTS; i++)
        count += seen[i];
    assert_int_equal(count, 4);
}

static void check(const char *id, const char *text)
{
    size_t at = 0;

    if (text != NULL && !wr_template_valid(text, &at))
        fail_msg("%s: \"%s\": fault at %zu", id, text, at);
}

static void catalogue(void **state)
{
    (void)state;
    for (WR_EACH_CAUSE(layer, cause)) {
        check(cause->id, cause->headline);
        check(cause->id, cause->ruled_out);
        for (int i = 0; i < WR_CAUSE_SENTENCES; i++)
            check(cause->id, cause->because[i]);
        for (int i = 0; i < 4 && cause->unknown[i].what != NULL; i++) {
            check(cause->id, cause->unknown[i].what);
            check(cause->id, cause->unknown[i].why);
            check(cause->id, cause->unknown[i].command);
        }
        for (int i = 0; i < 4 && cause->fixes[i].text != NULL; i++) {
            check(cause->id, cause->fixes[i].text);
            check(cause->id, cause->fixes[i].command);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values, fresh),
        cmocka_unit_test_setup(times, fresh),
        cmocka_unit_test_setup(owners, fresh),
        cmocka_unit_test_setup(groups, fresh),
        cmocka_unit_test_setup(conditions, fresh),
        cmocka_unit_test_setup(hostile_text, fresh),
        cmocka_unit_test_setup(commands, fresh),
        cmocka_unit_test_setup(redaction, fresh),
        cmocka_unit_test_setup(bounded, fresh),
        cmocka_unit_test_setup(redacted_texts, fresh),
        cmocka_unit_test_setup(malformed, fresh),
        cmocka_unit_test_setup(named_facts, fresh),
        cmocka_unit_test(catalogue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
