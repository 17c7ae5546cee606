/* SPDX-License-Identifier: MIT
 * BPF programs on this process's cgroup and those above it (bpf(2) BPF_PROG_QUERY, which needs
 * CAP_NET_ADMIN), and the settings of systemd units that make such programs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/unitfile.h"
#include "probe/local.h"
#include "probe/unit_access.h"

#define PATH_MAX_GROUP 512
#define PROGRAMS_MAX 16
#define UNITS_MAX 8
#define NAME_MAX_UNIT 256

struct hook {
    uint32_t type; /* enum bpf_attach_type */
    const char *name;
};

/* The hooks that have a say, ended by an empty one. */
static void hooks_of(const struct wr_probe_ctx *ctx, struct hook hooks[3])
{
    const bool v6 = ctx->attempt->domain == AF_INET6;
    const struct hook egress = {BPF_CGROUP_INET_EGRESS, "egress"};
    const struct hook send = v6 ? (struct hook){BPF_CGROUP_UDP6_SENDMSG, "sendmsg6"}
                                : (struct hook){BPF_CGROUP_UDP4_SENDMSG, "sendmsg4"};

    memset(hooks, 0, 3 * sizeof(hooks[0]));
    if (wr_ev_true(ctx->ev, WR_FACT_kept_here)) {
        hooks[0] = egress;
    } else if (ctx->attempt->call == WR_CALL_SEND) {
        if (!wr_ev_false(ctx->ev, WR_FACT_denied_queued))
            *hooks++ = send;
        if (!wr_ev_true(ctx->ev, WR_FACT_denied_queued))
            *hooks = egress;
    } else if (ctx->attempt->call == WR_CALL_CONNECT) {
        hooks[0] = v6 ? (struct hook){BPF_CGROUP_INET6_CONNECT, "connect6"}
                      : (struct hook){BPF_CGROUP_INET4_CONNECT, "connect4"};
    } else if (ctx->attempt->call == WR_CALL_BIND) {
        hooks[0] = v6 ? (struct hook){BPF_CGROUP_INET6_BIND, "bind6"}
                      : (struct hook){BPF_CGROUP_INET4_BIND, "bind4"};
    } else {
        hooks[0] = (struct hook){BPF_CGROUP_INET_SOCK_CREATE, "sock_create"};
    }
}

/* Its name and number; the number alone where the name may not be asked for. */
static void set_program(struct wr_probe_ctx *ctx, uint32_t id)
{
    struct bpf_prog_info info = {0};
    union bpf_attr attr = {.prog_id = id};
    char text[64];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));
    long fd = WR_SYS_RARE(bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

    if (fd >= 0) {
        memset(&attr, 0, sizeof(attr));
        attr.info.bpf_fd = (uint32_t)fd;
        attr.info.info_len = sizeof(info);
        attr.info.info = (uintptr_t)&info;
        if (WR_SYS_RARE(bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) == 0)
            wr_buf_mem(&buf, info.name, strnlen(info.name, sizeof(info.name)));
        WR_SYS(close, fd);
    }
    wr_buf_str(&buf, buf.len > 0 ? " (id " : "(id ");
    wr_buf_uint(&buf, id);
    wr_buf_char(&buf, ')');
    wr_set_text(ctx->ev, WR_FACT_cgroup_program, text, (uint32_t)buf.len);
}

/* The number of programs on this very group, or -errno. */
static long query(struct wr_probe_ctx *ctx, const char *dir, const struct hook *hook,
                  const char *group)
{
    uint32_t ids[PROGRAMS_MAX] = {0};
    union bpf_attr attr = {0};
    long rc, fd = WR_SYS(openat, AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (fd < 0)
        return fd;
    attr.query.target_fd = (uint32_t)fd;
    attr.query.attach_type = hook->type;
    attr.query.prog_ids = (uintptr_t)ids;
    attr.query.prog_cnt = PROGRAMS_MAX;
    rc = WR_SYS_RARE(bpf, BPF_PROG_QUERY, &attr, sizeof(attr));
    WR_SYS(close, fd);
    if (rc < 0 && rc != -ENOSPC)
        return rc;
    wr_set_bool(ctx->ev, WR_FACT_cgroup_programs_hidden, false);
    if (attr.query.prog_cnt == 0)
        return 0;
    set_program(ctx, ids[0]);
    wr_set_str(ctx->ev, WR_FACT_cgroup_program_hook, hook->name);
    wr_set_str(ctx->ev, WR_FACT_cgroup_program_group, group[0] != '\0' ? group : "/");
    return attr.query.prog_cnt;
}

/* Where the unified hierarchy is mounted: alone, or beside the old ones. */
static const char *hierarchy(void)
{
    static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
    static const char *const marks[] = {"/sys/fs/cgroup/unified/cgroup.procs",
                                        "/sys/fs/cgroup/cgroup.controllers"};

    for (unsigned i = 0; i < 2; i++) {
        if (WR_SYS(faccessat, AT_FDCWD, marks[i], 0) == 0)
            return roots[i];
    }
    return NULL;
}

/* From the process's own group upwards; `path` is cut on the way. */
static void look_for_programs(struct wr_probe_ctx *ctx, char *path)
{
    const char *root = hierarchy();
    char dir[PATH_MAX_GROUP + 32], *slash;
    struct hook hooks[3];
    long rc;

    if (root == NULL || !wr_ev_is(ctx->ev, WR_FACT_seccomp_mode, 0))
        return;
    hooks_of(ctx, hooks);
    do {
        slash = strrchr(path, '/');
        if (strcmp(path, "/") == 0)
            path[0] = '\0';
        if (wr_join(dir, sizeof(dir), root, path, NULL) == NULL)
            return;
        for (const struct hook *hook = hooks; hook->name != NULL; hook++) {
            rc = query(ctx, dir, hook, path);
            if (rc != 0)
                return; /* found, or not to be told */
        }
        if (slash != NULL)
            *slash = '\0';
    } while (slash != NULL && !wr_probe_out_of_time(ctx));
    /* what stands above the root of a cgroup namespace is out of sight */
    if (slash == NULL)
        wr_set_absent(ctx->ev, WR_FACT_cgroup_program);
}

static bool take_line(void *each_ctx, const struct wr_unit_line *line)
{
    wr_unit_access_take(each_ctx, line->key, line->value);
    return true;
}

/* A unit's own files, or else those of its template. True where they deny it. */
static bool unit_denies(struct wr_probe_ctx *ctx, const char *unit, enum wr_unit_scope scope,
                        struct wr_unit_access access)
{
    char template[NAME_MAX_UNIT];
    const char *name = unit, *setting;
    const char *at = strchr(unit, '@'), *dot = strrchr(unit, '.');

    if (at != NULL && dot > at && !wr_unit_installed(scope, unit)) {
        struct wr_buf buf = wr_buf_on(template, sizeof(template));

        wr_buf_mem(&buf, unit, (size_t)(at + 1 - unit));
        wr_buf_str(&buf, dot);
        name = wr_buf_terminate(&buf);
    }
    if (wr_unit_each(scope, name, ctx->scratch, WR_NETLINK_SPACE, ctx->until_ns, take_line,
                     &access) < 0)
        return false;
    setting = wr_unit_access_denied(&access);
    if (setting == NULL)
        return false;
    wr_set_str(ctx->ev, WR_FACT_cgroup_unit, unit);
    wr_set_str(ctx->ev, WR_FACT_cgroup_unit_setting, setting);
    return true;
}

static bool is_unit(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL && (strcmp(dot, ".service") == 0 || strcmp(dot, ".slice") == 0 ||
                           strcmp(dot, ".scope") == 0);
}

static void device_of(const struct wr_probe_ctx *ctx, char name[WR_DEVICE_NAME])
{
    struct wr_buf buf = wr_buf_on(name, WR_DEVICE_NAME);

    if (wr_ev_has(ctx->ev, WR_FACT_route_device)) {
        const struct wr_text *text = &ctx->ev->value[WR_FACT_route_device].text;

        wr_buf_mem(&buf, ctx->ev->text + text->at, text->len);
    }
    wr_buf_terminate(&buf);
}

/* Every part of the path may be a unit: slices hand their rules down. */
static void look_at_units(struct wr_probe_ctx *ctx, const char *path)
{
    char device[WR_DEVICE_NAME], unit[NAME_MAX_UNIT];
    const struct wr_unit_access access = {.addr = ctx->attempt->target,
                                          .device = device,
                                          .binds = ctx->attempt->call == WR_CALL_BIND,
                                          .protocol = wr_attempt_transport(ctx->attempt)};
    const bool user = strstr(path, "/user@") != NULL;
    unsigned units = 0;
    size_t len;

    device_of(ctx, device);
    for (; *path != '\0' && units < UNITS_MAX; path += len) {
        path += *path == '/';
        len = strcspn(path, "/");
        if (len == 0 || len >= sizeof(unit))
            continue;
        memcpy(unit, path, len);
        unit[len] = '\0';
        if (!is_unit(unit))
            continue;
        units++;
        if (unit_denies(ctx, unit, WR_UNIT_SYSTEM, access) ||
            (user && unit_denies(ctx, unit, WR_UNIT_USER, access)))
            return;
    }
    wr_set_absent(ctx->ev, WR_FACT_cgroup_unit_setting);
}

static bool find_group(const struct wr_probe_ctx *ctx, char path[PATH_MAX_GROUP])
{
    char name[64], *text = wr_probe_file_space(ctx);
    const char *found = NULL;
    size_t len;

    if (wr_proc_path(ctx, name, sizeof(name), "cgroup", NULL) == NULL ||
        wr_file_read(name, text, WR_PROBE_FILE_SPACE) <= 0)
        return false;
    found = wr_line_value(text, "0::");
    if (found == NULL || (len = wr_line_length(found)) >= PATH_MAX_GROUP)
        return false;
    memcpy(path, found, len);
    path[len] = '\0';
    return path[0] == '/' && strstr(path, "/..") == NULL;
}

/* A denial that no filter has made, or packets that do not get out. */
static bool matters(const struct wr_probe_ctx *ctx)
{
    const struct wr_evidence *ev = ctx->ev;

    if (wr_ev_true(ev, WR_FACT_seccomp_answers) || wr_ev_true(ev, WR_FACT_icmp_received) ||
        (ctx->attempt->domain != AF_INET && ctx->attempt->domain != AF_INET6))
        return false;
    if (wr_ev_true(ev, WR_FACT_kept_here) || wr_ev_true(ev, WR_FACT_denied_stream) ||
        wr_ev_true(ev, WR_FACT_denied_datagram))
        return true;
    return ctx->attempt->error == EPERM;
}

void wr_probe_cgroup_bpf(struct wr_probe_ctx *ctx)
{
    char path[PATH_MAX_GROUP];

    if (!matters(ctx))
        return;
    wr_set_bool(ctx->ev, WR_FACT_cgroup_programs_hidden, true);
    if (!find_group(ctx, path))
        return;
    if (ctx->attempt->call == WR_CALL_BIND || ctx->attempt->call == WR_CALL_SEND ||
        wr_ev_true(ctx->ev, WR_FACT_kept_here))
        look_at_units(ctx, path);
    else
        wr_set_absent(ctx->ev, WR_FACT_cgroup_unit_setting);
    look_for_programs(ctx, path);
}
