/* SPDX-License-Identifier: MIT
 * Which failures are nobody's concern, and whose they are. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/endpoint.h"
#include "track/harmless.h"

/* '@' first = an abstract name */
static struct wr_attempt unix_attempt(const char *path, int error)
{
    struct wr_attempt attempt = {.call = WR_CALL_CONNECT, .error = error, .type = SOCK_STREAM};
    size_t len = strlen(path);

    attempt.address.un.sun_family = AF_UNIX;
    memcpy(attempt.address.un.sun_path, path, len);
    if (path[0] == '@')
        attempt.address.un.sun_path[0] = '\0';
    attempt.address_read = (socklen_t)(sizeof(sa_family_t) + len);
    attempt.address_len = attempt.address_read;
    return attempt;
}

static struct wr_attempt udp_attempt(const char *host, uint16_t port, int error)
{
    struct wr_attempt attempt = {.call = WR_CALL_CONNECT, .error = error, .type = SOCK_DGRAM};

    assert_true(wr_address_parse(host, strlen(host), &attempt.target));
    attempt.target.port = port;
    return attempt;
}

static void is(const char *name, struct wr_attempt attempt, const char *program)
{
    const char *found = wr_harmless(&attempt, program);

    if (name == NULL)
        assert_null(found);
    else
        assert_string_equal(found != NULL ? found : "nothing", name);
}

/* What each row is there for, and a program whose own business it is. */
static void test_unix(void **state)
{
    static const struct {
        const char *name, *path, *program;
    } cases[] = {
        {"nscd", "/var/run/nscd/socket", "nscd"},
        {"nslcd", "/run/nslcd/socket", "nslcd"},
        {"sssd", "/var/lib/sss/pipes/nss", "sssd_nss"},
        {"winbind", "/run/samba/winbindd/pipe", "wbinfo"},
        {"userdb", "/run/systemd/userdb/io.systemd.DynamicUser", "userdbctl"},
        {"resolve", "/run/systemd/resolve/io.systemd.Resolve", "resolvectl"},
        {"avahi", "/run/avahi-daemon/socket", "avahi-resolve"},
        {"syslog", "/dev/log", "logger"},
        {"journal", "/run/systemd/journal/socket", "systemd-cat"},
        {"x11", "/tmp/.X11-unix/X0", "xterm"},
        {"x11", "@/tmp/.X11-unix/X12", "xdpyinfo"},
        {"wayland", "/run/user/1000/wayland-0", "wl-copy"},
        {"dbus", "/run/dbus/system_bus_socket", "dbus-send"},
        {"dbus", "/run/user/1000/bus", "systemctl"},
        {"dbus", "@/tmp/dbus-Xyz", "busctl"},
        {"pulse", "/run/user/1000/pulse/native", "pactl"},
        {"pipewire", "/run/user/1000/pipewire-0", "pw-cli"},
        {"keyring", "/run/user/1000/keyring/ssh", "ssh-add"},
        {"ssh_agent", "/tmp/ssh-XXXX/agent.17", "ssh-add"},
        {"gpg_agent", "/root/.gnupg/S.gpg-agent.ssh", "ssh-add"},
        {"cups", "/run/cups/cups.sock", "lpstat"},
        {"udev", "/run/udev/control", "udevadm"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is(cases[i].name, unix_attempt(cases[i].path, ENOENT), "python3");
        is(cases[i].name, unix_attempt(cases[i].path, ECONNREFUSED), "python3");
        is(NULL, unix_attempt(cases[i].path, EACCES), "python3");
        is(NULL, unix_attempt(cases[i].path, EAGAIN), "python3");
        is(NULL, unix_attempt(cases[i].path, ENOENT), cases[i].program);
    }
}

static void test_not_unix(void **state)
{
    static const char *const paths[] = {"/run/docker.sock",
                                        "/run/mysqld/mysqld.sock",
                                        "/dev/lo",
                                        "/tmp/.X11-unix",
                                        "@/dev/log",
                                        "@",
                                        "relative/dev/log",
                                        "/srv/run/dbus/sock",
                                        "/bus"};
    struct wr_attempt attempt = unix_attempt("/dev/log", EADDRINUSE);

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        is(NULL, unix_attempt(paths[i], ENOENT), "python3");
    attempt.call = WR_CALL_BIND;
    is(NULL, attempt, "python3");
    attempt = unix_attempt("/dev/log", ENOENT);
    attempt.call = WR_CALL_SEND;
    is("syslog", attempt, "python3");
    attempt.outcome = WR_OUTCOME_GAVE_UP;
    is(NULL, attempt, "python3");
    /* not terminated, cut within the path, no path at all */
    attempt = unix_attempt("/dev/logs", ENOENT);
    attempt.address_read--;
    is("syslog", attempt, "python3");
    attempt.address_read--;
    is(NULL, attempt, "python3");
    attempt.address_read = sizeof(sa_family_t);
    is(NULL, attempt, "python3");
    memset(attempt.address.bytes + sizeof(sa_family_t), '/', WR_SOCKADDR_MAX - sizeof(sa_family_t));
    attempt.address_read = WR_SOCKADDR_MAX;
    is(NULL, attempt, "python3");
}

static void test_udp(void **state)
{
    struct wr_attempt tcp = udp_attempt("8.8.8.8", 80, ENETUNREACH);

    (void)state;
    is("source_any_port", udp_attempt("8.8.8.8", 80, ENETUNREACH), "python3");
    is("source_any_port", udp_attempt("10.4.0.2", 9, EHOSTUNREACH), "python3");
    is("source_any_port", udp_attempt("10.4.0.2", 0, EACCES), "python3");
    is("source_any_port", udp_attempt("2001:db8::1", 443, EADDRNOTAVAIL), "curl");
    is("source_resolver", udp_attempt("8.8.8.8", 53, ENETUNREACH), "python3");
    is("source_resolver", udp_attempt("2001:4860:4860::8888", 53, EAFNOSUPPORT), "python3");
    is("source_ipv6", udp_attempt("2001:db8::1", 6379, ENETUNREACH), "grpc");
    is(NULL, udp_attempt("2001:db8::1", 6379, EHOSTUNREACH), "grpc");
    is(NULL, udp_attempt("fd04::1", 6379, ENETUNREACH), "grpc");
    is(NULL, udp_attempt("10.4.0.2", 8125, ENETUNREACH), "python3");
    is(NULL, udp_attempt("10.4.0.2", 53, ENETUNREACH), "python3");
    is(NULL, udp_attempt("10.4.0.2", 90, ENETUNREACH), "python3");
    is(NULL, udp_attempt("8.8.8.8", 80, ECONNREFUSED), "python3");
    is(NULL, udp_attempt("8.8.8.8", 80, EINVAL), "python3");
    is(NULL, udp_attempt("8.8.8.8", 53, ENETUNREACH), "dig");
    is(NULL, udp_attempt("10.4.0.2", 9, ENETUNREACH), "nc.openbsd");
    tcp.type = SOCK_STREAM;
    is(NULL, tcp, "python3");
    tcp.type = SOCK_DGRAM;
    tcp.call = WR_CALL_SEND; /* then something was to be sent */
    is(NULL, tcp, "python3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unix),
        cmocka_unit_test(test_not_unix),
        cmocka_unit_test(test_udp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
