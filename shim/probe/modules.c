/* SPDX-License-Identifier: MIT
 * Security modules (LSM) of the kernel, how they have this process, and what they logged. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/sys.h"
#include "probe/local.h"
#include "probe/modules.h"

#define MODULES_MAX 32
#define LIST_SIZE 256
#define LOG_TAIL 8192
#define RECORD_SHOWN 400

/* LSM_ID_ of linux/lsm.h, from 100 on. */
static const char *const module_names[] = {
    "capability", "selinux",  "smack", "tomoyo",   "apparmor", "yama", "loadpin",
    "safesetid",  "lockdown", "bpf",   "landlock", "ima",      "evm",  "ipe"};

static void put_module(struct wr_buf *list, uint64_t id)
{
    const uint64_t known = sizeof(module_names) / sizeof(module_names[0]);

    if (list->len > 0)
        wr_buf_char(list, ' ');
    if (id >= 100 && id - 100 < known)
        wr_buf_str(list, module_names[id - 100]);
    else
        wr_buf_uint(list, id);
}

static bool names(const char *list, const char *name)
{
    const size_t len = strlen(name);

    for (const char *at = list; (at = strstr(at, name)) != NULL; at += len) {
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* The system call where no filter may kill for it; else the file that few systems mount. */
static bool list_modules(const struct wr_probe_ctx *ctx, struct wr_buf *list)
{
    uint64_t ids[MODULES_MAX];
    uint32_t size = sizeof(ids);
    long count = -ENOSYS;

    if (wr_ev_is(ctx->ev, WR_FACT_seccomp_mode, 0))
        count = WR_SYS_RARE(lsm_list_modules, ids, &size, 0);
    for (long i = 0; i < count; i++)
        put_module(list, ids[i]);
    if (count < 0) {
        count = wr_file_read("/sys/kernel/security/lsm", list->data, list->size);
        if (count <= 0)
            return false;
        list->len = strcspn(list->data, "\n");
        for (size_t i = 0; i < list->len; i++)
            list->data[i] = list->data[i] == ',' ? ' ' : list->data[i];
    }
    wr_buf_terminate(list);
    return true;
}

static void look_at_list(struct wr_probe_ctx *ctx)
{
    char text[LIST_SIZE];
    struct wr_buf list = wr_buf_on(text, sizeof(text));

    if (!list_modules(ctx, &list))
        return;
    wr_set_str(ctx->ev, WR_FACT_security_modules, text);
    wr_set_bool(ctx->ev, WR_FACT_landlock_active, names(text, "landlock"));
    wr_set_bool(ctx->ev, WR_FACT_security_programs, names(text, "bpf"));
    if (!names(text, "selinux"))
        wr_set_bool(ctx->ev, WR_FACT_selinux_enforcing, false);
    if (!names(text, "apparmor"))
        wr_set_absent(ctx->ev, WR_FACT_apparmor_profile);
}

/* Without its line end or terminator; 0 where there is none. */
static size_t attribute(const struct wr_probe_ctx *ctx, const char *entry, char *text, size_t size)
{
    char path[64];
    long len;

    if (wr_proc_path(ctx, path, sizeof(path), "attr", entry) == NULL)
        return 0;
    len = wr_file_read(path, text, size);
    return len > 0 ? strcspn(text, "\n") : 0;
}

static void look_at_selinux(struct wr_probe_ctx *ctx)
{
    char context[256];
    uint64_t enforce;
    size_t len;

    if (wr_ev_known(ctx->ev, WR_FACT_selinux_enforcing))
        return;
    if (wr_file_uint("/sys/fs/selinux/enforce", &enforce) == 0)
        wr_set_bool(ctx->ev, WR_FACT_selinux_enforcing, enforce != 0);
    if (!wr_ev_true(ctx->ev, WR_FACT_selinux_enforcing))
        return;
    len = attribute(ctx, "current", context, sizeof(context));
    if (len > 0)
        wr_set_text(ctx->ev, WR_FACT_selinux_context, context, (uint32_t)len);
}

/* "name (enforce)", "unconfined" */
static void look_at_apparmor(struct wr_probe_ctx *ctx)
{
    char text[256], enabled[4];
    size_t len;
    const char *mode;

    if (wr_ev_known(ctx->ev, WR_FACT_apparmor_profile))
        return;
    if (wr_file_read("/sys/module/apparmor/parameters/enabled", enabled, sizeof(enabled)) <= 0 ||
        enabled[0] != 'Y')
        return;
    len = attribute(ctx, "apparmor/current", text, sizeof(text));
    if (len == 0)
        len = attribute(ctx, "current", text, sizeof(text));
    if (len == 0)
        return;
    text[len] = '\0';
    mode = strstr(text, " (");
    if (mode == NULL) {
        wr_set_absent(ctx->ev, WR_FACT_apparmor_profile);
        return;
    }
    wr_set_text(ctx->ev, WR_FACT_apparmor_profile, text, (uint32_t)(mode - text));
    wr_set_bool(ctx->ev, WR_FACT_apparmor_enforcing, strncmp(mode, " (enforce", 9) == 0);
}

static bool has(const char *line, size_t len, const char *word)
{
    return memmem(line, len, word, strlen(word)) != NULL;
}

size_t wr_modules_record(const char *log, size_t len, int32_t pid, const char **ret_line)
{
    char id[24];
    struct wr_buf buf = wr_buf_on(id, sizeof(id));
    size_t found = 0, line_len;

    wr_buf_str(&buf, " pid=");
    wr_buf_int(&buf, pid);
    wr_buf_char(&buf, ' ');
    wr_buf_terminate(&buf);
    for (const char *line = log, *end = log + len; line < end; line += line_len + 1) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));

        line_len = (size_t)((stop != NULL ? stop : end) - line);
        if (!has(line, line_len, id) ||
            (!has(line, line_len, "avc:  denied") && !has(line, line_len, "apparmor=\"DENIED\"")))
            continue;
        *ret_line = line;
        found = line_len;
    }
    return found;
}

/* auditd(8) writes it within milliseconds; for root and the group adm, mostly. */
static void look_at_log(struct wr_probe_ctx *ctx)
{
    long size, len = 0;
    const char *line;
    size_t found;
    long fd = WR_SYS(openat, AT_FDCWD, "/var/log/audit/audit.log",
                     O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0);

    if (fd < 0)
        return;
    size = WR_SYS(lseek, fd, 0, SEEK_END);
    if (size > 0)
        len = WR_SYS(pread64, fd, ctx->scratch, LOG_TAIL, size > LOG_TAIL ? size - LOG_TAIL : 0);
    WR_SYS(close, fd);
    if (len <= 0)
        return;
    if (ctx->host_pid <= 0)
        return;
    found = wr_modules_record(ctx->scratch, (size_t)len, ctx->host_pid, &line);
    if (found == 0)
        return;
    wr_set_bool(ctx->ev, WR_FACT_security_record_hidden, false);
    wr_set_text(ctx->ev, WR_FACT_security_record, line,
                (uint32_t)(found < RECORD_SHOWN ? found : RECORD_SHOWN));
}

/* Denied, and no filter did it. */
static bool matters(const struct wr_probe_ctx *ctx)
{
    const enum wr_call call = ctx->attempt->call;

    if (wr_ev_true(ctx->ev, WR_FACT_seccomp_answers) || wr_ev_true(ctx->ev, WR_FACT_icmp_received))
        return false;
    return ((call == WR_CALL_SOCKET || call == WR_CALL_BIND || call == WR_CALL_CONNECT ||
             call == WR_CALL_SEND) &&
            (ctx->attempt->error == EPERM || ctx->attempt->error == EACCES)) ||
           wr_ev_true(ctx->ev, WR_FACT_denied_stream) ||
           wr_ev_true(ctx->ev, WR_FACT_denied_datagram);
}

void wr_probe_modules(struct wr_probe_ctx *ctx)
{
    if (!matters(ctx))
        return;
    look_at_list(ctx);
    look_at_selinux(ctx);
    look_at_apparmor(ctx);
    wr_set_bool(ctx->ev, WR_FACT_security_record_hidden, true);
    if (wr_ev_true(ctx->ev, WR_FACT_selinux_enforcing) ||
        wr_ev_has(ctx->ev, WR_FACT_apparmor_profile))
        look_at_log(ctx);
}
