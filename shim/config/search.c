/* SPDX-License-Identifier: MIT
 * See search.h. */
#include "config/search.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

#define CONFIG_FILE "/etc/whyrefused.conf"
#define CONFIG_DIRECTORY "/etc/whyrefused.conf.d/"

static bool exists(const char *path)
{
    return WR_SYS(faccessat, AT_FDCWD, path, F_OK) == 0;
}

static bool add(const char *path, struct wr_buf *list)
{
    if (strlen(path) >= list->size - list->len)
        return false;
    wr_buf_mem(list, path, strlen(path) + 1);
    return true;
}

/* The XDG base directory specification has relative paths ignored; they would lead into the
 * working directory, which may be anyone's. */
static bool user_file(const char *(*environment)(const char *name), struct wr_buf *list)
{
    /* no pointers: this is also asked before they are relocated (base/deferred.h) */
    static const char places[2][2][40] = {
        {"XDG_CONFIG_HOME", "/whyrefused/whyrefused.conf"},
        {"HOME", "/.config/whyrefused/whyrefused.conf"},
    };
    char path[1024];

    for (size_t i = 0; i < 2; i++) {
        const char *home = environment(places[i][0]);

        if (home == NULL || home[0] != '/')
            continue;
        if (wr_join(path, sizeof(path), home, places[i][1], NULL) == NULL || !exists(path))
            return false;
        return add(path, list);
    }
    return false;
}

bool wr_config_search(const char *(*environment)(const char *name), struct wr_buf *list)
{
    const char *named = environment("WHYREFUSED_CONFIG");
    bool found = false;

    if (named != NULL && strcmp(named, "none") == 0)
        return false;
    if (named != NULL && named[0] == '/')
        return add(named, list);
    if (user_file(environment, list))
        return true;
    if (exists(CONFIG_FILE))
        found = add(CONFIG_FILE, list);
    if (exists(CONFIG_DIRECTORY))
        found = add(CONFIG_DIRECTORY, list) || found;
    return found;
}
