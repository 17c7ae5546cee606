/* SPDX-License-Identifier: MIT
 * AF_UNIX: the path or name in the address, what the path leads to, and which socket has it.
 * The parts are in unix_*.c. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/file.h"
#include "base/sys.h"
#include "probe/unix_work.h"

#define HEAD offsetof(struct sockaddr_un, sun_path)

static bool is_unix(const struct wr_attempt *attempt)
{
    return (attempt->call == WR_CALL_CONNECT || attempt->call == WR_CALL_BIND) &&
           (attempt->domain < 0 || attempt->domain == AF_UNIX) && attempt->address_read >= HEAD &&
           attempt->address.any.sa_family == AF_UNIX;
}

/* The name out of the address: bounded by the length argument, terminated or not, abstract where
 * it begins with a NUL (unix(7)). */
static void extract(struct wr_probe_ctx *ctx, struct wr_unix_work *work)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const char *bytes = (const char *)attempt->address.bytes + HEAD;
    size_t len =
        attempt->address_read < attempt->address_len ? attempt->address_read : attempt->address_len;
    char shown[WR_UNIX_NAME + 1];

    len -= HEAD;
    memset(work, 0, sizeof(*work));
    work->abstract = len > 0 && bytes[0] == '\0';
    if (work->abstract) {
        bytes++;
        len--;
    } else {
        len = strnlen(bytes, len);
    }
    memcpy(work->name, bytes, len);
    work->name_len = work->trimmed_len = len;
    while (work->trimmed_len > 0 && work->name[work->trimmed_len - 1] == '\0')
        work->trimmed_len--;
    shown[0] = '@';
    memcpy(shown + 1, work->name, work->trimmed_len);
    wr_set_text(ctx->ev, WR_FACT_unix_path, shown + !work->abstract,
                (uint32_t)work->trimmed_len + work->abstract);
    wr_set_bool(ctx->ev, WR_FACT_unix_abstract, work->abstract);
    wr_set_uint(ctx->ev, WR_FACT_unix_path_length, len);
    wr_set_uint(ctx->ev, WR_FACT_unix_padding, len - work->trimmed_len);
}

static void working_directory(struct wr_probe_ctx *ctx, struct wr_unix_work *work)
{
    wr_set_bool(ctx->ev, WR_FACT_unix_working_directory_gone, false);
    if (work->abstract || work->name[0] == '/' || work->name[0] == '\0')
        return;
    long rc = WR_SYS(getcwd, work->text, WR_UNIX_PATH);
    if (rc > 0 && work->text[0] == '/')
        wr_set_str(ctx->ev, WR_FACT_unix_working_directory, work->text);
    wr_set_bool(ctx->ev, WR_FACT_unix_working_directory_gone, rc == -ENOENT);
}

struct cut {
    const char *start; /* last part of the path */
    size_t len;
    char *found; /* WR_UNIX_NAME bytes; "" = none */
};

static bool each_longer(void *ctx, const char *name, unsigned char type)
{
    struct cut *cut = ctx;

    (void)type;
    if (strncmp(name, cut->start, cut->len) != 0 || name[cut->len] == '\0')
        return true;
    return wr_join(cut->found, WR_UNIX_NAME, name, NULL) == NULL;
}

/* A path that fills the address may be the beginning of a longer one that the program cut off:
 * told where a longer name that begins so exists in that directory. */
static void look_for_longer(struct wr_probe_ctx *ctx, struct wr_unix_work *work)
{
    char *slash = strrchr(work->name, '/');
    const size_t room = sizeof(((struct sockaddr_un *)0)->sun_path);
    bool full = !work->abstract && work->name_len + 1 >= room && work->name_len <= room;
    struct cut cut = {.found = work->link};
    int rc;

    wr_set_bool(ctx->ev, WR_FACT_unix_path_full, full);
    if (!full || work->exists) {
        wr_set_absent(ctx->ev, WR_FACT_unix_path_longer);
        return;
    }
    cut.start = slash != NULL ? slash + 1 : work->name;
    cut.len = strlen(cut.start);
    cut.found[0] = '\0';
    memcpy(work->text, work->name, (size_t)(cut.start - work->name));
    work->text[cut.start - work->name] = '\0';
    rc = wr_dir_each(work->text[0] != '\0' ? work->text : ".", wr_unix_space(ctx), WR_NETLINK_SPACE,
                     each_longer, &cut);
    if (rc < 0)
        return;
    if (cut.found[0] == '\0')
        wr_set_absent(ctx->ev, WR_FACT_unix_path_longer);
    else if (wr_join(work->rest, WR_UNIX_PATH, work->text, cut.found, NULL) != NULL)
        wr_set_str(ctx->ev, WR_FACT_unix_path_longer, work->rest);
}

/* Errors that the sockets of this machine have to do with. */
static bool about_sockets(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ECONNREFUSED || error == EPROTOTYPE ||
           error == EAGAIN;
}

void wr_probe_unix(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_unix_work *work = wr_unix_work(ctx);
    int error = attempt->error;

    if (!is_unix(attempt))
        return;
    extract(ctx, work);
    wr_set_bool(ctx->ev, WR_FACT_unix_binds, attempt->call == WR_CALL_BIND);
    working_directory(ctx, work);
    wr_unix_string(ctx, work);
    if (!work->abstract && work->name_len != 0 &&
        attempt->address_len <= sizeof(attempt->address.un))
        wr_unix_walk(ctx, work);
    look_for_longer(ctx, work);
    if (attempt->call != WR_CALL_CONNECT)
        return;
    if ((error == ENOENT || error == ENOTDIR || error == ECONNREFUSED) &&
        !wr_probe_out_of_time(ctx))
        wr_unix_units(ctx, work);
    if (about_sockets(error) && !wr_probe_out_of_time(ctx))
        wr_unix_sockets(ctx, work); /* last: it ends with the working space overwritten */
}
