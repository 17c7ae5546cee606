/* SPDX-License-Identifier: MIT
 * What the first bytes of a connection tell: the protocols spoken, and whether the peer says no.
 * Pure, bounded; safe before the first failure, as no table here holds a pointer. */
#ifndef WR_BASE_FIRSTWORDS_H
#define WR_BASE_FIRSTWORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "whyrefused/attempt.h"

enum wr_speech {
    WR_SPEECH_NONE, /* not recognised, or nothing was said */
    WR_SPEECH_TLS,
    WR_SPEECH_HTTP,  /* 0.9 to 1.1 */
    WR_SPEECH_HTTP2, /* RFC 9113 */
    WR_SPEECH_SSH,
    WR_SPEECH_SMTP,
    WR_SPEECH_FTP,
    WR_SPEECH_SMTP_FTP, /* one of the two: their greetings have one form */
    WR_SPEECH_NNTP,
    WR_SPEECH_IMAP,
    WR_SPEECH_POP3,
    WR_SPEECH_MYSQL,
    WR_SPEECH_POSTGRES,
    WR_SPEECH_REDIS,
    WR_SPEECH_MEMCACHED,
    WR_SPEECH_MONGODB,
    WR_SPEECH_AMQP_091,
    WR_SPEECH_AMQP_1,
    WR_SPEECH_AMQP_SASL,
    WR_SPEECH_AMQP_OTHER,
    WR_SPEECH_MQTT,
    WR_SPEECH_LDAP,
    WR_SPEECH_SOCKS4,
    WR_SPEECH_SOCKS5,
    WR_SPEECH_GIT,
    WR_SPEECH_RSYNC,
    WR_SPEECH_VNC,
    WR_SPEECH_TELNET,
    WR_SPEECH_ORACLE,
    WR_SPEECH_NOT_HTTP, /* says only that it does not speak HTTP */
    WR_SPEECHES
};

struct wr_first_words {
    enum wr_speech sent, heard;
    bool other_protocol; /* the peer speaks another protocol than the program */
    bool denial;         /* the peer turns the connection down */
    char code[8];        /* "1130", "28000", "421"; "" = none */
    /* What to quote: a span of first->in; len 0 = nothing that is text. */
    uint16_t text_at, text_len;
};

void wr_first_words_read(const struct wr_first_bytes *first, struct wr_first_words *ret_words);

/* "MySQL"; NULL for WR_SPEECH_NONE. */
const char *wr_speech_name(enum wr_speech speech);

/* The inbound bytes are a denial of a known protocol, or of another one than the outbound ones.
 * For each chunk that comes: it may become true, and stays so. */
bool wr_first_bytes_say_no(const struct wr_first_bytes *first);

/* The peer speaks a protocol that may go over to TLS by a word of the client's (STARTTLS). */
bool wr_first_bytes_may_turn_to_tls(const struct wr_first_bytes *first);

#endif
