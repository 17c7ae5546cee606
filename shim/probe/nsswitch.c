/* SPDX-License-Identifier: MIT
 * The sources that host names are looked up in: nsswitch.conf(5). */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/file.h"
#include "probe/probe.h"

struct hosts_line {
    char text[256];
    bool found;
};

static bool take(void *arg, const char *line)
{
    struct hosts_line *hosts = arg;
    size_t len;

    line += strspn(line, " \t");
    if (strncmp(line, "hosts", 5) != 0)
        return true;
    line += 5;
    line += strspn(line, " \t");
    if (*line != ':')
        return true;
    line++;
    line += strspn(line, " \t");
    len = strcspn(line, "#\r");
    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    if (len >= sizeof(hosts->text))
        len = 0; /* longer than what is looked at */
    memcpy(hosts->text, line, len);
    hosts->text[len] = '\0';
    hosts->found = true;
    return false;
}

static bool is_source(const char *text, size_t len, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (wr_same_word(text, len, *words))
            return true;
    }
    return false;
}

static bool is_local_name(const char *name)
{
    static const char tail[] = ".local";
    size_t len = strlen(name);

    if (len > 0 && name[len - 1] == '.')
        len--;
    return len > sizeof(tail) - 1 &&
           wr_same_word(name + len - (sizeof(tail) - 1), sizeof(tail) - 1, tail);
}

/* "[NOTFOUND=return]", "[!UNAVAIL=return]": that there is no such name ends the search. */
static bool ends_search(const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        bool not ;
        const char *word, *equals;

        text += strspn(text, " \t[");
        not = *text == '!';
        word = text + not ;
        equals = word + strcspn(word, "=] \t");
        if (*equals != '=' || equals >= end)
            return false;
        text = equals + 1 + strcspn(equals + 1, "] \t");
        if (wr_same_word(equals + 1, (size_t)(text - equals - 1), "return") &&
            wr_same_word(word, (size_t)(equals - word), "NOTFOUND") != not )
            return true;
        text += strspn(text, "] \t");
    }
    return false;
}

/* Those that say "no such name" of this one: what is on the network is for DNS alone, what has a
 * part of the names only passes on the others. */
static bool says_not_found(const char *source, size_t len, const char *name)
{
    static const char *const all[] = {"files", "db", "nis", "nisplus", "sss", "ldap", NULL};
    static const char *const local[] = {"mdns_minimal", "mdns4_minimal", "mdns6_minimal", NULL};
    static const char *const both[] = {"mdns", "mdns4", "mdns6", NULL};

    return is_source(source, len, all) || is_source(source, len, both) ||
           (is_source(source, len, local) && is_local_name(name));
}

/* What has names of its own, for which no nameserver speaks: wins, sss, libvirt, ldap ... */
static bool is_other(const char *source, size_t len)
{
    static const char *const usual[] = {
        "files", "dns",   "resolve",      "myhostname",    "mymachines",    "mdns",
        "mdns4", "mdns6", "mdns_minimal", "mdns4_minimal", "mdns6_minimal", NULL};

    return !is_source(source, len, usual);
}

static void walk(struct wr_probe_ctx *ctx, const char *at)
{
    static const char *const asks_dns[] = {"dns", "resolve", NULL};
    const char *source = at, *stop = NULL, *other = NULL;
    size_t source_len = 0, stop_len = 0, other_len = 0;
    bool dns = false, resolve = false;

    for (;;) {
        size_t len;

        at += strspn(at, " \t");
        if (*at == '\0')
            break;
        if (*at == '[') {
            len = strcspn(at, "]");
            len += at[len] == ']';
            if (stop == NULL && !dns && ends_search(at, len) &&
                says_not_found(source, source_len, ctx->attempt->name)) {
                stop = source;
                stop_len = (size_t)(at + len - source);
            }
        } else {
            len = strcspn(at, " \t[");
            source = at;
            source_len = len;
            dns = dns || is_source(source, len, asks_dns);
            resolve = resolve || wr_same_word(source, len, "resolve");
            if (other == NULL && is_other(source, len)) {
                other = source;
                other_len = len;
            }
        }
        at += len;
    }
    wr_set_bool(ctx->ev, WR_FACT_nss_dns, dns);
    wr_set_bool(ctx->ev, WR_FACT_nss_resolve, resolve);
    if (other != NULL)
        wr_set_text(ctx->ev, WR_FACT_nss_other, other, (uint32_t)other_len);
    else
        wr_set_absent(ctx->ev, WR_FACT_nss_other);
    if (stop != NULL && dns)
        wr_set_text(ctx->ev, WR_FACT_nss_stop, stop, (uint32_t)stop_len);
    else
        wr_set_absent(ctx->ev, WR_FACT_nss_stop);
}

/* Without a line of its own glibc goes by one with DNS in it (nss/nsswitch.c). */
void wr_probe_nsswitch(struct wr_probe_ctx *ctx)
{
    const struct wr_name_lookup *lookup = &ctx->attempt->lookup;
    struct hosts_line hosts = {.found = false};
    int rc;

    /* those ask DNS whatever that file says */
    if (ctx->attempt->outcome != WR_OUTCOME_ERROR ||
        (lookup->function != NULL && strncmp(lookup->function, "res_", 4) == 0))
        return;
    rc = wr_file_lines("/etc/nsswitch.conf", 0, wr_probe_file_space(ctx), WR_PROBE_FILE_SPACE,
                       ctx->until_ns, take, &hosts);
    if (rc < 0 && rc != -ENOENT)
        return;
    if (!hosts.found) {
        wr_set_absent(ctx->ev, WR_FACT_nss_hosts);
        wr_set_bool(ctx->ev, WR_FACT_nss_dns, true);
        wr_set_bool(ctx->ev, WR_FACT_nss_resolve, false);
        wr_set_absent(ctx->ev, WR_FACT_nss_other);
        wr_set_absent(ctx->ev, WR_FACT_nss_stop);
    } else if (hosts.text[0] != '\0') {
        wr_set_str(ctx->ev, WR_FACT_nss_hosts, hosts.text);
        walk(ctx, hosts.text);
    }
}
