/* SPDX-License-Identifier: MIT
 * The environment as it is now. Other threads may be changing it (setenv(3) is not thread-safe),
 * so it is read with process_vm_readv(2), which answers EFAULT where libc would crash. */
#ifndef WR_BASE_ENVIRON_H
#define WR_BASE_ENVIRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls each(ctx, entry) with the first WR_ENVIRON_ENTRY - 1 bytes of every "NAME=value" entry,
 * terminated; each returns false to stop. At most 2048 entries. `space` is working space of
 * WR_ENVIRON_SPACE bytes, 8-aligned. Returns 0, or -errno when nothing could be read. */
#define WR_ENVIRON_ENTRY 96
#define WR_ENVIRON_SPACE 8192
int wr_environ_each(char *space, bool (*each)(void *ctx, const char *entry), void *ctx);

/* The whole value of one variable, cut to size - 1 bytes and terminated. Returns its length,
 * -ENOENT where it is not set, or another -errno. `space` as above. */
long wr_environ_get(const char *name, char *space, char *value, size_t size);

/* A number that is another one after setenv(3), putenv(3) or unsetenv(3) has changed which entries
 * there are; not where an entry was written over in place. 0 = could not be told. Cheap. */
uint64_t wr_environ_version(void);

/* Copies memory of this process that may not be there. Returns the number of bytes copied from
 * the front (0..len), or -errno (-EFAULT: not even the first byte). */
long wr_peek(const void *from, void *to, size_t len);

#endif
