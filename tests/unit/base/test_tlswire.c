/* SPDX-License-Identifier: MIT
 * Handshakes as they passed between openssl s_client and s_server; of what is encrypted only the
 * lengths. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/tlscipher.h"
#include "base/tlswire.h"

static const char hello[] =
    "1603010148010001440303897ddbe77d17869a1282d109c7e413ba84adc91ef299bbf2203f1c0d4380385e20"
    "e9b637eaebc3483db78f547c7c0035b473dfd277b0cdb3648df34304c5f21786003e130213031301c02cc030"
    "009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d"
    "003c0035002f00ff010000bd0000000e000c000009612e6578616d706c65000b000403000102000a00160014"
    "001d0017001e0019001801000101010201030104002300000010000e000c02683208687474702f312e310016"
    "000000170000000d002a0028040305030603080708080809080a080b08040805080604010501060103030301"
    "0302040205020602002b0009080304030303020301002d00020101003300260024001d0020fd59b5dda1bd30"
    "066f24253a5ee7df6dd64dc7411b1d4421aced15c4a3dd955e";
static const char hello_13[] =
    "160303007a0200007603033440c91f6919cc4d8e9c2dc983f4b865c98676c6a83efcc039d5ad824d27ee3720"
    "e9b637eaebc3483db78f547c7c0035b473dfd277b0cdb3648df34304c5f21786130200002e002b0002030400"
    "330024001d0020507f03bb08b7be5b3aa024b1be37fbe01f6625c14a113668a7299932ed54e00a";
static const char hello_12[] =
    "16030300410200003d030338527678aecd2e6f78adb11f8b44c4f4d724c1786f3a477066d04b684821183700"
    "c030000015ff01000100000b0004030001020023000000170000";
static const char request_12[] =
    "16030300340d000030030102400028040305030603080708080809080a080b08040805080604010501060103"
    "03030103020402050206020000";
static const char retry[] =
    "1603030058020000540303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c20"
    "f07b067c631b08b4fd3d4213a2a7599e697105a1de1063af904dfdbbd063bf3b130200000c002b0002030400"
    "3300020018";

/* a chain of two "certificates" */
#define CERTIFICATE \
    "1603030014"    \
    "0b000010"      \
    "00000d"        \
    "000002aabb"    \
    "000005ccddeeff11"
#define DONE     \
    "1603030004" \
    "0e000000"
#define CHANGE "140303000101"
#define ALERT_40 "15030300020228"

static struct wr_wire wire;
/* Bytes fed at a time; with SKIPPING only those that are of interest. */
static size_t at_once;
enum { WHOLE = 4096, SKIPPING = 3, SINGLE = 1 };

static void feed(enum wr_wire_way way, const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        size_t n = at_once == SKIPPING ? wr_wire_skip(&wire, way, len) : 0;

        if (n == 0) {
            n = len < at_once ? len : at_once;
            unsigned char *copy = malloc(n); /* so that a read beyond it is seen */

            memcpy(copy, bytes, n);
            wr_wire_feed(&wire, way, copy, n);
            free(copy);
        }
        bytes += n;
        len -= n;
    }
}

static void pass(enum wr_wire_way way, const char *hex)
{
    unsigned char bytes[1024];
    size_t len = 0;

    for (; hex[2 * len] != '\0'; len++) {
        unsigned value;

        assert_true(len < sizeof(bytes));
        assert_int_equal(sscanf(hex + 2 * len, "%2x", &value), 1);
        bytes[len] = (unsigned char)value;
    }
    feed(way, bytes, len);
}

/* An encrypted record. */
static void seal(enum wr_wire_way way, unsigned type, unsigned length)
{
    unsigned char bytes[2048] = {(unsigned char)type, 3, 3, (unsigned char)(length >> 8),
                                 (unsigned char)length};

    memset(bytes + 5, 0x16, length);
    feed(way, bytes, 5 + length);
}

static enum wr_tls_failure judge(bool closed, int error, uint64_t waited_ms)
{
    bool late;

    wire.end = (struct wr_wire_end){.peer_closed = closed, .error = error, .waited_ms = waited_ms};
    return wr_wire_judge(&wire, &wire.end, &late);
}

/* Each test is run with whole reads, with a few bytes and with one byte at a time. */
static void begin(size_t step)
{
    at_once = step;
    memset(&wire, 0xee, sizeof(wire));
    wr_wire_begin(&wire);
}
#define ALL_WAYS(step)                                                       \
    for (size_t step = WHOLE; step > 0; step = step == WHOLE      ? SKIPPING \
                                               : step == SKIPPING ? SINGLE   \
                                                                  : 0)

static void server_flight_13(void)
{
    pass(WR_WIRE_IN, hello_13);
    pass(WR_WIRE_IN, CHANGE);
    seal(WR_WIRE_IN, 23, 23);
    seal(WR_WIRE_IN, 23, 811);
    seal(WR_WIRE_IN, 23, 281);
    seal(WR_WIRE_IN, 23, 69);
}

static void client_hello(void **state)
{
    (void)state;
    ALL_WAYS(step)
    {
        begin(step);
        pass(WR_WIRE_OUT, hello);
        assert_true(wire.hello_sent);
        assert_int_equal(wire.hello_len, 328);
        assert_int_equal(wire.version_low, 0x0301);
        assert_int_equal(wire.version_high, 0x0304);
        assert_int_equal(wire.sni_len, 9);
        assert_memory_equal(wire.sni, "a.example", 9);
        assert_int_equal(wire.alpn_len, 11);
        assert_memory_equal(wire.alpn, "h2 http/1.1", 11);
        assert_int_equal(wire.way[WR_WIRE_OUT].bytes, 333);
        assert_string_equal(wr_wire_stage(&wire), "after ClientHello");
    }
    assert_true(wr_wire_is_hello((const unsigned char *)"\x16\x03\x01\x01\x48\x01", 6));
    assert_false(wr_wire_is_hello((const unsigned char *)"\x16\x03\x01\x01\x48\x01", 5));
    assert_false(wr_wire_is_hello((const unsigned char *)"\x16\x03\x01\x01\x48\x02", 6));
}

static void good_13(void **state)
{
    (void)state;
    ALL_WAYS(step)
    {
        begin(step);
        pass(WR_WIRE_OUT, hello);
        server_flight_13();
        assert_int_equal(wire.version, 0x0304);
        assert_int_equal(wire.cipher, 0x1302);
        assert_true(wr_wire_peer_done(&wire));
        pass(WR_WIRE_OUT, CHANGE);
        seal(WR_WIRE_OUT, 23, 69);
        assert_true(wire.requested_known);
        assert_false(wire.certificate_requested);
        assert_false(wr_wire_is_over(&wire));
        assert_int_equal(judge(false, 0, 5), 0); /* a look at whether it works */
        assert_int_equal(judge(true, 0, 60000), 0);
        seal(WR_WIRE_IN, 23, 250);
        assert_true(wr_wire_is_over(&wire));
    }
}

static void retried(void **state)
{
    (void)state;
    ALL_WAYS(step)
    {
        begin(step);
        pass(WR_WIRE_OUT, hello);
        pass(WR_WIRE_IN, retry);
        assert_true(wire.retry);
        assert_false(wire.server_hello);
        assert_string_equal(wr_wire_stage(&wire), "after HelloRetryRequest");
        pass(WR_WIRE_IN, CHANGE);
        pass(WR_WIRE_OUT, CHANGE);
        pass(WR_WIRE_OUT, hello);
        server_flight_13();
        assert_true(wr_wire_peer_done(&wire));
        seal(WR_WIRE_OUT, 23, 69);
        seal(WR_WIRE_IN, 23, 250);
        assert_true(wr_wire_is_over(&wire));
    }
}

static void without_a_certificate_13(void **state)
{
    bool late = false;

    (void)state;
    ALL_WAYS(step)
    {
        begin(step);
        pass(WR_WIRE_OUT, hello);
        server_flight_13();
        seal(WR_WIRE_OUT, 23, 25);
        seal(WR_WIRE_OUT, 23, 69);
        assert_true(wire.certificate_requested);
        assert_true(wire.own_certificate_known && !wire.own_certificate);
        assert_int_equal(judge(true, ECONNRESET, 3), WR_TLS_RESET);
        seal(WR_WIRE_IN, 23, 19);
        assert_int_equal(judge(false, 0, 5), WR_TLS_ALERT);
        assert_int_equal(wr_wire_judge(&wire, &wire.end, &late), WR_TLS_ALERT);
        assert_true(late);
        wire.end.alert_ms = 60000;
        assert_int_equal(wr_wire_judge(&wire, &wire.end, &late), 0);
    }
}

static void goodbyes_13(void **state)
{
    (void)state;
    begin(4096);
    pass(WR_WIRE_OUT, hello);
    server_flight_13();
    seal(WR_WIRE_OUT, 23, 69);
    seal(WR_WIRE_OUT, 23, 19);
    seal(WR_WIRE_IN, 23, 19);
    assert_int_equal(judge(false, 0, 5), 0);
}

static void rejected_13(void **state)
{
    (void)state;
    ALL_WAYS(step)
    {
        begin(step);
        pass(WR_WIRE_OUT, hello);
        pass(WR_WIRE_IN, hello_13);
        assert_int_equal(judge(false, 0, 5), 0); /* dropped in the middle */
        assert_int_equal(judge(false, 0, 5000), WR_TLS_STALLED);
        begin(step);
        pass(WR_WIRE_OUT, hello);
        server_flight_13();
        assert_int_equal(judge(false, 0, 5), WR_TLS_REJECTED);
        assert_int_equal(judge(true, 0, 5), WR_TLS_EOF);
        seal(WR_WIRE_OUT, 23, 35); /* JSSE */
        assert_true(wire.way[WR_WIRE_OUT].alert_sealed);
        assert_int_equal(judge(false, 0, 5), WR_TLS_REJECTED);
        assert_string_equal(wr_wire_stage(&wire), "after the server's part");
    }
}

static void refused_12(void **state)
{
    (void)state;
    ALL_WAYS(step)
    {
        const unsigned char *at[4];
        size_t len[4];

        begin(step);
        pass(WR_WIRE_OUT, hello);
        pass(WR_WIRE_IN, hello_12);
        pass(WR_WIRE_IN, CERTIFICATE);
        pass(WR_WIRE_IN, request_12);
        assert_false(wr_wire_peer_done(&wire));
        pass(WR_WIRE_IN, DONE);
        assert_true(wr_wire_peer_done(&wire));
        assert_int_equal(wire.version, 0x0303);
        assert_int_equal(wire.cipher, 0xc030);
        assert_true(wire.certificate_requested);
        assert_int_equal(wr_wire_chain(&wire, at, len, 4), 2);
        assert_int_equal(len[0], 2);
        assert_memory_equal(at[0], "\xaa\xbb", 2);
        assert_int_equal(len[1], 5);
        assert_int_equal(wr_wire_chain(&wire, at, len, 1), 1);
        pass(WR_WIRE_OUT, "160303000b"
                          "0b000003000000"
                          "10000000");
        assert_true(wire.own_certificate_known && !wire.own_certificate);
        pass(WR_WIRE_OUT, CHANGE);
        seal(WR_WIRE_OUT, 22, 40);
        assert_true(wire.way[WR_WIRE_OUT].finished);
        pass(WR_WIRE_IN, ALERT_40);
        assert_int_equal(judge(true, 0, 0), WR_TLS_ALERT);
        assert_int_equal(wire.way[WR_WIRE_IN].alert, 40);
    }
}

static void good_12(void **state)
{
    (void)state;
    ALL_WAYS(step)
    {
        begin(step);
        pass(WR_WIRE_OUT, hello);
        pass(WR_WIRE_IN, hello_12);
        pass(WR_WIRE_IN, CERTIFICATE DONE);
        pass(WR_WIRE_OUT, CHANGE);
        seal(WR_WIRE_OUT, 22, 40);
        assert_int_equal(judge(false, 0, 5), 0);
        pass(WR_WIRE_IN, CHANGE);
        seal(WR_WIRE_IN, 22, 40);
        assert_false(wr_wire_is_over(&wire));
        assert_int_equal(judge(false, 0, 5), WR_TLS_REJECTED); /* node, by itself */
        assert_int_equal(judge(false, 0, 5000), 0);
        assert_int_equal(judge(true, 0, 5), 0);
        seal(WR_WIRE_OUT, 21, 26); /* close_notify */
        assert_int_equal(judge(false, 0, 5), 0);
        seal(WR_WIRE_OUT, 23, 90);
        assert_true(wr_wire_is_over(&wire));
    }
}

static void own_alerts(void **state)
{
    static const struct {
        const char *alert;
        enum wr_tls_failure failure;
    } rows[] = {
        {"1503030002022d", WR_TLS_VERIFY},   /* certificate_expired */
        {"15030300020230", WR_TLS_VERIFY},   /* unknown_ca */
        {"15030300020246", WR_TLS_VERSION},  /* protocol_version */
        {"15030300020228", WR_TLS_CIPHER},   /* handshake_failure */
        {"1503030002022f", WR_TLS_PROTOCOL}, /* illegal_parameter */
        {"1503030002015a", 0},               /* user_canceled */
        {"15030300020100", 0},               /* close_notify */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(4096);
        pass(WR_WIRE_OUT, hello);
        pass(WR_WIRE_IN, hello_12);
        pass(WR_WIRE_OUT, rows[i].alert);
        assert_int_equal(judge(false, 0, 5), rows[i].failure);
    }
}

static void nothing_heard(void **state)
{
    (void)state;
    begin(4096);
    pass(WR_WIRE_OUT, hello);
    assert_int_equal(judge(false, 0, 5), 0);
    assert_int_equal(judge(false, 0, 2000), WR_TLS_STALLED);
    assert_int_equal(judge(true, 0, 5), WR_TLS_EOF);
    assert_int_equal(judge(true, ECONNRESET, 5), WR_TLS_RESET);
    assert_int_equal(judge(true, EPIPE, 5), WR_TLS_RESET);
    assert_int_equal(judge(true, ETIMEDOUT, 5), WR_TLS_STALLED);
    wire.end = (struct wr_wire_end){.peer_closed = true, .own_side_ended = true};
    assert_int_equal(wr_wire_judge(&wire, &wire.end, &(bool){false}), 0);
    begin(4096);
    assert_int_equal(judge(true, 0, 5), 0); /* no hello */
}

static void no_tls(void **state)
{
    static const char *const answers[] = {"HTTP/1.1 400 Bad Request\r\n",
                                          "SSH-2.0-x\r\n",
                                          "\x16Hello",
                                          "220 mail\r\n",
                                          "\x15\x03\x09zz",
                                          "S"};

    (void)state;
    ALL_WAYS(step)
    {
        for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
            begin(step);
            pass(WR_WIRE_OUT, hello);
            feed(WR_WIRE_IN, (const unsigned char *)answers[i], strlen(answers[i]));
            assert_true(wire.way[WR_WIRE_IN].not_tls);
            assert_int_equal(wire.kept_len, strlen(answers[i]));
            assert_memory_equal(wire.kept, answers[i], strlen(answers[i]));
            assert_false(wr_wire_is_over(&wire));
            assert_int_equal(judge(false, 0, 5), WR_TLS_NOT_TLS);
        }
    }
}

static void bounded(void **state)
{
    unsigned char block[4096];
    const unsigned char *at[4];
    size_t len[4];

    (void)state;
    begin(4096);
    pass(WR_WIRE_OUT, hello);
    memset(block, 'x', sizeof(block));
    for (unsigned i = 0; i < 8; i++)
        feed(WR_WIRE_IN, block, sizeof(block));
    assert_int_equal(wire.kept_len, WR_WIRE_SAID);
    /* a chain beyond what is kept: the part that is whole */
    begin(4096);
    pass(WR_WIRE_OUT, hello);
    pass(WR_WIRE_IN, hello_12);
    pass(WR_WIRE_IN, "1603034000"
                     "0b003ffc"
                     "003ff9"
                     "000002aabb"
                     "003ff1");
    for (unsigned i = 0; i < 4; i++)
        feed(WR_WIRE_IN, block, i < 3 ? sizeof(block) : 16384 - 15 - 3 * sizeof(block));
    assert_true(wire.certificate);
    assert_int_equal(wire.kept_len, WR_WIRE_KEPT);
    assert_int_equal(wr_wire_chain(&wire, at, len, 4), 1);
    /* a record that cannot be one, behind others */
    pass(WR_WIRE_IN, "99");
    assert_true(wr_wire_is_over(&wire));
    assert_int_equal(judge(true, 0, 5), 0);
}

static void words(void **state)
{
    (void)state;
    assert_string_equal(wr_tls_cipher_name(0x1302), "TLS_AES_256_GCM_SHA384");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_hello), cmocka_unit_test(good_13),
        cmocka_unit_test(retried),      cmocka_unit_test(without_a_certificate_13),
        cmocka_unit_test(goodbyes_13),  cmocka_unit_test(rejected_13),
        cmocka_unit_test(refused_12),   cmocka_unit_test(good_12),
        cmocka_unit_test(own_alerts),   cmocka_unit_test(nothing_heard),
        cmocka_unit_test(no_tls),       cmocka_unit_test(bounded),
        cmocka_unit_test(words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
