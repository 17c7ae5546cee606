/* SPDX-License-Identifier: MIT
 * usage: main OUTER.so: opens libraries in every way and writes down what came of it. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *whose(void);
const char *whose(void)
{
    return "the program's";
}

static void *told(const char *what, void *handle)
{
    const char *text = dlerror();

    printf("%s: %s, dlerror %s, errno %d\n", what, handle != NULL ? "opened" : "NULL",
           text != NULL ? text : "(none)", errno);
    errno = 77;
    return handle;
}

static void use(void *inner)
{
    const char *(*ask)(void) = inner ? (const char *(*)(void))dlsym(inner, "inner_whose") : NULL;
    int (*fail)(void) = inner ? (int (*)(void))dlsym(inner, "inner_connect") : NULL;

    if (ask == NULL || fail == NULL)
        return;
    printf("calls %s function\n", ask());
    printf("connects: %d\n", fail());
}

int main(int argc, char **argv)
{
    const int deep = RTLD_NOW | RTLD_DEEPBIND;
    void *outer, *inner;

    errno = 77;
    outer = told("outer", dlopen(argv[argc > 1], RTLD_NOW));
    if (outer == NULL)
        return 1;
    void *(*open_there)(const char *, int) =
        (void *(*)(const char *, int))dlsym(outer, "outer_open");
    told("inner from the program", dlopen("libinner.so", RTLD_NOW));
    told("inner from the program, deep", dlopen("libinner.so", deep));
    told("inner, not loaded", open_there("libinner.so", RTLD_NOW | RTLD_NOLOAD));
    told("inner, not loaded, deep", open_there("libinner.so", deep | RTLD_NOLOAD));
    inner = told("inner from outer, deep", open_there("libinner.so", deep));
    use(inner);
    if (inner != NULL)
        printf("closed: %d\n", dlclose(inner));
    inner = told("inner from outer", open_there("libinner.so", RTLD_LAZY));
    use(inner);
    told("inner, now loaded", open_there("libinner.so", deep | RTLD_NOLOAD));
    told("the program", dlopen(NULL, RTLD_NOW));
    told("the program, deep", dlopen(NULL, deep));
    told("no name", dlopen("", RTLD_LAZY));
    told("no flags", dlopen("libm.so.6", 0));
    told("deep alone", dlopen("libm.so.6", RTLD_DEEPBIND));
    told("all flags", dlopen("libm.so.6", -1));
    told("no library", dlopen("/proc/version", deep));
    told("$ORIGIN of outer, deep", open_there("$ORIGIN/sub/libinner.so", deep));
    told("$ORIGIN of the program", dlopen("$ORIGIN/sub/libinner.so", deep));
    told("another namespace", dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW));
    return 0;
}
