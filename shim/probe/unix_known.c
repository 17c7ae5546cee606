/* SPDX-License-Identifier: MIT
 * Well-known daemons with the places of their sockets, and the unit that makes a socket. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/sys.h"
#include "base/unitfile.h"
#include "probe/unix_work.h"

/* Paths as the daemons, their documentation and the distributions have them. The globs are of
 * wr_glob(): a * also matches slashes. */
static const struct wr_unix_known known_daemons[] = {
    {"docker",
     {"docker.socket", "docker.service"},
     {"/run/docker.sock", "/run/user/*/docker.sock", "/home/*/.docker/*/docker.sock",
      "/root/.docker/*/docker.sock", "/run/podman/podman.sock", "/run/user/*/podman/podman.sock"}},
    {"podman",
     {"podman.socket"},
     {"/run/podman/podman.sock", "/run/user/*/podman/podman.sock", "/run/docker.sock"}},
    {"containerd",
     {"containerd.service", "k3s.service", "docker.service"},
     {"/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock",
      "/run/k3s/containerd/containerd.sock"}},
    {"cri-o", {"crio.service"}, {"/run/crio/crio.sock"}},
    {"buildkitd",
     {"buildkit.socket", "buildkit.service"},
     {"/run/buildkit/buildkitd.sock", "/run/user/*/buildkit/buildkitd.sock"}},
    {"mysqld",
     {"mysql.service", "mariadb.service", "mysqld.service"},
     {"/run/mysqld/mysqld.sock", "/tmp/mysql.sock", "/var/lib/mysql/mysql.sock",
      "/run/mysql/mysql.sock", "/opt/lampp/var/mysql/mysql.sock", "/tmp/mysqld.sock"}},
    {"mysqld (X protocol)",
     {"mysql.service", "mysqld.service"},
     {"/run/mysqld/mysqlx.sock", "/tmp/mysqlx.sock"}},
    {"postgres", {"postgresql.service"}, {"/run/postgresql/.s.PGSQL.*", "/tmp/.s.PGSQL.*"}},
    {"pgbouncer", {"pgbouncer.socket", "pgbouncer.service"}, {"/run/pgbouncer/.s.PGSQL.6432"}},
    {"redis",
     {"redis-server.service", "redis.service", "valkey.service"},
     {"/run/redis/redis-server.sock", "/run/redis/redis.sock", "/tmp/redis.sock",
      "/run/valkey/valkey.sock", "/run/redis.sock"}},
    {"memcached", {"memcached.service"}, {"/run/memcached/memcached.sock", "/tmp/memcached.sock"}},
    {"mongod", {"mongod.service", "mongodb.service"}, {"/tmp/mongodb-*.sock"}},
    {"php-fpm",
     {"php-fpm.service", "php8.2-fpm.service", "php8.3-fpm.service", "php8.4-fpm.service"},
     {"/run/php/php*-fpm.sock", "/run/php-fpm/*.sock", "/run/php-fpm.sock", "/run/php5-fpm.sock"}},
    {"the system message bus", {"dbus.socket"}, {"/run/dbus/system_bus_socket"}},
    {"the session message bus", {"dbus.socket"}, {"/run/user/*/bus"}},
    {"libvirtd",
     {"libvirtd.socket", "virtqemud.socket", "libvirtd.service"},
     {"/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock",
      "/run/user/*/libvirt/libvirt-sock", "/run/user/*/libvirt/virtqemud-sock"}},
    {"libvirtd (read only)",
     {"libvirtd-ro.socket", "virtqemud-ro.socket"},
     {"/run/libvirt/libvirt-sock-ro", "/run/libvirt/virtqemud-sock-ro"}},
    {"snapd", {"snapd.socket"}, {"/run/snapd.socket", "/run/snapd-snap.socket"}},
    {"lxd",
     {"snap.lxd.daemon.unix.socket", "lxd.socket"},
     {"/var/snap/lxd/common/lxd/unix.socket", "/var/lib/lxd/unix.socket"}},
    {"incus", {"incus.socket"}, {"/var/lib/incus/unix.socket"}},
    {"systemd-journald",
     {"systemd-journald-dev-log.socket", "systemd-journald.socket"},
     {"/dev/log", "/run/systemd/journal/dev-log"}},
    {"systemd-journald (native)",
     {"systemd-journald.socket"},
     {"/run/systemd/journal/socket", "/run/systemd/journal/stdout"}},
    {"systemd-resolved", {"systemd-resolved.service"}, {"/run/systemd/resolve/io.systemd.Resolve"}},
    {"udevd", {"systemd-udevd-control.socket"}, {"/run/udev/control"}},
    {"the X server", {"display-manager.service"}, {"/tmp/.X11-unix/X*"}},
    {"the Wayland compositor", {NULL}, {"/run/user/*/wayland-*"}},
    {"pulseaudio",
     {"pulseaudio.socket", "pipewire-pulse.socket"},
     {"/run/user/*/pulse/native", "/run/pulse/native", "/tmp/pulse-*/native"}},
    {"pipewire", {"pipewire.socket"}, {"/run/user/*/pipewire-*"}},
    {"gpg-agent",
     {"gpg-agent.socket"},
     {"/run/user/*/gnupg/*S.gpg-agent", "/home/*/.gnupg/S.gpg-agent", "/root/.gnupg/S.gpg-agent"}},
    {"the ssh agent",
     {"ssh-agent.socket", "gpg-agent-ssh.socket", "ssh-agent.service"},
     {"/run/user/*/gnupg/*S.gpg-agent.ssh", "/run/user/*/keyring/ssh",
      "/run/user/*/ssh-agent.socket", "/run/user/*/openssh_agent", "/tmp/ssh-*/agent.*"}},
    {"nginx unit",
     {"unit.service"},
     {"/run/control.unit.sock", "/run/unit/control.sock", "/run/nginx-unit.control.sock"}},
    {"supervisord",
     {"supervisor.service", "supervisord.service"},
     {"/run/supervisor.sock", "/run/supervisor/supervisor.sock", "/run/supervisord.sock",
      "/tmp/supervisor.sock"}},
    {"fail2ban", {"fail2ban.service"}, {"/run/fail2ban/fail2ban.sock"}},
    {"clamd",
     {"clamav-daemon.socket", "clamav-daemon.service", "clamd@scan.service"},
     {"/run/clamav/clamd.ctl", "/run/clamd.scan/clamd.sock", "/run/clamav/clamd.sock",
      "/tmp/clamd.socket", "/tmp/clamd.sock"}},
    {"rspamd", {"rspamd.service"}, {"/run/rspamd/rspamd.sock", "/run/rspamd/worker-*.sock"}},
    {"spamd", {"spamd.service", "spamassassin.service"}, {"/run/spamd.sock"}},
    {"opendkim",
     {"opendkim.service"},
     {"/run/opendkim/opendkim.sock", "/var/spool/postfix/opendkim/opendkim.sock"}},
    {"postfix",
     {"postfix.service", "postfix@-.service"},
     {"/var/spool/postfix/public/*", "/var/spool/postfix/private/*"}},
    {"dovecot",
     {"dovecot.socket", "dovecot.service"},
     {"/run/dovecot/lmtp", "/run/dovecot/*", "/var/spool/postfix/private/dovecot-lmtp"}},
    {"saslauthd",
     {"saslauthd.service"},
     {"/run/saslauthd/mux", "/var/spool/postfix/var/run/saslauthd/mux"}},
    {"haproxy",
     {"haproxy.service"},
     {"/run/haproxy/admin.sock", "/run/haproxy.sock", "/var/lib/haproxy/stats",
      "/run/haproxy-master.sock"}},
    {"avahi-daemon", {"avahi-daemon.socket"}, {"/run/avahi-daemon/socket"}},
    {"cupsd", {"cups.socket", "cups.service"}, {"/run/cups/cups.sock"}},
    {"chronyd", {"chrony.service", "chronyd.service"}, {"/run/chrony/chronyd.sock"}},
    {"rpcbind", {"rpcbind.socket"}, {"/run/rpcbind.sock"}},
    {"nscd", {"nscd.socket", "nscd.service", "unscd.service"}, {"/run/nscd/socket"}},
    {"pcscd", {"pcscd.socket"}, {"/run/pcscd/pcscd.comm"}},
    {"acpid", {"acpid.socket"}, {"/run/acpid.socket"}},
    {"tailscaled", {"tailscaled.service"}, {"/run/tailscale/tailscaled.sock"}},
    {"wpa_supplicant", {"wpa_supplicant.service"}, {"/run/wpa_supplicant/*"}},
    {"frr", {"frr.service"}, {"/run/frr/*.vty"}},
    {"bird", {"bird.service"}, {"/run/bird/bird.ctl", "/run/bird.ctl"}},
    {"unbound", {"unbound.service"}, {"/run/unbound.ctl"}},
    {"varnish", {"varnish.service"}, {"/run/varnish.sock"}},
    {"gunicorn", {"gunicorn.socket"}, {"/run/gunicorn.sock", "/run/gunicorn/socket"}},
    {"uwsgi", {"uwsgi.service"}, {"/run/uwsgi/*", "/tmp/uwsgi.sock"}},
    {"the nix daemon", {"nix-daemon.socket"}, {"/nix/var/nix/daemon-socket/socket"}},
    {"vault", {"vault.service"}, {"/run/vault/vault.sock"}},
    {"spire-agent",
     {"spire-agent.service"},
     {"/run/spire/sockets/agent.sock", "/tmp/spire-agent/public/api.sock"}},
    {"ceph", {"ceph.target"}, {"/run/ceph/ceph-*.asok"}},
    {"openvswitch", {"openvswitch-switch.service"}, {"/run/openvswitch/db.sock"}},
    {"qemu-guest-agent", {"qemu-guest-agent.service"}, {"/run/qemu-ga/qga.sock"}},
    {"tmux", {NULL}, {"/tmp/tmux-*/*"}},
    {"sssd", {"sssd.service"}, {"/var/lib/sss/pipes/*"}},
    {"mullvad", {"mullvad-daemon.service"}, {"/run/mullvad-vpn"}},
    {"warp-svc", {"warp-svc.service"}, {"/run/cloudflare-warp/warp_service"}},
    {"slurmctld/munge", {"munge.service"}, {"/run/munge/munge.socket.2"}},
    {NULL},
};

const char *wr_unix_plain(const char *path)
{
    return strncmp(path, "/var/run/", 9) == 0 ? path + 4 : path;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Names that many daemons use: they tell nothing where the directory is another. */
static bool telling(const char *name)
{
    return strchr(name, '*') == NULL && strlen(name) > 4 && strcmp(name, "socket") != 0 &&
           strcmp(name, "control") != 0 && strcmp(name, "control.sock") != 0 &&
           strcmp(name, "api.sock") != 0 && strcmp(name, "agent.sock") != 0 &&
           strcmp(name, "admin.sock") != 0 && strcmp(name, "stats") != 0 &&
           strcmp(name, "native") != 0 && strcmp(name, "unix.socket") != 0 &&
           strcmp(name, "stdout") != 0 && strcmp(name, "db.sock") != 0;
}

bool wr_unix_alternate(const struct wr_unix_known *known, const char *path)
{
    path = wr_unix_plain(path);
    for (unsigned i = 0; i < 8 && known->paths[i] != NULL; i++) {
        if (*last_part(known->paths[i]) != '*' && wr_glob(known->paths[i], path))
            return true;
    }
    return false;
}

bool wr_unix_telling_name(const char *path, const char *other)
{
    return telling(last_part(path)) && strcmp(last_part(path), last_part(other)) == 0;
}

static bool known_path(const struct wr_unix_known *known, const char *path)
{
    path = wr_unix_plain(path);
    for (unsigned i = 0; i < 8 && known->paths[i] != NULL; i++) {
        if (wr_glob(known->paths[i], path))
            return true;
    }
    return false;
}

const struct wr_unix_known *wr_unix_known(const char *path)
{
    const char *name = last_part(path);

    for (const struct wr_unix_known *known = known_daemons; known->daemon != NULL; known++) {
        if (known_path(known, path))
            return known;
    }
    for (const struct wr_unix_known *known = known_daemons; known->daemon != NULL; known++) {
        for (unsigned i = 0; i < 8 && known->paths[i] != NULL; i++) {
            if (telling(name) && strcmp(last_part(known->paths[i]), name) == 0)
                return known;
        }
    }
    /* A PostgreSQL socket is known by its name alone, wherever it lies. */
    if (strncmp(name, ".s.PGSQL.", 9) == 0)
        return wr_unix_known("/tmp/.s.PGSQL.5432");
    return NULL;
}

struct unit_search {
    const char *path, *runtime;
    char unit[128];
};

static bool each_line(void *ctx, const struct wr_unit_line *line)
{
    struct unit_search *search = ctx;
    char path[256];

    if (strcmp(line->key, "ListenStream") != 0 && strcmp(line->key, "ListenDatagram") != 0 &&
        strcmp(line->key, "ListenSequentialPacket") != 0)
        return true;
    if (wr_unit_expand(line->value, search->runtime, path, sizeof(path)) == NULL ||
        strcmp(wr_unix_plain(path), search->path) != 0)
        return true;
    return wr_join(search->unit, sizeof(search->unit), line->unit, NULL) == NULL;
}

/* The user's own manager makes what lies in the user's runtime directory. */
static bool runtime_of(const char *path, char *dest, size_t size)
{
    size_t len;

    if (strncmp(path, "/run/user/", 10) != 0)
        return false;
    len = 10 + strcspn(path + 10, "/");
    if (len >= size)
        return false;
    memcpy(dest, path, len);
    dest[len] = '\0';
    return true;
}

static const char *installed_unit(const struct wr_unix_known *known, enum wr_unit_scope scope)
{
    for (unsigned i = 0; i < 4 && known->units[i] != NULL; i++) {
        if (wr_unit_installed(scope, known->units[i]))
            return known->units[i];
    }
    return NULL;
}

void wr_unix_units(struct wr_probe_ctx *ctx, struct wr_unix_work *work)
{
    const struct wr_unix_known *known = wr_unix_known(work->name);
    char runtime[64] = "/run";
    struct unit_search search = {.path = wr_unix_plain(work->name), .runtime = runtime};
    enum wr_unit_scope scope =
        runtime_of(search.path, runtime, sizeof(runtime)) ? WR_UNIT_USER : WR_UNIT_SYSTEM;
    const char *unit = NULL;

    if (known != NULL)
        wr_set_str(ctx->ev, WR_FACT_unix_daemon, known->daemon);
    if (work->name[0] != '/')
        return;
    int rc = wr_unit_each(scope, "*.socket", wr_unix_space(ctx), WR_NETLINK_SPACE, ctx->until_ns,
                          each_line, &search);
    if (search.unit[0] != '\0')
        unit = search.unit;
    else if (known != NULL)
        unit = installed_unit(known, scope);
    if (unit == NULL) {
        if (rc != -ETIME)
            wr_set_absent(ctx->ev, WR_FACT_unix_unit);
        return;
    }
    wr_set_str(ctx->ev, WR_FACT_unix_unit, unit);
    wr_set_bool(ctx->ev, WR_FACT_unix_unit_of_user, scope == WR_UNIT_USER);
    wr_set_bool(ctx->ev, WR_FACT_unix_unit_startable, wr_unit_booted());
}
