/* SPDX-License-Identifier: MIT
 * Appends to a file that is opened and closed for each report, so that it can be rotated and no
 * descriptor is kept. See sink.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/buf.h"
#include "base/sys.h"
#include "sink/sinks.h"

#define PATH_SIZE 1024

/* A value inside one component of the path. */
static void put_value(struct wr_buf *path, const char *value)
{
    bool first = true;

    for (; value != NULL && *value != '\0'; value++, first = false) {
        bool plain = *value > ' ' && *value != 0x7f && *value != '/';
        bool dots = *value == '.' && (first || value[-1] == '.');

        wr_buf_char(path, plain && !dots ? *value : '_');
    }
}

/* %q{VAR} at text[0] == '%'. Returns its length, or 0 where it is none. */
static size_t put_variable(const struct wr_sink_target *target, const char *text,
                           struct wr_buf *path)
{
    const char *end;

    if (text[1] != 'q' || text[2] != '{')
        return 0;
    end = strchr(text, '}');
    if (end == NULL)
        return 0;
    if (target->environment != NULL)
        put_value(path,
                  target->environment(target->environment_ctx, text + 3, (size_t)(end - text - 3)));
    return (size_t)(end + 1 - text);
}

int wr_sink_path(const struct wr_sink_target *target, char *path, size_t size)
{
    struct wr_buf out = wr_buf_on(path, size);

    for (const char *text = target->log; *text != '\0'; text++) {
        size_t used;

        if (*text != '%') {
            wr_buf_char(&out, *text);
            continue;
        }
        switch (text[1]) {
        case 'p':
            wr_buf_int(&out, target->pid);
            text++;
            break;
        case 'e':
            put_value(&out, target->program);
            text++;
            break;
        case 'h':
            put_value(&out, target->host);
            text++;
            break;
        case '%':
            wr_buf_char(&out, '%');
            text++;
            break;
        default:
            used = put_variable(target, text, &out);
            if (used == 0)
                wr_buf_char(&out, '%');
            else
                text += used - 1;
        }
    }
    wr_buf_terminate(&out);
    return out.cut ? -ENAMETOOLONG : 0;
}

/* Not what is no file, though it looks like one (/proc/self/mem), nor what somebody has linked
 * to another name. */
static int check(int fd)
{
    struct stat st;
    struct statfs fs;
    long ret = WR_SYS(fstat, fd, &st);

    if (ret < 0)
        return (int)ret;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    if (st.st_nlink > 1)
        return -EMLINK;
    ret = WR_SYS(fstatfs, fd, &fs);
    if (ret < 0)
        return (int)ret;
    if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC || fs.f_type == DEBUGFS_MAGIC ||
        fs.f_type == TRACEFS_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC ||
        fs.f_type == CGROUP2_SUPER_MAGIC)
        return -EINVAL;
    return 0;
}

int wr_sink_file(const struct wr_sink_target *target, const char *bytes, size_t len)
{
    char path[PATH_SIZE];
    struct stat st;
    long fd, done;
    int ret = wr_sink_path(target, path, sizeof(path));

    if (ret < 0)
        return ret;
    /* Opening a device can do something by itself: it is looked at first, and again afterwards. */
    if (WR_SYS(newfstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
        return S_ISLNK(st.st_mode) ? -ELOOP : -EINVAL;
    fd = WR_SYS(openat, AT_FDCWD, path,
                O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                0600);
    if (fd < 0)
        return (int)fd;
    ret = check((int)fd);
    if (ret == 0) {
        done = WR_SYS(write, fd, bytes, len);
        if (done > 0 && (size_t)done < len) {
            WR_SYS(write, fd, "\n", 1); /* the next report begins a line, if there is room */
            done = -ENOSPC;
        }
        ret = done < 0 ? (int)done : 0;
    }
    WR_SYS(close, fd);
    return ret;
}
