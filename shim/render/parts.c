/* SPDX-License-Identifier: MIT
 * See parts.h. */
#include "render/parts.h"
#include "render/errno.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"
#include "base/words.h"
#include "render/escape.h"
#include "render/template.h"
#include "render/value.h"

#define IPPROTO_MPTCP_ 262 /* include/uapi/linux/in.h; older libcs lack it */

void wr_sentence_end(struct wr_buf *sentence)
{
    static const char mark[] = "\xe2\x80\xa6";
    size_t last = sentence->len;
    uint32_t code;

    if (!sentence->cut)
        return;
    if (sentence->len > sentence->size - 3)
        sentence->len = last = sentence->size - 3;
    for (int back = 0; back < 3 && last > 0; back++) {
        last--;
        if (((unsigned char)sentence->data[last] & 0xc0) != 0x80) {
            if (wr_utf8_decode(sentence->data + last, sentence->len - last, &code) == 0)
                sentence->len = last;
            break;
        }
    }
    sentence->cut = false;
    wr_buf_str(sentence, mark);
}

bool wr_is_redacted(const struct wr_report *report)
{
    return report->redact_hosts || report->redact_paths;
}

unsigned wr_report_quote(const struct wr_report *report)
{
    return (report->redact_hosts ? WR_QUOTE_HIDE_HOSTS : 0u) |
           (report->redact_paths ? WR_QUOTE_HIDE_PATHS : 0u);
}

/* What expands to nothing is not said. */
static bool expand(const struct wr_report *report, const char *template, unsigned quote,
                   struct wr_buf *out)
{
    size_t before = out->len;

    return template != NULL &&
           wr_template(template, report->evidence, wr_report_quote(report) | quote, out) &&
           out->len > before;
}

static bool say(const struct wr_report *report, const char *template, struct wr_buf *out)
{
    return expand(report, template, WR_QUOTE_NONE, out);
}

/* Takes "sudo " out in front of every command of the line; values are left as they are. */
static void cut_sudo(struct wr_buf *out, size_t from)
{
    static const char sudo[] = "sudo ";
    const size_t len = sizeof(sudo) - 1;
    bool quoted = false, first = true;
    size_t to = from;

    while (from < out->len) {
        char c = out->data[from];

        if (first && !quoted && out->len - from >= len &&
            memcmp(out->data + from, sudo, len) == 0) {
            from += len;
            continue;
        }
        quoted ^= c == '\'';
        first = !quoted && (c == ';' || c == '&' || c == '|' || (c == ' ' && first));
        out->data[to++] = c;
        from++;
    }
    out->len = to;
}

static bool say_command(const struct wr_report *report, const char *template, struct wr_buf *out)
{
    size_t before = out->len;

    if (!expand(report, template, WR_QUOTE_SHELL, out))
        return false;
    if (report->process->effective_uid == 0)
        cut_sudo(out, before);
    return true;
}

/* The last number says what was seen in any case, where the row's own sentences all dropped. */
bool wr_say_because(const struct wr_report *report, unsigned i, struct wr_buf *out)
{
    const char *const *because = report->verdict->cause->because;
    const struct wr_buf before = *out;

    if (i < WR_CAUSE_SENTENCES)
        return say(report, because[i], out);
    for (i = 0; i < WR_CAUSE_SENTENCES; i++) {
        if (say(report, because[i], out)) {
            *out = before;
            return false;
        }
    }
    return say(report, "the call failed with {error}[ ({error.text})]", out);
}

bool wr_say_ruled_out(const struct wr_report *report, unsigned i, const struct wr_cause **ret_cause,
                      struct wr_buf *out)
{
    if (i >= report->verdict->ruled_out_count)
        return false;
    *ret_cause = report->verdict->ruled_out[i];
    return say(report, (*ret_cause)->ruled_out, out);
}

/* whyrefused/cause.h: printed while the fact is neither absent nor known to be false or zero. */
static bool is_blind(const struct wr_report *report, const struct wr_blind_spot *spot)
{
    const struct wr_evidence *ev = report->evidence;
    enum wr_kind kind = wr_fact_info[spot->fact].kind;

    if (spot->what == NULL || ev->state[spot->fact] == WR_ABSENT)
        return false;
    if (ev->state[spot->fact] == WR_UNKNOWN)
        return true;
    return (kind != WR_KIND_bool && kind != WR_KIND_uint && kind != WR_KIND_errno) ||
           ev->value[spot->fact].number != 0;
}

static bool say_spot(const struct wr_report *report, const struct wr_blind_spot *spot,
                     enum wr_say_unknown which, struct wr_buf *out)
{
    switch (which) {
    case WR_SAY_WHAT:
        return say(report, spot->what, out);
    case WR_SAY_WHY:
        return say(report, spot->why, out);
    default:
        return say_command(report, spot->command, out);
    }
}

/* Why a rival could not be told: the first of its blind spots that decides and is still open. */
static bool say_rival(const struct wr_report *report, const struct wr_cause *rival,
                      enum wr_say_unknown which, struct wr_buf *out)
{
    for (unsigned i = 0; i < sizeof(rival->unknown) / sizeof(rival->unknown[0]); i++) {
        const struct wr_blind_spot *spot = &rival->unknown[i];
        const struct wr_buf before = *out;

        if (!is_blind(report, spot) || !spot->decides || !say_spot(report, spot, WR_SAY_WHAT, out))
            continue;
        *out = before;
        return say_spot(report, spot, which, out);
    }
    return false;
}

/* A rival about which the evidence says too little, and that would win if it held. Where the
 * verdict is certain there is none. */
static bool say_undecided(const struct wr_report *report, unsigned i, enum wr_say_unknown which,
                          struct wr_buf *out)
{
    const struct wr_cause *rival;

    if (i >= report->verdict->undecided_count || report->verdict->confidence == WR_MATCH_CERTAIN)
        return false;
    rival = report->verdict->undecided[i];
    if (rival->rank < report->verdict->cause->rank)
        return false;
    if (which == WR_SAY_WHAT) {
        wr_buf_str(out, "whether ");
        wr_buf_str(out, rival->what);
        return true;
    }
    return say_rival(report, rival, which, out);
}

static bool say_fixed(const char *text, struct wr_buf *out)
{
    if (text != NULL)
        wr_buf_str(out, text);
    return text != NULL;
}

bool wr_say_unknown(const struct wr_report *report, unsigned i, enum wr_say_unknown which,
                    struct wr_buf *out)
{
    static const char *const late[] = {"what the probes that did not run would have said",
                                       "the time for this report was over",
                                       "WHYREFUSED_BUDGET_MS=2000"};

    if (i < 4) {
        const struct wr_blind_spot *spot = &report->verdict->cause->unknown[i];

        return is_blind(report, spot) && say_spot(report, spot, which, out);
    }
    if (i == 4)
        return report->out_of_time && say_fixed(late[which], out);
    if (i == 5)
        return which == WR_SAY_WHAT && report->frames != NULL &&
               say_fixed(report->frames->missing, out);
    return say_undecided(report, i - 6, which, out);
}

bool wr_say_fix(const struct wr_report *report, unsigned i, bool command, struct wr_buf *out)
{
    const struct wr_cause *cause = report->verdict->cause;

    for (unsigned before = 0; before <= i; before++) {
        if (i >= WR_SAY_FIX || cause->fixes[before].text == NULL)
            return false;
    }
    return command ? say_command(report, cause->fixes[i].command, out)
                   : say(report, cause->fixes[i].text, out);
}

const char *wr_say_event(const struct wr_report *report)
{
    static const char *const words[] = {[WR_EVENT_REPORT] = "error",
                                        [WR_EVENT_RECOVERED] = "recovered",
                                        [WR_EVENT_SUMMARY] = "summary"};

    return words[report->event];
}

void wr_say_error(enum wr_outcome outcome, int error, struct wr_buf *out)
{
    /* where the program got no errno */
    static const char *const words[WR_OUTCOMES] = {
        [WR_OUTCOME_ERROR] = "UNKNOWN",     [WR_OUTCOME_GAVE_UP] = "TIMEOUT",
        [WR_OUTCOME_CLOSED] = "EOF",        [WR_OUTCOME_ANSWERED] = "ANSWER",
        [WR_OUTCOME_SELF] = "SELF_CONNECT", [WR_OUTCOME_RECOVERED] = "NONE",
        [WR_OUTCOME_STALLED] = "TIMEOUT",   [WR_OUTCOME_LOST] = "TIMEOUT",
    };

    if (error != 0 && outcome != WR_OUTCOME_GAVE_UP)
        wr_buf_errno(out, error);
    else
        wr_buf_str(out, words[outcome]);
}

void wr_say_end(const struct wr_report *report, struct wr_buf *out)
{
    const struct wr_attempt *attempt = report->attempt;
    const struct wr_evidence *ev = report->evidence;
    const char *name;

    if (attempt->outcome == WR_OUTCOME_ERROR && attempt->call == WR_CALL_LOOKUP &&
        (name = wr_eai_name(attempt->lookup.result)) != NULL)
        wr_buf_str(out, name);
    else if (attempt->call == WR_CALL_HANDSHAKE && ev->state[WR_FACT_tls_error_type] == WR_PRESENT)
        wr_buf_mem(out, ev->text + ev->value[WR_FACT_tls_error_type].text.at,
                   ev->value[WR_FACT_tls_error_type].text.len);
    else
        wr_say_error(attempt->outcome, attempt->error, out);
}

bool wr_is_named(const struct wr_attempt *attempt)
{
    return attempt->name[0] != '\0' &&
           (attempt->call == WR_CALL_CONNECT || attempt->call == WR_CALL_LOOKUP ||
            attempt->call == WR_CALL_HANDSHAKE);
}

void wr_say_try(const struct wr_report *report, uint32_t i, struct wr_buf *out)
{
    const struct wr_try *try = &report->tries[i];

    wr_value_addr(&try->address, true, wr_report_quote(report), out);
    wr_buf_str(out, "  ");
    wr_say_error(try->outcome, try->error, out);
    wr_buf_str(out, "  ");
    wr_buf_str(out, try->cause);
}

const char *wr_say_confidence(const struct wr_report *report)
{
    switch (report->verdict->confidence) {
    case WR_MATCH_CERTAIN:
        return "certain";
    case WR_MATCH_LIKELY:
        return "likely";
    default:
        return "possible";
    }
}

bool wr_unix_name(const struct wr_attempt *attempt, struct wr_unix_name *ret_name)
{
    const size_t head = offsetof(struct sockaddr_un, sun_path);
    struct wr_unix_name name = {.bytes = (const char *)attempt->address.bytes + head};
    size_t have = attempt->address_read;

    if (have > WR_SOCKADDR_MAX)
        have = WR_SOCKADDR_MAX;
    if (have <= head || attempt->address.any.sa_family != AF_UNIX)
        return false;
    name.len = have - head;
    name.abstract = name.bytes[0] == '\0';
    if (name.abstract) {
        name.bytes++;
        name.len--;
    } else {
        name.len = strnlen(name.bytes, name.len);
    }
    *ret_name = name;
    return name.abstract || name.len > 0; /* an abstract name may be empty */
}

const char *wr_transport(const struct wr_attempt *attempt)
{
    struct wr_unix_name name;

    if (wr_unix_name(attempt, &name) || attempt->domain == AF_UNIX)
        return "unix";
    if (attempt->target.family == 0 && attempt->domain != AF_INET && attempt->domain != AF_INET6)
        return NULL;
    switch (attempt->protocol) {
    case IPPROTO_TCP:
    case IPPROTO_MPTCP_:
        return "tcp";
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
        return "udp";
    case IPPROTO_SCTP:
        return "sctp";
    case IPPROTO_DCCP:
        return "dccp";
    case IPPROTO_ICMP:
        return "icmp";
    case IPPROTO_ICMPV6:
        return "ipv6-icmp";
    case 0:
    case -1:
        return attempt->type == SOCK_STREAM ? "tcp" : attempt->type == SOCK_DGRAM ? "udp" : NULL;
    default:
        return NULL;
    }
}

const struct wr_addr *wr_subject(const struct wr_report *report)
{
    return report->attempt->target.family != 0 ? &report->attempt->target : NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

bool wr_frame_is_ours(const struct wr_frames *frames, const struct wr_frame *frame)
{
    const char *module = base_name(frames->text + frame->module);

    return strncmp(module, "libwhyrefused", strlen("libwhyrefused")) == 0;
}

void wr_say_frame(const struct wr_report *report, const struct wr_frame *frame, struct wr_buf *out)
{
    const char *text = report->frames->text;

    if (frame->file != 0 && frame->line != 0) {
        wr_value_text(text + frame->file, strlen(text + frame->file), WR_TEXT_PATH,
                      wr_report_quote(report), out);
        wr_buf_char(out, ':');
        wr_buf_uint(out, frame->line);
        if (frame->symbol != 0) {
            wr_buf_str(out, " in ");
            wr_escape_str(out, text + frame->symbol);
        }
        return;
    }
    wr_escape_str(out, frame->module != 0 ? base_name(text + frame->module) : "(unknown code)");
    if (frame->symbol != 0) {
        wr_buf_char(out, ' ');
        wr_escape_str(out, text + frame->symbol);
    }
    wr_buf_str(out, "+0x");
    wr_buf_hex(out, frame->symbol != 0 ? frame->symbol_offset : frame->offset);
}
