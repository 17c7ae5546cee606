/* SPDX-License-Identifier: MIT
 * Whether the call fits the descriptor: what it is, and what state its socket is in. Looks only
 * at errors that mean a call out of order. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/sys.h"
#include "probe/local.h"
#include "whyrefused/faults.h"

#define PATH_SHOWN 200

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFSOCK:
        return "socket";
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "directory";
    case S_IFIFO:
        return "pipe";
    case S_IFCHR:
        return "character-device";
    case S_IFBLK:
        return "block-device";
    default:
        return "anonymous";
    }
}

static void set_path(struct wr_probe_ctx *ctx)
{
    char path[64], number[16], target[PATH_SHOWN];
    struct wr_buf digits = wr_buf_on(number, sizeof(number));
    long len;

    wr_buf_int(&digits, ctx->attempt->fd);
    wr_buf_terminate(&digits);
    if (wr_proc_path(ctx, path, sizeof(path), "fd", number) == NULL)
        return;
    len = wr_link_read(path, target, sizeof(target));
    if (len > 0)
        wr_set_text(ctx->ev, WR_FACT_descriptor_path, target, (uint32_t)len);
}

/* The remote end, if there is one. True for any family. */
static bool connected(struct wr_probe_ctx *ctx)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    struct wr_addr peer;

    if (WR_SYS(getpeername, ctx->attempt->fd, &name, &len) < 0)
        return false;
    if (wr_addr_from_sockaddr(&name, len < sizeof(name) ? len : sizeof(name), &peer))
        wr_set_addr(ctx->ev, WR_FACT_socket_peer, &peer);
    return true;
}

/* The socket has a local port, or a unix socket a name. */
static bool bound(int fd)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    struct wr_addr local;

    if (WR_SYS(getsockname, fd, &name, &len) < 0)
        return false;
    if (name.ss_family == AF_UNIX)
        return len > sizeof(sa_family_t);
    return wr_socket_name(fd, &local) && local.port != 0;
}

static bool listening(int fd)
{
    return wr_socket_option(fd, SOL_SOCKET, SO_ACCEPTCONN, 0) != 0;
}

static unsigned connect_misuse(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    switch (attempt->error) {
    case EALREADY:
        return WR_MISUSE_PENDING;
    case EISCONN:
        if (listening(attempt->fd))
            return WR_MISUSE_LISTENING;
        connected(ctx);
        return WR_MISUSE_CONNECTED;
    case EINVAL:
        return attempt->domain == AF_UNIX && listening(attempt->fd) ? WR_MISUSE_LISTENING : 0;
    case ECONNABORTED:
        return attempt->history == WR_HISTORY_FAILED ? WR_MISUSE_AFTER_FAILURE : 0;
    default:
        return 0;
    }
}

static unsigned listen_misuse(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (attempt->error == EOPNOTSUPP)
        return WR_MISUSE_LISTEN_TYPE;
    if (attempt->error != EINVAL)
        return 0;
    if (connected(ctx) || attempt->history == WR_HISTORY_PENDING)
        return WR_MISUSE_LISTEN_CONNECTED;
    return attempt->domain == AF_UNIX && !bound(attempt->fd) ? WR_MISUSE_LISTEN_UNBOUND : 0;
}

static unsigned accept_misuse(const struct wr_attempt *attempt)
{
    if (attempt->error == EOPNOTSUPP)
        return WR_MISUSE_ACCEPT_TYPE;
    return attempt->error == EINVAL && !listening(attempt->fd) ? WR_MISUSE_ACCEPT_DEAF : 0;
}

static unsigned socket_misuse(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    switch (attempt->call) {
    case WR_CALL_CONNECT:
        return connect_misuse(ctx);
    case WR_CALL_LISTEN:
        return listen_misuse(ctx);
    case WR_CALL_ACCEPT:
        return accept_misuse(attempt);
    case WR_CALL_BIND:
        if (attempt->error != EINVAL || !bound(attempt->fd))
            return 0;
        connected(ctx);
        return WR_MISUSE_BOUND;
    default:
        return 0;
    }
}

static unsigned not_a_socket(struct wr_probe_ctx *ctx)
{
    struct stat st;

    if (WR_SYS(fstat, ctx->attempt->fd, &st) >= 0) {
        wr_set_str(ctx->ev, WR_FACT_descriptor_kind, kind_of(st.st_mode));
        set_path(ctx);
    }
    return WR_MISUSE_NOT_SOCKET;
}

void wr_probe_descriptor(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    unsigned misuse = 0;

    if (attempt->call == WR_CALL_SOCKET || wr_ev_uint(ctx->ev, WR_FACT_argument_fault, 0) != 0)
        return;
    if (attempt->fd >= 0)
        wr_set_uint(ctx->ev, WR_FACT_descriptor, (uint64_t)attempt->fd);
    if (attempt->error == EBADF)
        misuse = attempt->fd < 0 ? WR_MISUSE_NEGATIVE : WR_MISUSE_CLOSED;
    else if (attempt->error == ENOTSOCK)
        misuse = not_a_socket(ctx);
    else
        misuse = socket_misuse(ctx);
    wr_set_uint(ctx->ev, WR_FACT_misuse, misuse);
}
