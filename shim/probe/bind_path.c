/* SPDX-License-Identifier: MIT
 * What stands at the unix socket path or abstract name that bind() found taken (unix(7)). */
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "probe/probe.h"
#include "whyrefused/faults.h"

#define PATH_AT offsetof(struct sockaddr_un, sun_path)

struct search {
    const char *name; /* abstract: from behind the first NUL; NULL for a path */
    size_t name_len;
    uint32_t inode;
    bool found;
};

static bool take(void *ctx, const struct nlmsghdr *message)
{
    struct search *search = ctx;
    const struct rtattr *attr;

    if (search->name != NULL) {
        attr = wr_netlink_find(message, sizeof(struct unix_diag_msg), UNIX_DIAG_NAME, 1);
        search->found = attr != NULL && RTA_PAYLOAD(attr) == search->name_len &&
                        memcmp(RTA_DATA(attr), search->name, search->name_len) == 0;
    } else {
        struct unix_diag_vfs vfs;

        attr = wr_netlink_find(message, sizeof(struct unix_diag_msg), UNIX_DIAG_VFS, sizeof(vfs));
        if (attr != NULL) {
            memcpy(&vfs, RTA_DATA(attr), sizeof(vfs));
            search->found = vfs.udiag_vfs_ino == search->inode;
        }
    }
    return !search->found;
}

static void find_holder(struct wr_probe_ctx *ctx, struct search *search)
{
    struct {
        struct nlmsghdr head;
        struct unix_diag_req req;
    } request = {
        .head = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.req)),
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_DUMP},
        .req = {.sdiag_family = AF_UNIX,
                .udiag_states = 0xffffffffu,
                .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS},
    };
    int fd = wr_probe_netlink(ctx, NETLINK_SOCK_DIAG);
    int error;

    if (fd < 0)
        return;
    error = wr_netlink_ask(fd, &request.head, ctx->scratch, ctx->until_ns, take, search);
    if (search->found || error == -ETIME) {
        wr_netlink_close(ctx->diag_fd);
        ctx->diag_fd = -1;
    }
    if (search->found)
        wr_set_uint(ctx->ev, WR_FACT_bind_path_state, WR_PATH_HELD);
    else if (error == 0 && search->name == NULL)
        wr_set_uint(ctx->ev, WR_FACT_bind_path_state, WR_PATH_STALE);
}

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFSOCK:
        return "socket";
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "link";
    case S_IFIFO:
        return "pipe";
    default:
        return "device";
    }
}

static void look_at_path(struct wr_probe_ctx *ctx, const char *sun_path, size_t len)
{
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
    struct search search = {0};
    struct stat st;

    len = strnlen(sun_path, len < sizeof(path) ? len : sizeof(path) - 1);
    memcpy(path, sun_path, len);
    path[len] = '\0';
    wr_set_text(ctx->ev, WR_FACT_bind_path, path, (uint32_t)len);
    if (WR_SYS(newfstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        wr_set_absent(ctx->ev, WR_FACT_bind_path_kind);
        return;
    }
    wr_set_str(ctx->ev, WR_FACT_bind_path_kind, kind_of(st.st_mode));
    if (!S_ISSOCK(st.st_mode)) {
        wr_set_uint(ctx->ev, WR_FACT_bind_path_state, WR_PATH_NOT_SOCKET);
        return;
    }
    search.inode = (uint32_t)st.st_ino;
    find_holder(ctx, &search);
}

void wr_probe_bind_path(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const char *sun_path = attempt->address.un.sun_path;
    size_t len;

    if (attempt->call != WR_CALL_BIND || attempt->error != EADDRINUSE ||
        attempt->domain != AF_UNIX || attempt->address_read <= PATH_AT)
        return;
    len = attempt->address_read - PATH_AT;
    if (sun_path[0] != '\0') {
        look_at_path(ctx, sun_path, len);
    } else {
        struct search search = {.name = sun_path, .name_len = len};
        char shown[sizeof(attempt->address.un.sun_path)];

        if (len > sizeof(shown))
            return;
        memcpy(shown, sun_path, len);
        shown[0] = '@';
        wr_set_text(ctx->ev, WR_FACT_bind_path, shown, (uint32_t)len);
        find_holder(ctx, &search);
    }
    wr_set_bool(ctx->ev, WR_FACT_port_owner_hidden, !wr_ev_has(ctx->ev, WR_FACT_bind_path_state));
}
