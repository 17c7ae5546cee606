/* SPDX-License-Identifier: MIT
 * See note.h. */
#include "note.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/deferred.h"
#include "base/environ.h"
#include "base/hash.h"
#include "base/process.h"
#include "base/sys.h"
#include "configure.h"
#include "failure.h"
#include "render/note.h"
#include "start.h"
#include "whoami.h"
#include "workspace.h"
#include "write.h"

#define PATH_SIZE 4096
#define SCRIPTS_MAX 4 /* execve(2): the kernel follows one more */

struct look {
    struct wr_workspace *space;
    char *path, *script, *head, *search; /* PATH_SIZE each, in the workspace */
    bool is_script;
    enum wr_program kind;
};

/* The log may be a file as far as it can be told without reading one. */
static bool may_log_to_file(void)
{
    const char *log = wr_start_switch(WR_SETTING_log);

    if (log != NULL && log[0] != '\0')
        return wr_sink_kind(log) == WR_SINK_FILE;
    return wr_configure_has_file();
}

/* A terminated copy of a string of the program's. */
static bool copy_string(const char *from, char *to)
{
    long len = wr_peek(from, to, PATH_SIZE);

    return len > 0 && memchr(to, '\0', (size_t)len) != NULL;
}

static bool is_executable(const char *path)
{
    struct stat info;

    return WR_SYS(newfstatat, AT_FDCWD, path, &info, 0) == 0 && S_ISREG(info.st_mode) &&
           WR_SYS(faccessat, AT_FDCWD, path, X_OK) == 0;
}

/* As execvp(3): the first in PATH that can be executed, into look->path. */
static bool search_path(struct look *look)
{
    const char *name = look->script; /* not in use yet */
    const char *at = look->search;

    strcpy(look->script, look->path);
    if (wr_environ_get("PATH", look->space->scratch, look->search, PATH_SIZE) < 0)
        strcpy(look->search, "/bin:/usr/bin");
    for (;; at++) {
        size_t len = strcspn(at, ":");
        struct wr_buf path = wr_buf_on(look->path, PATH_SIZE);

        wr_buf_mem(&path, at, len);
        if (len > 0)
            wr_buf_char(&path, '/');
        wr_buf_str(&path, name);
        wr_buf_terminate(&path);
        if (!path.cut && is_executable(look->path))
            return true;
        at += len;
        if (*at == '\0')
            return false;
    }
}

/* Makes an absolute or relative path of what execveat(2) was given; false where it names nothing
 * that could be looked at. */
static bool find_program(struct look *look, int dirfd, const char *given, bool search)
{
    struct wr_buf path = wr_buf_on(look->script, PATH_SIZE);

    if (!copy_string(given, look->path))
        return false;
    if (look->path[0] != '\0' && search && strchr(look->path, '/') == NULL)
        return search_path(look);
    if (look->path[0] == '\0' && (search || dirfd == AT_FDCWD))
        return false;
    if (look->path[0] == '/' || dirfd == AT_FDCWD)
        return is_executable(look->path);
    wr_buf_str(&path, "/proc/self/fd/");
    wr_buf_uint(&path, (uint64_t)dirfd);
    if (look->path[0] != '\0') {
        wr_buf_char(&path, '/');
        wr_buf_str(&path, look->path);
    }
    wr_buf_terminate(&path);
    strcpy(look->path, look->script);
    return !path.cut && is_executable(look->path);
}

/* Bits that exec would heed: credentials(7), execve(2). */
static bool gives_privileges(const char *path, int fd, const struct stat *info)
{
    struct statfs system;
    uid_t user = (uid_t)WR_SYS(getuid);
    bool set_user = (info->st_mode & S_ISUID) != 0 && info->st_uid != user;
    bool set_group = (info->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
                     info->st_gid != (gid_t)WR_SYS(getgid);

    if (!set_user && !set_group &&
        (user == 0 || WR_SYS(getxattr, path, "security.capability", NULL, 0) <= 0))
        return false;
    if (WR_SYS(prctl, PR_GET_NO_NEW_PRIVS) == 1)
        return false;
    return WR_SYS(fstatfs, fd, &system) < 0 || (system.f_flags & ST_NOSUID) == 0;
}

/* The kind of look->path. */
static enum wr_program kind_of_file(struct look *look, char *interpreter)
{
    enum wr_program kind = WR_PROGRAM_OTHER;
    struct stat info;
    /* is_executable() has seen that it is a regular file; not to wait if it is none any more */
    long fd = WR_SYS(openat, AT_FDCWD, look->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    long len;

    if (fd < 0)
        return kind; /* a program may be executable and not readable */
    len = WR_SYS(fstat, fd, &info) == 0 && S_ISREG(info.st_mode)
              ? WR_SYS(read, fd, look->head, WR_PROGRAM_HEAD)
              : -1;
    if (len > 0)
        kind = wr_program_kind(look->head, (size_t)len, interpreter);
    if (kind == WR_PROGRAM_STATIC && wr_program_is_loader(look->path))
        kind = WR_PROGRAM_OTHER;
    /* a script's own bits are ignored */
    if (len > 0 && kind != WR_PROGRAM_SCRIPT && gives_privileges(look->path, (int)fd, &info))
        kind = WR_PROGRAM_PRIVILEGED;
    WR_SYS(close, fd);
    return kind;
}

/* False where the program can be entered, or nothing is known. */
static bool examine(struct look *look)
{
    char interpreter[WR_PROGRAM_INTERPRETER];

    for (int depth = 0; depth <= SCRIPTS_MAX; depth++) {
        look->kind = kind_of_file(look, interpreter);
        if (look->kind != WR_PROGRAM_SCRIPT)
            return look->kind != WR_PROGRAM_OTHER;
        if (!look->is_script)
            strcpy(look->script, look->path);
        look->is_script = true;
        strcpy(look->path, interpreter);
        if (!is_executable(look->path))
            return false;
    }
    return false;
}

/* What was told already, of this process and those it was forked from. */
#define TOLD_MAX 64
static _Atomic uint64_t told[TOLD_MAX];

/* False where it was told before, or too much was. */
static bool is_news(const char *path)
{
    uint64_t hash = wr_hash(WR_HASH_START, path, strlen(path)) | 1; /* 0 = empty */

    for (unsigned i = 0; i < TOLD_MAX; i++) {
        uint64_t empty = 0;

        if (atomic_compare_exchange_strong(&told[i], &empty, hash))
            return true;
        if (empty == hash)
            return false;
    }
    return false;
}

/* A path of ours through /proc/self/fd as the file's own. */
static void name_plainly(char *path, char *space)
{
    long len;

    if (strncmp(path, "/proc/self/fd/", 14) != 0)
        return;
    len = WR_SYS(readlinkat, AT_FDCWD, path, space, PATH_SIZE - 1);
    if (len > 0) {
        memcpy(path, space, (size_t)len);
        path[len] = '\0';
    }
}

static void write_note(struct look *look, const char *action, const struct wr_settings *settings)
{
    struct wr_workspace *space = look->space;
    struct wr_sink_target target = wr_write_target(settings, space);
    static const struct wr_sink_fields none = {.message = "", .cause = "", .json = ""};
    struct wr_note note = {.kind = look->kind,
                           .program = look->path,
                           .script = look->is_script ? look->script : NULL,
                           .action = action,
                           .time_us = wr_clock_ns(CLOCK_REALTIME) / 1000,
                           .process = &space->process,
                           .redact_paths =
                               (settings->number[WR_SETTING_redact] >> WR_REDACT_PATHS & 1) != 0};
    struct wr_buf out = wr_buf_on(space->output, WR_NOTE_MAX);

    wr_render_note((enum wr_format)settings->number[WR_SETTING_format], &note, &out);
    wr_sink_write(&target, out.data, out.len, &none);
}

static void look_and_note(struct look *look, const char *action, int dirfd, const char *path,
                          bool search)
{
    const struct wr_settings *settings;
    struct wr_workspace *space = look->space;

    /* in parts of the workspace that the settings' and the sink's ways do not use */
    look->path = space->json;
    look->script = space->json + PATH_SIZE;
    look->head = space->json + (size_t)2 * PATH_SIZE;
    look->search = space->json + (size_t)3 * PATH_SIZE;
    if (!find_program(look, dirfd, path, search) || !examine(look))
        return;
    name_plainly(look->path, look->head);
    if (look->is_script)
        name_plainly(look->script, look->head);
    if (!wr_deferred_relocate() || !is_news(look->is_script ? look->script : look->path))
        return;
    settings = wr_configure(&space->worker);
    if (settings == NULL || settings->number[WR_SETTING_enabled] == 0 ||
        wr_sink_kind(settings->text[WR_SETTING_log]) != WR_SINK_FILE)
        return;
    wr_whoami(&space->process, false, space->scratch);
    if (wr_wants_program(settings, space->process.name, space->process.executable))
        write_note(look, action, settings);
}

void wr_note_program(const char *action, int dirfd, const char *path, bool search)
{
    struct look look = {0};
    uint64_t mask;

    if (!wr_enabled() || !may_log_to_file() || wr_process_borrows_memory() || !wr_may_look())
        return;
    mask = wr_signals_block();
    look.space = wr_workspace_take(false);
    if (look.space != NULL) {
        look_and_note(&look, action, dirfd, path, search);
        wr_workspace_give(look.space);
    }
    wr_signals_restore(mask);
}
