/* SPDX-License-Identifier: MIT
 * The facts of what the nameservers said. See nameservers.h. */
#include "probe/nameservers.h"

#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "base/words.h"

int wr_ns_decisive(const struct wr_nameservers *ns)
{
    int first = -1;

    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (ns->known[i].outcome == 0)
            continue;
        if (!wr_ns_is_error(ns->known[i].outcome))
            return (int)i;
        if (first < 0)
            first = (int)i;
    }
    return first;
}

static void put_ms(struct wr_buf *out, uint64_t us)
{
    if (us < 1000)
        wr_buf_str(out, "<1");
    else
        wr_buf_uint(out, us / 1000);
    wr_buf_str(out, " ms");
}

static const char *type_word(const struct wr_nameservers *ns)
{
    if (ns->talk.types_count == 2 && ns->wanted == 3)
        return "A or AAAA";
    return wr_dns_type_name(ns->talk.types[ns->wanted == 2 ? 1 : 0]);
}

static void put_server(const struct wr_nameservers *ns, unsigned index, struct wr_buf *out)
{
    const struct wr_dns_server *server = &ns->talk.server[index];
    const struct wr_ns_known *known = &ns->known[index];
    struct wr_addr bare = server->addr;

    bare.port = 0;
    wr_buf_addr(out, &bare);
    wr_buf_char(out, ' ');
    wr_buf_str(out, wr_dns_outcome_word(known->outcome));
    if (known->us > 0) {
        wr_buf_str(out, wr_ns_is_silence(known->outcome) ? " within " : " after ");
        put_ms(out, known->us);
    }
    if (server->offender.family != 0 && !wr_addr_same_host(&server->offender, &server->addr)) {
        wr_buf_str(out, ", says ");
        wr_buf_addr(out, &server->offender);
    }
}

static void set_each(const struct wr_nameservers *ns)
{
    char text[320];
    struct wr_buf out = wr_buf_on(text, sizeof(text));

    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (ns->known[i].outcome == 0)
            continue;
        if (out.len > 0)
            wr_buf_str(&out, "; ");
        put_server(ns, i, &out);
    }
    wr_set_text(ns->ctx->ev, WR_FACT_dns_each, text, (uint32_t)out.len);
}

static void set_addr_or_absent(struct wr_evidence *ev, enum wr_fact fact,
                               const struct wr_addr *addr)
{
    if (addr != NULL && addr->family != 0)
        wr_set_addr(ev, fact, addr);
    else
        wr_set_absent(ev, fact);
}

static const char *code_of(unsigned outcome)
{
    switch (outcome) {
    case WR_NS_NXDOMAIN:
        return wr_dns_rcode_name(WR_DNS_NXDOMAIN);
    case WR_NS_NODATA:
    case WR_NS_ANSWER:
    case WR_NS_TRUNCATED:
        return wr_dns_rcode_name(WR_DNS_NOERROR);
    case WR_NS_SERVFAIL:
        return wr_dns_rcode_name(WR_DNS_SERVFAIL);
    case WR_NS_REFUSED:
        return wr_dns_rcode_name(WR_DNS_REFUSED);
    case WR_NS_NOTIMP:
        return wr_dns_rcode_name(WR_DNS_NOTIMP);
    case WR_NS_FORMERR:
        return wr_dns_rcode_name(WR_DNS_FORMERR);
    default:
        return NULL;
    }
}

static bool is_word(unsigned outcome)
{
    return outcome == WR_NS_ANSWER || outcome == WR_NS_NODATA || outcome == WR_NS_NXDOMAIN;
}

/* What the further questions told, of either type. */
static void set_forms(const struct wr_nameservers *ns, const struct wr_ns_known *known)
{
    struct wr_evidence *ev = ns->ctx->ev;

    for (unsigned i = 0; i < ns->talk.types_count; i++) {
        const struct wr_dns_said *said = &known->said[i];
        uint8_t plain = said->by_form[WR_DNS_PLAIN], full = said->by_form[WR_DNS_FULL],
                unchecked = said->by_form[WR_DNS_UNCHECKED];

        if (unchecked != 0 && !wr_ev_true(ev, WR_FACT_dns_works_cd))
            wr_set_bool(ev, WR_FACT_dns_works_cd, is_word(unchecked));
        if (plain != 0 && !is_word(full) && !wr_ev_true(ev, WR_FACT_dns_works_plain))
            wr_set_bool(ev, WR_FACT_dns_works_plain, is_word(plain));
    }
}

static void set_addresses(const struct wr_nameservers *ns, const struct wr_ns_known *known)
{
    struct wr_evidence *ev = ns->ctx->ev;

    wr_set_absent(ev, WR_FACT_dns_answer);
    for (unsigned i = 0; i < ns->talk.types_count; i++) {
        const struct wr_dns_said *said = &known->said[i];
        unsigned type = ns->talk.types[i];

        if (!is_word(said->outcome) || (type != WR_DNS_A && type != WR_DNS_AAAA))
            continue;
        wr_set_bool(ev, type == WR_DNS_A ? WR_FACT_dns_has_a : WR_FACT_dns_has_aaaa,
                    said->outcome == WR_NS_ANSWER);
        if (said->first.family != 0 && !wr_ev_has(ev, WR_FACT_dns_answer))
            wr_set_addr(ev, WR_FACT_dns_answer, &said->first);
    }
}

static void set_errors(const struct wr_nameservers *ns, const struct wr_dns_server *server)
{
    struct wr_evidence *ev = ns->ctx->ev;

    if (server->error != 0)
        wr_set_errno(ev, WR_FACT_dns_error, server->error);
    else
        wr_set_absent(ev, WR_FACT_dns_error);
    if (!server->icmp || server->offender.family != 0)
        set_addr_or_absent(ev, WR_FACT_dns_offender, &server->offender);
    if (server->offender.family != 0)
        wr_set_bool(ev, WR_FACT_dns_offender_other,
                    !wr_addr_same_host(&server->offender, &server->addr));
    if (!server->tcp_asked) {
        wr_set_absent(ev, WR_FACT_dns_tcp_open);
        return;
    }
    wr_set_bool(ev, WR_FACT_dns_tcp_open, server->tcp_open);
    if (server->tcp_error != 0)
        wr_set_errno(ev, WR_FACT_dns_tcp_error, server->tcp_error);
    else
        wr_set_absent(ev, WR_FACT_dns_tcp_error);
}

static void set_ede(struct wr_evidence *ev, const struct wr_dns_server *server)
{
    const char *name = wr_dns_ede_text(server->ede);

    if (server->ede == WR_DNS_EDE_NONE) {
        wr_set_absent(ev, WR_FACT_dns_ede);
        return;
    }
    wr_set_uint(ev, WR_FACT_dns_ede, server->ede);
    if (name != NULL)
        wr_set_str(ev, WR_FACT_dns_ede_name, name);
    if (server->ede_len > 0)
        wr_set_text(ev, WR_FACT_dns_ede_text, server->ede_text, server->ede_len);
    else
        wr_set_absent(ev, WR_FACT_dns_ede_text);
}

/* One that knows the name, where the first that answers does not: nobody asks it. */
static const struct wr_addr *other_server(const struct wr_nameservers *ns, int decided)
{
    if (wr_ns_is_error(ns->known[decided].outcome) || ns->known[decided].outcome == WR_NS_ANSWER)
        return NULL;
    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (ns->known[i].outcome == WR_NS_ANSWER)
            return &ns->talk.server[i].addr;
    }
    return NULL;
}

bool wr_ns_asks_dns_alone(const struct wr_name_lookup *lookup)
{
    return strncmp(lookup->function, "res_", 4) == 0;
}

/* Whether what is in resolv.conf is what the program's lookup went by, and all that it went by:
 * systemd-resolved has servers of its own, and with res_nquery() and its kin so can the program. */
static bool went_by_them(const struct wr_nameservers *ns)
{
    static const uint8_t resolved[3] = {127, 0, 0};
    const struct wr_evidence *ev = ns->ctx->ev;
    const struct wr_addr *first = &ns->resolv.servers[0];
    bool to_resolved = first->family == AF_INET && memcmp(first->bytes, resolved, 3) == 0 &&
                       (first->bytes[3] == 53 || first->bytes[3] == 54);

    if (ns->resolv.aliases && strchr(ns->name, '.') == NULL)
        return false;
    if (wr_ns_asks_dns_alone(&ns->ctx->attempt->lookup))
        return strncmp(ns->ctx->attempt->lookup.function, "res_n", 5) != 0;
    return wr_ev_true(ev, WR_FACT_nss_dns) && wr_ev_absent(ev, WR_FACT_nss_stop) &&
           wr_ev_absent(ev, WR_FACT_nss_other) &&
           (to_resolved || wr_ev_false(ev, WR_FACT_nss_resolve));
}

static bool do_agree(const struct wr_nameservers *ns, int decided)
{
    for (unsigned i = 0; i < ns->talk.count; i++) {
        if (ns->known[i].outcome != ns->known[decided].outcome)
            return false;
    }
    return ns->complete && !ns->resolv.use_vc && went_by_them(ns);
}

/* glibc waits that long for each, again and again (resolv/res_send.c). */
static bool waited_out(const struct wr_nameservers *ns)
{
    const struct wr_attempt *attempt = ns->ctx->attempt;
    uint64_t each_ns = (uint64_t)ns->resolv.timeout_s * 1000000000u, silent = 0;

    for (unsigned i = 0; i < ns->talk.count; i++)
        silent += wr_ns_is_silence(ns->known[i].outcome);
    if (silent == 0)
        silent = 1;
    return attempt->end_ns - attempt->start_ns >= silent * each_ns * ns->resolv.attempts * 99 / 100;
}

static unsigned asked_count(const struct wr_nameservers *ns)
{
    unsigned asked = 0;

    for (unsigned i = 0; i < ns->talk.count; i++)
        asked += ns->known[i].outcome != 0;
    return asked;
}

void wr_ns_set_facts(const struct wr_nameservers *ns, int decided)
{
    const struct wr_ns_known *known = &ns->known[decided];
    const struct wr_dns_server *server = &ns->talk.server[decided];
    struct wr_evidence *ev = ns->ctx->ev;
    const char *code = code_of(known->outcome);

    wr_set_uint(ev, WR_FACT_dns_asked, asked_count(ns));
    wr_set_uint(ev, WR_FACT_dns_outcome, known->outcome);
    wr_set_bool(ev, WR_FACT_dns_agree, do_agree(ns, decided));
    wr_set_addr(ev, WR_FACT_dns_server, &server->addr);
    if (code != NULL)
        wr_set_str(ev, WR_FACT_dns_response_code, code);
    else
        wr_set_absent(ev, WR_FACT_dns_response_code);
    wr_set_str(ev, WR_FACT_dns_name, known->name);
    if (type_word(ns) != NULL)
        wr_set_str(ev, WR_FACT_dns_type, type_word(ns));
    wr_set_bool(ev, WR_FACT_dns_waited_out, waited_out(ns));
    if (known->us > 0)
        wr_set_uint(
            ev, wr_ns_is_silence(known->outcome) ? WR_FACT_dns_waited_us : WR_FACT_dns_answer_us,
            known->us);
    set_addr_or_absent(ev, WR_FACT_dns_other_server, other_server(ns, decided));
    set_each(ns);
    set_addresses(ns, known);
    set_forms(ns, known);
    set_errors(ns, server);
    set_ede(ev, server);
}
