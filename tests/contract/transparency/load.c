/* SPDX-License-Identifier: MIT
 * dlopen(), dlclose(): results, error texts, errno. What becomes of RTLD_DEEPBIND:
 * tests/contract/load.py. */
#include "observe.h"

#define LIBRARY "libm.so.6" /* of which this program uses nothing that differs */

static void say_error(void)
{
    const char *text = dlerror();

    say("  dlerror %s\n", text != NULL ? text : "(none)");
}

#define OPEN(path, flags)                     \
    do {                                      \
        OBSERVE(dlopen(path, flags) != NULL); \
        say_error();                          \
    } while (0)

static void with_flags(int flags)
{
    OPEN(NULL, flags);
    OPEN("", flags);
    OPEN(LIBRARY, flags);
    OPEN("libno-such-library.so.9", flags);
    OPEN("/nonexistent/library.so", flags);
    OPEN("/proc/version", flags);
    OPEN("/", flags);
    OPEN("$ORIGIN/libno-such-library.so", flags);
}

static void plain(void)
{
    const int flags[] = {RTLD_NOW, RTLD_LAZY, RTLD_NOW | RTLD_GLOBAL, RTLD_NOW | RTLD_NOLOAD,
                         0,        -1};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        with_flags(flags[i]);
}

static void deep(void)
{
    with_flags(RTLD_DEEPBIND | RTLD_NOW);
    with_flags(RTLD_DEEPBIND | RTLD_LAZY | RTLD_NOLOAD);
    with_flags(RTLD_DEEPBIND);
    OBSERVE(fail_once());
}

static void deep_in_vfork_child(void)
{
    int status = 0;
    pid_t pid = vfork();

    if (pid == 0)
        _exit(dlopen(LIBRARY, RTLD_NOW | RTLD_DEEPBIND) != NULL ? 3 : 4);
    waitpid(pid, &status, 0);
    say("  status %x\n", (unsigned)status);
}

static void *open_and_close(void *flags)
{
    for (int i = 0; i < 300; i++) {
        void *handle = dlopen("libutil.so.1", *(int *)flags);

        if (handle != NULL)
            dlclose(handle);
        if (i % 50 == 0)
            fail_once();
    }
    return NULL;
}

static void among_threads(void)
{
    static int flags[] = {RTLD_NOW, RTLD_NOW | RTLD_DEEPBIND, RTLD_LAZY | RTLD_DEEPBIND};
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, open_and_close, &flags[i]);
    for (int i = 0; i < 3; i++)
        OBSERVE(pthread_join(threads[i], NULL));
}

static void closing(void)
{
    void *handle = dlopen(LIBRARY, RTLD_NOW);

    OBSERVE(dlclose(handle));
    OBSERVE(dlclose(dlopen("libutil.so.1", RTLD_NOW)));
    say_error();
    OBSERVE(dlclose(dlopen(NULL, RTLD_NOW)));
    say_error();
}

const struct test_case cases[] = {
    {"dlclose", "closing", closing},
    {"dlopen", "plain", plain},
    {"dlopen", "deep", deep},
    {"dlopen", "deep, in a vfork child", deep_in_vfork_child},
    {"dlopen", "among threads", among_threads},
    {0},
};
