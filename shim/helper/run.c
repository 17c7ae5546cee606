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

static bool find_library(char path[PATH_MAX])
{
    char self[PATH_MAX], candidate[PATH_MAX + 64];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (len <= 0)
        return false;
    self[len] = '\0';
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

/* True where LD_PRELOAD, a list separated by ':' or ' ', names the library already. */
static bool has_entry(const char *list, const char *path)
{
    size_t len = strlen(path);

    for (const char *at = list; *at != '\0';) {
        size_t entry = strcspn(at, ": ");

        if (entry == len && memcmp(at, path, len) == 0)
            return true;
        at += entry;
        at += strspn(at, ": ");
    }
    return false;
}

static bool set_preload(const char *path)
{
    const char *old = getenv("LD_PRELOAD");
    char *value = NULL;
    bool done;

    if (old == NULL || old[0] == '\0')
        return setenv("LD_PRELOAD", path, 1) == 0;
    if (has_entry(old, path))
        return true;
    done = asprintf(&value, "%s:%s", path, old) >= 0 && setenv("LD_PRELOAD", value, 1) == 0;
    free(value);
    return done;
}

int wr_helper_run(char **command)
{
    char path[PATH_MAX];

    if (!find_library(path))
        return WR_EXIT_OWN;
    if (strpbrk(path, ": ") != NULL) {
        fprintf(stderr,
                "whyrefused: %s: the dynamic loader takes ':' and ' ' for the end of a name, so a "
                "library under this path cannot be preloaded\n",
                path);
        return WR_EXIT_OWN;
    }
    if (!set_preload(path)) {
        fprintf(stderr, "whyrefused: LD_PRELOAD cannot be set: %s\n", strerror(errno));
        return WR_EXIT_OWN;
    }
    execvp(command[0], command);
    fprintf(stderr, "whyrefused: %s: %s\n", command[0], strerror(errno));
    return errno == ENOENT ? WR_EXIT_NOT_FOUND : WR_EXIT_CANNOT_RUN;
}
