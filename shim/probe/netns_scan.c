/* SPDX-License-Identifier: MIT
 * See netns_scan.h. */
#include "probe/netns_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"

#define NAMESPACES_MAX 64
#define PATH_SPACE 64
#define TABLE_LINE 512 /* of any of these tables */

/* A thread can be in another namespace than the first one of its process. */
static const char *net_path(char *path, const char *pid, const char *table)
{
    bool self = strcmp(pid, "self") == 0;

    return wr_join(path, PATH_SPACE, "/proc/", self ? "thread-self" : pid, "/net/", table,
                   (char *)NULL);
}

uint64_t wr_netns_id(const char *pid, const char *table)
{
    struct stat st = {0};
    char path[PATH_SPACE];

    if (net_path(path, pid, table) == NULL || WR_SYS(newfstatat, AT_FDCWD, path, &st, 0) < 0)
        return 0;
    return st.st_ino;
}

struct scan {
    const char *table;
    uint64_t until_ns;
    uint64_t seen[NAMESPACES_MAX];
    unsigned seen_count;
    int rc;
    bool (*each)(void *ctx, const char *pid, uint64_t id);
    void *ctx;
};

static bool seen_before(const struct scan *scan, uint64_t id)
{
    for (unsigned i = 0; i < scan->seen_count; i++) {
        if (scan->seen[i] == id)
            return true;
    }
    return false;
}

static bool each_process(void *ctx, const char *name, unsigned char type)
{
    struct scan *scan = ctx;
    uint64_t id;

    (void)type;
    if (name[0] < '1' || name[0] > '9' || strlen(name) >= WR_PID_TEXT)
        return true;
    if (wr_now_ns() >= scan->until_ns) {
        scan->rc = -ETIME;
        return false;
    }
    id = wr_netns_id(name, scan->table);
    if (id == 0 || seen_before(scan, id))
        return true;
    if (scan->seen_count == NAMESPACES_MAX) {
        scan->rc = -E2BIG;
        return false;
    }
    scan->seen[scan->seen_count++] = id;
    return scan->each(scan->ctx, name, id);
}

int wr_netns_each(const char *table, char *space, size_t size, uint64_t until_ns,
                  bool (*each)(void *ctx, const char *pid, uint64_t id), void *ctx)
{
    struct scan scan = {.table = table, .until_ns = until_ns, .each = each, .ctx = ctx};
    int rc;

    scan.seen[0] = wr_netns_id("self", table);
    if (scan.seen[0] == 0)
        return -ENOENT;
    scan.seen_count = 1;
    rc = wr_dir_each("/proc", space, size, each_process, &scan);
    return rc < 0 ? rc : scan.rc;
}

int wr_netns_lines(const char *pid, const char *table, char *space, size_t size, uint64_t until_ns,
                   bool (*each)(void *ctx, const char *line), void *ctx)
{
    char path[PATH_SPACE];

    if (net_path(path, pid, table) == NULL)
        return -ENAMETOOLONG;
    return wr_file_lines(path, TABLE_LINE, space, size, until_ns, each, ctx);
}

long wr_netns_program(const char *pid, char *ret_name)
{
    char path[PATH_SPACE];
    long len;

    if (wr_join(path, sizeof(path), "/proc/", pid, "/comm", (char *)NULL) == NULL)
        return -ENAMETOOLONG;
    len = wr_file_read(path, ret_name, 32);
    if (len > 0 && ret_name[len - 1] == '\n')
        ret_name[--len] = '\0';
    return len;
}
