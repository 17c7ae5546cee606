/* SPDX-License-Identifier: MIT
 * Whether this process runs in a container, and which engine made it: asked for where nothing
 * listens on a loopback address. A private network namespace alone is no container. */
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

#include "base/address.h"
#include "base/environ.h"
#include "base/file.h"
#include "base/process.h"
#include "base/sys.h"
#include "probe/context.h"
#include "probe/netns_scan.h"
#include "probe/owner.h"

#define BUDGET_NS 10000000u

struct container {
    struct wr_probe_ctx *ctx;
    uint64_t until_ns;
    const char *engine; /* NULL = no sign of one */
    const char *sign;
    bool layered;      /* the root directory is one of layers, or part of a bigger file system */
    char variable[24]; /* container= of the environment */
};

/* Both parts of the scratch space are free here. */
static char *space_of(const struct container *container)
{
    return container->ctx->scratch;
}

static bool exists(const char *path)
{
    return WR_SYS(faccessat, AT_FDCWD, path, F_OK) == 0;
}

static void found(struct container *container, const char *engine, const char *sign)
{
    container->engine = engine;
    container->sign = sign;
}

/* The engine that a path of a mount or a control group speaks of; the more special names first. */
static const char *engine_of(const char *path)
{
    static const struct {
        const char *part, *engine;
    } parts[] = {
        {"kubepods", "Kubernetes"},
        {"/kubelet/pods/", "Kubernetes"},
        {"/overlay-containers/", "Podman"},
        {"/containers/storage/", "Podman"},
        {"libpod-", "Podman"},
        {"/docker/", "Docker"},
        {"/docker-", "Docker"},
        {"/io.containerd.", "containerd"},
        {"/nerdctl/", "containerd"},
        {"/lxc.payload", "LXC"},
        {"/lxc/", "LXC"},
    };

    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strstr(path, parts[i].part) != NULL)
            return parts[i].engine;
    }
    return NULL;
}

static void keep_id(struct container *container, const char *path)
{
    struct wr_owner_names names = wr_owner_parse_cgroup(path);

    if (names.container_len != 0)
        wr_set_text(container->ctx->ev, WR_FACT_container_id, names.container, names.container_len);
}

static const char *next_field(const char *line)
{
    line += strcspn(line, " ");
    return line + strspn(line, " ");
}

static bool field_is(const char *field, const char *value)
{
    size_t len = strlen(value);

    return strncmp(field, value, len) == 0 && (field[len] == ' ' || field[len] == '\0');
}

/* proc_pid_mountinfo(5): "36 35 98:0 /root-in-fs /mount-point options - type source options".
 * Engines mount files of their own over the image's hosts and resolv.conf, and the root directory
 * from their storage. What else is mounted from there is the host's: the containers' roots. */
static bool mount_line(void *ctx, const char *line)
{
    struct container *container = ctx;
    const char *root = next_field(next_field(next_field(line)));
    const char *point = next_field(root);
    const char *engine;

    if (field_is(point, "/"))
        container->layered = !field_is(root, "/") || strstr(point, " - overlay ") != NULL;
    else if (!field_is(point, "/etc/hosts") && !field_is(point, "/etc/hostname") &&
             !field_is(point, "/etc/resolv.conf"))
        return true;
    engine = engine_of(root);
    if (engine == NULL)
        return true;
    /* the root directory shows the engine, the files the container as well */
    if (container->engine == NULL || strcmp(container->engine, "containerd") == 0)
        found(container, engine, "/proc/self/mountinfo");
    keep_id(container, root);
    return true;
}

/* "0::/system.slice/docker-ID.scope". In a cgroup namespace of its own it is just "/". */
static void look_at_cgroup(struct container *container)
{
    char *text = space_of(container);
    const char *engine;

    if (wr_file_read("/proc/thread-self/cgroup", text, WR_PROBE_FILE_SPACE) <= 0)
        return;
    engine = engine_of(text);
    if (engine == NULL)
        return;
    struct wr_owner_names names = wr_owner_parse_proc_cgroup(text);
    if (names.container_len != 0)
        wr_set_text(container->ctx->ev, WR_FACT_container_id, names.container, names.container_len);
    if (container->engine == NULL || strcmp(engine, "Kubernetes") == 0)
        found(container, engine, "/proc/self/cgroup");
}

static bool variable_is_set(struct container *container, const char *name)
{
    return wr_environ_get(name, wr_probe_file_space(container->ctx), container->variable,
                          sizeof(container->variable)) > 0;
}

static void look(struct container *container)
{
    char *space = space_of(container);

    wr_file_lines("/proc/thread-self/mountinfo", 0, space, WR_PROBE_FILE_SPACE, container->until_ns,
                  mount_line, container);
    look_at_cgroup(container);
    /* a pod's engine calls itself containerd, CRI-O or Docker; what matters is the pod */
    if (variable_is_set(container, "KUBERNETES_SERVICE_HOST"))
        found(container, "Kubernetes", "KUBERNETES_SERVICE_HOST");
    if (container->engine != NULL)
        return;
    if (exists("/run/.containerenv"))
        found(container, "Podman", "/run/.containerenv");
    /* it may be left over in an image of which a machine was made */
    else if (container->layered && exists("/.dockerenv"))
        found(container, "Docker", "/.dockerenv");
    /* https://systemd.io/CONTAINER_INTERFACE */
    else if (variable_is_set(container, "container"))
        found(container, container->variable, "container=");
}

/* "172.17.0.1\thost.docker.internal" */
static bool hosts_line(void *ctx, const char *line)
{
    static const char *const names[] = {"host.containers.internal", "host.docker.internal"};
    struct container *container = ctx;

    if (line[0] == '#')
        return true;
    for (unsigned i = 0; i < 2; i++) {
        if (strstr(line, names[i]) == NULL)
            continue;
        wr_set_str(container->ctx->ev, WR_FACT_container_host_name, names[i]);
        return false;
    }
    return true;
}

static bool take_address(void *ctx, const struct wr_addr *addr)
{
    *(struct wr_addr *)ctx = *addr;
    return false;
}

/* What the container is connected to. */
static void look_around(struct container *container)
{
    struct wr_evidence *ev = container->ctx->ev;
    struct wr_addr addr = {0};
    char *space = space_of(container);
    bool known = true;

    for (unsigned i = 0; i < 2 && addr.family == 0; i++)
        known &= wr_netns_addresses("self", i == 0 ? AF_INET : AF_INET6, space, WR_PROBE_FILE_SPACE,
                                    container->until_ns, take_address, &addr);
    if (addr.family != 0)
        wr_set_addr(ev, WR_FACT_container_address, &addr);
    else if (known)
        wr_set_absent(ev, WR_FACT_container_address);
    if (wr_netns_gateway(space, WR_PROBE_FILE_SPACE, container->until_ns, &addr))
        wr_set_addr(ev, WR_FACT_container_gateway, &addr);
    else
        wr_set_absent(ev, WR_FACT_container_gateway);
    if (wr_file_lines("/etc/hosts", 0, space, WR_PROBE_FILE_SPACE, container->until_ns, hosts_line,
                      container) == 0 &&
        !wr_ev_has(ev, WR_FACT_container_host_name))
        wr_set_absent(ev, WR_FACT_container_host_name);
    wr_set_bool(ev, WR_FACT_container_system, exists("/run/systemd/system"));
    /* registered in the first network namespace only (net/core/sysctl_net_core.c) */
    if (exists("/proc/sys/net/core/somaxconn"))
        wr_set_bool(ev, WR_FACT_netns_initial, exists("/proc/sys/net/core/netdev_max_backlog"));
}

/* A process does not move into a container; that it is in none need be found out once only. */
static _Atomic bool in_no_container;

void wr_probe_container(struct wr_probe_ctx *ctx)
{
    struct container container = {.ctx = ctx, .until_ns = wr_probe_part_until(ctx, BUDGET_NS)};
    const struct wr_addr *target = &ctx->attempt->target;
    struct wr_evidence *ev = ctx->ev;

    if (!wr_context_unserved(ctx))
        return;
    /* the wildcard address as a destination means loopback */
    wr_set_bool(ev, WR_FACT_destination_loopback,
                wr_addr_is_loopback(target) || wr_addr_is_any(target));
    if (wr_ev_false(ev, WR_FACT_destination_loopback))
        return;
    if (container.until_ns > ctx->until_ns)
        container.until_ns = ctx->until_ns;
    if (!atomic_load_explicit(&in_no_container, memory_order_relaxed))
        look(&container);
    if (container.engine == NULL) {
        wr_set_absent(ev, WR_FACT_container_engine);
        if (!wr_process_borrows_memory())
            atomic_store_explicit(&in_no_container, true, memory_order_relaxed);
        return;
    }
    wr_set_str(ev, WR_FACT_container_engine, container.engine);
    wr_set_str(ev, WR_FACT_container_sign, container.sign);
    wr_set_bool(ev, WR_FACT_container_kubernetes, strcmp(container.engine, "Kubernetes") == 0);
    wr_set_bool(ev, WR_FACT_container_docker, strcmp(container.engine, "Docker") == 0);
    look_around(&container);
}
