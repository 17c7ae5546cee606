/* SPDX-License-Identifier: MIT
 * The AF_UNIX sockets of this network namespace (sock_diag(7), UNIX_DIAG): which one holds the
 * path or name, and where else the same service listens. All users' sockets are seen by anybody. */
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "probe/owner.h"
#include "probe/unix_work.h"

#ifndef UDIAG_SHOW_UID
#define UDIAG_SHOW_UID 0x40 /* Linux 5.3 */
#endif
#define NETNS_COOKIE 71 /* SO_NETNS_COOKIE of asm-generic/socket.h */
#define DIAG_UID 7
#define DIAG_SHUTDOWN 6
#define STATE_BOUND 13 /* of struct wr_sock */

struct row {
    const struct unix_diag_msg *message;
    char name[WR_UNIX_NAME]; /* terminated; an abstract one without its leading NUL */
    size_t len;
    bool named, abstract, has_file, shutdown;
    uint32_t inode, dev;
    struct wr_sock sock;
};

struct hunt {
    struct wr_probe_ctx *ctx;
    struct wr_unix_work *work;
    const struct wr_unix_known *known;
    struct row row; /* the one at hand */
    unsigned holder_score;
    uint8_t holder_type;
    bool holder_shutdown;
    bool lost, near, meant;
    uint32_t lost_inode;
    struct wr_sock holder, lost_sock;
    unsigned candidates;
    struct wr_sock candidate[WR_UNIX_CANDIDATES];
    struct row_file {
        uint32_t inode;
        bool abstract, same_name;
    } candidate_file[WR_UNIX_CANDIDATES];
};

static bool listens(const struct row *row)
{
    return row->message->udiag_state == TCP_LISTEN ||
           (row->message->udiag_type == SOCK_DGRAM && row->message->udiag_state == TCP_CLOSE);
}

static void read_name(struct row *row, const struct rtattr *attr)
{
    const char *name = RTA_DATA(attr);
    size_t len = RTA_PAYLOAD(attr);

    row->abstract = len != 0 && name[0] == '\0';
    if (row->abstract) {
        name++;
        len--;
    } else {
        len = strnlen(name, len);
    }
    if (len >= sizeof(row->name))
        return;
    memcpy(row->name, name, len);
    row->name[len] = '\0';
    row->len = len;
    row->named = true;
}

static void read_row(const struct nlmsghdr *message, struct row *row)
{
    const size_t fixed = sizeof(struct unix_diag_msg);
    const struct rtattr *attr;

    row->message = NLMSG_DATA(message);
    row->named = row->abstract = row->has_file = row->shutdown = false;
    row->len = 0;
    row->name[0] = '\0';
    row->sock = (struct wr_sock){.v6only = -1,
                                 .uid = UINT32_MAX,
                                 .inode = row->message->udiag_ino,
                                 .state = row->message->udiag_state};
    if (row->sock.state == TCP_CLOSE)
        row->sock.state = STATE_BOUND;
    if ((attr = wr_netlink_find(message, fixed, UNIX_DIAG_NAME, 1)) != NULL)
        read_name(row, attr);
    attr = wr_netlink_find(message, fixed, UNIX_DIAG_VFS, sizeof(struct unix_diag_vfs));
    if (attr != NULL) {
        const struct unix_diag_vfs *vfs = RTA_DATA(attr);

        row->has_file = true;
        row->inode = vfs->udiag_vfs_ino;
        row->dev = vfs->udiag_vfs_dev;
    }
    attr = wr_netlink_find(message, fixed, UNIX_DIAG_RQLEN, sizeof(struct unix_diag_rqlen));
    if (attr != NULL && row->sock.state == TCP_LISTEN) {
        const struct unix_diag_rqlen *queue = RTA_DATA(attr);

        row->sock.queue = queue->udiag_rqueue;
        row->sock.queue_max = queue->udiag_wqueue;
    }
    if ((attr = wr_netlink_find(message, fixed, DIAG_UID, sizeof(uint32_t))) != NULL)
        row->sock.uid = *(const uint32_t *)RTA_DATA(attr);
    if ((attr = wr_netlink_find(message, fixed, DIAG_SHUTDOWN, 1)) != NULL)
        row->shutdown = *(const uint8_t *)RTA_DATA(attr) != 0;
}

/* The path leads to the file that this socket was bound to. unix_diag cuts the inode number to 32
 * bits, and some file systems (btrfs, overlay) show stat() another device: then the name decides.
 */
static bool holds_file(const struct hunt *hunt)
{
    const struct row *row = &hunt->row;
    const struct wr_unix_work *work = hunt->work;

    if (!work->is_socket || !row->has_file || row->inode != (uint32_t)work->inode)
        return false;
    const char *ours = strrchr(work->found, '/'), *name = strrchr(row->name, '/');
    return row->dev == work->dev ||
           strcmp(name != NULL ? name + 1 : row->name, ours != NULL ? ours + 1 : work->found) == 0;
}

static bool same_bytes(const struct row *row, const char *name, size_t len)
{
    return row->len == len && memcmp(row->name, name, len) == 0;
}

static bool same_but_padding(const struct hunt *hunt)
{
    size_t len = hunt->row.len;

    while (len > 0 && hunt->row.name[len - 1] == '\0')
        len--;
    return len != 0 && len == hunt->work->trimmed_len && hunt->row.len != hunt->work->name_len &&
           memcmp(hunt->row.name, hunt->work->name, len) == 0;
}

/* Of several rows the listener counts: the sockets that it has accepted carry its name and file,
 * without being found by connect(). Two sockets of one abstract name differ in type. */
static void take_holder(struct hunt *hunt)
{
    const struct row *row = &hunt->row;
    unsigned score = row->message->udiag_state == TCP_LISTEN  ? 4
                     : row->message->udiag_state == TCP_CLOSE ? 2
                                                              : 0;

    if (score == 0 && row->message->udiag_type != SOCK_DGRAM)
        return;
    score += 1 + (row->message->udiag_type == hunt->ctx->attempt->type ? 8 : 0);
    if (score <= hunt->holder_score)
        return;
    hunt->holder_score = score;
    hunt->holder = row->sock;
    hunt->holder_type = row->message->udiag_type;
    hunt->holder_shutdown = row->shutdown;
}

static void take_candidate(struct hunt *hunt)
{
    struct row *row = &hunt->row;
    bool same = wr_unix_telling_name(hunt->work->name, row->name);
    unsigned at = hunt->candidates;

    if (!same &&
        (row->abstract || hunt->known == NULL || !wr_unix_alternate(hunt->known, row->name)))
        return;
    if (row->len >= sizeof(hunt->work->candidate[0]) || (!row->abstract && row->name[0] != '/'))
        return;
    /* One of the same name pushes out one that is only a known alternate. */
    for (unsigned i = 0; at == WR_UNIX_CANDIDATES && same && i < WR_UNIX_CANDIDATES; i++) {
        if (!hunt->candidate_file[i].same_name)
            at = i;
    }
    if (at == WR_UNIX_CANDIDATES)
        return;
    memcpy(hunt->work->candidate[at], row->name, row->len + 1);
    hunt->candidate[at] = row->sock;
    hunt->candidate_file[at] =
        (struct row_file){.inode = row->inode, .abstract = row->abstract, .same_name = same};
    if (at == hunt->candidates)
        hunt->candidates++;
}

static void take_abstract(struct hunt *hunt)
{
    const struct wr_unix_work *work = hunt->work;

    if (hunt->row.abstract && same_bytes(&hunt->row, work->name, work->name_len))
        take_holder(hunt);
    else if (hunt->row.abstract && same_but_padding(hunt))
        hunt->near = true;
    else if (!hunt->row.abstract && listens(&hunt->row) && strcmp(hunt->row.name, work->name) == 0)
        take_candidate(hunt);
}

/* The socket behind a link of /proc/PID/fd. */
static void name_descriptor(struct hunt *hunt)
{
    char name[WR_UNIX_NAME + 1];

    if (wr_join(name, sizeof(name), hunt->row.abstract ? "@" : "", hunt->row.name, NULL) != NULL)
        wr_set_str(hunt->ctx->ev, WR_FACT_unix_descriptor_name, name);
}

static bool each_row(void *ctx, const struct nlmsghdr *message)
{
    struct hunt *hunt = ctx;
    struct row *row = &hunt->row;
    const struct wr_unix_work *work = hunt->work;

    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
        return true;
    read_row(message, row);
    if (!row->named)
        return true;
    if (work->abstract) {
        take_abstract(hunt);
        return true;
    }
    if (work->descriptor && row->message->udiag_ino == (uint32_t)work->inode)
        name_descriptor(hunt);
    if (holds_file(hunt)) {
        take_holder(hunt);
        return true;
    }
    if (row->abstract) {
        if (work->name[0] == '@' && same_bytes(row, work->name + 1, work->name_len - 1))
            hunt->meant = true;
        else if (listens(row) && same_bytes(row, work->name, work->name_len))
            take_candidate(hunt);
        return true;
    }
    if (!listens(row))
        return true;
    if (row->name[0] == '/' && strcmp(wr_unix_plain(row->name), wr_unix_plain(work->name)) == 0) {
        hunt->lost = true;
        hunt->lost_inode = row->inode;
        hunt->lost_sock = row->sock;
        return true;
    }
    take_candidate(hunt);
    return true;
}

/* The program's socket belongs to the network namespace that the dump shows. A thread may have
 * moved to another since it made the socket: setns(2). Assumed where the kernel is older than
 * SO_NETNS_COOKIE (5.14). */
static bool same_netns(struct wr_probe_ctx *ctx)
{
    uint64_t ours = 0, theirs = 0;
    socklen_t len = sizeof(ours);

    return ctx->attempt->fd < 0 ||
           WR_SYS(getsockopt, ctx->diag_fd, SOL_SOCKET, NETNS_COOKIE, &ours, &len) < 0 ||
           WR_SYS(getsockopt, ctx->attempt->fd, SOL_SOCKET, NETNS_COOKIE, &theirs, &len) < 0 ||
           ours == theirs;
}

static int dump(struct hunt *hunt)
{
    struct {
        struct nlmsghdr head;
        struct unix_diag_req body;
    } request = {
        .head = {.nlmsg_len = sizeof(request),
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = AF_UNIX,
                 .udiag_states = 1u << TCP_LISTEN | 1u << TCP_CLOSE,
                 .udiag_show =
                     UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID},
    };
    struct wr_probe_ctx *ctx = hunt->ctx;
    int fd = wr_probe_netlink(ctx, NETLINK_SOCK_DIAG), rc;

    if (fd < 0)
        return fd;
    if (ctx->attempt->error == EPROTOTYPE)
        request.body.udiag_states |= 1u << TCP_ESTABLISHED;
    rc = wr_netlink_ask(fd, &request.head, ctx->scratch, ctx->until_ns, each_row, hunt);
    if (rc == -ETIME) {
        wr_netlink_close(ctx->diag_fd);
        ctx->diag_fd = -1;
    }
    return rc;
}

/* The first candidate that is there for us too: a socket of another mount namespace (a container)
 * may bear the name without being reachable by it. -1 where there is none. */
static int best_candidate(struct hunt *hunt)
{
    struct wr_unix_file file;
    int best = -1;

    for (unsigned i = 0; i < hunt->candidates; i++) {
        const struct row_file *bound = &hunt->candidate_file[i];

        if (!bound->abstract && (wr_unix_stat(hunt->work->candidate[i], true, &file) < 0 ||
                                 !S_ISSOCK(file.mode) || (uint32_t)file.inode != bound->inode))
            continue;
        if (best < 0 || (bound->same_name && !hunt->candidate_file[best].same_name))
            best = (int)i;
    }
    return best;
}

/* With its owner. This walks through /proc and overwrites the working space: comes last. */
static void state_sock(struct hunt *hunt, enum wr_fact fact, struct wr_sock *sock)
{
    wr_owner_fill(hunt->ctx, sock);
    wr_set_sock(hunt->ctx->ev, fact, sock);
}

static void state_elsewhere(struct hunt *hunt)
{
    struct wr_probe_ctx *ctx = hunt->ctx;
    char name[128 + 1];
    int best = best_candidate(hunt);

    if (best < 0) {
        wr_set_absent(ctx->ev, WR_FACT_unix_elsewhere);
        return;
    }
    if (wr_join(name, sizeof(name), hunt->candidate_file[best].abstract ? "@" : "",
                hunt->work->candidate[best], NULL) == NULL)
        return;
    wr_set_str(ctx->ev, WR_FACT_unix_elsewhere, name);
    state_sock(hunt, WR_FACT_unix_elsewhere_socket, &hunt->candidate[best]);
}

static void state_holder(struct hunt *hunt, bool whole)
{
    struct wr_evidence *ev = hunt->ctx->ev;

    if (hunt->holder_score == 0) {
        if (whole)
            wr_set_absent(ev, WR_FACT_unix_holder);
        return;
    }
    wr_set_uint(ev, WR_FACT_unix_holder_type, hunt->holder_type);
    wr_set_bool(ev, WR_FACT_unix_holder_shutdown, hunt->holder_shutdown);
    wr_set_bool(ev, WR_FACT_unix_held, true);
    if (hunt->holder.state == TCP_LISTEN)
        wr_set_bool(ev, WR_FACT_unix_queue_full, hunt->holder.queue > hunt->holder.queue_max);
    state_sock(hunt, WR_FACT_unix_holder, &hunt->holder);
}

/* The socket's file may be there for its owner alone: a container, PrivateTmp=. Looked for under
 * the root directory of the owner; that is allowed to root and to processes of the same user. */
static void state_lost(struct hunt *hunt, const char *path)
{
    struct wr_sock *lost = &hunt->lost_sock;
    struct wr_unix_file file;
    char pid[24], there[192];
    struct wr_buf buf = wr_buf_on(pid, sizeof(pid));
    int rc;

    state_sock(hunt, WR_FACT_unix_lost, lost);
    if (lost->pid <= 0)
        return;
    wr_buf_int(&buf, lost->pid);
    wr_buf_terminate(&buf);
    if (wr_join(there, sizeof(there), "/proc/", pid, "/root", path, NULL) == NULL)
        return;
    rc = wr_unix_stat(there, true, &file);
    if (rc == 0 || rc == -ENOENT || rc == -ENOTDIR)
        wr_set_bool(hunt->ctx->ev, WR_FACT_unix_lost_mount,
                    rc == 0 && (uint32_t)file.inode == hunt->lost_inode);
}

void wr_unix_sockets(struct wr_probe_ctx *ctx, struct wr_unix_work *work)
{
    struct hunt hunt = {.ctx = ctx, .work = work};
    bool held_by_file = work->abstract || work->is_socket, abstract = work->abstract;
    bool descriptor = work->descriptor;
    char path[128];
    int rc;

    if (wr_join(path, sizeof(path), work->abstract ? "" : work->name, NULL) == NULL)
        return;
    hunt.known = wr_unix_known(work->name);
    rc = dump(&hunt);
    if ((rc < 0 && rc != -ETIME) || (abstract && !same_netns(ctx)))
        return;
    if (abstract && rc == 0)
        wr_set_bool(ctx->ev, WR_FACT_unix_near_name, hunt.near);
    if (descriptor && rc == 0 && ctx->ev->state[WR_FACT_unix_descriptor_name] == WR_UNKNOWN)
        wr_set_absent(ctx->ev, WR_FACT_unix_descriptor_name);
    if (hunt.meant)
        wr_set_bool(ctx->ev, WR_FACT_unix_path_meant_exists, true);
    if (ctx->attempt->error != EPROTOTYPE && ctx->attempt->error != EAGAIN)
        state_elsewhere(&hunt);
    if (hunt.lost)
        state_lost(&hunt, path);
    else if (rc == 0)
        wr_set_absent(ctx->ev, WR_FACT_unix_lost);
    if (held_by_file)
        state_holder(&hunt, rc == 0);
}
