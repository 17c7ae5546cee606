/* SPDX-License-Identifier: MIT
 * What the first bytes of a connection tell. Bytes of real servers, where there is a version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/firstwords.h"

static struct wr_first_bytes bytes_of(const char *out, size_t out_len, const char *in,
                                      size_t in_len)
{
    struct wr_first_bytes first = {.out_len = 0};

    first.out_len = (uint16_t)(out_len < WR_FIRST_OUT ? out_len : WR_FIRST_OUT);
    first.in_len = (uint16_t)(in_len < WR_FIRST_IN ? in_len : WR_FIRST_IN);
    memcpy(first.out, out, first.out_len);
    memcpy(first.in, in, first.in_len);
    return first;
}
#define BYTES(out, in) bytes_of(out, sizeof(out) - 1, in, sizeof(in) - 1)

static void turned_down(struct wr_first_bytes first, const char *protocol, const char *code,
                        const char *text)
{
    struct wr_first_words words;

    wr_first_words_read(&first, &words);
    assert_true(wr_first_bytes_say_no(&first));
    assert_true(words.denial);
    assert_false(words.other_protocol);
    assert_string_equal(wr_speech_name(words.heard), protocol);
    assert_string_equal(words.code, code);
    assert_int_equal(words.text_len, strlen(text));
    assert_memory_equal(first.in + words.text_at, text, words.text_len);
}

static void other(struct wr_first_bytes first, const char *sent, const char *heard)
{
    struct wr_first_words words;

    wr_first_words_read(&first, &words);
    assert_true(wr_first_bytes_say_no(&first));
    assert_true(words.other_protocol);
    assert_string_equal(wr_speech_name(words.sent), sent);
    assert_string_equal(wr_speech_name(words.heard), heard);
}

static void fine_at(int line, struct wr_first_bytes first)
{
    if (wr_first_bytes_say_no(&first))
        fail_msg("line %d: a denial is seen", line);
}
#define FINE(out, in) fine_at(__LINE__, BYTES(out, in))

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define TUNNEL "CONNECT a.example:80 HTTP/1.1\r\nHost: a\r\n\r\n"
#define HELLO "\x16\x03\x01\0\xf4\1\0\0\xf0\3\3aaaaaaaaaaaaaa"
#define PG_START "\0\0\0\x21\0\3\0\0user\0nobody\0database\0x\0\0"
#define PG_SSL "\0\0\0\x08\x04\xd2\x16\x2f"
#define PG_OK "R\0\0\0\x08\0\0\0\0"
#define PG_SCRAM "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"
#define PG_ERROR(len, code, message) "E\0\0\0" len "SFATAL\0VFATAL\0C" code "\0M" message "\0\0"
#define PING "*1\r\n$4\r\nPING\r\n"
#define MARIADB                                                                             \
    "d\0\0\0\n5.5.5-10.11.19-MariaDB-0+deb12u1\0\3\0\0\0.1Kd7#J,\0\xfe\xf7\x08\2\0\xff\x81" \
    "\x15\0\0\0\0\0\0\x1d\0\0\0009{\"3x&PB821A\0mysql_native_password\0"

/* MariaDB 10.11 */
static void test_mysql(void **state)
{
    (void)state;
    turned_down(BYTES("", "C\0\0\0\xffj\x04Host '10.9.9.1' is not allowed to connect to this "
                          "MariaDB server"),
                "MySQL", "1130",
                "Host '10.9.9.1' is not allowed to connect to this MariaDB server");
    turned_down(BYTES("", "\x17\0\0\0\xff\x10\x04Too many connections"), "MySQL", "1040",
                "Too many connections");
    turned_down(BYTES("", MARIADB "\x1a\0\0\2\xff\xca\4#42000has more than max"), "MySQL", "1226",
                "has more than max");
    FINE("", MARIADB);
    /* a wrong password, an unknown database */
    FINE("", MARIADB "\x19\0\0\2\xff\x15\4#28000Access denied xx");
    FINE("", MARIADB "\x07\0\0\2\0\0\0\2\0\0\0");
    /* the text has not come yet */
    FINE("", "C\0\0\0\xffj\x04Host '10.9");
}

/* PostgreSQL 15 */
static void test_postgres(void **state)
{
    (void)state;
    turned_down(BYTES(PG_START, PG_ERROR("\x3f", "28000", "no pg_hba.conf entry for host \"::1\"")),
                "PostgreSQL", "28000", "no pg_hba.conf entry for host \"::1\"");
    turned_down(
        BYTES(PG_SSL PG_START, "N" PG_ERROR("\x3e", "53300", "sorry, too many clients already!!!")),
        "PostgreSQL", "53300", "sorry, too many clients already!!!");
    turned_down(
        BYTES(PG_START, PG_OK PG_ERROR("\x3c", "53300", "remaining connection slots are r")),
        "PostgreSQL", "53300", "remaining connection slots are r");
    turned_down(BYTES(PG_START, PG_ERROR("\x3d", "57P03", "the database system is starting u")),
                "PostgreSQL", "57P03", "the database system is starting u");
    turned_down(BYTES(PG_SSL, "Ecould not fork new process for connection\n\0"), "PostgreSQL", "",
                "could not fork new process for connection");
    FINE(PG_SSL, "N");
    FINE(PG_SSL, "S");
    FINE(PG_SSL PG_START, "N" PG_SCRAM);
    FINE(PG_START, PG_OK "S\0\0\0\x16"
                         "application_name\0\0");
    /* a wrong password; no such database */
    FINE(PG_START, PG_SCRAM PG_ERROR("\x3d", "28P01", "password authentication failed xx"));
    FINE(PG_START, PG_OK PG_ERROR("\x3d", "3D000", "database \"x\" does not exist xxxxx"));
    FINE(PG_START, "E\0\0\0\x85SFATAL\0VFATAL\0C28000\0Mno pg_h");
}

/* Redis 7.0 */
static void test_redis(void **state)
{
    (void)state;
    turned_down(BYTES(PING, "-DENIED Redis is running in protected mode\r\n"), "Redis", "DENIED",
                "DENIED Redis is running in protected mode");
    turned_down(BYTES("", "-ERR max number of clients reached\r\n"), "Redis", "ERR",
                "ERR max number of clients reached");
    FINE(PING, "+PONG\r\n");
    FINE(PING, "-NOAUTH Authentication required.\r\n");
    FINE("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", "+OK\r\n");
    FINE("*1\r\n$3\r\nFOO\r\n", "-ERR unknown command 'FOO'\r\n");
    FINE("PING\r\n", "+PONG\r\n");
}

/* OpenSSH 9.2, vsftpd 3.0, Postfix, Dovecot, rsync 3.2 */
static void test_greetings(void **state)
{
    (void)state;
    turned_down(BYTES("SSH-2.0-x\r\n", "Exceeded MaxStartups\r\n"), "SSH", "",
                "Exceeded MaxStartups");
    turned_down(BYTES("", "Not allowed at this time\r\n"), "SSH", "", "Not allowed at this time");
    turned_down(BYTES("", "421 There are too many connected users, please try later.\r\n"),
                "SMTP or FTP", "421", "421 There are too many connected users, please try later.");
    turned_down(BYTES("", "421 Service not available.\r\n"), "SMTP or FTP", "421",
                "421 Service not available.");
    turned_down(BYTES("", "554 5.7.1 mail.example ESMTP not accepting messages\r\n"), "SMTP", "554",
                "554 5.7.1 mail.example ESMTP not accepting messages");
    turned_down(BYTES("", "500 OOPS: vsftpd: refusing to run\r\n"), "FTP", "500",
                "500 OOPS: vsftpd: refusing to run");
    turned_down(BYTES("", "* BYE Too many connections\r\n"), "IMAP", "",
                "* BYE Too many connections");
    turned_down(BYTES("", "-ERR [IN-USE] Too many connections\r\n"), "POP3", "",
                "-ERR [IN-USE] Too many connections");
    turned_down(BYTES("@RSYNCD: 31.0\n",
                      "@RSYNCD: 31.0\n@ERROR: max connections (1) reached -- try again later\n"),
                "rsync", "", "@ERROR: max connections (1) reached -- try again later");
    FINE("SSH-2.0-x\r\n", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n");
    FINE("", "220 (vsFTPd 3.0.3)\r\n");
    FINE("", "220 mail.example ESMTP Postfix\r\n");
    FINE("EHLO a\r\n", "220 mail\r\n250 ok\r\n");
    FINE("", "* OK [CAPABILITY IMAP4rev1] ready\r\n");
    FINE("", "+OK Dovecot ready.\r\n");
    FINE("@RSYNCD: 31.0\n", "@RSYNCD: 31.0\n@ERROR: Unknown module 'x'\n");
    /* read byte by byte: the line is not whole */
    FINE("SSH-2.0-x\r\n", "Exceeded MaxStartu");
    FINE("", "421 Ser");
}

/* tinyproxy 1.11, squid 5, nginx 1.22 */
static void test_http(void **state)
{
    (void)state;
    turned_down(BYTES(TUNNEL, "HTTP/1.1 403 Access violation\r\nServer: tinyproxy/1.11.1\r\n"),
                "HTTP", "403", "HTTP/1.1 403 Access violation");
    turned_down(BYTES(TUNNEL, "HTTP/1.1 500 Unable to connect\r\n\r\n"), "HTTP", "500",
                "HTTP/1.1 500 Unable to connect");
    turned_down(BYTES(TUNNEL, "HTTP/1.1 407 Proxy Authentication Required\r\n"
                              "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n"),
                "HTTP", "407", "HTTP/1.1 407 Proxy Authentication Required");
    FINE(TUNNEL, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\n\r\n");
    FINE(TUNNEL, "HTTP/1.1 200 Connection established\r\n\r\n");
    FINE(GET, "HTTP/1.1 200 OK\r\n\r\n");
    FINE(GET, "HTTP/1.1 301 Moved Permanently\r\nLocation: https://a/\r\n\r\n");
    FINE(GET, "HTTP/1.1 401 Unauthorized\r\n\r\n");
    FINE(GET, "HTTP/1.1 404 Not Found\r\n\r\n");
    FINE(GET, "HTTP/1.1 502 Bad Gateway\r\n\r\n");
    FINE(GET, "HTTP/1.1 400 Bad Request\r\n\r\n400: Invalid request");
    FINE(GET, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n");
    FINE("OPTIONS rtsp://a/b RTSP/1.0\r\n", "RTSP/1.0 200 OK\r\n");
    FINE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\x12\4\0\0\0\0\0");
}

static void test_other_protocols(void **state)
{
    (void)state;
    other(BYTES(GET,
                "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>\r\n<head><title>400 The "
                "plain HTTP request was sent to HTTPS port</title></head>"),
          "HTTP", "TLS");
    other(BYTES(GET, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS "
                     "server.\n"),
          "HTTP", "TLS");
    other(BYTES(GET, "\x15\3\1\0\2\2\x46"), "HTTP", "TLS");
    other(BYTES(GET, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\nInvalid SSH ident"), "HTTP",
          "SSH");
    other(BYTES(GET, "220 mail.example ESMTP Postfix\r\n"), "HTTP", "SMTP");
    other(BYTES(GET, "220 (vsFTPd 3.0.3)\r\n530 Please login"), "HTTP", "FTP");
    other(BYTES(GET, "220 hello\r\n"), "HTTP", "SMTP or FTP");
    other(BYTES(GET, MARIADB), "HTTP", "MySQL");
    other(BYTES(GET, "-ERR wrong number of arguments for 'get' command\r\n"), "HTTP", "Redis");
    other(BYTES(GET, "AMQP\0\0\x09\1"), "HTTP", "AMQP 0-9-1");
    other(BYTES(GET, "ERROR\r\n"), "HTTP", "memcached");
    other(BYTES(GET, "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nIt "
                     "looks like you are trying to access MongoDB over HTTP on the native"),
          "HTTP", "MongoDB");
    other(BYTES(GET, "\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80"), "HTTP", "HTTP/2");
    other(BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"), "HTTP/2",
          "HTTP");
    other(BYTES(HELLO, "HTTP/1.0 400 Bad Request\r\nServer: tinyproxy/1.11.1\r\n"), "TLS", "HTTP");
    /* all that OpenSSL and GnuTLS read */
    other(BYTES(HELLO, "HTTP/"), "TLS", "HTTP");
    other(BYTES(HELLO, "<!DOC"), "TLS", "HTTP");
    other(BYTES(HELLO, "SSH-2"), "TLS", "SSH");
    other(BYTES(HELLO, "220 m"), "TLS", "SMTP or FTP");
    other(BYTES(HELLO, "d\0\0\0\n"), "TLS", "MySQL");
    other(BYTES(HELLO, "* OK "), "TLS", "IMAP");
    other(BYTES(HELLO, "-ERR "), "TLS", "Redis");
    other(BYTES(PG_SSL, "HTTP/1.1 400 Bad Request\r\n"), "PostgreSQL", "HTTP");
    other(BYTES(PING, "HTTP/1.1 400 Bad Request\r\n"), "Redis", "HTTP");
    other(BYTES("SSH-2.0-x\r\n", "HTTP/1.1 400 Bad Request\r\n"), "SSH", "HTTP");
    other(BYTES("\5\2\0\2", "HTTP/1.1 400 Bad Request\r\n"), "SOCKS5", "HTTP");
    other(BYTES("AMQP\0\1\0\0", "AMQP\0\0\x09\1"), "AMQP 1.0", "AMQP 0-9-1");
    FINE(HELLO, "\x16\3\3\0\x5a\2\0\0\x56\3\3");
    FINE(HELLO, "\x15\3\3\0\2\2\x28");
    FINE("AMQP\0\1\0\0", "AMQP\0\1\0\0");
    FINE("hello", "HTTP/1.1 400 Bad Request\r\n");
    FINE("", "SSH-2.0-OpenSSH_9.2p1\r\n");
    FINE("SSH-2.0-x\r\n", "HTTP/1.1 40");
    FINE(GET, "HTTP/1.");
    FINE("", "");
}

static void test_others(void **state)
{
    (void)state;
    turned_down(BYTES("\x10\x10\0\4MQTT\4\2\0\x3c\0\4test", "\x20\2\0\5"), "MQTT", "5", "");
    turned_down(BYTES("\5\1\0\5\1\0\1\x7f\0\0\1\0\x50", "\5\0\5\5\0\1\0\0\0\0\0\0"), "SOCKS5", "5",
                "");
    turned_down(BYTES("\5\1\0", "\5\xff"), "SOCKS5", "255", "");
    turned_down(BYTES("\4\1\0\x50\x7f\0\0\1\0", "\0\x5b\0\0\0\0\0\0"), "SOCKS4", "91", "");
    FINE("\5\1\0\5\1\0\1\x7f\0\0\1\0\x50", "\5\0\5\0\0\1\0\0\0\0\0\0");
    FINE("\5\2\0\2\1\1a\1b", "\5\2\1\0");
    FINE("\4\1\0\x50\x7f\0\0\1\0", "\0\x5a\0\0\0\0\0\0");
    FINE("\x10\x10\0\4MQTT\4\2\0\x3c\0\4test", "\x20\2\0\0");
}

/* No prefix of what is fine may look like a denial. */
static void test_prefixes(void **state)
{
    static const char *const out[] = {GET, "", "SSH-2.0-x\r\n", PING};
    static const char *const in[] = {"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n",
                                     "220 mail.example ESMTP Postfix\r\n",
                                     "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n", "+PONG\r\n"};
    struct wr_first_bytes first;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        for (size_t len = 0; len <= strlen(in[i]); len++) {
            first = bytes_of(out[i], strlen(out[i]), in[i], len);
            assert_false(wr_first_bytes_say_no(&first));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mysql),  cmocka_unit_test(test_postgres),
        cmocka_unit_test(test_redis),  cmocka_unit_test(test_greetings),
        cmocka_unit_test(test_http),   cmocka_unit_test(test_other_protocols),
        cmocka_unit_test(test_others), cmocka_unit_test(test_prefixes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
