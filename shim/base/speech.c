/* SPDX-License-Identifier: MIT
 * See speech.h. Tables without pointers: they are read before relocations are done. */
#include "base/speech.h"

struct opening {
    char bytes[16];
    uint8_t len, speech;
};
#define OPENING(literal, of)                         \
    {                                                \
        literal, sizeof(literal) - 1, WR_SPEECH_##of \
    }

static const struct opening sent_openings[] = {
    OPENING("PRI * HTTP/2.0", HTTP2),
    OPENING("GET ", HTTP),
    OPENING("POST ", HTTP),
    OPENING("HEAD ", HTTP),
    OPENING("PUT ", HTTP),
    OPENING("DELETE ", HTTP),
    OPENING("OPTIONS ", HTTP),
    OPENING("PATCH ", HTTP),
    OPENING("CONNECT ", HTTP),
    OPENING("TRACE ", HTTP),
    OPENING("PROPFIND ", HTTP),
    OPENING("SSH-", SSH),
    OPENING("EHLO ", SMTP),
    OPENING("HELO ", SMTP),
    OPENING("LHLO ", SMTP),
    OPENING("AMQP\0\0\x09\1", AMQP_091),
    OPENING("AMQP\0\1\0\0", AMQP_1),
    OPENING("AMQP\3\1\0\0", AMQP_SASL),
    OPENING("AMQP", AMQP_OTHER),
    OPENING("get ", MEMCACHED),
    OPENING("gets ", MEMCACHED),
    OPENING("set ", MEMCACHED),
    OPENING("add ", MEMCACHED),
    OPENING("mg ", MEMCACHED),
    OPENING("stats\r\n", MEMCACHED),
    OPENING("version\r\n", MEMCACHED),
    OPENING("@RSYNCD:", RSYNC),
    OPENING("RFB 00", VNC),
};

static const struct opening heard_openings[] = {
    OPENING("HTTP/1.", HTTP),
    OPENING("HTTP/", HTTP),
    OPENING("<!DOC", HTTP), /* version 0.9, to what was no request */
    OPENING("<html", HTTP),
    OPENING("<HTML", HTTP),
    OPENING("SSH-", SSH),
    OPENING("Exceeded MaxSt", SSH),
    OPENING("Not allowed at ", SSH),
    OPENING("220 ", SMTP_FTP),
    OPENING("220-", SMTP_FTP),
    OPENING("421 ", SMTP_FTP),
    OPENING("421-", SMTP_FTP),
    OPENING("521 ", SMTP),
    OPENING("530 ", FTP),
    OPENING("550 ", SMTP),
    OPENING("554 ", SMTP),
    OPENING("554-", SMTP),
    OPENING("500 OOPS:", FTP),
    OPENING("200 ", NNTP),
    OPENING("201 ", NNTP),
    OPENING("400 ", NNTP),
    OPENING("502 ", NNTP),
    OPENING("* OK", IMAP),
    OPENING("* PREAUTH", IMAP),
    OPENING("* BYE", IMAP),
    OPENING("-DENIED ", REDIS),
    OPENING("-DENI", REDIS),
    OPENING("-NOAUTH", REDIS),
    OPENING("-NOAU", REDIS),
    OPENING("-ERR max number", REDIS),
    OPENING("-ERR wrong numb", REDIS),
    OPENING("-ERR unknown co", REDIS),
    OPENING("-ERR Protocol e", REDIS),
    OPENING("+OK", POP3),
    OPENING("-ERR", POP3),
    OPENING("AMQP\0\0\x09\1", AMQP_091),
    OPENING("AMQP\0\1\0\0", AMQP_1),
    OPENING("AMQP\3\1\0\0", AMQP_SASL),
    OPENING("AMQP", AMQP_OTHER),
    OPENING("RFB 0", VNC),
    OPENING("@RSYNCD:", RSYNC),
    OPENING("@RSYN", RSYNC),
    OPENING("ERROR Too many ", MEMCACHED),
    OPENING("This is not an ", NOT_HTTP),
};

/* What servers of another kind say in the form of an HTTP answer, or behind one. */
static const struct {
    char phrase[48];
    uint8_t speech;
} http_phrases[] = {
    {"plain HTTP request was sent to HTTPS port", WR_SPEECH_TLS},    /* nginx, Cloudflare */
    {"speaking plain HTTP to an SSL-enabled server", WR_SPEECH_TLS}, /* Apache */
    {"sent an HTTP request to an HTTPS server", WR_SPEECH_TLS},      /* Go */
    {"combination of host and port requires TLS", WR_SPEECH_TLS},    /* Tomcat */
    {"trying to access MongoDB over HTTP", WR_SPEECH_MONGODB},
    {"is for clickhouse-client program", WR_SPEECH_NOT_HTTP},
};

static const char names[WR_SPEECHES][24] = {
    [WR_SPEECH_TLS] = "TLS",
    [WR_SPEECH_HTTP] = "HTTP",
    [WR_SPEECH_HTTP2] = "HTTP/2",
    [WR_SPEECH_SSH] = "SSH",
    [WR_SPEECH_SMTP] = "SMTP",
    [WR_SPEECH_FTP] = "FTP",
    [WR_SPEECH_SMTP_FTP] = "SMTP or FTP",
    [WR_SPEECH_NNTP] = "NNTP",
    [WR_SPEECH_IMAP] = "IMAP",
    [WR_SPEECH_POP3] = "POP3",
    [WR_SPEECH_MYSQL] = "MySQL",
    [WR_SPEECH_POSTGRES] = "PostgreSQL",
    [WR_SPEECH_REDIS] = "Redis",
    [WR_SPEECH_MEMCACHED] = "memcached",
    [WR_SPEECH_MONGODB] = "MongoDB",
    [WR_SPEECH_AMQP_091] = "AMQP 0-9-1",
    [WR_SPEECH_AMQP_1] = "AMQP 1.0",
    [WR_SPEECH_AMQP_SASL] = "AMQP 1.0 with SASL",
    [WR_SPEECH_AMQP_OTHER] = "AMQP",
    [WR_SPEECH_MQTT] = "MQTT",
    [WR_SPEECH_LDAP] = "LDAP",
    [WR_SPEECH_SOCKS4] = "SOCKS4",
    [WR_SPEECH_SOCKS5] = "SOCKS5",
    [WR_SPEECH_GIT] = "git",
    [WR_SPEECH_RSYNC] = "rsync",
    [WR_SPEECH_VNC] = "VNC",
    [WR_SPEECH_TELNET] = "telnet",
    [WR_SPEECH_ORACLE] = "Oracle",
    [WR_SPEECH_NOT_HTTP] = "another protocol",
};

const char *wr_speech_name(enum wr_speech speech)
{
    return speech > WR_SPEECH_NONE && speech < WR_SPEECHES ? names[speech] : NULL;
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

long wr_span_find(struct wr_span span, const char *word)
{
    size_t len = strlen(word), same;

    for (size_t at = 0; at + len <= span.len; at++) {
        for (same = 0; same < len; same++) {
            if (lower(span.at[at + same]) != lower((unsigned char)word[same]))
                break;
        }
        if (same == len)
            return (long)at;
    }
    return -1;
}

size_t wr_span_line(struct wr_span span, bool *ret_whole)
{
    size_t len = 0;

    while (len < span.len && span.at[len] != '\n')
        len++;
    *ret_whole = len < span.len;
    if (len > 0 && span.at[len - 1] == '\r')
        len--;
    return len;
}

static enum wr_speech by_opening(struct wr_span span, const struct opening *openings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (wr_span_begins(span, openings[i].bytes, openings[i].len))
            return openings[i].speech;
    }
    return WR_SPEECH_NONE;
}

/* RFC 8446 section 5.1: type, version 3.x, length */
static bool is_tls(struct wr_span span)
{
    return span.len >= 3 && span.at[0] >= 20 && span.at[0] <= 23 && span.at[1] == 3 &&
           span.at[2] <= 4;
}

static bool is_client_hello(struct wr_span out)
{
    return out.len >= 6 && out.at[0] == 22 && is_tls(out) && out.at[5] == 1;
}

/* RTSP and SIP have requests of the same form. */
static bool is_http_request(struct wr_span out)
{
    bool whole;
    struct wr_span line = {out.at, wr_span_line(out, &whole)};

    return !whole || wr_span_find(line, " HTTP/") >= 0;
}

/* "*1\r\n$4\r\nPING\r\n" (Redis serialization protocol) */
static bool is_redis_request(struct wr_span out)
{
    bool whole;
    size_t len = wr_span_line(out, &whole);

    return out.len > 1 && out.at[0] == '*' && out.at[1] >= '1' && out.at[1] <= '9' && whole &&
           len + 2 < out.len && out.at[len + 2] == '$';
}

/* StartupMessage, SSLRequest, GSSENCRequest, CancelRequest */
static bool is_postgres_request(struct wr_span out)
{
    uint32_t len, code;

    if (out.len < 8)
        return false;
    len = wr_span_number(out, 0, 4);
    code = wr_span_number(out, 4, 4);
    return len >= 8 && len <= 10000 &&
           (code >> 16 == 3 || (code >= 0x04d2162e && code <= 0x04d21630));
}

/* A message of RFC 4511 in definite lengths: SEQUENCE, INTEGER, an application tag */
static bool is_ldap(struct wr_span span, bool answer)
{
    size_t at = 2;
    unsigned tag;

    if (span.len < 6 || span.at[0] != 0x30)
        return false;
    if (span.at[1] > 0x80)
        at += span.at[1] & 7;
    if (at + 2 >= span.len || span.at[at] != 2 || span.at[at + 1] == 0 || span.at[at + 1] > 4)
        return false;
    at += 2u + span.at[at + 1];
    if (at >= span.len)
        return false;
    tag = span.at[at];
    return answer ? tag == 0x61 || tag == 0x64 || tag == 0x65 || tag == 0x78
                  : tag == 0x60 || tag == 0x63 || tag == 0x77;
}

/* A pkt-line: "0033git-upload-pack /project.git" */
static bool is_git_request(struct wr_span out)
{
    return out.len > 12 && out.at[0] == '0' && out.at[1] == '0' &&
           memcmp(out.at + 4, "git-", 4) == 0;
}

static enum wr_speech by_form_sent(struct wr_span out)
{
    if (is_client_hello(out))
        return WR_SPEECH_TLS;
    if (is_redis_request(out))
        return WR_SPEECH_REDIS;
    if (is_postgres_request(out))
        return WR_SPEECH_POSTGRES;
    if (out.len >= 10 && out.at[0] == 0x10 &&
        (memcmp(out.at + 4, "MQTT", 4) == 0 || memcmp(out.at + 4, "MQIsdp", 6) == 0))
        return WR_SPEECH_MQTT;
    if (out.len >= 3 && out.at[0] == 5 && out.at[1] > 0 && out.at[1] < 10 &&
        out.len >= 2u + out.at[1])
        return WR_SPEECH_SOCKS5;
    if (out.len >= 9 && out.at[0] == 4 && (out.at[1] == 1 || out.at[1] == 2))
        return WR_SPEECH_SOCKS4;
    if (out.len >= 8 && out.at[4] == 1 && out.at[2] == 0 && out.at[3] == 0 &&
        wr_span_find(out, "(DESCRIPTION") >= 0)
        return WR_SPEECH_ORACLE;
    if (is_ldap(out, false))
        return WR_SPEECH_LDAP;
    return is_git_request(out) ? WR_SPEECH_GIT : WR_SPEECH_NONE;
}

enum wr_speech wr_speech_sent(struct wr_span out)
{
    enum wr_speech speech =
        by_opening(out, sent_openings, sizeof(sent_openings) / sizeof(sent_openings[0]));

    if (speech == WR_SPEECH_NONE)
        return by_form_sent(out);
    return speech != WR_SPEECH_HTTP || is_http_request(out) ? speech : WR_SPEECH_NONE;
}

/* A greeting (protocol 10), or an error packet instead of one; five bytes suffice. */
static bool is_mysql(struct wr_span in)
{
    uint32_t len;

    if (in.len < 5 || in.at[2] != 0 || in.at[3] != 0)
        return false;
    len = in.at[0] | (uint32_t)in.at[1] << 8;
    if (in.at[4] == 0x0a)
        return len > 20 && len < 1024 && (in.len < 6 || (in.at[5] >= '0' && in.at[5] <= '9'));
    if (in.at[4] != 0xff || len < 4 || len > 1024)
        return false;
    return in.len < 7 || (in.at[6] >= 0x03 && in.at[6] < 0x20);
}

/* A SETTINGS frame on stream 0 (RFC 9113 section 3.4) */
static bool is_http2(struct wr_span in)
{
    static const unsigned char stream[4] = {0};

    return in.len >= 9 && in.at[0] == 0 && in.at[1] == 0 && in.at[2] % 6 == 0 && in.at[3] == 4 &&
           in.at[4] <= 1 && memcmp(in.at + 5, stream, 4) == 0;
}

/* An ErrorResponse whose first field is the severity */
static bool is_postgres_error(struct wr_span in)
{
    return in.len >= 6 && in.at[0] == 'E' && in.at[1] == 0 && in.at[2] == 0 && in.at[5] == 'S';
}

static enum wr_speech by_form_heard(struct wr_span in, enum wr_speech sent)
{
    if (is_tls(in))
        return WR_SPEECH_TLS;
    if (is_mysql(in))
        return WR_SPEECH_MYSQL;
    if (is_http2(in))
        return WR_SPEECH_HTTP2;
    if (is_postgres_error(in))
        return WR_SPEECH_POSTGRES;
    if (in.len >= 3 && in.at[0] == 0xff && in.at[1] >= 0xfb && in.at[1] <= 0xfe && in.at[2] < 0x40)
        return WR_SPEECH_TELNET;
    if (in.len >= 4 && in.at[0] == 0x20 && in.at[1] == in.len - 2 && sent == WR_SPEECH_MQTT)
        return WR_SPEECH_MQTT;
    if (WR_BEGINS(in, "ERROR\r\n") && (sent == WR_SPEECH_HTTP || sent == WR_SPEECH_MEMCACHED))
        return WR_SPEECH_MEMCACHED;
    return is_ldap(in, true) ? WR_SPEECH_LDAP : WR_SPEECH_NONE;
}

static enum wr_speech http_phrase(struct wr_span in)
{
    for (size_t i = 0; i < sizeof(http_phrases) / sizeof(http_phrases[0]); i++) {
        if (wr_span_find(in, http_phrases[i].phrase) >= 0)
            return http_phrases[i].speech;
    }
    return WR_SPEECH_HTTP;
}

/* Which of two protocols with greetings of one form. */
static enum wr_speech mail_or_files(struct wr_span in, enum wr_speech sent)
{
    bool whole;
    struct wr_span line = {in.at, wr_span_line(in, &whole)};

    if (sent == WR_SPEECH_SMTP || wr_span_find(line, "SMTP") >= 0 ||
        wr_span_find(line, "postfix") >= 0 || wr_span_find(line, "sendmail") >= 0)
        return WR_SPEECH_SMTP;
    return wr_span_find(line, "FTP") >= 0 ? WR_SPEECH_FTP : WR_SPEECH_SMTP_FTP;
}

/* An answer to a request of that protocol that others open with. */
static enum wr_speech answer_to(enum wr_speech sent, struct wr_span in, enum wr_speech heard)
{
    switch (sent) {
    case WR_SPEECH_REDIS:
        return heard == WR_SPEECH_POP3 ? WR_SPEECH_REDIS : heard;
    case WR_SPEECH_POSTGRES: /* one byte, before TLS or the rest */
        return in.len > 0 &&
                       (in.at[0] == 'S' || in.at[0] == 'N' || in.at[0] == 'R' || in.at[0] == 'E' ||
                        in.at[0] == 'v') &&
                       heard != WR_SPEECH_SSH && heard != WR_SPEECH_MEMCACHED
                   ? WR_SPEECH_POSTGRES
                   : heard;
    case WR_SPEECH_SOCKS5:
        return in.len > 0 && in.at[0] == 5 ? sent : heard;
    case WR_SPEECH_SOCKS4:
        return in.len > 0 && in.at[0] == 0 ? sent : heard;
    case WR_SPEECH_ORACLE:
        return in.len > 4 && in.at[4] <= 19 && in.at[2] == 0 ? sent : heard;
    case WR_SPEECH_HTTP:
        return heard == WR_SPEECH_HTTP ? http_phrase(in) : heard;
    default:
        return heard;
    }
}

enum wr_speech wr_speech_heard(struct wr_span in, enum wr_speech sent)
{
    enum wr_speech heard =
        by_opening(in, heard_openings, sizeof(heard_openings) / sizeof(heard_openings[0]));

    if (heard == WR_SPEECH_NONE)
        heard = by_form_heard(in, sent);
    /* POP3 greets with +OK; an error is what Redis says to a request that it does not know */
    if (heard == WR_SPEECH_POP3 && in.at[0] == '-' && sent != WR_SPEECH_NONE)
        heard = WR_SPEECH_REDIS;
    if (heard == WR_SPEECH_SMTP_FTP)
        heard = mail_or_files(in, sent);
    return answer_to(sent, in, heard);
}

bool wr_speech_is_lines(enum wr_speech speech)
{
    switch (speech) {
    case WR_SPEECH_HTTP:
    case WR_SPEECH_SSH:
    case WR_SPEECH_SMTP:
    case WR_SPEECH_FTP:
    case WR_SPEECH_SMTP_FTP:
    case WR_SPEECH_NNTP:
    case WR_SPEECH_IMAP:
    case WR_SPEECH_POP3:
    case WR_SPEECH_REDIS:
    case WR_SPEECH_MEMCACHED:
    case WR_SPEECH_RSYNC:
    case WR_SPEECH_VNC:
        return true;
    default:
        return false;
    }
}
