/* SPDX-License-Identifier: MIT
 * Which installed systemd unit has the port that nobody listens on, and whether it runs. Reads
 * unit files and the cgroup tree: no D-Bus. Only where nothing else explains the refusal. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/unitfile.h"
#include "probe/local.h"
#include "probe/unit_port.h"

#define UNIT_SIZE 96
#define PATH_SIZE 320

static const struct {
    uint16_t port;
    const char *names;
} known_units[] = {
#define SERVES(port, names) {port, names},
#include "probe/units.def"
#undef SERVES
};

/* A unit that has the port. */
struct unit {
    char name[UNIT_SIZE], slice[UNIT_SIZE];
    const char *says; /* the setting that names the port; NULL = it is only the usual one */
    bool masked, enabled, known, running;
};

struct scan {
    struct wr_addr dest;
    struct unit unit; /* being read */
    bool hit, oneshot;
};

static const char *const unit_dirs[] = {"/etc/systemd/system", "/run/systemd/system",
                                        "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                        "/lib/systemd/system"};
#define UNIT_DIRS (sizeof(unit_dirs) / sizeof(unit_dirs[0]))

static bool exists(const char *path)
{
    return WR_SYS(faccessat, AT_FDCWD, path, F_OK) == 0;
}

/* --- whether it runs ------------------------------------------------------------------------ */

/* A slice "a-b.slice" lies in "a.slice" (systemd.slice(5)). */
static void put_slice(struct wr_buf *path, const char *slice)
{
    for (const char *dash = slice; (dash = strchr(dash, '-')) != NULL; dash++) {
        if (dash == slice)
            continue;
        wr_buf_mem(path, slice, (size_t)(dash - slice));
        wr_buf_str(path, ".slice/");
    }
    wr_buf_str(path, slice);
}

/* The processes of a control group and those below it, as version 2 counts them; version 1 does
 * not, so that groups below are taken to have some. -1 = there is no such group. */
static int populated(const char *group)
{
    char path[PATH_SIZE], text[256];
    const char *value;
    struct stat st = {0};

    if (wr_join(path, sizeof(path), group, "/cgroup.events", NULL) == NULL)
        return -1;
    if (wr_file_read(path, text, sizeof(text)) > 0 &&
        (value = wr_line_value(text, "populated")) != NULL)
        return *value == '1';
    if (WR_SYS(newfstatat, AT_FDCWD, group, &st, 0) < 0)
        return -1;
    wr_join(path, sizeof(path), group, "/cgroup.procs", NULL);
    return wr_file_read(path, text, sizeof(text)) > 0 || st.st_nlink > 2;
}

static const char *cgroup_root(void)
{
    static const char *const roots[] = {"/sys/fs/cgroup/", "/sys/fs/cgroup/unified/",
                                        "/sys/fs/cgroup/systemd/"};
    char path[64];

    for (unsigned i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        wr_join(path, sizeof(path), roots[i], "system.slice", NULL);
        if (exists(path))
            return roots[i];
    }
    return NULL;
}

static size_t stem_len(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL ? (size_t)(dot - name) : strlen(name);
}

/* Where a unit stands for its instances (postgresql.service), these run in a slice of its name. */
static bool instances_run(const struct unit *unit, const char *root)
{
    char path[PATH_SIZE];
    struct wr_buf buf = wr_buf_on(path, sizeof(path));

    wr_buf_str(&buf, root);
    wr_buf_str(&buf, "system.slice/system-");
    wr_buf_mem(&buf, unit->name, stem_len(unit->name));
    wr_buf_str(&buf, ".slice");
    wr_buf_terminate(&buf);
    return !buf.cut && populated(path) > 0;
}

/* A socket unit has no processes; it runs where systemd itself listens, and nobody does. */
static void look_whether_running(struct unit *unit)
{
    const char *root = cgroup_root();
    char path[PATH_SIZE];
    struct wr_buf buf = wr_buf_on(path, sizeof(path));

    if (!wr_unit_booted())
        return;
    if (wr_glob("*.socket", unit->name)) {
        unit->known = true;
        return;
    }
    if (root == NULL)
        return;
    wr_buf_str(&buf, root);
    put_slice(&buf, unit->slice[0] != '\0' ? unit->slice : "system.slice");
    wr_buf_char(&buf, '/');
    wr_buf_str(&buf, unit->name);
    wr_buf_terminate(&buf);
    unit->known = !buf.cut;
    unit->running = populated(path) > 0 || instances_run(unit, root);
}

/* --- whether it is started at boot ----------------------------------------------------------- */

struct wanted {
    const char *dir, *unit;
    bool found;
};

static bool try_target(void *ctx, const char *name, unsigned char type)
{
    struct wanted *wanted = ctx;
    char path[PATH_SIZE], target[8];

    (void)type;
    if ((wr_glob("*.wants", name) || wr_glob("*.requires", name)) &&
        wr_join(path, sizeof(path), wanted->dir, "/", name, "/", wanted->unit, NULL) != NULL)
        wanted->found = wr_link_read(path, target, sizeof(target)) >= 0;
    return !wanted->found;
}

static bool is_enabled(struct wr_probe_ctx *ctx, const char *unit)
{
    struct wanted wanted = {.unit = unit};

    for (unsigned i = 0; i < UNIT_DIRS && !wanted.found; i++) {
        wanted.dir = unit_dirs[i];
        wr_dir_each(wanted.dir, wr_probe_file_space(ctx), WR_PROBE_FILE_SPACE, try_target, &wanted);
    }
    return wanted.found;
}

/* Installed by its package, and linked to /dev/null by the administrator. */
static bool is_masked(const char *unit)
{
    char path[PATH_SIZE], target[16];
    bool masked = false;

    for (unsigned i = 0; i < UNIT_DIRS; i++) {
        if (wr_join(path, sizeof(path), unit_dirs[i], "/", unit, NULL) == NULL)
            return false;
        if (i < 2)
            masked |=
                wr_link_read(path, target, sizeof(target)) > 0 && strcmp(target, "/dev/null") == 0;
        else if (masked && exists(path))
            return true;
    }
    return false;
}

/* --- which one it is ------------------------------------------------------------------------- */

/* Of the usual ones: one that does not run rather than one that does, and one that is enabled
 * rather than one that is not. */
static void weigh(struct wr_probe_ctx *ctx, const char *name, struct unit *best)
{
    struct unit unit = {.masked = is_masked(name)};

    if (!unit.masked && !wr_unit_installed(WR_UNIT_SYSTEM, name))
        return;
    wr_join(unit.name, sizeof(unit.name), name, NULL);
    unit.enabled = !unit.masked && is_enabled(ctx, name);
    look_whether_running(&unit);
    if (best->name[0] == '\0' || (best->running && !unit.running) ||
        (best->running == unit.running && unit.enabled && !best->enabled))
        *best = unit;
}

static void look_at_usual(struct wr_probe_ctx *ctx, uint16_t port, struct unit *best)
{
    const char *names = "";

    for (unsigned i = 0; i < sizeof(known_units) / sizeof(known_units[0]); i++) {
        if (known_units[i].port == port)
            names = known_units[i].names;
    }
    while (*names != '\0') {
        size_t len = strcspn(names, " ");
        char name[UNIT_SIZE];
        struct wr_buf buf = wr_buf_on(name, sizeof(name));

        wr_buf_mem(&buf, names, len);
        if (memchr(names, '.', len) == NULL)
            wr_buf_str(&buf, ".service");
        weigh(ctx, wr_buf_terminate(&buf), best);
        names += len + (names[len] == ' ');
    }
}

static void take(struct scan *scan, const char *says, bool serves, const char *value)
{
    if (serves) {
        scan->hit = true;
        scan->unit.says = says;
    } else if (*value == '\0' && scan->unit.says == says) {
        scan->hit = false; /* a drop-in empties the list */
    }
}

static bool each_line(void *ctx, const struct wr_unit_line *line)
{
    struct scan *scan = ctx;
    const char *value = line->value;

    if (strcmp(line->unit, scan->unit.name) != 0) {
        if (scan->hit && !scan->oneshot)
            return false;
        scan->hit = scan->oneshot = false;
        scan->unit = (struct unit){.says = NULL};
        if (wr_join(scan->unit.name, UNIT_SIZE, line->unit, NULL) == NULL)
            return true;
    }
    if (strstr(line->unit, "@.") != NULL)
        return true; /* a template: which instances there are is not said */
    if (strcmp(line->section, "Socket") == 0 && strcmp(line->key, "ListenStream") == 0)
        take(scan, "ListenStream=", wr_unit_listens(value, &scan->dest), value);
    if (strcmp(line->section, "Service") != 0)
        return true;
    if (strcmp(line->key, "ExecStart") == 0)
        take(scan, "ExecStart=", wr_unit_command_serves(value, scan->dest.port), value);
    else if (strcmp(line->key, "Environment") == 0)
        take(scan, "Environment=", wr_unit_environment_serves(value, scan->dest.port), value);
    else if (strcmp(line->key, "Type") == 0)
        scan->oneshot = strcmp(value, "oneshot") == 0;
    else if (strcmp(line->key, "Slice") == 0)
        wr_join(scan->unit.slice, UNIT_SIZE, value, NULL);
    return true;
}

/* Dozens of files are read: half a millisecond, too much for every failure of a program that fails
 * often. */
#define SCAN_PAUSE_NS 1000000000u
#define SCAN_BUDGET_NS 8000000u
static bool may_scan(uint64_t now_ns)
{
    static uint64_t next_ns;

    if (now_ns < __atomic_load_n(&next_ns, __ATOMIC_RELAXED))
        return false;
    __atomic_store_n(&next_ns, now_ns + SCAN_PAUSE_NS, __ATOMIC_RELAXED);
    return true;
}

/* The unit whose files name the port. 1 = found, 0 = there is none, -1 = not known. */
static int scan_files(struct wr_probe_ctx *ctx, const struct wr_addr *dest, struct unit *ret_unit)
{
    /* what packages install is in the table, but for sockets */
    static const struct {
        const char *glob;
        enum wr_unit_scope scope;
    } parts[] = {{"*.socket", WR_UNIT_SYSTEM}, {"*.service", WR_UNIT_SYSTEM_OWN}};
    uint64_t now_ns = wr_now_ns(), until_ns = wr_probe_part_until(ctx, SCAN_BUDGET_NS);

    if (!may_scan(now_ns))
        return -1;
    if (until_ns > ctx->until_ns)
        until_ns = ctx->until_ns;
    for (unsigned i = 0; i < 2; i++) {
        struct scan scan = {.dest = *dest};
        int rc = wr_unit_each(parts[i].scope, parts[i].glob, wr_probe_file_space(ctx),
                              WR_PROBE_FILE_SPACE, until_ns, each_line, &scan);

        if (scan.hit && !scan.oneshot) {
            *ret_unit = scan.unit;
            ret_unit->enabled = is_enabled(ctx, scan.unit.name);
            look_whether_running(ret_unit);
            return 1;
        }
        if (rc == -ETIME)
            return -1;
    }
    return 0;
}

static void set_unit(struct wr_evidence *ev, const struct unit *unit)
{
    char path[PATH_SIZE], name[UNIT_SIZE];
    struct wr_buf buf = wr_buf_on(name, sizeof(name));

    wr_set_str(ev, WR_FACT_port_unit, unit->name);
    if (unit->says != NULL)
        wr_set_str(ev, WR_FACT_port_unit_says, unit->says);
    else
        wr_set_absent(ev, WR_FACT_port_unit_says);
    if (unit->known)
        wr_set_bool(ev, WR_FACT_port_unit_running, unit->running);
    wr_set_bool(ev, WR_FACT_port_unit_socket, wr_glob("*.socket", unit->name));
    wr_set_bool(ev, WR_FACT_port_unit_enabled, unit->enabled);
    wr_set_bool(ev, WR_FACT_port_unit_masked, unit->masked);
    wr_set_bool(ev, WR_FACT_port_unit_startable, wr_unit_booted());
    wr_buf_mem(&buf, unit->name, stem_len(unit->name));
    wr_buf_terminate(&buf);
    if (wr_join(path, sizeof(path), "/etc/init.d/", name, NULL) != NULL && exists(path))
        wr_set_str(ev, WR_FACT_port_unit_script, name);
    else
        wr_set_absent(ev, WR_FACT_port_unit_script);
}

/* Nobody listens here, and nothing that was found until now has to do with the port. */
static bool is_unexplained(const struct wr_evidence *ev)
{
    static const enum wr_fact found[] = {WR_FACT_other_device_listener,
                                         WR_FACT_other_address_listener,
                                         WR_FACT_other_family_listener,
                                         WR_FACT_bound_socket,
                                         WR_FACT_udp_socket,
                                         WR_FACT_swapped_listener};

    for (unsigned i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        if (wr_ev_has(ev, found[i]))
            return false;
    }
    return wr_ev_absent(ev, WR_FACT_listener) && wr_ev_true(ev, WR_FACT_destination_local) &&
           !wr_ev_true(ev, WR_FACT_icmp_received) &&
           !wr_ev_true(ev, WR_FACT_other_port_same_program);
}

void wr_probe_units(struct wr_probe_ctx *ctx)
{
    const struct wr_addr *meant = wr_ev_addr(ctx->ev, WR_FACT_wildcard_means);
    struct wr_addr dest = meant != NULL ? *meant : ctx->attempt->target;
    struct unit unit = {.says = NULL}, other;
    int found = 1;

    if (ctx->attempt->call != WR_CALL_CONNECT || ctx->attempt->error != ECONNREFUSED ||
        wr_attempt_transport(ctx->attempt) != IPPROTO_TCP || !is_unexplained(ctx->ev))
        return;
    look_at_usual(ctx, dest.port, &unit);
    if (unit.name[0] == '\0' || unit.running) {
        found = scan_files(ctx, &dest, &other);
        if (found > 0)
            unit = other;
    }
    if (unit.name[0] != '\0')
        set_unit(ctx->ev, &unit);
    else if (found == 0)
        wr_set_absent(ctx->ev, WR_FACT_port_unit);
}
