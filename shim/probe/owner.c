/* SPDX-License-Identifier: MIT
 * See owner.h. */
#include "probe/owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/sys.h"

/* How the file space is divided. */
#define PROC_SPACE 6144
#define FDS_SPACE 6144
#define TEXT_SPACE 4096
_Static_assert(PROC_SPACE + FDS_SPACE + TEXT_SPACE <= WR_PROBE_FILE_SPACE, "space");

#define CONTAINER_DIGITS 64
#define CONTAINER_SHOWN 12

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool ends_with(const char *text, size_t len, const char *tail)
{
    size_t tail_len = strlen(tail);

    return len > tail_len && memcmp(text + len - tail_len, tail, tail_len) == 0;
}

static bool begins_with(const char *text, size_t len, const char *head)
{
    size_t head_len = strlen(head);

    return len > head_len && memcmp(text, head, head_len) == 0;
}

/* docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope, and a bare ID below
 * /docker/, /kubepods/, /ecs/TASK/: every engine uses 64 hexadecimal digits. */
static const char *container_id(const char *part, size_t len)
{
    size_t run = 0;

    for (size_t i = 0; i < len; i++) {
        run = is_hex(part[i]) ? run + 1 : 0;
        if (run == CONTAINER_DIGITS && (i + 1 == len || !is_hex(part[i + 1])))
            return part + i + 1 - CONTAINER_DIGITS;
    }
    return NULL;
}

static void read_component(const char *part, size_t len, bool below_lxc,
                           struct wr_owner_names *names)
{
    static const char payload[] = "lxc.payload.";
    const char *id = container_id(part, len);

    if (id != NULL) {
        names->container = id;
        names->container_len = CONTAINER_SHOWN;
        /* what was found further out is the engine's, not the program's */
        names->unit_len = 0;
    } else if (begins_with(part, len, payload)) {
        names->container = part + sizeof(payload) - 1;
        names->container_len = (uint16_t)(len - (sizeof(payload) - 1));
        names->unit_len = 0;
    } else if (below_lxc) {
        names->container = part;
        names->container_len = (uint16_t)len;
    } else if (ends_with(part, len, ".service") && !begins_with(part, len, "user@")) {
        names->unit = part;
        names->unit_len = (uint16_t)len;
    }
}

struct wr_owner_names wr_owner_parse_cgroup(const char *path)
{
    struct wr_owner_names names = {0};
    bool below_lxc = false;

    for (;;) {
        while (*path == '/')
            path++;
        size_t len = strcspn(path, "/\n");
        if (len == 0)
            return names;
        /* a longer name is none of a cgroup (NAME_MAX) */
        if (len <= 255)
            read_component(path, len, below_lxc, &names);
        below_lxc = len == 3 && memcmp(path, "lxc", 3) == 0;
        path += len;
    }
}

struct wr_owner_names wr_owner_parse_proc_cgroup(const char *text)
{
    struct wr_owner_names names = {0};

    for (; text != NULL; text = wr_line_next(text)) {
        const char *path = strchr(text, ':');

        path = path != NULL ? strchr(path + 1, ':') : NULL;
        if (path == NULL || (size_t)(path - text) > wr_line_length(text))
            continue;
        names = wr_owner_parse_cgroup(path + 1);
        /* version 1 hierarchies that nobody uses say "/" */
        if (names.unit_len != 0 || names.container_len != 0)
            break;
    }
    return names;
}

static void keep_names(struct wr_evidence *ev, const struct wr_owner_names *names,
                       struct wr_sock *sock)
{
    if (names->unit_len != 0)
        sock->unit = wr_add_text(ev, names->unit, names->unit_len);
    if (names->container_len != 0)
        sock->container = wr_add_text(ev, names->container, names->container_len);
}

struct search {
    struct wr_probe_ctx *ctx;
    uint64_t until_ns;
    uint32_t uid;
    bool of_uid; /* this pass is over the processes of that user, else over the others */
    int dir;     /* /proc/PID/fd */
    unsigned seen;
    bool hit;
    uint64_t hit_fd;
    int32_t pid, manager; /* found; 0 = not */
    char link[40];        /* "socket:[INODE]" */
};

static char *fds_space(const struct search *search)
{
    return wr_probe_file_space(search->ctx) + PROC_SPACE;
}

static bool links_to(int dir, const char *name, const char *wanted)
{
    char link[40];
    long len = WR_SYS(readlinkat, dir, name, link, sizeof(link) - 1);

    if (len <= 0)
        return false;
    link[len] = '\0';
    return strcmp(link, wanted) == 0;
}

static bool try_descriptor(void *ctx, const char *name, unsigned char type)
{
    struct search *search = ctx;

    (void)type;
    search->hit = links_to(search->dir, name, search->link);
    if (search->hit)
        search->hit = wr_parse_uint(&name, &search->hit_fd);
    return !search->hit && (++search->seen % 32 != 0 || wr_now_ns() < search->until_ns);
}

static bool belongs_to(const char *path, uint32_t uid)
{
    struct stat st = {0};

    return WR_SYS(newfstatat, AT_FDCWD, path, &st, 0) == 0 && st.st_uid == uid;
}

static bool try_process(void *ctx, const char *name, unsigned char type)
{
    struct search *search = ctx;
    const char *at = name;
    uint64_t pid;
    char path[48];

    (void)type;
    if (!wr_parse_uint(&at, &pid) || *at != '\0' || pid > INT32_MAX)
        return true;
    if (wr_now_ns() >= search->until_ns)
        return false;
    wr_join(path, sizeof(path), "/proc/", name, (char *)NULL);
    if (belongs_to(path, search->uid) != search->of_uid)
        return true;
    wr_join(path, sizeof(path), "/proc/", name, "/fd", (char *)NULL);
    search->dir = (int)WR_SYS(openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (search->dir < 0)
        return true;
    search->hit = false;
    wr_dir_each(path, fds_space(search), FDS_SPACE, try_descriptor, search);
    WR_SYS(close, search->dir);
    if (!search->hit)
        return true;
    /* a socket unit: the service that was started from it has the socket, too */
    if (pid == 1) {
        search->manager = 1;
        return true;
    }
    search->pid = (int32_t)pid;
    return false;
}

static void describe(struct wr_probe_ctx *ctx, int32_t pid, struct wr_sock *sock)
{
    char *text = wr_probe_file_space(ctx) + PROC_SPACE + FDS_SPACE;
    char number[16], path[48];
    struct wr_buf buf = wr_buf_on(number, sizeof(number));
    long len;

    wr_buf_int(&buf, pid);
    wr_buf_terminate(&buf);
    sock->pid = pid;
    wr_join(path, sizeof(path), "/proc/", number, "/comm", (char *)NULL);
    len = wr_file_read(path, text, TEXT_SPACE);
    if (len > 0)
        sock->program = wr_add_text(ctx->ev, text, (uint32_t)wr_line_length(text));
    wr_join(path, sizeof(path), "/proc/", number, "/cgroup", (char *)NULL);
    len = wr_file_read(path, text, TEXT_SPACE);
    if (len > 0) {
        struct wr_owner_names names = wr_owner_parse_proc_cgroup(text);

        keep_names(ctx->ev, &names, sock);
    }
}

static uint64_t deadline(const struct wr_probe_ctx *ctx)
{
    uint64_t until_ns = wr_probe_part_until(ctx, WR_OWNER_BUDGET_NS);

    return until_ns < ctx->until_ns ? until_ns : ctx->until_ns;
}

/* The last answer, for a program that fails again and again at the same socket. It is checked
 * before it is used, so that threads that write it at the same time do no harm. */
static struct {
    uint64_t inode, pid, fd, missed_inode, missed_until_ns;
} last;
#define MISSED_NS 1000000000u

static uint64_t recall(const uint64_t *value)
{
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void keep(uint64_t *value, uint64_t number)
{
    __atomic_store_n(value, number, __ATOMIC_RELAXED);
}

/* The process that had the socket the last time, if it still has; else 0. */
static int32_t last_pid(uint64_t inode, const char *link)
{
    uint64_t pid = recall(&last.pid);
    char path[64];
    struct wr_buf buf = wr_buf_on(path, sizeof(path));

    if (recall(&last.inode) != inode)
        return 0;
    wr_buf_str(&buf, "/proc/");
    wr_buf_uint(&buf, pid);
    wr_buf_str(&buf, "/fd/");
    wr_buf_uint(&buf, recall(&last.fd));
    wr_buf_terminate(&buf);
    return links_to(AT_FDCWD, path, link) ? (int32_t)pid : 0;
}

static void scan(struct search *search)
{
    for (int pass = 0; pass < 2 && search->pid == 0; pass++) {
        search->of_uid = pass == 0;
        wr_dir_each("/proc", wr_probe_file_space(search->ctx), PROC_SPACE, try_process, search);
    }
}

bool wr_owner_find(struct wr_probe_ctx *ctx, uint64_t inode, struct wr_sock *sock)
{
    struct search search = {.ctx = ctx, .until_ns = deadline(ctx), .uid = sock->uid};
    struct wr_buf link = wr_buf_on(search.link, sizeof(search.link));

    if (inode == 0)
        return false;
    wr_buf_str(&link, "socket:[");
    wr_buf_uint(&link, inode);
    wr_buf_str(&link, "]");
    wr_buf_terminate(&link);
    if (search.uid == UINT32_MAX)
        search.uid = (uint32_t)WR_SYS(geteuid);
    search.pid = last_pid(inode, search.link);
    if (search.pid == 0) {
        if (recall(&last.missed_inode) == inode && wr_now_ns() < recall(&last.missed_until_ns))
            return false;
        scan(&search);
        if (search.pid != 0) {
            keep(&last.pid, (uint64_t)search.pid);
            keep(&last.fd, search.hit_fd);
            keep(&last.inode, inode);
        } else {
            search.pid = search.manager;
        }
    }
    if (search.pid == 0) {
        keep(&last.missed_until_ns, wr_now_ns() + MISSED_NS);
        keep(&last.missed_inode, inode);
        return false;
    }
    describe(ctx, search.pid, sock);
    return true;
}

#define CGROUP_DEPTH 6
#define CGROUP_SPACE 2048
#define CGROUP_PATH 2048
_Static_assert(CGROUP_DEPTH *CGROUP_SPACE + CGROUP_PATH <= WR_PROBE_FILE_SPACE, "space");

struct cgroup_walk {
    uint64_t id, until_ns;
    char *space; /* CGROUP_SPACE for each depth */
    char *path;  /* terminated, of the directory that is looked at */
};

struct dirent_head {
    uint64_t ino;
    int64_t off;
    unsigned short reclen;
    unsigned char type;
    char name[];
};

static bool walk(struct cgroup_walk *at, unsigned depth, size_t path_len);

/* Looks at one entry and below it; true where the directory was found (its path is at->path). */
static bool walk_entry(struct cgroup_walk *at, unsigned depth, size_t path_len,
                       const struct dirent_head *entry)
{
    size_t len = strlen(entry->name);

    if (entry->type != DT_DIR || entry->name[0] == '.' || path_len + len + 2 > CGROUP_PATH)
        return false;
    at->path[path_len] = '/';
    memcpy(at->path + path_len + 1, entry->name, len + 1);
    return entry->ino == at->id || walk(at, depth + 1, path_len + 1 + len);
}

/* kernfs numbers its directories with the id of the cgroup (fs/kernfs/dir.c, 64-bit inodes) */
static bool walk(struct cgroup_walk *at, unsigned depth, size_t path_len)
{
    long fd, got;
    bool found = false;
    char *space;

    if (depth == CGROUP_DEPTH || wr_now_ns() >= at->until_ns)
        return false;
    space = at->space + depth * CGROUP_SPACE;
    fd = WR_SYS(openat, AT_FDCWD, at->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    while (!found && (got = WR_SYS(getdents64, fd, space, CGROUP_SPACE)) > 0) {
        for (long i = 0; !found && i < got;) {
            const struct dirent_head *entry = (const void *)(space + i);

            found = walk_entry(at, depth, path_len, entry);
            i += entry->reclen;
        }
    }
    WR_SYS(close, fd);
    return found;
}

bool wr_owner_find_cgroup(struct wr_probe_ctx *ctx, uint64_t cgroup_id, struct wr_sock *sock)
{
    /* the version 2 hierarchy: the ids of version 1 directories mean something else */
    static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
    static const char *const marks[] = {"/sys/fs/cgroup/unified/cgroup.procs",
                                        "/sys/fs/cgroup/cgroup.controllers"};
    struct cgroup_walk at = {.id = cgroup_id,
                             .until_ns = deadline(ctx),
                             .space = wr_probe_file_space(ctx),
                             .path = wr_probe_file_space(ctx) + CGROUP_DEPTH * CGROUP_SPACE};

    if (cgroup_id == 0)
        return false;
    for (unsigned i = 0; i < 2; i++) {
        size_t root_len = strlen(roots[i]);
        struct wr_owner_names names;

        wr_join(at.path, CGROUP_PATH, roots[i], (char *)NULL);
        if (WR_SYS(faccessat, AT_FDCWD, marks[i], F_OK) != 0 || !walk(&at, 0, root_len))
            continue;
        names = wr_owner_parse_cgroup(at.path + root_len);
        keep_names(ctx->ev, &names, sock);
        return names.unit_len != 0 || names.container_len != 0;
    }
    return false;
}

void wr_owner_fill(struct wr_probe_ctx *ctx, struct wr_sock *sock)
{
    wr_owner_find(ctx, sock->inode, sock);
    if (sock->unit.len == 0 && sock->container.len == 0)
        wr_owner_find_cgroup(ctx, sock->cgroup_id, sock);
}
