/* SPDX-License-Identifier: MIT
 * Facts of a connection that stood, and ended before it was of use: what was said first, how it
 * ended, and who took it where that is this machine. What the program sent is named, never quoted.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/file.h"
#include "base/firstwords.h"
#include "probe/local.h"
#include "whyrefused/faults.h"

/* Servers that wait for the client's first words, and close without one where they make none of
 * them: by their usual ports, and by the names of their programs. */
static const struct {
    uint16_t ports[4];
    uint8_t speech;
    char program[10];
} waiting[] = {
    {{443, 8443, 6443, 993}, WR_SPEECH_TLS, "stunnel"},
    {{995, 465, 636, 853}, WR_SPEECH_TLS, ""},
    {{5432, 5433, 6432}, WR_SPEECH_POSTGRES, "postgres"},
    {{6379, 6380}, WR_SPEECH_REDIS, "redis"},
    {{27017, 27018}, WR_SPEECH_MONGODB, "mongod"},
    {{389}, WR_SPEECH_LDAP, "slapd"},
    {{1883}, WR_SPEECH_MQTT, "mosquitto"},
};
#define WAITING (sizeof(waiting) / sizeof(waiting[0]))

static bool is_program(const struct wr_probe_ctx *ctx, const struct wr_sock *sock, const char *name)
{
    size_t len = strlen(name);

    return sock != NULL && len > 0 && sock->program.len >= len &&
           memcmp(ctx->ev->text + sock->program.at, name, len) == 0;
}

/* The protocol that the server is for; a program that is known to be another's says nothing. */
static enum wr_speech usual_speech(const struct wr_probe_ctx *ctx, const struct wr_sock *listener)
{
    for (unsigned i = 0; i < WAITING; i++) {
        if (is_program(ctx, listener, waiting[i].program))
            return waiting[i].speech;
    }
    for (unsigned i = 0; i < WAITING; i++) {
        for (unsigned p = 0; p < 4 && waiting[i].ports[p] != 0; p++) {
            if (waiting[i].ports[p] == ctx->attempt->target.port)
                return waiting[i].speech;
        }
    }
    return WR_SPEECH_NONE;
}

static void set_speech(struct wr_probe_ctx *ctx, enum wr_fact fact, enum wr_speech speech)
{
    const char *name = wr_speech_name(speech);

    if (name != NULL)
        wr_set_str(ctx->ev, fact, name);
    else
        wr_set_absent(ctx->ev, fact);
}

static bool speaks_of(const struct wr_first_bytes *first, const char *word)
{
    size_t len = strlen(word);

    for (size_t at = 0; at + len <= first->in_len; at++) {
        if (memcmp(first->in + at, word, len) == 0)
            return true;
    }
    return false;
}

static bool is_code(const struct wr_first_words *words, const char *code)
{
    return strcmp(words->code, code) == 0;
}

static enum wr_denial_advice http_advice(const struct wr_first_words *words)
{
    if (is_code(words, "407"))
        return WR_DENIAL_PROXY_LOGIN;
    return is_code(words, "500") || is_code(words, "502") || is_code(words, "503") ||
                   is_code(words, "504")
               ? WR_DENIAL_PROXY_ONWARD
               : WR_DENIAL_PROXY_RULES;
}

static enum wr_denial_advice mysql_advice(const struct wr_first_words *words)
{
    if (is_code(words, "1130"))
        return WR_DENIAL_MYSQL_HOST;
    if (is_code(words, "1129"))
        return WR_DENIAL_MYSQL_BLOCKED;
    if (is_code(words, "3159"))
        return WR_DENIAL_ENCRYPTION;
    return is_code(words, "1053") || is_code(words, "3032") || is_code(words, "3168")
               ? WR_DENIAL_STARTING
               : WR_DENIAL_LIMIT;
}

static enum wr_denial_advice advice_on(const struct wr_first_bytes *first,
                                       const struct wr_first_words *words)
{
    switch (words->heard) {
    case WR_SPEECH_HTTP:
        return http_advice(words);
    case WR_SPEECH_MYSQL:
        return mysql_advice(words);
    case WR_SPEECH_POSTGRES:
        if (is_code(words, "28000"))
            return WR_DENIAL_PG_HBA;
        if (strncmp(words->code, "53", 2) == 0)
            return WR_DENIAL_LIMIT;
        return strncmp(words->code, "57P", 3) == 0 ? WR_DENIAL_STARTING : WR_DENIAL_OTHER;
    case WR_SPEECH_REDIS:
        return is_code(words, "DENIED") ? WR_DENIAL_REDIS_PROTECTED : WR_DENIAL_LIMIT;
    case WR_SPEECH_SSH:
        return WR_DENIAL_SSH_STARTUPS;
    case WR_SPEECH_SOCKS4:
    case WR_SPEECH_SOCKS5:
        if (is_code(words, "255"))
            return WR_DENIAL_PROXY_LOGIN;
        return is_code(words, "2") ? WR_DENIAL_PROXY_RULES : WR_DENIAL_PROXY_ONWARD;
    default:
        return speaks_of(first, "oo many") || speaks_of(first, "max connections") ? WR_DENIAL_LIMIT
                                                                                  : WR_DENIAL_OTHER;
    }
}

static void set_words(struct wr_probe_ctx *ctx, const struct wr_first_words *words)
{
    const struct wr_first_bytes *first = &ctx->attempt->first;
    struct wr_evidence *ev = ctx->ev;

    set_speech(ctx, WR_FACT_sent_protocol, words->sent);
    set_speech(ctx, WR_FACT_heard_protocol, words->heard);
    if (words->text_len > 0)
        wr_set_text(ev, WR_FACT_heard_text, (const char *)first->in + words->text_at,
                    words->text_len);
    else
        wr_set_absent(ev, WR_FACT_heard_text);
    wr_set_bool(ev, WR_FACT_heard_other_protocol, words->other_protocol);
    wr_set_bool(ev, WR_FACT_heard_denial, words->denial);
    if (words->denial) {
        wr_set_uint(ev, WR_FACT_denial_advice, advice_on(first, words));
        wr_set_bool(ev, WR_FACT_denial_reasonless, speaks_of(first, "421 Service not available"));
        if (words->code[0] != '\0')
            wr_set_str(ev, WR_FACT_denial_code, words->code);
        else
            wr_set_absent(ev, WR_FACT_denial_code);
    }
    if (!words->other_protocol)
        return;
    if (words->sent == WR_SPEECH_HTTP && words->heard == WR_SPEECH_TLS)
        wr_set_uint(ev, WR_FACT_mismatch_advice, WR_MISMATCH_USE_HTTPS);
    else if (words->sent == WR_SPEECH_TLS && words->heard == WR_SPEECH_HTTP)
        wr_set_uint(ev, WR_FACT_mismatch_advice, WR_MISMATCH_USE_HTTP);
    else
        wr_set_uint(ev, WR_FACT_mismatch_advice,
                    words->sent == WR_SPEECH_TLS ? WR_MISMATCH_STARTTLS : WR_MISMATCH_OTHER);
}

/* What programs that pass connections on are called (comm, 15 bytes), and what they are. */
static const struct {
    char program[16];
    uint8_t kind;
    bool whole; /* the name is all of it */
} forwarders[] = {
    {"docker-proxy", WR_FORWARDER_CONTAINER, true},
    {"rootlessport", WR_FORWARDER_CONTAINER, false},
    {"rootlesskit", WR_FORWARDER_CONTAINER, true},
    {"slirp4netns", WR_FORWARDER_CONTAINER, true},
    {"pasta", WR_FORWARDER_CONTAINER, false},
    {"gvproxy", WR_FORWARDER_CONTAINER, true},
    {"com.docker.back", WR_FORWARDER_CONTAINER, false},
    {"vpnkit", WR_FORWARDER_CONTAINER, false},
    {"ssh", WR_FORWARDER_TUNNEL, true},
    {"autossh", WR_FORWARDER_TUNNEL, true},
    {"kubectl", WR_FORWARDER_KUBECTL, true},
    {"stunnel", WR_FORWARDER_RELAY, false},
    {"haproxy", WR_FORWARDER_RELAY, true},
    {"envoy", WR_FORWARDER_RELAY, true},
    {"nginx", WR_FORWARDER_RELAY, true},
    {"traefik", WR_FORWARDER_RELAY, true},
    {"socat", WR_FORWARDER_RELAY, false},
    {"systemd-socket-", WR_FORWARDER_RELAY, false},
    {"rinetd", WR_FORWARDER_RELAY, true},
};

static void set_forwarder(struct wr_probe_ctx *ctx, const struct wr_sock *listener)
{
    static const char docker[] = "docker.service";

    if (listener == NULL)
        return;
    for (unsigned i = 0; i < sizeof(forwarders) / sizeof(forwarders[0]); i++) {
        if (is_program(ctx, listener, forwarders[i].program) &&
            (!forwarders[i].whole || listener->program.len == strlen(forwarders[i].program))) {
            wr_set_uint(ctx->ev, WR_FACT_forwarder, forwarders[i].kind);
            return;
        }
    }
    /* its proxies are root's: others see the unit alone */
    if (listener->program.len == 0 && listener->unit.len == sizeof(docker) - 1 &&
        memcmp(ctx->ev->text + listener->unit.at, docker, sizeof(docker) - 1) == 0)
        wr_set_uint(ctx->ev, WR_FACT_forwarder, WR_FORWARDER_CONTAINER);
    else if (listener->program.len != 0)
        wr_set_absent(ctx->ev, WR_FACT_forwarder);
}

static void set_end(struct wr_probe_ctx *ctx, const struct wr_first_words *words)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_first_bytes *first = &attempt->first;
    enum wr_speech usual = usual_speech(ctx, wr_ev_sock(ctx->ev, WR_FACT_listener));

    wr_set_bool(ctx->ev, WR_FACT_closed_by_reset,
                attempt->error == ECONNRESET || attempt->error == EPIPE);
    wr_set_bool(ctx->ev, WR_FACT_closed_own_side, first->shut_down);
    wr_set_bool(ctx->ev, WR_FACT_sent_any, first->out_len > 0);
    if (first->connected_ns != 0 && attempt->end_ns >= first->connected_ns)
        wr_set_uint(ctx->ev, WR_FACT_connected_us, (attempt->end_ns - first->connected_ns) / 1000);
    set_speech(ctx, WR_FACT_usual_protocol, usual);
    wr_set_bool(ctx->ev, WR_FACT_usual_differs,
                usual != WR_SPEECH_NONE && words->sent != WR_SPEECH_NONE && usual != words->sent);
}

/* Where the kernel takes the ports of sockets from that are not bound (ip(7)). */
static void set_port_range(struct wr_probe_ctx *ctx)
{
    char text[64];
    const char *at = text;
    uint64_t first, last;

    if (wr_file_read("/proc/sys/net/ipv4/ip_local_port_range", text, sizeof(text)) < 0 ||
        !wr_parse_uint(&at, &first))
        return;
    at += strspn(at, " \t");
    if (!wr_parse_uint(&at, &last))
        return;
    wr_set_uint(ctx->ev, WR_FACT_self_range_first, first);
    wr_set_uint(ctx->ev, WR_FACT_self_range_last, last);
    wr_set_bool(ctx->ev, WR_FACT_self_in_range,
                ctx->attempt->target.port >= first && ctx->attempt->target.port <= last);
}

void wr_probe_conversation(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_first_words words;

    if (wr_attempt_transport(attempt) != IPPROTO_TCP)
        return;
    if (attempt->outcome == WR_OUTCOME_SELF)
        set_port_range(ctx);
    if (attempt->outcome != WR_OUTCOME_CLOSED && attempt->outcome != WR_OUTCOME_ANSWERED)
        return;
    wr_first_words_read(&attempt->first, &words);
    set_words(ctx, &words);
    set_forwarder(ctx, wr_ev_sock(ctx->ev, WR_FACT_listener));
    set_end(ctx, &words);
}
