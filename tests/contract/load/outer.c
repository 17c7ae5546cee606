/* SPDX-License-Identifier: MIT
 * A library that opens another by a name that only its own RUNPATH knows. */
#include <dlfcn.h>

void *outer_open(const char *name, int flags);
void *outer_open(const char *name, int flags)
{
    void *handle = dlopen(name, flags);

    return handle; /* no tail call: the caller of dlopen() is this library */
}
