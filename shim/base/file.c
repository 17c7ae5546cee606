/* SPDX-License-Identifier: MIT
 * See file.h. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/sys.h"

long wr_file_read(const char *path, char *buf, size_t size)
{
    long fd = WR_SYS(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    size_t len = 0;
    long got;

    if (fd < 0)
        return fd;
    while ((got = WR_SYS(read, fd, buf + len, size - len)) > 0) {
        len += (size_t)got;
        if (len == size)
            break;
    }
    WR_SYS(close, fd);
    if (got < 0)
        return got;
    if (len == size) {
        buf[size - 1] = '\0';
        return -EFBIG;
    }
    buf[len] = '\0';
    return (long)len;
}

/* Hands on what is terminated by a newline. Returns how much that was; *more says whether to
 * go on. */
static size_t hand_on(char *text, bool (*each)(void *ctx, const char *line), void *ctx, bool *more)
{
    char *line = text, *end;

    while (*more && (end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        *more = each(ctx, line);
        line = end + 1;
    }
    return (size_t)(line - text);
}

/* A file of /proc gives whole records, as many as fit into the kernel's buffer of a page or more
 * (fs/seq_file.c): where another one would have fitted, there is none. */
static bool was_last(size_t asked, size_t got, size_t line_max)
{
    return line_max != 0 && got < asked && got + line_max <= 4096;
}

int wr_file_lines(const char *path, size_t line_max, char *space, size_t size, uint64_t until_ns,
                  bool (*each)(void *ctx, const char *line), void *ctx)
{
    long fd = WR_SYS(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    size_t len = 0;
    bool more = true;
    long got = 0;

    if (fd < 0)
        return (int)fd;
    while (more) {
        size_t room = size - 1 - len, done;

        if (room == 0)
            got = -EFBIG;
        else
            got = wr_now_ns() < until_ns ? WR_SYS(read, fd, space + len, room) : -ETIME;
        if (got <= 0)
            break;
        len += (size_t)got;
        space[len] = '\0';
        done = hand_on(space, each, ctx, &more);
        len -= done;
        memmove(space, space + done, len + 1);
        if (was_last(room, (size_t)got, line_max)) {
            got = 0;
            break;
        }
    }
    WR_SYS(close, fd);
    if (got == 0 && more && len != 0)
        each(ctx, space); /* the last line, without its newline */
    return got < 0 ? (int)got : 0;
}

int wr_file_uint(const char *path, uint64_t *ret_value)
{
    char text[64];
    const char *at = text;
    long len = wr_file_read(path, text, sizeof(text));

    if (len < 0)
        return (int)len;
    return wr_parse_uint(&at, ret_value) ? 0 : -EINVAL;
}

struct linux_dirent64 {
    uint64_t d_ino;
    int64_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[];
};

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

int wr_dir_each(const char *path, char *buf, size_t size,
                bool (*each)(void *ctx, const char *name, unsigned char type), void *ctx)
{
    long fd = WR_SYS(openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long got;
    bool more = true;

    if (fd < 0)
        return (int)fd;
    /* The kernel aligns entries from the start of the buffer. */
    size_t skew = -(uintptr_t)buf & 7;
    buf += skew;
    size -= skew;
    while (more && (got = WR_SYS(getdents64, fd, buf, size)) > 0) {
        for (long at = 0; more && at < got;) {
            struct linux_dirent64 *entry = (struct linux_dirent64 *)(void *)(buf + at);

            if (!is_dots(entry->d_name))
                more = each(ctx, entry->d_name, entry->d_type);
            at += entry->d_reclen;
        }
    }
    WR_SYS(close, fd);
    return more && got < 0 ? (int)got : 0;
}

long wr_link_read(const char *path, char *buf, size_t size)
{
    long len = WR_SYS(readlinkat, AT_FDCWD, path, buf, size - 1);

    if (len >= 0)
        buf[len] = '\0';
    return len;
}

static bool parse_number(const char **text, unsigned base, uint64_t *ret_value)
{
    const char *at = *text;
    uint64_t value = 0;

    for (;; at++) {
        unsigned digit;

        if (*at >= '0' && *at <= '9')
            digit = (unsigned)(*at - '0');
        else if ((*at | 32) >= 'a' && (*at | 32) <= 'f')
            digit = (unsigned)((*at | 32) - 'a') + 10;
        else
            break;
        if (digit >= base)
            break;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    if (at == *text)
        return false;
    *text = at;
    *ret_value = value;
    return true;
}

bool wr_parse_uint(const char **text, uint64_t *ret_value)
{
    return parse_number(text, 10, ret_value);
}

bool wr_parse_hex(const char **text, uint64_t *ret_value)
{
    return parse_number(text, 16, ret_value);
}

const char *wr_line_next(const char *text)
{
    const char *end = strchr(text, '\n');

    return end != NULL && end[1] != '\0' ? end + 1 : NULL;
}

const char *wr_line_value(const char *text, const char *key)
{
    size_t len = strlen(key);

    for (; text != NULL; text = wr_line_next(text)) {
        if (strncmp(text, key, len) == 0) {
            text += len;
            while (*text == ' ' || *text == '\t')
                text++;
            return text;
        }
    }
    return NULL;
}

size_t wr_line_length(const char *text)
{
    return strcspn(text, "\n");
}

bool wr_glob(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;

    while (*name != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            retry = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star + 1;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
