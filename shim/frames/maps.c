/* SPDX-License-Identifier: MIT
 * See maps.h. */
#include "frames/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"

/* Given by the linker: the first byte of this shared object, and the first behind it. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

/* "start-end rwxp offset dev:dev inode   path". Cuts the line; false where it is malformed. */
static bool parse_line(char *line, struct wr_mapping *ret)
{
    const char *at = line;
    char *newline = strchr(line, '\n');

    if (newline != NULL)
        *newline = '\0';
    if (!wr_parse_hex(&at, &ret->start) || *at++ != '-' || !wr_parse_hex(&at, &ret->end) ||
        *at++ != ' ' || strlen(at) < 5)
        return false;
    ret->executable = at[2] == 'x';
    at += 5;
    if (!wr_parse_hex(&at, &ret->offset))
        return false;
    at += strspn(at, " ");
    at += strcspn(at, " "); /* the device */
    at += strspn(at, " ");
    if (!wr_parse_uint(&at, &ret->inode))
        return false;
    ret->path = at + strspn(at, " ");
    return true;
}

/* A line of the file is shorter than this: the path is at most PATH_MAX. */
#define LINE_MAX_BYTES 4300

int wr_maps_each(char *space, size_t size, uint64_t until_ns,
                 bool (*each)(void *ctx, const struct wr_mapping *map), void *ctx)
{
    long fd = WR_SYS(openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    size_t len = 0;
    long got;
    bool more = true, in_time = true;

    if (fd < 0)
        return (int)fd;
    while (more && in_time && (got = WR_SYS(read, fd, space + len, size - 1 - len)) > 0) {
        char *line = space, *end;

        len += (size_t)got;
        space[len] = '\0';
        while (more && (end = strchr(line, '\n')) != NULL) {
            struct wr_mapping map;

            if (parse_line(line, &map))
                more = each(ctx, &map);
            line = end + 1;
        }
        len -= (size_t)(line - space);
        memmove(space, line, len);
        if (len > LINE_MAX_BYTES)
            break;
        in_time = wr_now_ns() < until_ns;
    }
    WR_SYS(close, fd);
    return more && !in_time ? -ETIME : 0;
}

struct own {
    char *path;
    size_t size;
    uint64_t inode;
    int error;
};

static bool is_own(void *ctx, const struct wr_mapping *map)
{
    struct own *own = ctx;
    size_t len = strlen(map->path);

    if ((uintptr_t)__ehdr_start < map->start || (uintptr_t)__ehdr_start >= map->end)
        return true;
    if (map->path[0] != '/' || len + 1 > own->size) {
        own->error = -ENOENT;
        return false;
    }
    memcpy(own->path, map->path, len + 1);
    own->inode = map->inode;
    own->error = 0;
    return false;
}

int wr_maps_own_path(char *space, size_t size, uint64_t until_ns, char *path, size_t path_size,
                     uint64_t *ret_inode)
{
    struct own own = {path, path_size, 0, -ENOENT};
    int error = wr_maps_each(space, size, until_ns, is_own, &own);

    *ret_inode = own.inode;
    return error < 0 ? error : own.error;
}

bool wr_maps_is_own(uint64_t address)
{
    return address >= (uintptr_t)__ehdr_start && address < (uintptr_t)_end;
}
