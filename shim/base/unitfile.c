/* SPDX-License-Identifier: MIT
 * See unitfile.h. The search order is that of systemd.unit(5). */
#include "base/unitfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"

#define DIRS 5
#define DIR_SPACE 2048
#define PATH_SPACE 512

/* First wins. /lib stands last: it is /usr/lib on most systems, and then hides nothing. */
#define SYSTEM_DIRS                                                                    \
    {                                                                                  \
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", \
            "/usr/lib/systemd/system", "/lib/systemd/system"                           \
    }
static const char *const unit_dirs[][DIRS] = {
    [WR_UNIT_SYSTEM] = SYSTEM_DIRS,
    [WR_UNIT_USER] = {"/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user",
                      "/usr/lib/systemd/user", "/lib/systemd/user"},
    [WR_UNIT_SYSTEM_OWN] = SYSTEM_DIRS,
};
#define OWN_DIRS 3

struct search {
    enum wr_unit_scope scope;
    const char *glob;
    unsigned dir; /* index of the directory that is being read */
    char *file, *names;
    size_t file_size;
    uint64_t until_ns;
    bool stopped, late;
    bool (*each)(void *ctx, const struct wr_unit_line *line);
    void *ctx;
    const char *unit, *dropins;
};

enum found { FOUND_NONE, FOUND_UNIT, FOUND_ALIAS, FOUND_MASK };

/* What stands under that name in a unit directory. A link to a file of another name is an alias. */
static enum found look(const char *dir, const char *unit, char path[PATH_SPACE])
{
    char target[PATH_SPACE];
    long len;

    if (*unit == '\0' || strchr(unit, '/') != NULL ||
        wr_join(path, PATH_SPACE, dir, "/", unit, NULL) == NULL)
        return FOUND_NONE;
    len = wr_link_read(path, target, sizeof(target));
    if (len == -EINVAL)
        return FOUND_UNIT;
    if (len < 0)
        return FOUND_NONE;
    if (strcmp(target, "/dev/null") == 0)
        return FOUND_MASK;
    const char *name = strrchr(target, '/');
    return strcmp(name != NULL ? name + 1 : target, unit) == 0 ? FOUND_UNIT : FOUND_ALIAS;
}

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t\r");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
    return text;
}

/* Cuts the next line off, joining lines that end in a backslash with a blank. NULL at the end. */
static char *next_line(char **rest)
{
    char *line = *rest, *end = line;

    if (line == NULL || *line == '\0')
        return NULL;
    while ((end = strchr(end, '\n')) != NULL && end > line && end[-1] == '\\') {
        end[-1] = ' ';
        *end = ' ';
    }
    *rest = NULL;
    if (end != NULL) {
        *end = '\0';
        *rest = end + 1;
    }
    return line;
}

static void parse(struct search *search, char *text)
{
    struct wr_unit_line line = {.unit = search->unit, .section = ""};
    char *at;

    while (!search->stopped && (at = next_line(&text)) != NULL) {
        char *sign;

        at = trim(at);
        if (*at == '\0' || *at == '#' || *at == ';')
            continue;
        if (*at == '[') {
            line.section = at + 1;
            at[strcspn(at, "]")] = '\0';
            continue;
        }
        sign = strchr(at, '=');
        if (sign == NULL)
            continue;
        *sign = '\0';
        line.key = trim(at);
        line.value = trim(sign + 1);
        search->stopped = !search->each(search->ctx, &line);
    }
}

static void parse_file(struct search *search, const char *path)
{
    if (wr_file_read(path, search->file, search->file_size) > 0)
        parse(search, search->file);
}

static bool each_dropin(void *ctx, const char *name, unsigned char type)
{
    struct search *search = ctx;
    char path[PATH_SPACE];

    (void)type;
    if (wr_glob("*.conf", name) &&
        wr_join(path, sizeof(path), search->dropins, "/", name, NULL) != NULL)
        parse_file(search, path);
    return !search->stopped;
}

static void parse_dropins(struct search *search)
{
    char path[PATH_SPACE];

    for (unsigned i = DIRS; i-- > 0 && !search->stopped;) {
        if (wr_join(path, sizeof(path), unit_dirs[search->scope][i], "/", search->unit, ".d",
                    NULL) == NULL)
            continue;
        search->dropins = path;
        wr_dir_each(path, search->names + DIR_SPACE, DIR_SPACE, each_dropin, search);
    }
}

static bool each_unit(void *ctx, const char *name, unsigned char type)
{
    struct search *search = ctx;
    char path[PATH_SPACE];

    (void)type;
    if (!wr_glob(search->glob, name))
        return true;
    if (search->until_ns != 0 && wr_now_ns() > search->until_ns) {
        search->late = true;
        return false;
    }
    for (unsigned i = 0; i < search->dir; i++) {
        if (look(unit_dirs[search->scope][i], name, path) != FOUND_NONE)
            return true; /* hidden, or seen before */
    }
    if (look(unit_dirs[search->scope][search->dir], name, path) != FOUND_UNIT)
        return true;
    search->unit = name;
    parse_file(search, path);
    if (!search->stopped)
        parse_dropins(search);
    return !search->stopped;
}

int wr_unit_each(enum wr_unit_scope scope, const char *glob, char *space, size_t size,
                 uint64_t until_ns, bool (*each)(void *ctx, const struct wr_unit_line *line),
                 void *ctx)
{
    struct search search = {.scope = scope,
                            .glob = glob,
                            .until_ns = until_ns,
                            .each = each,
                            .ctx = ctx,
                            .names = space,
                            .file = space + 2 * DIR_SPACE,
                            .file_size = size - 2 * DIR_SPACE};
    unsigned dirs = scope == WR_UNIT_SYSTEM_OWN ? OWN_DIRS : DIRS;
    bool any = false;

    for (unsigned i = 0; i < dirs && !search.stopped && !search.late; i++) {
        search.dir = i;
        if (wr_dir_each(unit_dirs[scope][i], search.names, DIR_SPACE, each_unit, &search) == 0)
            any = true;
    }
    if (search.late)
        return -ETIME;
    return any ? 0 : -ENOENT;
}

bool wr_unit_installed(enum wr_unit_scope scope, const char *unit)
{
    char path[PATH_SPACE];

    for (unsigned i = 0; i < DIRS; i++) {
        enum found found = look(unit_dirs[scope][i], unit, path);

        if (found != FOUND_NONE)
            return found != FOUND_MASK;
    }
    return false;
}

bool wr_unit_booted(void)
{
    return WR_SYS(faccessat, AT_FDCWD, "/run/systemd/system/", F_OK) == 0;
}

char *wr_unit_expand(const char *value, const char *runtime, char *dest, size_t size)
{
    struct wr_buf buf = wr_buf_on(dest, size);

    for (; *value != '\0'; value++) {
        if (*value != '%') {
            wr_buf_char(&buf, *value);
            continue;
        }
        value++;
        if (*value == 't')
            wr_buf_str(&buf, runtime);
        else if (*value == '%')
            wr_buf_char(&buf, '%');
        else
            return NULL;
    }
    wr_buf_terminate(&buf);
    return buf.cut ? NULL : dest;
}
