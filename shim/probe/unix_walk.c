/* SPDX-License-Identifier: MIT
 * Follows a path component by component, as path_resolution(7) says, and states where it breaks:
 * missing, no directory, a link that leads nowhere or in a ring, no permission. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "probe/unix_work.h"

#define LINKS_MAX 40 /* MAXSYMLINKS of the kernel */

int wr_unix_stat(const char *path, bool follow, struct wr_unix_file *ret_file)
{
    struct statx got;
    long rc =
        WR_SYS(statx, AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &got);

    if (rc < 0)
        return (int)rc;
    *ret_file = (struct wr_unix_file){.mode = got.stx_mode,
                                      .uid = got.stx_uid,
                                      .gid = got.stx_gid,
                                      .dev = got.stx_dev_major << 20 | got.stx_dev_minor,
                                      .inode = got.stx_ino};
    return 0;
}

/* One walk. The work's `found` is the resolved part, `rest` what is left to resolve. */
struct walk {
    struct wr_probe_ctx *ctx;
    struct wr_unix_work *work;
    size_t found_len; /* length of `found` before the current component was appended */
    unsigned links;
    bool in_link;       /* the current component comes out of the link */
    size_t behind_link; /* length of what stood behind the link in the path itself */
    bool bind;
};

/* What lies before the current component, as a path that can be named; the working directory
 * where nothing does. */
static const char *parent(struct walk *walk)
{
    char *text = walk->work->text;
    size_t len = walk->found_len;

    if (len == 0 && WR_SYS(getcwd, text, WR_UNIX_PATH) > 0 && text[0] == '/')
        return text;

    while (len > 1 && walk->work->found[len - 1] == '/')
        len--;
    memcpy(text, walk->work->found, len);
    text[len] = '\0';
    return len != 0 ? text : ".";
}

/* Moves one component from `rest` to the end of `found`; false at the end or if it is too long.
 * ret_last: nothing is left behind it. */
static bool step(struct walk *walk, bool *ret_last)
{
    char *rest = walk->work->rest, *found = walk->work->found;
    size_t skip = strspn(rest, "/"), len = strcspn(rest + skip, "/");
    size_t at = strlen(found);

    if (len == 0)
        return false;
    if (at != 0 && found[at - 1] != '/')
        found[at++] = '/';
    if (at + len + 1 >= WR_UNIX_PATH)
        return false;
    walk->found_len = at;
    memcpy(found + at, rest + skip, len);
    found[at + len] = '\0';
    memmove(rest, rest + skip + len, strlen(rest + skip + len) + 1);
    if (walk->in_link && strlen(rest) + len < walk->behind_link)
        walk->in_link = false;
    *ret_last = rest[strspn(rest, "/")] == '\0';
    return true;
}

/* Puts the target of the link in `found` in front of `rest`. False where that can't be done. */
static bool follow(struct walk *walk)
{
    struct wr_unix_work *work = walk->work;
    long len = wr_link_read(work->found, work->text, WR_UNIX_PATH);
    size_t rest_len = strlen(work->rest);

    if (len <= 0 || len == WR_UNIX_PATH - 1 || (size_t)len + rest_len + 2 > WR_UNIX_PATH)
        return false;
    if (!walk->in_link) {
        strcpy(work->link, work->found);
        walk->in_link = true;
        walk->behind_link = rest_len;
        strcpy(work->target, work->text);
    }
    memmove(work->rest + len, work->rest, rest_len + 1);
    memcpy(work->rest, work->text, (size_t)len);
    work->found[walk->found_len] = '\0';
    if (work->text[0] == '/')
        strcpy(work->found, "/");
    return true;
}

static void blame_link(struct walk *walk)
{
    if (!walk->in_link)
        return;
    wr_set_str(walk->ctx->ev, WR_FACT_unix_link, walk->work->link);
    wr_set_str(walk->ctx->ev, WR_FACT_unix_link_target, walk->work->target);
    wr_set_bool(walk->ctx->ev, WR_FACT_unix_link_ring, walk->links > LINKS_MAX);
}

struct near {
    const char *name;
    struct wr_evidence *ev;
    char *path; /* of the directory, with a slash; WR_UNIX_PATH bytes */
};

static bool same_but_case(const char *a, const char *b)
{
    for (; *a != '\0' || *b != '\0'; a++, b++) {
        bool letter = (*a >= 'a' && *a <= 'z') || (*a >= 'A' && *a <= 'Z');

        if (*a != *b && (!letter || (*a ^ *b) != 0x20))
            return false;
    }
    return true;
}

static bool each_near(void *ctx, const char *name, unsigned char type)
{
    struct near *near = ctx;
    size_t len = strlen(near->path);

    (void)type;
    if (!same_but_case(name, near->name) || len + strlen(name) >= WR_UNIX_PATH)
        return true;
    strcpy(near->path + len, name);
    wr_set_str(near->ev, WR_FACT_unix_near_name_there, near->path);
    return false;
}

/* A name that differs in upper and lower case only stands in the directory. */
static void look_for_near(struct walk *walk)
{
    struct wr_unix_work *work = walk->work;
    struct near near = {
        .name = work->found + walk->found_len, .ev = walk->ctx->ev, .path = work->text};

    memcpy(work->text, work->found, walk->found_len);
    work->text[walk->found_len] = '\0';
    if (wr_dir_each(walk->found_len != 0 ? work->text : ".", wr_unix_space(walk->ctx),
                    WR_NETLINK_SPACE, each_near, &near) == 0 &&
        walk->ctx->ev->state[WR_FACT_unix_near_name_there] == WR_UNKNOWN)
        wr_set_absent(walk->ctx->ev, WR_FACT_unix_near_name_there);
}

static void missing(struct walk *walk, bool last)
{
    struct wr_evidence *ev = walk->ctx->ev;

    wr_set_str(ev, WR_FACT_unix_missing, walk->work->found);
    wr_set_str(ev, WR_FACT_unix_missing_in, parent(walk));
    wr_set_bool(ev, WR_FACT_unix_missing_last, last);
    blame_link(walk);
    look_for_near(walk);
}

static void not_directory(struct walk *walk, const char *path)
{
    wr_set_str(walk->ctx->ev, WR_FACT_unix_not_directory, path);
    blame_link(walk);
}

static const char *type_word(unsigned mode)
{
    switch (mode & S_IFMT) {
    case S_IFSOCK:
        return "socket";
    case S_IFREG:
        return "regular file";
    case S_IFDIR:
        return "directory";
    case S_IFIFO:
        return "named pipe";
    case S_IFCHR:
    case S_IFBLK:
        return "device";
    default:
        return "file";
    }
}

/* A file or directory in the place of a socket, as a bind mount or a copy leaves it. Anything else
 * has a use of its own: then it is the path that is wrong, and the file is to be left alone. */
static bool is_misplaced(const struct wr_unix_work *work, unsigned mode)
{
    static const char *const own[] = {"/dev/", "/proc/", "/sys/"};
    const char *last = strrchr(work->found, '/');

    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strncmp(work->found, own[i], strlen(own[i])) == 0)
            return false;
    }
    if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISFIFO(mode))
        return false;
    last = last != NULL ? last + 1 : work->found;
    return strncmp(wr_unix_plain(work->found), "/run/", 5) == 0 || strstr(last, "sock") != NULL ||
           wr_unix_known(work->found) != NULL;
}

/* The links of /proc/PID/fd lead to the inode of the socket itself (sockfs). No socket can be
 * bound to that, so that connect() is refused whether it listens or not. */
static bool is_descriptor(const char *path)
{
    struct statfs got;

    return WR_SYS(statfs, path, &got) == 0 && got.f_type == SOCKFS_MAGIC;
}

/* access(2) with the effective ids, as connect() asks. faccessat2 came with 5.8, and old
 * container filters answer EPERM to it: then the real ids do, where they are the same. */
static long may(const char *path, int need)
{
    long rc = WR_SYS(faccessat2, AT_FDCWD, path, need, AT_EACCESS);

    if ((rc == -ENOSYS || rc == -EPERM) && WR_SYS(getuid) == WR_SYS(geteuid) &&
        WR_SYS(getgid) == WR_SYS(getegid))
        rc = WR_SYS(faccessat, AT_FDCWD, path, need);
    return rc;
}

/* Write permission on the file at the end. Effective ids, and whatever else the kernel asks. */
static void end(struct walk *walk, const struct wr_unix_file *file)
{
    struct wr_unix_work *work = walk->work;
    struct wr_evidence *ev = walk->ctx->ev;

    work->exists = true;
    work->mode = file->mode;
    work->inode = file->inode;
    work->dev = file->dev;
    work->descriptor = S_ISSOCK(file->mode) && is_descriptor(work->found);
    work->is_socket = S_ISSOCK(file->mode) && !work->descriptor;
    wr_set_absent(ev, WR_FACT_unix_missing);
    wr_set_absent(ev, WR_FACT_unix_not_directory);
    if (!S_ISSOCK(file->mode))
        wr_set_bool(ev, WR_FACT_unix_file_misplaced, is_misplaced(work, file->mode));
    wr_set_bool(ev, WR_FACT_unix_descriptor_link, work->descriptor);
    wr_set_str(ev, WR_FACT_unix_file_type,
               work->descriptor ? "descriptor link" : type_word(file->mode));
    if (walk->bind || walk->ctx->attempt->error != EACCES)
        return;
    long rc = may(work->found, W_OK);
    if (rc == -EACCES)
        wr_unix_denied(walk->ctx, work->found, false, W_OK);
    else if (rc == 0)
        wr_set_absent(ev, WR_FACT_unix_denied);
}

/* A socket that is to be bound needs a directory in which the user may create it. */
static void end_of_bind(struct walk *walk)
{
    const char *dir = parent(walk);
    long rc = may(dir, W_OK | X_OK);

    if (walk->ctx->attempt->error == ENOENT || walk->ctx->attempt->error == EROFS) {
        /* Links and directories are all there: proc, sysfs and their like make no files. */
        wr_set_absent(walk->ctx->ev, WR_FACT_unix_missing);
        wr_set_absent(walk->ctx->ev, WR_FACT_unix_not_directory);
        if (!wr_ev_true(walk->ctx->ev, WR_FACT_unix_working_directory_gone))
            wr_set_str(walk->ctx->ev, WR_FACT_unix_no_files_in, dir);
    }
    if (rc == -EACCES)
        wr_unix_denied(walk->ctx, dir, true, W_OK | X_OK);
    else if (rc == 0)
        wr_set_absent(walk->ctx->ev, WR_FACT_unix_denied);
}

/* The links of /proc/PID/fd, cwd and root lead to a file whatever their text says (proc(5)). */
static bool is_magic(const char *path, struct wr_unix_file *file)
{
    return strncmp(path, "/proc/", 6) == 0 && wr_unix_stat(path, true, file) == 0;
}

/* One component. Returns true to go on; `walked` is set where the end was understood. */
static bool one(struct walk *walk, bool last)
{
    struct wr_unix_work *work = walk->work;
    struct wr_unix_file file;
    int rc = wr_unix_stat(work->found, false, &file);

    work->walked = true;
    if (rc == -ENOENT) {
        if (last && walk->bind)
            end_of_bind(walk);
        else
            missing(walk, last);
        return false;
    }
    if (rc == -ENOTDIR) {
        not_directory(walk, parent(walk));
        return false;
    }
    if (rc == -EACCES) {
        wr_unix_denied(walk->ctx, parent(walk), true, X_OK);
        return false;
    }
    work->walked = false;
    if (rc < 0)
        return false;
    if (S_ISLNK(file.mode) && is_magic(work->found, &file)) {
        if (!last)
            return true;
    } else if (S_ISLNK(file.mode) && !(last && walk->bind)) {
        if (++walk->links <= LINKS_MAX)
            return follow(walk);
        blame_link(walk);
        work->walked = true;
        return false;
    }
    if (!last)
        return true;
    work->walked = true;
    if (work->rest[0] == '/' && !S_ISDIR(file.mode))
        not_directory(walk, work->found);
    else
        end(walk, &file);
    return false;
}

void wr_unix_walk(struct wr_probe_ctx *ctx, struct wr_unix_work *work)
{
    struct walk walk = {.ctx = ctx, .work = work, .bind = ctx->attempt->call == WR_CALL_BIND};
    bool last;

    strcpy(work->rest, work->name);
    strcpy(work->found, work->name[0] == '/' ? "/" : "");
    while (step(&walk, &last) && one(&walk, last))
        ;
    if (work->walked && ctx->ev->state[WR_FACT_unix_link] == WR_UNKNOWN)
        wr_set_absent(ctx->ev, WR_FACT_unix_link);
    wr_set_bool(ctx->ev, WR_FACT_unix_walked, work->walked);
}
