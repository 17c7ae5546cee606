/* SPDX-License-Identifier: MIT
 * Where the address came from that a name led to: a line of the hosts file, or an answer that
 * stands for "blocked". */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/sys.h"
#include "probe/hostsfile.h"
#include "whyrefused/faults.h"

struct find {
    const char *name;
    const struct wr_addr *address;
    unsigned line;
};

static bool take(void *arg, const struct wr_hosts_line *line)
{
    struct find *find = arg;
    const char *names = line->names, *name;
    size_t len;

    if (!wr_addr_same_host(&line->address, find->address))
        return true;
    while ((name = wr_hosts_name(&names, &len)) != NULL) {
        if (wr_same_word(name, len, find->name)) {
            find->line = line->number;
            return false;
        }
    }
    return true;
}

static bool ends_in(const char *name, size_t len, const char *tail)
{
    size_t tail_len = strlen(tail);

    return len > tail_len && wr_same_word(name + len - tail_len, tail_len, tail);
}

/* Names that lead to this machine on purpose: by RFC 6761, by habit, or as a service to
 * developers. */
static bool means_this_machine(const char *name)
{
    static const char *const tails[] = {
        ".localhost", ".localdomain",   ".local",    ".internal", ".lan",    ".home.arpa",
        ".test",      ".localtest.me",  ".lvh.me",   ".vcap.me",  ".nip.io", ".sslip.io",
        ".xip.io",    ".lacolhost.com", ".local.gd", ".dev"};
    size_t len = strlen(name);
    struct utsname own;

    if (len > 0 && name[len - 1] == '.')
        len--;
    if (memchr(name, '.', len) == NULL)
        return true;
    for (unsigned i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        if (ends_in(name, len, tails[i]) || wr_same_word(name, len, tails[i] + 1))
            return true;
    }
    return WR_SYS(uname, &own) != 0 || wr_same_word(name, len, own.nodename) ||
           (wr_same_word(name, strnlen(name, strlen(own.nodename)), own.nodename) &&
            name[strlen(own.nodename)] == '.');
}

static unsigned sinkhole_of(const struct wr_addr *addr, const char *name)
{
    const uint8_t *b = addr->bytes;

    if (wr_addr_is_any(addr))
        return WR_SINKHOLE_ANY;
    /* support.opendns.com: 146.112.61.104 to .110 */
    if (addr->family == AF_INET && b[0] == 146 && b[1] == 112 && b[2] == 61 && b[3] >= 104 &&
        b[3] <= 110)
        return WR_SINKHOLE_UMBRELLA;
    return wr_addr_is_loopback(addr) && !means_this_machine(name) ? WR_SINKHOLE_LOOPBACK : 0;
}

void wr_probe_origin(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct find find = {.name = attempt->name, .address = &attempt->target};
    unsigned sinkhole;
    int rc;

    if (!wr_attempt_reaches(attempt) || attempt->name[0] == '\0' || attempt->target.family == 0 ||
        attempt->outcome == WR_OUTCOME_RECOVERED)
        return;
    sinkhole = sinkhole_of(&attempt->target, attempt->name);
    if (sinkhole != 0)
        wr_set_uint(ctx->ev, WR_FACT_origin_sinkhole, sinkhole);
    else
        wr_set_absent(ctx->ev, WR_FACT_origin_sinkhole);
    rc = wr_hosts_each(ctx, take, &find);
    if (find.line != 0)
        wr_set_uint(ctx->ev, WR_FACT_origin_hosts_line, find.line);
    else if (rc == 0 || rc == -ENOENT)
        wr_set_absent(ctx->ev, WR_FACT_origin_hosts_line);
}
