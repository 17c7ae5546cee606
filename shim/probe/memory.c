/* SPDX-License-Identifier: MIT
 * Memory that a socket could have been refused for: that of all TCP sockets, and that of the
 * cgroup, which sockets are charged to (cgroups(7), both versions). */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "probe/probe.h"

/* Limits above this are how the kernel writes "none" (PAGE_COUNTER_MAX in bytes). */
#define NO_LIMIT (1ull << 60)
#define TEXT_SIZE 8192

static void look_at_tcp(struct wr_probe_ctx *ctx)
{
    const char *at;
    uint64_t number;

    if (wr_file_read("/proc/net/sockstat", ctx->scratch, TEXT_SIZE) > 0 &&
        (at = wr_line_value(ctx->scratch, "TCP:")) != NULL && (at = strstr(at, " mem ")) != NULL) {
        at += strlen(" mem ");
        if (wr_parse_uint(&at, &number))
            wr_set_uint(ctx->ev, WR_FACT_tcp_memory_pages, number);
    }
    if (wr_file_read("/proc/sys/net/ipv4/tcp_mem", ctx->scratch, TEXT_SIZE) <= 0)
        return;
    at = ctx->scratch;
    for (unsigned i = 0; i < 3; i++) {
        at += strspn(at, " \t");
        if (!wr_parse_uint(&at, &number))
            return;
    }
    wr_set_uint(ctx->ev, WR_FACT_tcp_memory_max_pages, number);
}

struct group {
    const char *root, *usage, *limit;
    const char *failures, *failures_key; /* key NULL: the file is the number */
};

static const struct group version1 = {"/sys/fs/cgroup/memory", "/memory.usage_in_bytes",
                                      "/memory.limit_in_bytes", "/memory.failcnt", NULL};
static const struct group version2 = {"/sys/fs/cgroup", "/memory.current", "/memory.max",
                                      "/memory.events", "max "};

static bool set_number(struct wr_probe_ctx *ctx, const struct group *group, const char *path,
                       const char *file, const char *key, enum wr_fact fact)
{
    char *name = wr_probe_file_space(ctx);
    const char *at = ctx->scratch;
    uint64_t number;

    if (wr_join(name, WR_PROBE_FILE_SPACE, group->root, path, file, NULL) == NULL ||
        wr_file_read(name, ctx->scratch, TEXT_SIZE) < 0)
        return false;
    if (key != NULL)
        at = wr_line_value(at, key);
    if (at == NULL || !wr_parse_uint(&at, &number) || number >= NO_LIMIT)
        return false;
    wr_set_uint(ctx->ev, fact, number);
    return true;
}

/* The innermost group with a limit, from this process's upwards. `path` is cut on the way. */
static void look_at_group(struct wr_probe_ctx *ctx, const struct group *group, char *path)
{
    char *slash;

    while (!set_number(ctx, group, path, group->limit, NULL, WR_FACT_cgroup_memory_max_bytes)) {
        slash = strrchr(path, '/');
        if (slash == NULL) {
            wr_set_absent(ctx->ev, WR_FACT_cgroup_memory_max_bytes);
            return;
        }
        *slash = '\0';
    }
    set_number(ctx, group, path, group->usage, NULL, WR_FACT_cgroup_memory_bytes);
    set_number(ctx, group, path, group->failures, group->failures_key,
               WR_FACT_cgroup_memory_failures);
}

/* A line of /proc/PID/cgroup: "hierarchy:controllers:path". The memory controller is either in a
 * hierarchy of its own or in the unified one ("0::path"). */
static const char *path_of(const char *text, const struct group **ret_group)
{
    const char *unified = NULL;

    for (; text != NULL; text = wr_line_next(text)) {
        const char *names = strchr(text, ':');
        const char *path = names != NULL ? strchr(names + 1, ':') : NULL;

        if (path == NULL)
            break;
        if (strncmp(text, "0::", 3) == 0)
            unified = path + 1;
        else if (memmem(names, (size_t)(path - names), "memory", 6) != NULL) {
            *ret_group = &version1;
            return path + 1;
        }
    }
    *ret_group = &version2;
    return unified;
}

static void look_at_cgroup(struct wr_probe_ctx *ctx)
{
    char path[512];
    const struct group *group;
    const char *found;
    size_t len;

    if (wr_file_read("/proc/self/cgroup", ctx->scratch, TEXT_SIZE) < 0)
        return;
    found = path_of(ctx->scratch, &group);
    if (found == NULL || (len = wr_line_length(found)) >= sizeof(path))
        return;
    memcpy(path, found, len);
    path[len] = '\0';
    look_at_group(ctx, group, path);
}

void wr_probe_memory(struct wr_probe_ctx *ctx)
{
    if (ctx->attempt->error != ENOBUFS && ctx->attempt->error != ENOMEM &&
        ctx->attempt->error != ENFILE)
        return;
    if (ctx->attempt->error != ENFILE)
        look_at_tcp(ctx);
    look_at_cgroup(ctx);
}
