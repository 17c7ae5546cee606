/* SPDX-License-Identifier: MIT
 * The name that did not resolve in the hosts file: its line, or that of a name like it. */
#include <errno.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/hostname.h"
#include "probe/hostsfile.h"

struct find {
    const char *name;
    size_t len;
    int family; /* asked for; a line with this one counts before others */
    unsigned line, near_line;
    struct wr_addr address;
    char near[128];
};

static bool take(void *arg, const struct wr_hosts_line *line)
{
    struct find *find = arg;
    const char *names = line->names, *name;
    size_t len;

    while ((name = wr_hosts_name(&names, &len)) != NULL) {
        if (wr_same_word(name, len, find->name)) {
            if (find->line == 0 || line->address.family == find->family) {
                find->line = line->number;
                find->address = line->address;
            }
            return find->address.family != find->family;
        }
        if (find->near_line == 0 && len < sizeof(find->near) &&
            wr_name_is_near(name, len, find->name, find->len)) {
            memcpy(find->near, name, len);
            find->near[len] = '\0';
            find->near_line = line->number;
        }
    }
    return true;
}

static void set_near(struct wr_evidence *ev, const struct find *find)
{
    if (find->near_line == 0) {
        wr_set_absent(ev, WR_FACT_hosts_near);
        return;
    }
    wr_set_str(ev, WR_FACT_hosts_near, find->near);
    wr_set_uint(ev, WR_FACT_hosts_near_line, find->near_line);
}

void wr_probe_hosts(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct find find = {
        .name = attempt->name, .len = strlen(attempt->name), .family = attempt->lookup.family};
    int rc;

    if (attempt->outcome != WR_OUTCOME_ERROR || attempt->lookup.reverse || find.len == 0 ||
        attempt->lookup.record_type != 0 || wr_ev_has(ctx->ev, WR_FACT_name_fault))
        return;
    rc = wr_hosts_each(ctx, take, &find);
    if (rc < 0 && rc != -ENOENT)
        return;
    set_near(ctx->ev, &find);
    if (find.line == 0) {
        wr_set_absent(ctx->ev, WR_FACT_hosts_line);
        return;
    }
    wr_set_uint(ctx->ev, WR_FACT_hosts_line, find.line);
    wr_set_addr(ctx->ev, WR_FACT_hosts_address, &find.address);
}
