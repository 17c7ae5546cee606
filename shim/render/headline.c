/* SPDX-License-Identifier: MIT
 * The headline: what failed, how, and the cause's own words. Declared in render.h. Pure. */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/words.h"
#include "render/errno.h"
#include "render/parts.h"
#include "render/render.h"
#include "render/template.h"
#include "render/value.h"

static const char *family_name(int family)
{
    static const char *const names[] = {[AF_UNSPEC] = "AF_UNSPEC",
                                        [AF_UNIX] = "AF_UNIX",
                                        [AF_INET] = "AF_INET",
                                        [AF_INET6] = "AF_INET6",
                                        [AF_NETLINK] = "AF_NETLINK",
                                        [AF_PACKET] = "AF_PACKET",
                                        [AF_VSOCK] = "AF_VSOCK",
                                        [AF_BLUETOOTH] = "AF_BLUETOOTH",
                                        [AF_ALG] = "AF_ALG",
                                        [AF_CAN] = "AF_CAN",
                                        [AF_TIPC] = "AF_TIPC",
                                        [AF_XDP] = "AF_XDP",
                                        [AF_IEEE802154] = "AF_IEEE802154"};

    return family >= 0 && family < (int)(sizeof(names) / sizeof(names[0])) ? names[family] : NULL;
}

static void put_family(int family, struct wr_buf *out)
{
    const char *name = family_name(family);

    if (name != NULL) {
        wr_buf_str(out, name);
    } else {
        wr_buf_str(out, "family ");
        wr_buf_int(out, family);
    }
}

static void put_host(const struct wr_report *report, const struct wr_addr *addr, struct wr_buf *out)
{
    const char *name = report->attempt->name;
    unsigned quote = wr_report_quote(report);
    char space[64];
    struct wr_buf text = wr_buf_on(space, sizeof(space));

    wr_buf_addr(&text, addr);
    wr_buf_terminate(&text);
    if (!wr_is_named(report->attempt) || strcmp(name, space) == 0) {
        wr_value_addr(addr, false, quote, out);
        return;
    }
    wr_value_text(name, strlen(name), WR_TEXT_HOST, quote, out);
    wr_buf_str(out, " (");
    wr_value_addr(addr, false, quote, out);
    wr_buf_char(out, ')');
}

static void put_unix(const struct wr_report *report, const struct wr_unix_name *name,
                     struct wr_buf *out)
{
    if (name->abstract)
        wr_buf_char(out, '@');
    wr_value_text(name->bytes, name->len, WR_TEXT_PATH, wr_report_quote(report), out);
}

static const char *const subject_words[WR_CALLS] = {
    [WR_CALL_SOCKET] = " to ",  [WR_CALL_BIND] = " to ",   [WR_CALL_LISTEN] = " on ",
    [WR_CALL_CONNECT] = " to ", [WR_CALL_ACCEPT] = " on ", [WR_CALL_SEND] = " to ",
    [WR_CALL_RECV] = " from ",  [WR_CALL_HANDSHAKE] = " ",
};

/* " to db.local (10.4.0.2) port 5432", " on 0.0.0.0 port 80", " to /run/x.sock" */
static void put_subject(const struct wr_report *report, struct wr_buf *out)
{
    const struct wr_attempt *attempt = report->attempt;
    const struct wr_addr *addr = wr_subject(report);
    struct wr_unix_name name;

    wr_buf_str(out, subject_words[attempt->call]);
    if (addr != NULL) {
        put_host(report, addr, out);
        if (addr->port != 0 || attempt->call == WR_CALL_CONNECT) {
            wr_buf_str(out, " port ");
            wr_buf_uint(out, addr->port);
        }
    } else if (wr_unix_name(attempt, &name)) {
        put_unix(report, &name, out);
    } else if (attempt->call == WR_CALL_LISTEN || attempt->call == WR_CALL_ACCEPT) {
        wr_buf_str(out, "a socket");
    } else if (attempt->call == WR_CALL_HANDSHAKE && attempt->address_len == 0) {
        wr_buf_str(out, "a peer whose address is not known");
    } else if (attempt->address_len < sizeof(sa_family_t)) {
        wr_buf_str(out, "an incomplete address");
    } else if (attempt->address_read < sizeof(sa_family_t)) {
        wr_buf_str(out, "an address that cannot be read");
    } else {
        wr_buf_str(out, attempt->address.any.sa_family == AF_UNIX ? "an unnamed address of "
                                                                  : "an address of ");
        put_family(attempt->address.any.sa_family, out);
    }
}

/* "socket(AF_INET6, SOCK_STREAM)" */
static void put_socket_call(const struct wr_attempt *attempt, struct wr_buf *out)
{
    static const char *const types[] = {[SOCK_STREAM] = "SOCK_STREAM",
                                        [SOCK_DGRAM] = "SOCK_DGRAM",
                                        [SOCK_RAW] = "SOCK_RAW",
                                        [SOCK_RDM] = "SOCK_RDM",
                                        [SOCK_SEQPACKET] = "SOCK_SEQPACKET"};
    int type = attempt->type < 0 ? -1 : attempt->type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);

    wr_buf_str(out, "socket(");
    put_family(attempt->domain, out);
    wr_buf_str(out, ", ");
    if (type > 0 && type <= SOCK_SEQPACKET)
        wr_buf_str(out, types[type]);
    else
        wr_buf_int(out, attempt->type);
    wr_buf_char(out, ')');
}

/* "lookup of db.local", "lookup of the service pgsql" */
static void put_lookup(const struct wr_report *report, struct wr_buf *out)
{
    const struct wr_attempt *attempt = report->attempt;
    const char *service = attempt->service;
    bool named = attempt->lookup.name_len > 0 || service[0] == '\0';

    wr_buf_str(out, "lookup of ");
    if (named && attempt->name[0] == '\0')
        wr_buf_str(out, "an empty name");
    else if (named)
        wr_value_text(attempt->name, strlen(attempt->name), WR_TEXT_HOST, wr_report_quote(report),
                      out);
    if (named && (attempt->lookup.result != EAI_SERVICE || service[0] == '\0'))
        return;
    wr_buf_str(out, named ? ", service " : "the service ");
    wr_value_text(service, strlen(service), WR_TEXT_PLAIN, wr_report_quote(report), out);
}

static void put_lookup_end(const struct wr_attempt *attempt, struct wr_buf *out)
{
    const char *text = attempt->lookup.result == EAI_SYSTEM ? wr_errno_text(attempt->error)
                                                            : wr_eai_text(attempt->lookup.result);

    wr_buf_str(out, " failed");
    if (text == NULL)
        return;
    wr_buf_str(out, " (");
    wr_buf_str(out, text);
    wr_buf_char(out, ')');
}

/* Where there is no errno to tell of. */
static const char *const outcome_texts[WR_OUTCOMES] = {
    [WR_OUTCOME_GAVE_UP] = " got no answer before the program gave up",
    [WR_OUTCOME_CLOSED] = " was closed by the peer before any byte came",
    [WR_OUTCOME_ANSWERED] = " was turned down by the peer",
    [WR_OUTCOME_SELF] = " reached the program itself",
    [WR_OUTCOME_RECOVERED] = " works now",
    [WR_OUTCOME_STALLED] = " came to a halt",
};

static void put_outcome(int error, struct wr_buf *out)
{
    const char *text = wr_errno_text(error);

    switch (error) {
    case ECONNREFUSED:
        wr_buf_str(out, " was refused");
        return;
    case ETIMEDOUT:
        wr_buf_str(out, " timed out");
        return;
    case ECONNRESET:
        wr_buf_str(out, " was reset");
        return;
    case EACCES:
    case EPERM:
        wr_buf_str(out, " was denied (");
        break;
    default:
        wr_buf_str(out, " failed (");
    }
    if (text != NULL)
        wr_buf_str(out, text);
    else
        wr_buf_errno(out, error);
    wr_buf_char(out, ')');
}

/* " 14 times in 12 s", ", after 3 failures in 2.1 s" */
static void put_count(const struct wr_report *report, struct wr_buf *out)
{
    bool recovered = report->event == WR_EVENT_RECOVERED;

    if (report->event == WR_EVENT_REPORT)
        return;
    wr_buf_str(out, recovered ? ", after " : " ");
    wr_buf_uint(out, report->count);
    wr_buf_str(out, recovered ? " failure" : " time");
    if (report->count != 1)
        wr_buf_char(out, 's');
    if (report->lasted_ms == 0)
        return;
    wr_buf_str(out, " in ");
    if (report->lasted_ms < 1000)
        wr_buf_ms(out, report->lasted_ms * 1000);
    else
        wr_buf_s(out, report->lasted_ms * 1000);
    wr_buf_str(out, report->lasted_ms < 1000 ? " ms" : " s");
}

/* What it was, where nothing that was seen now says why: false where the cause speaks of now. */
static bool put_earlier(const struct wr_report *report, struct wr_buf *out)
{
    const char *earlier = report->attempt->failing_cause;

    if (report->event == WR_EVENT_RECOVERED &&
        (earlier == NULL || strcmp(earlier, report->verdict->cause->id) != 0))
        return false;
    if (report->event == WR_EVENT_RECOVERED)
        wr_buf_str(out, "until then, ");
    wr_buf_str(out, report->verdict->cause->what);
    return true;
}

static void put_error_words(int error, struct wr_buf *out)
{
    if (error != 0)
        put_outcome(error, out);
    else
        wr_buf_str(out, " failed");
}

void wr_render_headline(const struct wr_report *report, struct wr_buf *out)
{
    const struct wr_attempt *attempt = report->attempt;
    const char *transport = wr_transport(attempt);
    size_t before;

    if (attempt->call == WR_CALL_SOCKET) {
        put_socket_call(attempt, out);
    } else if (attempt->call == WR_CALL_LOOKUP) {
        put_lookup(report, out);
    } else if (attempt->call == WR_CALL_HANDSHAKE) {
        wr_buf_str(out, "TLS handshake with");
        put_subject(report, out);
    } else {
        if (transport != NULL && strcmp(transport, "udp") == 0)
            wr_buf_str(out, "UDP ");
        wr_buf_str(out, wr_call_word(attempt->call));
        put_subject(report, out);
    }
    if (attempt->outcome == WR_OUTCOME_ERROR && attempt->call == WR_CALL_LOOKUP)
        put_lookup_end(attempt, out);
    else if (attempt->outcome != WR_OUTCOME_RECOVERED && attempt->call == WR_CALL_HANDSHAKE)
        put_error_words(attempt->outcome == WR_OUTCOME_ERROR ? attempt->error : 0, out);
    else if (outcome_texts[attempt->outcome] != NULL)
        wr_buf_str(out, outcome_texts[attempt->outcome]);
    else
        put_outcome(attempt->error, out);
    put_count(report, out);
    wr_buf_str(out, ": ");
    if (report->event != WR_EVENT_REPORT && put_earlier(report, out))
        return;
    before = out->len;
    if (!wr_template(report->verdict->cause->headline, report->evidence, wr_report_quote(report),
                     out) ||
        out->len == before)
        wr_buf_str(out, report->verdict->cause->what);
}
