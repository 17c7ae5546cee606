/* SPDX-License-Identifier: MIT
 * The JSON form: valid, one line, bounded, what the contract says; checked by jansson here and
 * against conf/report.schema.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "render/render.h"
#include "unit/render/reports.h"

static struct case_report c;
static char space[WR_RENDER_MAX + 1];
static FILE *all; /* every report that was made, for the schema */

static json_t *render(void)
{
    struct wr_buf out = wr_buf_on(space, WR_RENDER_MAX);
    json_error_t error;
    json_t *json;

    wr_render(WR_FORMAT_JSON, &c.report, false, &out);
    assert_false(out.cut);
    assert_int_equal(space[out.len - 1], '\n');
    assert_ptr_equal(memchr(space, '\n', out.len), space + out.len - 1);
    for (size_t i = 0; i + 1 < out.len; i++)
        assert_true((unsigned char)space[i] >= 0x20 && space[i] != 0x7f);
    json = json_loadb(space, out.len - 1, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        fail_msg("%s at %d: %.*s", error.text, error.position, (int)out.len, space);
    fwrite(space, 1, out.len, all);
    space[out.len] = '\0';
    return json;
}

static const char *text(json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    return value != NULL ? value : "(none)";
}
#define TEXT(key, value) assert_string_equal(text(json, key), value)
#define NUMBER(key, value)                                                       \
    do {                                                                         \
        assert_true(json_is_integer(json_object_get(json, key)));                \
        assert_int_equal(json_integer_value(json_object_get(json, key)), value); \
    } while (0)
#define NONE(key) assert_null(json_object_get(json, key))

static void other_address(void **state)
{
    json_t *json, *sock;

    (void)state;
    case_other_address(&c);
    json = render();
    assert_memory_equal(space,
                        "{\"@timestamp\":\"2026-01-01T00:00:00.123456Z\",\"log.level\":"
                        "\"error\",\"message\":\"connect to db.local (10.4.0.2) port 5432 "
                        "was refused: postgres listens on 127.0.0.1 only\",\"ecs.version\":",
                        179);
    TEXT("event.action", "connect");
    TEXT("event.code", "tcp-listener-other-address");
    TEXT("event.dataset", "whyrefused.report");
    NUMBER("event.duration", 312000);
    TEXT("error.type", "ECONNREFUSED");
    TEXT("error.code", "111");
    TEXT("error.message", "Connection refused");
    TEXT("server.address", "db.local");
    NUMBER("server.port", 5432);
    TEXT("destination.ip", "10.4.0.2");
    NUMBER("destination.port", 5432);
    TEXT("network.transport", "tcp");
    TEXT("network.type", "ipv4");
    NUMBER("process.pid", 4242);
    TEXT("service.name", "app.service");
    TEXT("log.origin.file.name", "/srv/app/src/db.c");
    NUMBER("log.origin.file.line", 41);
    TEXT("log.origin.function", "connect_db");
    TEXT("error.stack_trace", "libpq.so.5 PQconnectPoll+0x2e0\n/srv/app/src/db.c:41 in connect_db\n"
                              "app+0x1c2e0");
    TEXT("whyrefused.confidence", "certain");
    assert_int_equal(json_array_size(json_object_get(json, "whyrefused.because")), 2);
    assert_int_equal(json_array_size(json_object_get(json, "whyrefused.unknown")), 0);
    assert_int_equal(json_array_size(json_object_get(json, "whyrefused.ruled_out")), 1);
    assert_int_equal(json_array_size(json_object_get(json, "whyrefused.frames")), 4);
    NONE("whyrefused.cut");
    NONE("source.ip");
    json_t *fix = json_array_get(json_object_get(json, "whyrefused.fixes"), 1);
    assert_string_equal(text(fix, "command"), "psql -h 127.0.0.1 -p 5432");
    json_t *evidence = json_object_get(json, "whyrefused.evidence");
    assert_string_equal(text(evidence, "error"), "ECONNREFUSED");
    assert_string_equal(text(evidence, "destination"), "10.4.0.2:5432");
    assert_true(json_is_null(json_object_get(evidence, "source")));
    assert_true(json_is_true(json_object_get(evidence, "destination_local")));
    assert_null(json_object_get(evidence, "icmp_received"));
    sock = json_object_get(evidence, "listener");
    assert_string_equal(text(sock, "state"), "LISTEN");
    assert_string_equal(text(sock, "unit"), "postgresql@15-main.service");
    assert_int_equal(json_integer_value(json_object_get(sock, "pid")), 812);
    json_decref(json);
}

static void unix_socket(void **state)
{
    json_t *json;

    (void)state;
    case_unix(&c);
    json = render();
    TEXT("server.address", "/run/x/x.sock");
    TEXT("network.transport", "unix");
    TEXT("error.type", "ENOENT");
    NONE("server.port");
    NONE("destination.ip");
    NONE("network.type");
    NONE("error.stack_trace");
    json_decref(json);
    c.attempt.error = ECONNREFUSED;
    set_unix(&c, "\0ab\0c", 5);
    json = render();
    TEXT("server.address", "@ab\xef\xbf\xbd"
                           "c");
    json_decref(json);
}

static void unsure(void **state)
{
    json_t *json, *unknown;

    (void)state;
    case_unsure(&c);
    json = render();
    TEXT("destination.ip", "fe80::1");
    TEXT("server.address", "fe80::1%2");
    TEXT("network.type", "ipv6");
    TEXT("whyrefused.confidence", "likely");
    unknown = json_object_get(json, "whyrefused.unknown");
    assert_int_equal(json_array_size(unknown), 3);
    assert_string_equal(text(json_array_get(unknown, 0), "command"), "sudo nft list ruleset");
    assert_string_equal(text(json_array_get(unknown, 2), "what"),
                        "whether a rule on this machine rejects it");
    json_decref(json);
}

static void other_calls(void **state)
{
    json_t *json;

    (void)state;
    case_base(&c);
    c.cause = (struct wr_cause){.id = "local-port-privileged", .what = "w", .headline = "h"};
    c.attempt.call = WR_CALL_BIND;
    c.attempt.error = EACCES;
    c.attempt.target = ipv4(0, 0, 0, 0, 80);
    json = render();
    TEXT("message", "bind to 0.0.0.0 port 80 was denied (Permission denied): h");
    TEXT("server.address", "0.0.0.0");
    TEXT("source.ip", "0.0.0.0");
    TEXT("destination.ip", "0.0.0.0");
    assert_string_equal(json_string_value(json_array_get(json_object_get(json, "event.type"), 2)),
                        "denied");
    json_decref(json);
    c.attempt.call = WR_CALL_SOCKET;
    c.attempt.target.family = 0;
    c.attempt.error = EMFILE;
    c.attempt.domain = AF_INET6;
    c.attempt.type = SOCK_STREAM | SOCK_CLOEXEC;
    json = render();
    TEXT("message", "socket(AF_INET6, SOCK_STREAM) failed (Too many open files): h");
    TEXT("network.type", "ipv6");
    TEXT("server.address", "");
    json_decref(json);
    c.attempt.call = WR_CALL_LISTEN;
    c.attempt.error = EADDRINUSE;
    c.attempt.domain = AF_INET;
    c.attempt.target = ipv4(127, 0, 0, 1, 8080);
    json = render();
    TEXT("message", "listen on 127.0.0.1 port 8080 failed (Address already in use): h");
    TEXT("source.ip", "127.0.0.1");
    NUMBER("server.port", 8080);
    json_decref(json);
    c.attempt.call = WR_CALL_ACCEPT;
    c.attempt.error = EMFILE;
    json = render();
    TEXT("message", "accept on 127.0.0.1 port 8080 failed (Too many open files): h");
    TEXT("event.action", "accept");
    TEXT("server.address", "127.0.0.1");
    TEXT("source.ip", "127.0.0.1");
    json_decref(json);
    c.attempt.call = WR_CALL_HANDSHAKE;
    wr_set_addr(&c.ev, WR_FACT_source, (struct wr_addr[]){ipv4(127, 0, 0, 2, 40000)});
    json = render();
    TEXT("destination.ip", "127.0.0.1");
    TEXT("source.ip", "127.0.0.2");
    NUMBER("source.port", 40000);
    NONE("tls.client.server_name");
    json_decref(json);
    wr_set_text(&c.ev, WR_FACT_tls_sni, "db.test", 7);
    wr_set_text(&c.ev, WR_FACT_tls_cert_subject, "CN=db.test", 10);
    wr_set_text(&c.ev, WR_FACT_tls_cert_not_after, "2026-11-20", 10);
    json = render();
    TEXT("tls.client.server_name", "db.test");
    TEXT("tls.server.subject", "CN=db.test");
    TEXT("tls.server.not_after", "2026-11-20");
    json_decref(json);
    wr_set_uint(&c.ev, WR_FACT_tls_verify_depth, 1);
    json = render();
    TEXT("tls.client.server_name", "db.test");
    NONE("tls.server.subject"); /* another one's */
    json_decref(json);
    c.attempt.call = WR_CALL_ACCEPT;
    c.attempt.target.family = 0;
    c.attempt.domain = AF_VSOCK;
    json = render();
    TEXT("message", "accept on a socket failed (Too many open files): h");
    TEXT("server.address", "");
    json_decref(json);
    c.attempt.call = WR_CALL_CONNECT;
    c.attempt.error = EFAULT;
    c.attempt.address_len = 16;
    json = render();
    TEXT("message", "connect to an address that cannot be read failed (Bad address): h");
    json_decref(json);
    c.attempt.error = EINVAL;
    c.attempt.address_len = 1;
    json = render();
    TEXT("message", "connect to an incomplete address failed (Invalid argument): h");
    json_decref(json);
}

static void unknown_errno(void **state)
{
    json_t *json;

    (void)state;
    case_other_address(&c);
    c.attempt.error = 530;
    json = render();
    TEXT("error.type", "errno 530");
    NONE("error.message");
    json_decref(json);
}

static void nasty(void **state)
{
    json_t *json;

    (void)state;
    case_nasty(&c);
    json = render();
    assert_true(json_is_true(json_object_get(json, "whyrefused.cut")));
    assert_int_equal(json_array_size(json_object_get(json, "whyrefused.because")),
                     WR_CAUSE_SENTENCES);
    assert_non_null(json_object_get(json_object_get(json, "whyrefused.evidence"), "destination"));
    assert_null(strstr(space, "##vso["));
    /* a command can't be built from such a name */
    assert_null(
        json_object_get(json_array_get(json_object_get(json, "whyrefused.fixes"), 0), "command"));
    json_decref(json);
    set_unix(&c, "\x01\x01\x01", 3);
    memset(c.attempt.address.bytes + 2, 1, WR_SOCKADDR_MAX - 2);
    c.attempt.address_read = WR_SOCKADDR_MAX;
    c.attempt.target.family = 0;
    json_decref(render());
}

static void round_trip(void **state)
{
    static const char name[] = "caf\xc3\xa9 \"q\" \\ \n \x7f \xf0\x9f\x98\x80 ## \xe2\x80\xae";
    json_t *json;

    (void)state;
    case_other_address(&c);
    strcpy(c.attempt.name, name);
    json = render();
    TEXT("server.address", name);
    json_decref(json);
}

static void redacted(void **state)
{
    json_t *json;

    (void)state;
    case_other_address(&c);
    json = render();
    NONE("whyrefused.redacted");
    json_decref(json);
    c.report.redact_hosts = c.report.redact_paths = true;
    json = render();
    assert_true(json_is_true(json_object_get(json, "whyrefused.redacted")));
    json_decref(json);
    assert_null(strstr(space, "db.local"));
    assert_null(strstr(space, "10.4.0.2"));
    assert_null(strstr(space, "\"box\""));
    assert_null(strstr(space, "/srv/"));
    assert_null(strstr(space, "/usr/"));
    assert_non_null(strstr(space, "127.0.0.1"));
    case_unix(&c);
    c.cause.headline = "h";
    c.report.redact_paths = true;
    json_decref(render());
    assert_null(strstr(space, "/run/x"));
}

static void dates(void **state)
{
    static const struct {
        uint64_t us;
        const char *text;
    } rows[] = {{0, "1970-01-01T00:00:00.000000Z"},
                {951782399999999, "2000-02-28T23:59:59.999999Z"},
                {951782400000000, "2000-02-29T00:00:00.000000Z"},
                {1709251199000001, "2024-02-29T23:59:59.000001Z"},
                {1735689599000000, "2024-12-31T23:59:59.000000Z"},
                {4107542400000000, "2100-03-01T00:00:00.000000Z"}};

    (void)state;
    case_other_address(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        c.attempt.time_us = rows[i].us;
        json_t *json = render();
        TEXT("@timestamp", rows[i].text);
        json_decref(json);
    }
}

/* Random bytes in every text, random facts: always valid. */
static void random_reports(void **state)
{
    (void)state;
    srand(11);
    for (int round = 0; round < 3000; round++) {
        if (rand() % 2 == 0)
            case_nasty(&c);
        else
            case_other_address(&c);
        for (size_t i = 0; i < sizeof(c.ev.text); i++) {
            if (rand() % 8 == 0)
                c.ev.text[i] = (char)rand();
        }
        for (size_t i = 1; i < c.frames.text_used; i++) {
            if (rand() % 16 == 0)
                c.frames.text[i] = (char)(rand() | 1);
        }
        for (uint32_t i = 0; i < c.frames.count; i++)
            c.frames.frame[i].build_id = 0; /* not from outside: always hexadecimal */
        for (size_t i = 0; i < sizeof(c.process) - 12; i++) {
            if (rand() % 16 == 0)
                ((char *)&c.process)[12 + i] |= (char)(rand() | 1);
        }
        c.process.name[15] = c.process.thread_name[15] = c.process.host[64] = '\0';
        c.process.executable[255] = c.process.unit[127] = c.process.container[71] = '\0';
        c.process.test[159] = '\0';
        for (int fact = 0; fact < WR_FACTS; fact++) {
            if (wr_fact_info[fact].kind == WR_KIND_uint && rand() % 2 == 0)
                wr_set_uint(&c.ev, (enum wr_fact)fact, (uint64_t)rand() << 40 ^ (uint64_t)rand());
            if (rand() % 10 == 0)
                wr_set_absent(&c.ev, (enum wr_fact)fact);
        }
        json_decref(render());
    }
}

static void schema(void **state)
{
    /* the validator of the suite knows every keyword of the schema; the other one knows the
     * standard better */
    static const char check[] =
        "import json, sys\n"
        "sys.path.insert(0, 'tests/lib')\n"
        "import schema\n"
        "source = json.load(open('conf/report.schema.json'))\n"
        "validators = [schema.compile(source)]\n"
        "try:\n"
        "    import jsonschema\n"
        "    jsonschema.Draft202012Validator.check_schema(source)\n"
        "    other = jsonschema.Draft202012Validator(source)\n"
        "    validators.append(lambda v: [e.message for e in other.iter_errors(v)])\n"
        "except ImportError: pass\n"
        "bad = count = 0\n"
        "for line in open(sys.argv[1], encoding='utf-8', newline='\\n'):\n"
        "    report = json.loads(line)\n"
        "    count += 1\n"
        "    if count > 200 and count % 20: continue\n"
        "    for validator in validators:\n"
        "        for error in validator(report):\n"
        "            bad += 1\n"
        "            print(count, str(error)[:300])\n"
        "sys.exit(1 if bad or count < 20 else 0)\n";
    const char *path = *state;
    char command[4096];

    fflush(all);
    assert_true(snprintf(command, sizeof(command), "python3 -c \"%s\" %s", check, path) <
                (int)sizeof(command));
    int status = system(command);
    assert_int_equal(status, 0);
}

static char path[] = "/tmp/whyrefused-json-XXXXXX";

static int open_all(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    all = fd >= 0 ? fdopen(fd, "w") : NULL;
    return all == NULL;
}

static int close_all(void **state)
{
    (void)state;
    fclose(all);
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_address),
        cmocka_unit_test(unix_socket),
        cmocka_unit_test(unsure),
        cmocka_unit_test(other_calls),
        cmocka_unit_test(unknown_errno),
        cmocka_unit_test(nasty),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(redacted),
        cmocka_unit_test(dates),
        cmocka_unit_test(random_reports),
        cmocka_unit_test_prestate(schema, path),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
