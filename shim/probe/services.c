/* SPDX-License-Identifier: MIT
 * The service that a lookup was asked for, in the services file: services(5). */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/file.h"
#include "base/hostname.h"
#include "probe/probe.h"

struct find {
    const char *name;
    size_t len;
    unsigned number, line;
    char entry[24], near[64];
};

/* name port/protocol alias...  # comment */
static bool take(void *arg, const char *line)
{
    struct find *find = arg;
    const char *entry = NULL, *at = line;
    size_t len, entry_len = 0;

    find->number++;
    for (unsigned word = 0;; word++, at += len) {
        at += strspn(at, " \t\r");
        len = strcspn(at, " \t\r#");
        if (len == 0)
            return true;
        if (word == 1)
            continue;
        if (word == 0) {
            entry = at + len + strspn(at + len, " \t");
            entry_len = strcspn(entry, " \t\r#");
        }
        if (len == find->len && memcmp(at, find->name, len) == 0) {
            if (entry_len < sizeof(find->entry)) {
                memcpy(find->entry, entry, entry_len);
                find->entry[entry_len] = '\0';
                find->line = find->number;
            }
            return false;
        }
        if (find->near[0] == '\0' && len < sizeof(find->near) &&
            (wr_name_is_near(at, len, find->name, find->len) ||
             wr_same_word(at, len, find->name))) {
            memcpy(find->near, at, len);
            find->near[len] = '\0';
        }
    }
}

static void set_found(struct wr_evidence *ev, const struct find *find)
{
    if (find->line != 0) {
        wr_set_uint(ev, WR_FACT_service_line, find->line);
        wr_set_str(ev, WR_FACT_service_entry, find->entry);
    } else {
        wr_set_absent(ev, WR_FACT_service_line);
    }
    if (find->line == 0 && find->near[0] != '\0')
        wr_set_str(ev, WR_FACT_service_near, find->near);
    else
        wr_set_absent(ev, WR_FACT_service_near);
}

void wr_probe_services(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct find find = {.name = attempt->service, .len = strlen(attempt->service)};
    int rc;

    if (attempt->outcome != WR_OUTCOME_ERROR || attempt->lookup.result != EAI_SERVICE ||
        find.len == 0)
        return;
    if (attempt->lookup.socktype == SOCK_STREAM)
        wr_set_str(ctx->ev, WR_FACT_service_protocol, "tcp");
    else if (attempt->lookup.socktype == SOCK_DGRAM)
        wr_set_str(ctx->ev, WR_FACT_service_protocol, "udp");
    else
        wr_set_absent(ctx->ev, WR_FACT_service_protocol);
    rc = wr_file_lines("/etc/services", 0, wr_probe_file_space(ctx), WR_PROBE_FILE_SPACE,
                       ctx->until_ns, take, &find);
    if (rc == 0 || rc == -ENOENT)
        wr_set_bool(ctx->ev, WR_FACT_services_missing, rc == -ENOENT);
    if (rc == 0)
        set_found(ctx->ev, &find);
}
