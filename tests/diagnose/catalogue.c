/* SPDX-License-Identifier: MIT
 * Checks of the whole catalogue: form of the rows, templates, and that match() reads exactly what
 * .cites says, over the golden facts and many random evidences. See facts.h. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "facts.h"
#include "render/parts.h"
#include "render/render.h"
#include "render/template.h"

#ifdef __SANITIZE_THREAD__ /* many times slower: too few to say what is never read */
#define RANDOM_EVIDENCES 5000
#else
#define RANDOM_EVIDENCES 200000
#endif
#define PURITY_EVIDENCES 4000
#define CAUSES_MAX 512

/* So that this links while there is no template.c: these are then NULL. */
#pragma weak wr_template_valid

static const struct wr_cause *causes[CAUSES_MAX];
static unsigned cause_count;

/* --- random evidence ----------------------------------------------------------------------- */

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static unsigned below(unsigned n)
{
    return (unsigned)((random_bits() >> 20) % n);
}

static const struct golden *pool;
static unsigned pool_count;

static uint64_t random_number(void)
{
    static const uint64_t usual[] = {0,   1,   2,   3,   4,   5,    6,    7,    8,     9,    10,
                                     11,  12,  13,  16,  17,  22,   40,   53,   80,    107,  108,
                                     109, 110, 111, 128, 443, 1000, 3306, 5432, 20480, 65535};

    switch (below(8)) {
    case 0:
        return below(16);
    case 1:
        return random_bits() >> below(64);
    default:
        return usual[below(sizeof(usual) / sizeof(usual[0]))];
    }
}

static int random_errno(void)
{
    static const int usual[] = {
        ECONNREFUSED,  ETIMEDOUT,       EHOSTUNREACH, ENETUNREACH, EACCES,     EPERM,
        EADDRNOTAVAIL, EADDRINUSE,      EINVAL,       ENOENT,      ENOTDIR,    EAFNOSUPPORT,
        EPROTOTYPE,    EAGAIN,          EMFILE,       ENFILE,      ENOBUFS,    ENOMEM,
        EISCONN,       EALREADY,        ENOTSOCK,     EBADF,       EFAULT,     ELOOP,
        ENAMETOOLONG,  EPROTONOSUPPORT, ENETDOWN,     EHOSTDOWN,   ECONNRESET, EOPNOTSUPP};

    return usual[below(sizeof(usual) / sizeof(usual[0]))];
}

static struct wr_addr random_addr(void)
{
    static const uint8_t v4[][4] = {{127, 0, 0, 1}, {127, 0, 0, 2},  {10, 0, 0, 1},
                                    {10, 0, 0, 2},  {0, 0, 0, 0},    {1, 0, 0, 127},
                                    {224, 0, 0, 1}, {172, 17, 0, 1}, {255, 255, 255, 255},
                                    {192, 0, 2, 1}, {169, 254, 0, 1}};
    static const uint8_t v6[][2] = {{0, 1}, {0, 0}, {0xfe, 1}, {0xfd, 1}, {0x20, 1}, {0xff, 1}};
    static const uint16_t ports[] = {0, 1, 22, 53, 80, 443, 5432, 8080, 20480, 14357, 65535};
    struct wr_addr addr = {.port = ports[below(sizeof(ports) / sizeof(ports[0]))]};

    if (below(2) == 0) {
        addr.family = AF_INET;
        memcpy(addr.bytes, v4[below(sizeof(v4) / sizeof(v4[0]))], 4);
    } else {
        const uint8_t *ends = v6[below(sizeof(v6) / sizeof(v6[0]))];

        addr.family = AF_INET6;
        addr.bytes[0] = ends[0];
        addr.bytes[1] = ends[0] == 0xfe ? 0x80 : 0;
        addr.bytes[15] = ends[1];
        addr.scope = below(3);
    }
    return addr;
}

static const char *random_text(void)
{
    static const char *const usual[] = {"connect",
                                        "bind",
                                        "listen",
                                        "socket",
                                        "",
                                        "tcp",
                                        "/run/postgresql/.s.PGSQL.5432",
                                        "/tmp/s",
                                        "localhost",
                                        "postgres",
                                        "a.service",
                                        "docker",
                                        "http_proxy",
                                        "active",
                                        "failed",
                                        "inactive",
                                        "unix:///tmp/s",
                                        "eth0",
                                        "EAI_NONAME",
                                        "EAI_NODATA",
                                        "EAI_AGAIN",
                                        "EAI_FAIL",
                                        "EAI_ADDRFAMILY",
                                        "EAI_SERVICE",
                                        "EAI_SYSTEM",
                                        "EAI_MEMORY"};

    return usual[below(sizeof(usual) / sizeof(usual[0]))];
}

static struct wr_sock random_sock(void)
{
    static const uint8_t states[] = {10, 13, 1, 7, 6, 8};

    return (struct wr_sock){.local = random_addr(),
                            .protocol = below(4) == 0 ? IPPROTO_UDP : IPPROTO_TCP,
                            .state = states[below(sizeof(states))],
                            .v6only = (int8_t)((int)below(3) - 1),
                            .device = below(3),
                            .queue = below(200),
                            .queue_max = below(200),
                            .uid = below(2) ? UINT32_MAX : below(1000),
                            .pid = (int32_t)below(3)};
}

static struct wr_text copy_text(struct wr_evidence *to, const struct wr_evidence *from,
                                struct wr_text text)
{
    return wr_add_text(to, from->text + text.at, text.len);
}

/* A fact of one evidence stated in another. What does not fit stays unknown there. */
static void copy_fact(struct wr_evidence *to, const struct wr_evidence *from, enum wr_fact fact)
{
    struct wr_sock sock;

    to->state[fact] = WR_UNKNOWN;
    if (from->state[fact] != WR_PRESENT) {
        to->state[fact] = from->state[fact];
        return;
    }
    switch (wr_fact_info[fact].kind) {
    case WR_KIND_text:
        wr_set_text(to, fact, from->text + from->value[fact].text.at, from->value[fact].text.len);
        break;
    case WR_KIND_sock:
        sock = from->socks[from->value[fact].sock];
        sock.program = copy_text(to, from, sock.program);
        sock.unit = copy_text(to, from, sock.unit);
        sock.container = copy_text(to, from, sock.container);
        sock.device_name = copy_text(to, from, sock.device_name);
        wr_set_sock(to, fact, &sock);
        break;
    default:
        to->value[fact] = from->value[fact];
        to->state[fact] = WR_PRESENT;
    }
}

/* A plausible value: often one that some golden file has for this fact. */
static void randomize(struct wr_evidence *ev, enum wr_fact fact)
{
    unsigned dice = below(100);
    struct wr_addr addr;
    struct wr_sock sock;

    ev->state[fact] = WR_UNKNOWN;
    if (dice < 20)
        return;
    if (dice < 30) {
        wr_set_absent(ev, fact);
        return;
    }
    if (dice < 65 && pool_count > 0) {
        const struct golden *golden = &pool[below(pool_count)];

        if (golden->ev.state[fact] != WR_UNKNOWN) {
            copy_fact(ev, &golden->ev, fact);
            return;
        }
    }
    switch (wr_fact_info[fact].kind) {
    case WR_KIND_bool:
        wr_set_bool(ev, fact, below(2) != 0);
        break;
    case WR_KIND_uint:
        wr_set_uint(ev, fact, random_number());
        break;
    case WR_KIND_errno:
        wr_set_errno(ev, fact, random_errno());
        break;
    case WR_KIND_addr:
        addr = random_addr();
        wr_set_addr(ev, fact, &addr);
        break;
    case WR_KIND_text:
        wr_set_str(ev, fact, random_text());
        break;
    case WR_KIND_sock:
        sock = random_sock();
        wr_set_sock(ev, fact, &sock);
        break;
    }
}

static void clear(struct wr_evidence *ev)
{
    memset(ev->state, 0, sizeof(ev->state));
    ev->socks_used = 0;
    ev->text_used = 0;
    ev->text_full = false;
}

/* Half of them from nothing, half from golden facts of which a few are changed. */
static void random_evidence(struct wr_evidence *ev)
{
    clear(ev);
    if (pool_count > 0 && below(2) == 0) {
        const struct golden *golden = &pool[below(pool_count)];

        for (enum wr_fact fact = 0; fact < WR_FACTS; fact++)
            copy_fact(ev, &golden->ev, fact);
        for (unsigned n = 1 + below(4); n > 0; n--)
            randomize(ev, below(WR_FACTS));
        return;
    }
    for (enum wr_fact fact = 0; fact < WR_FACTS; fact++)
        randomize(ev, fact);
    if (ev->state[WR_FACT_error] == WR_UNKNOWN)
        wr_set_errno(ev, WR_FACT_error, random_errno());
}

/* --- what match() reads -------------------------------------------------------------------- */

static bool read_by[CAUSES_MAX][WR_FACTS];

static void trace_all(const struct wr_evidence *ev)
{
    for (unsigned i = 0; i < cause_count; i++) {
        memset(traced, 0, sizeof(traced));
        causes[i]->match(ev);
        for (unsigned fact = 0; fact < WR_FACTS; fact++)
            read_by[i][fact] |= traced[fact];
    }
}

static bool cites(const struct wr_cause *cause, unsigned fact)
{
    for (unsigned i = 0; i < cause->cites_count; i++) {
        if (cause->cites[i] == fact)
            return true;
    }
    return false;
}

static void check_cites(unsigned i)
{
    char name[160], text[4096] = "";
    size_t used = 0;

    snprintf(name, sizeof(name), "cites %s", causes[i]->id);
    for (unsigned fact = 0; fact < WR_FACTS && used < sizeof(text) - 200; fact++) {
        bool is_cited = cites(causes[i], fact);

        if (is_cited != read_by[i][fact])
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s", used ? "; " : "",
                                     wr_fact_info[fact].name,
                                     is_cited ? "is cited and never read" : "is read, not cited");
    }
    if (used > 0)
        failed(name, "%s", text);
    else
        passed(name);
}

/* The same verdict whatever stands in the facts that were not read. */
static bool is_pure(const struct wr_cause *cause, const struct wr_evidence *ev)
{
    static struct wr_evidence other;
    bool seen[WR_FACTS];
    enum wr_match match;

    memset(traced, 0, sizeof(traced));
    match = cause->match(ev);
    memcpy(seen, traced, sizeof(seen));
    clear(&other);
    memset(other.text, 'x', sizeof(other.text));
    for (enum wr_fact fact = 0; fact < WR_FACTS; fact++) {
        if (seen[fact])
            copy_fact(&other, ev, fact);
    }
    for (enum wr_fact fact = 0; fact < WR_FACTS; fact++) {
        if (!seen[fact])
            randomize(&other, fact);
    }
    return cause->match(&other) == match;
}

static void check_purity(void)
{
    static struct wr_evidence ev;
    static bool impure[CAUSES_MAX];
    char name[160];

    for (unsigned n = 0; n < PURITY_EVIDENCES; n++) {
        random_evidence(&ev);
        for (unsigned i = n % 4; i < cause_count; i += 4) {
            if (!impure[i])
                impure[i] = !is_pure(causes[i], &ev);
        }
    }
    for (unsigned i = 0; i < cause_count; i++) {
        snprintf(name, sizeof(name), "pure %s", causes[i]->id);
        if (impure[i])
            failed(name, "match() depends on what it does not read through wr_ev_");
        else
            passed(name);
    }
}

/* --- what a verdict says ------------------------------------------------------------------- */

/* What is wrong with what a report says of this verdict; NULL where nothing is. */
static const char *speechless(const struct wr_verdict *verdict, const struct wr_evidence *ev)
{
    const struct wr_attempt attempt = {.call = WR_CALL_CONNECT, .error = ECONNREFUSED};
    const struct wr_process process = {.pid = 1};
    const struct wr_report report = {
        .attempt = &attempt, .evidence = ev, .verdict = verdict, .process = &process};
    char space[4096];
    struct wr_buf out = wr_buf_on(space, sizeof(space));

    wr_render_headline(&report, &out);
    if (out.len < 3 || memcmp(out.data + out.len - 2, ": ", 2) == 0)
        return "the headline expands to nothing";
    for (unsigned i = 0; i < WR_SAY_BECAUSE; i++) {
        if (wr_say_because(&report, i, &out))
            return NULL;
    }
    return "not one because is said";
}

static const char *muteness[CAUSES_MAX];

/* A verdict without words is none, whatever the evidence. */
static void check_says(const struct wr_evidence *ev)
{
    struct wr_verdict verdict;

    wr_diagnose(ev, &verdict);
    if (verdict.cause == NULL || verdict.confidence < WR_MATCH_POSSIBLE) {
        failed("verdict", "no cause, or no confidence, for a random evidence");
        return;
    }
    for (unsigned i = 0; i < cause_count; i++) {
        if (causes[i] == verdict.cause && muteness[i] == NULL)
            muteness[i] = speechless(&verdict, ev);
    }
}

static void report_says(void)
{
    char name[160];

    for (unsigned i = 0; i < cause_count; i++) {
        snprintf(name, sizeof(name), "says %s", causes[i]->id);
        if (muteness[i] != NULL)
            failed(name, "%s", muteness[i]);
        else
            passed(name);
    }
}

/* --- form of the rows ---------------------------------------------------------------------- */

static const char *form(const struct wr_cause *cause)
{
    bool unexplained = strcmp(cause->id, "unexplained") == 0;

    if (cause->id[strspn(cause->id, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
        return "the id is not of [a-z0-9-]";
    if (wr_cause_by_id(cause->id) != cause)
        return "the id is not unique";
    if (cause->match == NULL)
        return "has no match";
    if (cause->seen_as == NULL || cause->what == NULL || cause->headline == NULL ||
        cause->explain == NULL)
        return "lacks seen_as, what, headline or explain";
    if (strchr(cause->what, '\n') != NULL)
        return "`what` is more than one line";
    if (cause->because[0] == NULL)
        return "has no because";
    if (cause->fixes[0].text == NULL && !unexplained)
        return "has no fix";
    if (cause->cites_count == 0 && !unexplained)
        return "cites nothing";
    for (unsigned i = 0; i < cause->cites_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (cause->cites[i] == cause->cites[j])
                return "cites a fact twice";
        }
    }
    return NULL;
}

/* Advice that must never be given, whatever the cause. */
static const char *forbidden(const char *text)
{
    static const char *const never[] = {"setenforce 0",     "chmod 777",      "chmod -R 777",
                                        "chmod a+rwx",      "ufw disable",    "iptables -F",
                                        "nft flush",        "stop firewalld", "disable firewalld",
                                        "verify=False",     "--insecure",     "curl -k",
                                        "kill -9",          "kill ",          "pkill",
                                        "killall",          "aa-disable",     "aa-teardown",
                                        "SELINUX=disabled", "--privileged"};

    for (unsigned i = 0; text != NULL && i < sizeof(never) / sizeof(never[0]); i++) {
        if (strstr(text, never[i]) != NULL)
            return never[i];
    }
    return NULL;
}

static unsigned sentences(const struct wr_cause *cause, const char **ret_list)
{
    unsigned count = 0;

    ret_list[count++] = cause->headline;
    for (unsigned i = 0; i < WR_CAUSE_SENTENCES && cause->because[i] != NULL; i++)
        ret_list[count++] = cause->because[i];
    if (cause->ruled_out != NULL)
        ret_list[count++] = cause->ruled_out;
    for (unsigned i = 0; i < 4 && cause->unknown[i].what != NULL; i++) {
        ret_list[count++] = cause->unknown[i].what;
        if (cause->unknown[i].why != NULL)
            ret_list[count++] = cause->unknown[i].why;
        if (cause->unknown[i].command != NULL)
            ret_list[count++] = cause->unknown[i].command;
    }
    for (unsigned i = 0; i < 4 && cause->fixes[i].text != NULL; i++) {
        ret_list[count++] = cause->fixes[i].text;
        if (cause->fixes[i].command != NULL)
            ret_list[count++] = cause->fixes[i].command;
    }
    return count;
}

static void check_row(const struct wr_cause *cause)
{
    const char *list[40], *problem = form(cause);
    char name[160];
    unsigned count;
    size_t at;

    snprintf(name, sizeof(name), "row %s", cause->id);
    if (problem != NULL) {
        failed(name, "%s", problem);
        return;
    }
    count = sentences(cause, list);
    for (unsigned i = 0; i < count; i++) {
        if (forbidden(list[i]) != NULL) {
            failed(name, "advises `%s`: %s", forbidden(list[i]), list[i]);
            return;
        }
        if (wr_template_valid != NULL && !wr_template_valid(list[i], &at)) {
            failed(name, "not a valid template at offset %zu: %s", at, list[i]);
            return;
        }
    }
    passed(name);
}

void check_catalogue(const struct golden *goldens, unsigned count)
{
    static struct wr_evidence ev;

    for (WR_EACH_CAUSE(layer, cause)) {
        if (cause_count == CAUSES_MAX)
            break;
        causes[cause_count++] = cause;
    }
    pool = goldens;
    pool_count = count;
    for (unsigned i = 0; i < cause_count; i++)
        check_row(causes[i]);
    for (unsigned i = 0; i < count; i++)
        trace_all(&goldens[i].ev);
    for (unsigned n = 0; n < RANDOM_EVIDENCES; n++) {
        random_evidence(&ev);
        trace_all(&ev);
        if (n % 16 == 0 && ev.state[WR_FACT_error] == WR_PRESENT)
            check_says(&ev);
    }
    report_says();
    for (unsigned i = 0; i < cause_count && RANDOM_EVIDENCES >= 200000; i++)
        check_cites(i);
    check_purity();
}
