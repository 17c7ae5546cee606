/* SPDX-License-Identifier: MIT
 * Why socket() knows no such family: the kernel lacks it, or a filter on this process says so
 * (seccomp(2), RestrictAddressFamilies= of systemd.exec(5)). */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/unitfile.h"
#include "probe/owner.h"
#include "probe/probe.h"

#define NAME_MAX_UNIT 256
#define FAMILIES_SHOWN 200

/* True where /proc/net/protocols has a line that begins with that name. */
static bool has_protocol(const char *table, const char *name)
{
    size_t len = strlen(name);

    for (; table != NULL; table = wr_line_next(table)) {
        if (strncmp(table, name, len) == 0 && table[len] == ' ')
            return true;
    }
    return false;
}

static void look_at_kernel(struct wr_probe_ctx *ctx)
{
    const char *name;

    switch (ctx->attempt->domain) {
    case AF_UNIX:
        name = "UNIX";
        break;
    case AF_INET:
        name = "TCP";
        break;
    case AF_INET6:
        name = "TCPv6";
        break;
    default:
        return;
    }
    if (wr_file_read("/proc/net/protocols", ctx->scratch, WR_NETLINK_SPACE) > 0)
        wr_set_bool(ctx->ev, WR_FACT_family_in_kernel, has_protocol(ctx->scratch, name));
}

static void look_at_filters(struct wr_probe_ctx *ctx)
{
    const char *value;
    uint64_t number;

    if (wr_file_read("/proc/thread-self/status", ctx->scratch, WR_NETLINK_SPACE) < 0 &&
        wr_file_read("/proc/self/status", ctx->scratch, WR_NETLINK_SPACE) < 0)
        return;
    value = wr_line_value(ctx->scratch, "Seccomp:");
    if (value != NULL && wr_parse_uint(&value, &number))
        wr_set_uint(ctx->ev, WR_FACT_seccomp_mode, number);
    value = wr_line_value(ctx->scratch, "NoNewPrivs:");
    if (value != NULL && wr_parse_uint(&value, &number))
        wr_set_bool(ctx->ev, WR_FACT_no_new_privs, number != 0);
}

static bool take_line(void *ctx, const struct wr_unit_line *line)
{
    struct wr_buf *families = ctx;

    if (strcmp(line->key, "RestrictAddressFamilies") != 0)
        return true;
    if (line->value[0] == '\0')
        families->len = 0;
    else if (families->len > 0)
        wr_buf_char(families, ' ');
    wr_buf_str(families, line->value);
    return true;
}

/* Of the unit's own files, or else of its template's. */
static void look_at_unit(struct wr_probe_ctx *ctx, const char *unit, enum wr_unit_scope scope)
{
    char families[FAMILIES_SHOWN], template[NAME_MAX_UNIT];
    struct wr_buf buf = wr_buf_on(families, sizeof(families));
    const char *at = strchr(unit, '@'), *dot = strrchr(unit, '.');

    if (at != NULL && dot > at && !wr_unit_installed(scope, unit)) {
        struct wr_buf name = wr_buf_on(template, sizeof(template));

        wr_buf_mem(&name, unit, (size_t)(at + 1 - unit));
        wr_buf_str(&name, dot);
        unit = wr_buf_terminate(&name);
    }
    if (wr_unit_each(scope, unit, ctx->scratch, WR_NETLINK_SPACE, ctx->until_ns, take_line, &buf) <
        0)
        return;
    if (buf.len > 0)
        wr_set_text(ctx->ev, WR_FACT_service_families, families, (uint32_t)buf.len);
    else
        wr_set_absent(ctx->ev, WR_FACT_service_families);
}

static void look_at_service(struct wr_probe_ctx *ctx)
{
    char *text = wr_probe_file_space(ctx);
    char unit[NAME_MAX_UNIT];
    struct wr_owner_names names;
    bool user;

    if (wr_file_read("/proc/self/cgroup", text, WR_PROBE_FILE_SPACE) < 0)
        return;
    names = wr_owner_parse_proc_cgroup(text);
    if (names.unit_len == 0 || names.unit_len >= sizeof(unit)) {
        wr_set_absent(ctx->ev, WR_FACT_service_unit);
        return;
    }
    memcpy(unit, names.unit, names.unit_len);
    unit[names.unit_len] = '\0';
    user = strstr(text, "/user@") != NULL && strncmp(unit, "user@", 5) != 0;
    wr_set_str(ctx->ev, WR_FACT_service_unit, unit);
    look_at_unit(ctx, unit, user ? WR_UNIT_USER : WR_UNIT_SYSTEM);
}

void wr_probe_family(struct wr_probe_ctx *ctx)
{
    if (ctx->attempt->error == EPERM || ctx->attempt->error == EACCES ||
        ctx->attempt->error == ENOSYS || wr_ev_true(ctx->ev, WR_FACT_denied_stream) ||
        wr_ev_true(ctx->ev, WR_FACT_denied_datagram) ||
        wr_ev_true(ctx->ev, WR_FACT_seccomp_answers) || wr_ev_true(ctx->ev, WR_FACT_kept_here))
        look_at_filters(ctx); /* for denial.c and cgroup_bpf.c, too */
    if (ctx->attempt->call != WR_CALL_SOCKET || ctx->attempt->error != EAFNOSUPPORT)
        return;
    look_at_kernel(ctx);
    look_at_filters(ctx);
    if (wr_ev_uint(ctx->ev, WR_FACT_seccomp_mode, 0) != 0)
        look_at_service(ctx);
}
