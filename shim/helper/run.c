/* SPDX-License-Identifier: MIT
 * `whyrefused run`: becomes the command (same process, so same id, signals and exit status) with
 * the library before whatever LD_PRELOAD has. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/helper.h"

#define LIBRARY "libwhyrefused.so"

/* Relative to the directory of the program: in a build tree, and installed. */
static const char *const places[] = {
    "/" LIBRARY,
    "/../lib/whyrefused/" LIBRARY,
#ifdef WR_MULTIARCH
    "/../lib/" WR_MULTIARCH "/whyrefused/" LIBRARY,
#endif
    "/../lib64/whyrefused/" LIBRARY,
    "/../lib/" LIBRARY,
};

bool wr_helper_self(char path[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);

    if (len <= 0) {
        fprintf(stderr, "whyrefused: /proc/self/exe: %s\n", strerror(errno));
        return false;
    }
    path[len] = '\0';
    return true;
}

static bool find_library(char path[PATH_MAX])
{
    char self[PATH_MAX], candidate[PATH_MAX + 64];
    char *slash;

    if (!wr_helper_self(self))
        return false;
    slash = strrchr(self, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(candidate, sizeof(candidate), "%s%s", self, places[i]);
        if (realpath(candidate, path) != NULL && access(path, R_OK) == 0)
            return true;
    }
    fprintf(stderr, "whyrefused: " LIBRARY " is neither in %s nor in the lib directory beside it\n",
            self);
    return false;
}

static bool is_path(const char *entry, size_t len, const char *path)
{
    return strlen(path) == len && memcmp(entry, path, len) == 0;
}

/* Of a library of our name under another path. */
static bool is_copy(const char *entry, size_t len, const char *path)
{
    const size_t name = strlen(LIBRARY);

    return !is_path(entry, len, path) && len >= name &&
           memcmp(entry + len - name, LIBRARY, name) == 0 &&
           (len == name || entry[len - name - 1] == '/');
}

/* True where LD_PRELOAD, a list separated by ':' or ' ', names the library already. */
static bool has_entry(const char *list, const char *path)
{
    for (const char *at = list; *at != '\0'; at += strspn(at, ": ")) {
        size_t len = strcspn(at, ": ");

        if (is_path(at, len, path))
            return true;
        at += len;
    }
    return false;
}

/* Before what is there, unless it has its place already. A second copy would tell all of it again.
 */
static bool set_preload(const char *path)
{
    const char *old = getenv("LD_PRELOAD");
    struct wr_buf value;
    bool done;

    if (old == NULL)
        old = "";
    value = wr_buf_on(malloc(strlen(path) + strlen(old) + 2), strlen(path) + strlen(old) + 2);
    if (value.data == NULL)
        return false;
    if (!has_entry(old, path))
        wr_buf_str(&value, path);
    for (const char *at = old + strspn(old, ": "); *at != '\0'; at += strspn(at, ": ")) {
        size_t len = strcspn(at, ": ");

        if (!is_copy(at, len, path)) {
            if (value.len > 0)
                wr_buf_char(&value, ':');
            wr_buf_mem(&value, at, len);
        }
        at += len;
    }
    done = setenv("LD_PRELOAD", wr_buf_terminate(&value), 1) == 0;
    free(value.data);
    return done;
}

bool wr_helper_preload(void)
{
    char path[PATH_MAX];

    if (!find_library(path))
        return false;
    if (strpbrk(path, ": ") != NULL) {
        fprintf(stderr,
                "whyrefused: %s: the dynamic loader takes ':' and ' ' for the end of a name, so a "
                "library under this path cannot be preloaded\n",
                path);
        return false;
    }
    if (!set_preload(path)) {
        fprintf(stderr, "whyrefused: LD_PRELOAD cannot be set: %s\n", strerror(errno));
        return false;
    }
    return true;
}

int wr_helper_run(char **command)
{
    if (!wr_helper_preload())
        return WR_EXIT_OWN;
    execvp(command[0], command);
    fprintf(stderr, "whyrefused: %s: %s\n", command[0], strerror(errno));
    return errno == ENOENT ? WR_EXIT_NOT_FOUND : WR_EXIT_CANNOT_RUN;
}
