/* SPDX-License-Identifier: MIT
 * See environ.h. */
#include "base/environ.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/hash.h"
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

struct batch {
    char texts[BATCH][WR_ENVIRON_ENTRY];
    char piece[2048];
};
_Static_assert(sizeof(struct batch) <= WR_ENVIRON_SPACE, "a batch must fit the space");

/* Copies the beginning of every entry. What a program was started with lies in one piece and in
 * order: then a few reads of a piece get all of it, where a read of each entry would have the
 * kernel look the same pages up again and again. */
static void read_entries(char *const *pointers, unsigned count, struct batch *batch)
{
    uintptr_t piece_start = 0, piece_end = 0;

    for (unsigned i = 0; i < count; i++) {
        uintptr_t at = (uintptr_t)pointers[i];
        char *text = batch->texts[i];
        size_t len = WR_ENVIRON_ENTRY - 1;

        if (at < piece_start || at + len > piece_end) {
            long got = wr_peek(pointers[i], batch->piece, sizeof(batch->piece));

            piece_start = at;
            piece_end = at + (got > 0 ? (uintptr_t)got : 0);
        }
        if (at + len > piece_end)
            len = piece_end - at;
        memcpy(text, batch->piece + (at - piece_start), len);
        text[len] = '\0';
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

uint64_t wr_environ_version(void)
{
    uint64_t hash = WR_HASH_START;
    char *pointers[BATCH];
    char **from = environ;

    for (unsigned n = 0; from != NULL && n < 2048 / BATCH; n++, from += BATCH) {
        long got = wr_peek(from, pointers, sizeof(pointers));

        if (got < 0)
            return 0;
        for (size_t i = 0; i < (size_t)got / sizeof(pointers[0]); i++) {
            hash = wr_hash_step(hash, (uintptr_t)pointers[i]);
            if (pointers[i] == NULL)
                return hash | 1;
        }
        if ((size_t)got < sizeof(pointers))
            return 0;
    }
    return 0;
}
