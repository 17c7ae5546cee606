/* SPDX-License-Identifier: MIT
 * See firstwords.h: which answers turn a connection down, and what of them is quoted. */
#include "base/firstwords.h"

#include "base/speech.h"

#define QUOTED_MAX 200

static void quote(struct wr_first_words *words, size_t at, size_t len)
{
    words->text_at = (uint16_t)at;
    words->text_len = (uint16_t)(len > QUOTED_MAX ? QUOTED_MAX : len);
}

static void quote_line(struct wr_first_words *words, struct wr_span in, size_t at)
{
    bool whole;
    struct wr_span rest = {in.at + at, in.len - at};

    quote(words, at, wr_span_line(rest, &whole));
}

static void set_code(struct wr_first_words *words, const unsigned char *at, size_t len)
{
    if (len >= sizeof(words->code))
        return;
    memcpy(words->code, at, len);
    words->code[len] = '\0';
}

static void set_number(struct wr_first_words *words, unsigned number)
{
    unsigned char digits[5];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (unsigned char)('0' + number % 10);
        number /= 10;
    } while (number != 0 && at > 0);
    set_code(words, digits + at, sizeof(digits) - at);
}

static bool is_number(struct wr_span in, size_t at)
{
    if (at + 3 > in.len)
        return false;
    for (size_t i = at; i < at + 3; i++) {
        if (in.at[i] < '0' || in.at[i] > '9')
            return false;
    }
    return true;
}

/* A client that knows a password, and how to prove it, waits for the question. */
static bool is_challenge(struct wr_span in, struct wr_span out)
{
    return wr_span_find(out, "\nProxy-Authorization:") < 0 &&
           (wr_span_find(in, "Proxy-Authenticate: N") >= 0 ||
            wr_span_find(in, "Proxy-Authenticate: Digest") >= 0);
}

/* "HTTP/1.1 403 Filtered": of a proxy that was asked for a tunnel; any other failed request is
 * the program's business. */
static bool http_denies(struct wr_first_words *words, struct wr_span in, struct wr_span out)
{
    if (!WR_BEGINS(out, "CONNECT ") || !is_number(in, 9) || in.at[9] < '4' || in.at[9] > '5' ||
        (memcmp(in.at + 9, "407", 3) == 0 && is_challenge(in, out)))
        return false;
    set_code(words, in.at + 9, 3);
    return true;
}

/* "421 Service not available": SMTP (RFC 5321 section 3.8), FTP (RFC 959), NNTP (RFC 3977) */
static bool greeting_denies(struct wr_first_words *words, struct wr_span in)
{
    if (in.len == 0 || (in.at[0] != '4' && in.at[0] != '5') || !is_number(in, 0))
        return false;
    set_code(words, in.at, 3);
    return true;
}

static bool mysql_code_denies(unsigned code)
{
    switch (code) {
    case 1040: /* ER_CON_COUNT_ERROR */
    case 1053: /* ER_SERVER_SHUTDOWN */
    case 1129: /* ER_HOST_IS_BLOCKED */
    case 1130: /* ER_HOST_NOT_PRIVILEGED */
    case 1203: /* ER_TOO_MANY_USER_CONNECTIONS */
    case 1226: /* ER_USER_LIMIT_REACHED */
    case 3159: /* ER_SECURE_TRANSPORT_REQUIRED */
    case 3168: /* ER_SERVER_ISNT_AVAILABLE */
    case 3032: /* ER_SERVER_OFFLINE_MODE */
        return true;
    default:
        return false;
    }
}

/* An error packet instead of the greeting, or at once behind it. */
static bool mysql_denies(struct wr_first_words *words, struct wr_span in)
{
    size_t at = 0, len, end;
    unsigned code;

    if (in.len > 4 && in.at[4] == 0x0a)
        at = 4u + (in.at[0] | (size_t)in.at[1] << 8);
    if (at + 7 > in.len || in.at[at + 4] != 0xff)
        return false;
    len = in.at[at] | (size_t)in.at[at + 1] << 8;
    end = at + 4 + len;
    code = in.at[at + 5] | (unsigned)in.at[at + 6] << 8;
    if (len < 3 || in.at[at + 2] != 0 || (end > in.len && in.len < WR_FIRST_IN) ||
        (at > 0 && !mysql_code_denies(code)))
        return false;
    set_number(words, code);
    end = end > in.len ? in.len : end;
    at += 7;
    if (at + 6 <= end && in.at[at] == '#')
        at += 6;
    quote(words, at, end - at);
    return true;
}

static bool postgres_code_denies(const unsigned char *code, bool asked)
{
    /* behind a question for a password only what is no answer to it */
    if (asked)
        return memcmp(code, "53", 2) == 0 || memcmp(code, "57P", 3) == 0;
    return memcmp(code, "3D000", 5) != 0 && memcmp(code, "28P01", 5) != 0;
}

/* The fields of an ErrorResponse: a letter, a terminated text, ..., 0. */
static bool postgres_error_denies(struct wr_first_words *words, struct wr_span in, size_t at,
                                  size_t end, bool asked)
{
    const unsigned char *code = NULL;
    size_t message = 0, message_len = 0;

    while (at + 1 < end && in.at[at] != 0) {
        const unsigned char *stop = memchr(in.at + at + 1, 0, end - at - 1);
        size_t len = (stop != NULL ? (size_t)(stop - in.at) : end) - at - 1;

        if (in.at[at] == 'C' && len == 5)
            code = in.at + at + 1;
        if (in.at[at] == 'M') {
            message = at + 1;
            message_len = len;
        }
        at += len + 2;
    }
    if (code == NULL || message == 0 || !postgres_code_denies(code, asked))
        return false;
    set_code(words, code, 5);
    quote(words, message, message_len);
    return true;
}

static bool postgres_denies(struct wr_first_words *words, struct wr_span in)
{
    size_t at = 0;
    bool asked = false;

    /* answers to requests for encryption: no ('N'); what follows yes ('S') can't be read */
    while (at < in.len && at < 2 && in.at[at] == 'N')
        at++;
    while (at + 5 <= in.len) {
        uint32_t len = wr_span_number(in, at + 1, 4);
        size_t end = at + 1 + len;

        if (in.at[at] == 'E' && in.at[at + 1] != 0) { /* before version 3 of the protocol */
            quote_line(words, in, at + 1);
            return memchr(in.at + at, 0, in.len - at) != NULL;
        }
        if (len < 4 || len > 4096 || (end > in.len && in.len < WR_FIRST_IN))
            return false;
        end = end > in.len ? in.len : end;
        if (in.at[at] == 'E')
            return postgres_error_denies(words, in, at + 5, end, asked);
        if (in.at[at] != 'R' && in.at[at] != 'v')
            return false;
        asked |= in.at[at] == 'R';
        at = end;
    }
    return false;
}

static bool redis_denies(struct wr_first_words *words, struct wr_span in)
{
    if (WR_BEGINS(in, "-DENIED ")) {
        set_code(words, in.at + 1, 6);
        quote_line(words, in, 1);
        return true;
    }
    if (!WR_BEGINS(in, "-ERR max number of clients"))
        return false;
    set_code(words, in.at + 1, 3);
    quote_line(words, in, 1);
    return true;
}

/* Behind the greeting; an unknown module is the program's business. */
static bool rsync_denies(struct wr_first_words *words, struct wr_span in)
{
    long at = wr_span_find(in, "\n@ERROR: max connections");

    if (at < 0)
        at = wr_span_find(in, "\n@ERROR: access denied");
    if (at < 0)
        return false;
    quote_line(words, in, (size_t)at + 1);
    return true;
}

/* CONNACK: 3.1.1 section 3.2.2.3; 5 section 3.2.2.2. A wrong password is the program's business. */
static bool mqtt_denies(struct wr_first_words *words, struct wr_span in)
{
    if (in.len < 4 || in.at[3] == 0 || in.at[3] == 4 || in.at[3] == 0x86)
        return false;
    set_number(words, in.at[3]);
    return true;
}

/* RFC 1928 sections 3 and 6, RFC 1929 section 2; the older protocol answers 90 for yes. */
static bool socks_denies(struct wr_first_words *words, struct wr_span in)
{
    size_t at = 2;

    if (in.at[0] == 0) {
        if (in.len < 2 || in.at[1] < 91 || in.at[1] > 93)
            return false;
        set_number(words, in.at[1]);
        return true;
    }
    if (in.len < 2)
        return false;
    if (in.at[1] == 2 && in.len >= 4) {
        if (in.at[2] == 1 && in.at[3] != 0)
            return false; /* a wrong password */
        at = 4;
    } else if (in.at[1] != 0 && in.at[1] != 0xff) {
        return false;
    }
    if (in.at[1] == 0xff)
        at = 0;
    if (at + 2 > in.len || in.at[at] != 5 || in.at[at + 1] == 0)
        return false;
    set_number(words, in.at[at + 1]);
    return true;
}

/* "(DESCRIPTION=(ERR=12505)...": a refuse packet, type 4 */
static bool oracle_denies(struct wr_first_words *words, struct wr_span in)
{
    long at = in.len > 4 && in.at[4] == 4 ? wr_span_find(in, "(ERR=") : -1;
    size_t len = 0;

    if (at < 0)
        return false;
    at += 5;
    while ((size_t)at + len < in.len && len < 5 && in.at[(size_t)at + len] >= '0' &&
           in.at[(size_t)at + len] <= '9')
        len++;
    set_code(words, in.at + at, len);
    return true;
}

static bool denies(struct wr_first_words *words, struct wr_span in, struct wr_span out)
{
    switch (words->heard) {
    case WR_SPEECH_HTTP:
        return http_denies(words, in, out);
    case WR_SPEECH_SSH:
        return !WR_BEGINS(in, "SSH-");
    case WR_SPEECH_SMTP:
    case WR_SPEECH_FTP:
    case WR_SPEECH_SMTP_FTP:
        return greeting_denies(words, in);
    case WR_SPEECH_NNTP:
        return words->sent == WR_SPEECH_NONE && out.len == 0 && greeting_denies(words, in);
    case WR_SPEECH_IMAP:
        return WR_BEGINS(in, "* BYE");
    case WR_SPEECH_POP3:
        return in.at[0] == '-' && out.len == 0;
    case WR_SPEECH_MYSQL:
        return mysql_denies(words, in);
    case WR_SPEECH_POSTGRES:
        return postgres_denies(words, in);
    case WR_SPEECH_REDIS:
        return redis_denies(words, in);
    case WR_SPEECH_MEMCACHED:
        return WR_BEGINS(in, "ERROR Too many open");
    case WR_SPEECH_RSYNC:
        return rsync_denies(words, in);
    case WR_SPEECH_MQTT:
        return mqtt_denies(words, in);
    case WR_SPEECH_SOCKS4:
    case WR_SPEECH_SOCKS5:
        return words->sent == words->heard && socks_denies(words, in);
    case WR_SPEECH_ORACLE:
        return oracle_denies(words, in);
    default:
        return false;
    }
}

/* OpenSSL and GnuTLS read five bytes, see that they are no record, and read no more. */
static bool is_ripe(const struct wr_first_bytes *first, struct wr_span in, enum wr_speech sent,
                    enum wr_speech heard)
{
    bool whole;

    if (!wr_speech_is_lines(heard) || sent == WR_SPEECH_TLS || first->last_in_eof ||
        in.len >= QUOTED_MAX)
        return true;
    wr_span_line(in, &whole);
    return whole;
}

static bool is_other(enum wr_speech sent, enum wr_speech heard)
{
    if (sent == WR_SPEECH_NONE || heard == WR_SPEECH_NONE || sent == heard)
        return false;
    /* nothing that is known to be another */
    return heard != WR_SPEECH_AMQP_OTHER || sent < WR_SPEECH_AMQP_091 || sent > WR_SPEECH_AMQP_SASL;
}

void wr_first_words_read(const struct wr_first_bytes *first, struct wr_first_words *ret_words)
{
    struct wr_span out = {first->out, first->out_len}, in = {first->in, first->in_len};

    out.len = out.len > WR_FIRST_OUT ? WR_FIRST_OUT : out.len;
    in.len = in.len > WR_FIRST_IN ? WR_FIRST_IN : in.len;
    memset(ret_words, 0, sizeof(*ret_words));
    ret_words->sent = wr_speech_sent(out);
    if (in.len == 0)
        return;
    ret_words->heard = wr_speech_heard(in, ret_words->sent);
    if (!is_ripe(first, in, ret_words->sent, ret_words->heard)) {
        ret_words->heard = WR_SPEECH_NONE;
        return;
    }
    if (wr_speech_is_lines(ret_words->heard) || ret_words->heard == WR_SPEECH_NOT_HTTP)
        quote_line(ret_words, in, 0);
    ret_words->other_protocol = is_other(ret_words->sent, ret_words->heard);
    if (!ret_words->other_protocol)
        ret_words->denial = denies(ret_words, in, out);
}

bool wr_first_bytes_say_no(const struct wr_first_bytes *first)
{
    struct wr_first_words words;

    if (first->in_len == 0)
        return false;
    wr_first_words_read(first, &words);
    return words.other_protocol || words.denial;
}

bool wr_first_bytes_may_turn_to_tls(const struct wr_first_bytes *first)
{
    struct wr_first_words words;

    wr_first_words_read(first, &words);
    return words.heard == WR_SPEECH_SMTP || words.heard == WR_SPEECH_FTP ||
           words.heard == WR_SPEECH_SMTP_FTP || words.heard == WR_SPEECH_NNTP ||
           words.heard == WR_SPEECH_IMAP || words.heard == WR_SPEECH_POP3;
}
