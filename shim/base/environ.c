/* SPDX-License-Identifier: MIT
 * See environ.h. */
#include "base/environ.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/sys.h"

#define BATCH 64

long wr_peek(const void *from, void *to, size_t len)
{
    uintptr_t at = (uintptr_t)from;
    size_t done = 0;
    long pid = WR_SYS(getpid);

    /* A page at a time: whether a partial copy is kept differs between kernels. */
    while (done < len) {
        size_t part = 4096 - (at + done) % 4096;
        if (part > len - done)
            part = len - done;
        struct iovec local = {(char *)to + done, part};
        struct iovec remote = {(void *)(at + done), part};
        long got = WR_SYS(process_vm_readv, pid, &local, 1, &remote, 1, 0);

        if (got <= 0)
            return done > 0 ? (long)done : got < 0 ? got : -EFAULT;
        done += (size_t)got;
    }
    return (long)done;
}

/* The working space: the texts, then what process_vm_readv() wants to know. */
struct batch {
    char texts[BATCH][WR_ENVIRON_ENTRY];
    struct iovec local[BATCH], remote[BATCH];
};
_Static_assert(sizeof(struct batch) <= WR_ENVIRON_SPACE, "a batch must fit the space");

/* Reads the entries behind the pointers: in one call, but for those at the end of a mapping. */
static void read_entries(char *const *pointers, unsigned count, struct batch *batch)
{
    unsigned done = 0;

    for (unsigned i = 0; i < count; i++) {
        batch->texts[i][0] = '\0';
        batch->texts[i][WR_ENVIRON_ENTRY - 1] = '\0';
        batch->local[i] = (struct iovec){batch->texts[i], WR_ENVIRON_ENTRY - 1};
        batch->remote[i] = (struct iovec){pointers[i], WR_ENVIRON_ENTRY - 1};
    }
    while (done < count) {
        /* a partial copy ends between two entries: process_vm_readv(2) */
        long got = WR_SYS(process_vm_readv, WR_SYS(getpid), batch->local + done, count - done,
                          batch->remote + done, count - done, 0);

        if (got > 0)
            done += (unsigned)((size_t)got / (WR_ENVIRON_ENTRY - 1));
        if (done == count)
            break;
        got = wr_peek(pointers[done], batch->texts[done], WR_ENVIRON_ENTRY - 1);
        batch->texts[done][got > 0 ? got : 0] = '\0';
        done++;
    }
}

/* As wr_environ_each(), with the address of each entry too. */
static int each_pointer(char *space, bool (*each)(void *ctx, const char *entry, const char *at),
                        void *ctx)
{
    struct batch *batch = (struct batch *)(void *)space;
    char *pointers[BATCH];
    char **from = environ;

    for (unsigned n = 0; from != NULL && n < 2048 / BATCH; n++, from += BATCH) {
        unsigned count = 0;
        long got = wr_peek(from, pointers, sizeof(pointers));

        if (got < 0)
            return n == 0 ? (int)got : 0;
        while (count < (size_t)got / sizeof(pointers[0]) && pointers[count] != NULL)
            count++;
        read_entries(pointers, count, batch);
        for (unsigned i = 0; i < count; i++) {
            if (!each(ctx, batch->texts[i], pointers[i]))
                return 0;
        }
        if (count < BATCH)
            break;
    }
    return 0;
}

struct plain {
    bool (*each)(void *ctx, const char *entry);
    void *ctx;
};

static bool without_address(void *ctx, const char *entry, const char *at)
{
    const struct plain *plain = ctx;

    (void)at;
    return plain->each(plain->ctx, entry);
}

int wr_environ_each(char *space, bool (*each)(void *ctx, const char *entry), void *ctx)
{
    struct plain plain = {each, ctx};

    return each_pointer(space, without_address, &plain);
}

struct wanted {
    const char *name;
    size_t len;
    const char *found;
};

static bool is_wanted(void *ctx, const char *entry, const char *at)
{
    struct wanted *wanted = ctx;

    if (strncmp(entry, wanted->name, wanted->len) != 0 || entry[wanted->len] != '=')
        return true;
    wanted->found = at + wanted->len + 1;
    return false;
}

long wr_environ_get(const char *name, char *space, char *value, size_t size)
{
    struct wanted wanted = {.name = name, .len = strlen(name)};
    int error;
    long got;

    if (wanted.len + 2 > WR_ENVIRON_ENTRY)
        return -ENOENT;
    error = each_pointer(space, is_wanted, &wanted);
    if (error < 0)
        return error;
    if (wanted.found == NULL)
        return -ENOENT;
    got = wr_peek(wanted.found, value, size - 1);
    if (got < 0)
        return got;
    value[got] = '\0';
    return (long)strlen(value);
}
