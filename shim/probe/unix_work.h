/* SPDX-License-Identifier: MIT
 * What the parts of the AF_UNIX probe share. For shim/probe/unix*.c alone. */
#ifndef WR_PROBE_UNIX_WORK_H
#define WR_PROBE_UNIX_WORK_H

#include <stddef.h>

#include "base/buf.h"
#include "probe/probe.h"

#define WR_UNIX_NAME 260
#define WR_UNIX_PATH 1024
#define WR_UNIX_CANDIDATES 4

/* Values of the fact unix_path_fault. */
enum wr_unix_fault {
    WR_UNIX_FAULT_NONE,
    WR_UNIX_FAULT_SCHEME,   /* unix:///run/x.sock, file:, http+unix: */
    WR_UNIX_FAULT_NEWLINE,  /* a newline or carriage return at the end */
    WR_UNIX_FAULT_BLANK,    /* a blank or tab at the beginning or the end */
    WR_UNIX_FAULT_QUOTE,    /* quotes around it */
    WR_UNIX_FAULT_TILDE,    /* ~ that no shell has expanded */
    WR_UNIX_FAULT_VARIABLE, /* $NAME that nobody has expanded */
    WR_UNIX_FAULT_AT,       /* @name as a path: the abstract name was meant */
    WR_UNIX_FAULT_RELATIVE, /* it exists relative to another directory */
    WR_UNIX_FAULT_EMPTY,
    WR_UNIX_FAULT_SLASH /* a slash behind the socket's name */
};

/* Lies in the part of the scratch space that is not for netlink. */
struct wr_unix_work {
    bool abstract;
    size_t name_len;         /* bytes of the path or abstract name, trailing NULs included */
    size_t trimmed_len;      /* without trailing NULs */
    char name[WR_UNIX_NAME]; /* terminated; an abstract one without its leading NUL */

    /* What walk() found: the file behind the path, once every link was followed. */
    bool walked, exists, is_socket;
    bool descriptor; /* the path is a link to a descriptor: inode is that of its socket */
    uint64_t inode;
    uint32_t dev; /* as unix_diag reports it: major << 20 | minor */
    unsigned mode;
    char found[WR_UNIX_PATH]; /* the path without links, as far as it exists */

    char rest[WR_UNIX_PATH], link[WR_UNIX_PATH], target[WR_UNIX_PATH], text[WR_UNIX_PATH];
    char candidate[WR_UNIX_CANDIDATES][128];
};

_Static_assert(sizeof(struct wr_unix_work) <= WR_PROBE_FILE_SPACE, "scratch space");

static inline struct wr_unix_work *wr_unix_work(const struct wr_probe_ctx *ctx)
{
    return (struct wr_unix_work *)(void *)wr_probe_file_space(ctx);
}

/* The part for netlink, used as space for files while no dump is read. */
static inline char *wr_unix_space(const struct wr_probe_ctx *ctx)
{
    return ctx->scratch;
}

/* A file's type, inode, device and mode without following a link at the end. 0 or -errno. */
struct wr_unix_file {
    unsigned mode;
    uint32_t uid, gid, dev;
    uint64_t inode;
};
int wr_unix_stat(const char *path, bool follow, struct wr_unix_file *ret_file);

/* unix_walk.c: follows the path as the kernel does and states where and why it breaks. */
void wr_unix_walk(struct wr_probe_ctx *ctx, struct wr_unix_work *work);

/* unix_access.c: the kernel denied `need` (R_OK, W_OK, X_OK) on a file or directory: states who may
 * not do what, and why not. States nothing where its mode does not forbid it. */
void wr_unix_denied(struct wr_probe_ctx *ctx, const char *path, bool directory, unsigned need);
/* The name of a user from /etc/passwd, and the home directory; false where it can't be told. */
bool wr_unix_user(struct wr_probe_ctx *ctx, uint32_t uid, char *ret_name, size_t name_size,
                  char *ret_home, size_t home_size);

/* unix_string.c: states what is odd in the string, and what was meant. */
void wr_unix_string(struct wr_probe_ctx *ctx, struct wr_unix_work *work);

/* unix_sockets.c: states which socket holds the path, or listens at another. The working space
 * is not valid any more when it returns. */
void wr_unix_sockets(struct wr_probe_ctx *ctx, struct wr_unix_work *work);

/* unix_known.c: well-known daemons and the units that make sockets. */
struct wr_unix_known {
    const char *daemon;
    const char *units[4]; /* that may make the socket, NULL ends */
    const char *paths[8]; /* globs, resolved (/run, not /var/run); NULL ends */
};
/* NULL where neither the path nor its last part is known. */
const struct wr_unix_known *wr_unix_known(const char *path);
/* The path is a place where that daemon may listen for what the program wants of it. */
bool wr_unix_alternate(const struct wr_unix_known *known, const char *path);
/* Both end in the same name, and it is not one that many daemons use. */
bool wr_unix_telling_name(const char *path, const char *other);
/* "/run/x" for "/var/run/x", else the same. */
const char *wr_unix_plain(const char *path);
/* States the daemon and the unit that makes the socket. */
void wr_unix_units(struct wr_probe_ctx *ctx, struct wr_unix_work *work);

#endif
