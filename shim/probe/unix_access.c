/* SPDX-License-Identifier: MIT
 * Why the user may not enter a directory or write to a socket: owner, group, mode, and whether the
 * group files already say otherwise. Names come from the files: NSS would call into the host. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "probe/unix_work.h"

#define NAME_SIZE 64

/* A line "name:x:id:rest" of passwd(5) or group(5), cut into its parts. */
struct entry {
    const char *name, *rest;
    size_t name_len;
    uint64_t id;
};

static bool parse_entry(const char *line, struct entry *ret_entry)
{
    size_t len = wr_line_length(line);
    const char *end = line + len, *colon = memchr(line, ':', len), *id;

    if (colon == NULL)
        return false;
    id = memchr(colon + 1, ':', (size_t)(end - colon - 1));
    if (id == NULL)
        return false;
    ret_entry->name = line;
    ret_entry->name_len = (size_t)(colon - line);
    id++;
    if (!wr_parse_uint(&id, &ret_entry->id) || *id != ':')
        return false;
    ret_entry->rest = id + 1;
    return true;
}

static bool entry_of(const char *text, uint64_t id, struct entry *ret_entry)
{
    for (; text != NULL; text = wr_line_next(text)) {
        if (parse_entry(text, ret_entry) && ret_entry->id == id)
            return true;
    }
    return false;
}

/* Reads as much of the file as there is room for. */
static const char *slurp(struct wr_probe_ctx *ctx, const char *path, bool *ret_whole)
{
    char *space = wr_unix_space(ctx);
    long len = wr_file_read(path, space, WR_NETLINK_SPACE);

    *ret_whole = len >= 0;
    return len >= 0 || len == -EFBIG ? space : NULL;
}

static bool copy_field(const char *from, char *dest, size_t size)
{
    size_t len = strcspn(from, ":\n");

    if (len >= size)
        return false;
    memcpy(dest, from, len);
    dest[len] = '\0';
    return true;
}

static const char *nth_field(const char *rest, unsigned n)
{
    for (; n > 0; n--) {
        rest += strcspn(rest, ":\n");
        if (*rest != ':')
            return NULL;
        rest++;
    }
    return rest;
}

bool wr_unix_user(struct wr_probe_ctx *ctx, uint32_t uid, char *ret_name, size_t name_size,
                  char *ret_home, size_t home_size)
{
    bool whole;
    const char *text = slurp(ctx, "/etc/passwd", &whole), *home;
    struct entry entry;

    if (text == NULL || !entry_of(text, uid, &entry))
        return false;
    home = nth_field(entry.rest, 2);
    if (ret_home != NULL && (home == NULL || !copy_field(home, ret_home, home_size)))
        return false;
    return copy_field(entry.name, ret_name, name_size);
}

/* A name, or "uid 1234" where there is none. */
static void set_name(struct wr_probe_ctx *ctx, enum wr_fact fact, const char *kind, uint32_t id,
                     const char *name)
{
    char text[NAME_SIZE];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    if (name == NULL) {
        wr_buf_str(&buf, kind);
        wr_buf_uint(&buf, id);
        name = wr_buf_terminate(&buf);
    }
    wr_set_str(ctx->ev, fact, name);
}

static bool in_list(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (;;) {
        size_t item = strcspn(list, ",\n");

        if (item == len && memcmp(list, name, len) == 0)
            return true;
        if (list[item] != ',')
            return false;
        list += item + 1;
    }
}

/* 1 where the group is among the process's own, 0 where not, -1 where that can't be told. */
static int has_group(struct wr_probe_ctx *ctx, uint32_t gid)
{
    uint32_t *groups = (uint32_t *)(void *)wr_unix_space(ctx);
    long count;

    if ((uint32_t)WR_SYS(getegid) == gid)
        return 1;
    count = WR_SYS(getgroups, WR_NETLINK_SPACE / sizeof(*groups), groups);
    if (count < 0)
        return -1;
    for (long i = 0; i < count; i++) {
        if (groups[i] == gid)
            return 1;
    }
    return 0;
}

/* The user's primary group in passwd(5) is gid: a new session would have it. */
static bool primary_group_is(struct wr_probe_ctx *ctx, uint32_t uid, uint32_t gid)
{
    bool whole;
    const char *text = slurp(ctx, "/etc/passwd", &whole);
    struct entry entry;
    uint64_t primary;

    return text != NULL && entry_of(text, uid, &entry) && wr_parse_uint(&entry.rest, &primary) &&
           primary == gid;
}

static void state_group(struct wr_probe_ctx *ctx, uint32_t uid, uint32_t gid, const char *user)
{
    struct wr_evidence *ev = ctx->ev;
    int member = has_group(ctx, gid);
    bool whole, listed = false, found;
    const char *text = slurp(ctx, "/etc/group", &whole);
    struct entry entry;
    char name[NAME_SIZE];

    found = text != NULL && entry_of(text, gid, &entry) && copy_field(entry.name, name, NAME_SIZE);
    set_name(ctx, WR_FACT_unix_denied_group, "gid ", gid, found ? name : NULL);
    if (member < 0)
        return;
    wr_set_bool(ev, WR_FACT_unix_group_member, member > 0);
    if (user == NULL || !found)
        return;
    listed = in_list(entry.rest, user);
    if (!listed)
        listed = primary_group_is(ctx, uid, gid);
    if (listed || whole)
        wr_set_bool(ev, WR_FACT_unix_group_new_sessions, listed && member == 0);
}

/* "srw-rw----", as ls(1) shows it. */
static void set_mode(struct wr_probe_ctx *ctx, unsigned mode)
{
    char text[10] = "?rwxrwxrwx";

    text[0] = S_ISSOCK(mode) ? 's' : S_ISDIR(mode) ? 'd' : S_ISFIFO(mode) ? 'p' : '-';
    for (unsigned i = 0; i < 9; i++) {
        if ((mode & (0400u >> i)) == 0)
            text[1 + i] = '-';
    }
    if ((mode & S_ISVTX) != 0)
        text[9] = (mode & S_IXOTH) != 0 ? 't' : 'T';
    wr_set_text(ctx->ev, WR_FACT_unix_denied_mode, text, sizeof(text));
}

/* The mode lets the user do it: then something else has denied it, a security module or a file
 * server. Not asked where there is an ACL. */
static bool mode_allows(struct wr_probe_ctx *ctx, const struct wr_unix_file *file, uint32_t uid,
                        unsigned need)
{
    int member;

    if (file->uid == uid)
        return (file->mode >> 6 & need) == need;
    member = has_group(ctx, file->gid);
    if (member < 0)
        return false;
    return (file->mode >> (member > 0 ? 3 : 0) & need) == need;
}

void wr_unix_denied(struct wr_probe_ctx *ctx, const char *path, bool directory, unsigned need)
{
    struct wr_evidence *ev = ctx->ev;
    struct wr_unix_file file;
    uint32_t uid = (uint32_t)WR_SYS(geteuid);
    char user[NAME_SIZE], owner[NAME_SIZE];
    bool acl = WR_SYS(getxattr, path, "system.posix_acl_access", NULL, 0) > 0;
    bool seen = wr_unix_stat(path, true, &file) == 0, named;

    if (seen && !acl && mode_allows(ctx, &file, uid, need))
        return;
    wr_set_str(ev, WR_FACT_unix_denied, path);
    wr_set_bool(ev, WR_FACT_unix_denied_directory, directory);
    wr_set_bool(ev, WR_FACT_unix_denied_write, (need & W_OK) != 0);
    wr_set_bool(ev, WR_FACT_unix_denied_acl, acl);
    if (!seen)
        return;
    named = wr_unix_user(ctx, uid, user, sizeof(user), NULL, 0);
    set_name(ctx, WR_FACT_unix_user, "uid ", uid, named ? user : NULL);
    set_name(ctx, WR_FACT_unix_denied_owner, "uid ", file.uid,
             wr_unix_user(ctx, file.uid, owner, sizeof(owner), NULL, 0) ? owner : NULL);
    set_mode(ctx, file.mode);
    /* With an ACL the group bits are a mask, and say nothing of the group. */
    if (!acl)
        wr_set_bool(ev, WR_FACT_unix_group_allows,
                    file.gid != 0 && file.uid != uid && (file.mode >> 3 & need) == need);
    state_group(ctx, uid, file.gid, named ? user : NULL);
}
