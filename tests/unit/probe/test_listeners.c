/* SPDX-License-Identifier: MIT
 * What the listeners probe sees of real sockets, in a network namespace of its own. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/address.h"
#include "probe/listeners.h"

#define MAX_FDS 16
struct world {
    struct wr_attempt attempt;
    struct wr_evidence ev;
    struct wr_probe_ctx ctx;
    int fds[MAX_FDS], used;
    char scratch[WR_PROBE_SCRATCH] __attribute__((aligned(8)));
};
static struct world world;

static struct wr_addr address(const char *text, uint16_t port)
{
    struct wr_addr addr = {.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET, .port = port};

    assert_int_equal(inet_pton(addr.family, text, addr.bytes), 1);
    return addr;
}

static int own_namespace(void **state)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd;

    (void)state;
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return 0;
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    ioctl(fd, SIOCSIFFLAGS, &lo);
    close(fd);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    world.attempt.call = WR_CALL_CONNECT;
    world.attempt.error = ECONNREFUSED;
    world.attempt.type = SOCK_STREAM;
    world.attempt.protocol = IPPROTO_TCP;
    world.attempt.fd = -1;
    world.ctx = (struct wr_probe_ctx){.attempt = &world.attempt,
                                      .ev = &world.ev,
                                      .scratch = world.scratch,
                                      .route_fd = -1,
                                      .diag_fd = -1};
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < world.used; i++)
        close(world.fds[i]);
    wr_netlink_close(world.ctx.diag_fd);
    wr_netlink_close(world.ctx.route_fd);
    return 0;
}

enum how { LISTEN, BIND, LISTEN_V6ONLY };

static void serve_as(int type, const char *text, uint16_t port, enum how how)
{
    struct wr_addr addr = address(text, port);
    struct sockaddr_storage name;
    socklen_t len = wr_addr_to_sockaddr(&addr, &name);
    int v6only = how == LISTEN_V6ONLY;
    int fd = socket(addr.family, type | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0 && world.used < MAX_FDS);
    world.fds[world.used++] = fd;
    if (addr.family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
    assert_int_equal(bind(fd, (struct sockaddr *)&name, len), 0);
    if (how != BIND && type == SOCK_STREAM)
        assert_int_equal(listen(fd, 5), 0);
}

static void serve(const char *text, uint16_t port)
{
    serve_as(SOCK_STREAM, text, port, LISTEN);
}

static void refused(const char *text, uint16_t port)
{
    world.attempt.target = address(text, port);
    world.ctx.until_ns = wr_now_ns() + 1000000000u;
    wr_set_bool(&world.ev, WR_FACT_destination_local, true);
    wr_set_addr(&world.ev, WR_FACT_destination, &world.attempt.target);
    wr_probe_listeners(&world.ctx);
}

static bool is(enum wr_fact fact, enum wr_fact_state state)
{
    return world.ev.state[fact] == state;
}

static void found_at(enum wr_fact fact, const char *text, uint16_t port)
{
    const struct wr_sock *sock = wr_ev_sock(&world.ev, fact);
    struct wr_addr addr = address(text, port);

    assert_non_null(sock);
    assert_true(wr_addr_same_host(&sock->local, &addr));
    assert_int_equal(sock->local.port, port);
}

static void owner_is_us(enum wr_fact fact)
{
    const struct wr_sock *sock = wr_ev_sock(&world.ev, fact);

    assert_non_null(sock);
    assert_int_equal(sock->pid, getpid());
    assert_true(is(WR_FACT_found_program, WR_PRESENT));
}

static void test_nobody(void **state)
{
    (void)state;
    serve("127.0.0.1", 9000);
    refused("127.0.0.1", 7000);
    assert_true(is(WR_FACT_listener, WR_ABSENT));
    assert_true(is(WR_FACT_other_address_listener, WR_ABSENT));
    assert_true(is(WR_FACT_other_family_listener, WR_ABSENT));
    assert_true(is(WR_FACT_other_device_listener, WR_ABSENT));
    assert_true(is(WR_FACT_other_port_listener, WR_ABSENT));
    assert_true(is(WR_FACT_udp_socket, WR_ABSENT));
    assert_true(is(WR_FACT_wildcard_means, WR_ABSENT));
}

/* Every way in which a listener covers 127.0.0.1, ::1 and the wildcard as a destination. */
static void test_listener(void **state)
{
    static const struct {
        const char *server, *client;
        enum how how;
        bool takes;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", LISTEN, true},
        {"0.0.0.0", "127.0.0.1", LISTEN, true},
        {"::", "127.0.0.1", LISTEN, true},
        {"::", "127.0.0.1", LISTEN_V6ONLY, false},
        {"::", "::1", LISTEN_V6ONLY, true},
        {"::1", "::1", LISTEN, true},
        {"0.0.0.0", "::1", LISTEN, false},
        {"127.0.0.1", "0.0.0.0", LISTEN, true},
        {"::1", "::", LISTEN, true},
        {"127.0.0.2", "0.0.0.0", LISTEN, false},
        {"::ffff:127.0.0.1", "127.0.0.1", LISTEN, true},
        {"::ffff:127.0.0.1", "::1", LISTEN, false},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(state);
        serve_as(SOCK_STREAM, cases[i].server, 7000, cases[i].how);
        refused(cases[i].client, 7000);
        if (is(WR_FACT_listener, cases[i].takes ? WR_PRESENT : WR_ABSENT) == false)
            fail_msg("%s to %s", cases[i].client, cases[i].server);
        end(state);
    }
    begin(state);
}

static void test_other_address(void **state)
{
    (void)state;
    serve("127.0.0.2", 7000);
    serve("::1", 7000);
    refused("127.0.0.1", 7000);
    found_at(WR_FACT_other_address_listener, "127.0.0.2", 7000);
    found_at(WR_FACT_other_family_listener, "::1", 7000);
    owner_is_us(WR_FACT_other_address_listener);
    assert_true(is(WR_FACT_listener, WR_ABSENT));
    /* dialled at loopback, ::1 is another place */
    assert_true(wr_ev_false(&world.ev, WR_FACT_other_address_sole));
    end(state);
    begin(state);
    serve("127.0.0.2", 7000);
    serve("::1", 7000);
    refused("192.0.2.1", 7000);
    assert_true(wr_ev_true(&world.ev, WR_FACT_other_address_sole));
}

static void test_mapped_address(void **state)
{
    (void)state;
    serve_as(SOCK_STREAM, "::ffff:127.0.0.3", 7000, LISTEN);
    refused("127.0.0.1", 7000);
    found_at(WR_FACT_other_address_listener, "127.0.0.3", 7000);
    assert_true(is(WR_FACT_other_family_listener, WR_ABSENT));
}

static void test_other_family(void **state)
{
    (void)state;
    serve_as(SOCK_STREAM, "::", 7000, LISTEN_V6ONLY);
    refused("127.0.0.1", 7000);
    found_at(WR_FACT_other_family_listener, "::", 7000);
    assert_int_equal(wr_ev_sock(&world.ev, WR_FACT_other_family_listener)->v6only, 1);
    owner_is_us(WR_FACT_other_family_listener);
    assert_true(wr_ev_is(&world.ev, WR_FACT_dialled_ip_version, 4));
    end(state);
    begin(state);
    serve("127.0.0.1", 7000);
    refused("::1", 7000);
    found_at(WR_FACT_other_family_listener, "127.0.0.1", 7000);
    assert_true(wr_ev_is(&world.ev, WR_FACT_dialled_ip_version, 6));
}

static void test_wildcard_destination(void **state)
{
    struct wr_addr source = address("127.0.0.9", 0);

    (void)state;
    serve("127.0.0.9", 7000);
    refused("0.0.0.0", 7000);
    assert_true(is(WR_FACT_listener, WR_ABSENT));
    assert_true(wr_ev_addr(&world.ev, WR_FACT_wildcard_means)->bytes[3] == 1);
    /* the kernel takes the bound source as the destination */
    end(state);
    begin(state);
    serve("127.0.0.9", 7000);
    wr_set_addr(&world.ev, WR_FACT_source, &source);
    wr_set_bool(&world.ev, WR_FACT_source_bound, true);
    refused("0.0.0.0", 7000);
    assert_true(is(WR_FACT_listener, WR_PRESENT));
}

static void test_udp(void **state)
{
    (void)state;
    serve_as(SOCK_DGRAM, "::", 7000, LISTEN);
    refused("127.0.0.1", 7000);
    found_at(WR_FACT_udp_socket, "::", 7000);
    owner_is_us(WR_FACT_udp_socket);
}

static void test_bound(void **state)
{
    (void)state;
    uint64_t started;
    bool at_once, unknown;

    if (!wr_sockdiag_lists_bound())
        skip();
    do {
        usleep(60000); /* such sockets are asked for at most once in 50 ms */
        serve_as(SOCK_STREAM, "0.0.0.0", 7000, BIND);
        serve_as(SOCK_STREAM, "127.0.0.1", 7001, BIND);
        world.attempt.fd = world.fds[1];
        started = wr_now_ns();
        refused("127.0.0.1", 7000);
        found_at(WR_FACT_bound_socket, "0.0.0.0", 7000);
        assert_int_equal(wr_ev_sock(&world.ev, WR_FACT_bound_socket)->state, WR_SOCK_BOUND);
        owner_is_us(WR_FACT_bound_socket);
        end(state);
        begin(state);
        /* at once again: not looked at, so not known; unless the machine made us wait */
        refused("127.0.0.1", 7000);
        at_once = wr_now_ns() - started < 50000000;
        unknown = is(WR_FACT_bound_socket, WR_UNKNOWN);
        end(state);
        begin(state);
    } while (!at_once);
    assert_true(unknown);
    usleep(60000);
    /* the program's own socket is none that was found */
    serve_as(SOCK_STREAM, "127.0.0.1", 7000, BIND);
    world.attempt.fd = world.fds[0];
    refused("127.0.0.1", 7000);
    assert_true(is(WR_FACT_bound_socket, WR_ABSENT));
}

static void test_other_port(void **state)
{
    (void)state;
    serve("127.0.0.1", 8081);
    refused("127.0.0.1", 8080);
    found_at(WR_FACT_other_port_listener, "127.0.0.1", 8081);
    assert_true(wr_ev_false(&world.ev, WR_FACT_other_port_same_program));
    end(state);
    begin(state);
    serve("0.0.0.0", 6380);
    refused("127.0.0.1", 6379);
    found_at(WR_FACT_other_port_listener, "0.0.0.0", 6380);
}

static void no_other_port(const char *server, uint16_t port, const char *client, uint16_t dialled)
{
    serve(server, port);
    refused(client, dialled);
    assert_true(is(WR_FACT_other_port_listener, WR_ABSENT));
    end(NULL);
    begin(NULL);
}

static void test_no_other_port(void **state)
{
    (void)state;
    no_other_port("127.0.0.1", 8084, "127.0.0.1", 8081);   /* too far */
    no_other_port("127.0.0.2", 8081, "127.0.0.1", 8080);   /* not at this address */
    no_other_port("127.0.0.1", 45001, "127.0.0.1", 45000); /* ephemeral: chance */
    no_other_port("127.0.0.1", 23, "127.0.0.1", 22);       /* well-known: another service */
    /* two neighbours: a row of services */
    serve("127.0.0.1", 8084);
    serve("127.0.0.1", 8086);
    refused("127.0.0.1", 8085);
    assert_true(is(WR_FACT_other_port_listener, WR_ABSENT));
}

static void test_silent(void **state)
{
    (void)state;
    world.attempt.type = SOCK_DGRAM;
    refused("127.0.0.1", 7000);
    assert_true(is(WR_FACT_listener, WR_UNKNOWN));
    world.attempt.type = SOCK_STREAM;
    world.attempt.call = WR_CALL_BIND;
    refused("127.0.0.1", 7000);
    assert_true(is(WR_FACT_listener, WR_UNKNOWN));
    world.attempt.call = WR_CALL_CONNECT;
    world.attempt.error = ETIMEDOUT;
    refused("127.0.0.1", 7000);
    assert_true(is(WR_FACT_listener, WR_UNKNOWN));
    assert_true(is(WR_FACT_other_address_listener, WR_UNKNOWN));
}

/* The filter that the kernel runs: each range, its ends, and nothing else. */
struct ports {
    unsigned count;
    uint16_t port[MAX_FDS];
};
static void take_port(void *arg, const struct wr_sock *sock)
{
    struct ports *ports = arg;

    assert_true(ports->count < MAX_FDS);
    ports->port[ports->count++] = sock->local.port;
}

static void test_port_filter(void **state)
{
    static const uint16_t served[] = {1, 99, 100, 150, 200, 201, 7000, 65535};
    struct wr_port_range ranges[WR_PORT_RANGES];
    struct ports ports = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof(served) / sizeof(served[0]); i++)
        serve("127.0.0.1", served[i]);
    for (unsigned i = 0; i < WR_PORT_RANGES; i++)
        ranges[i] = (struct wr_port_range){(uint16_t)(300 + i), (uint16_t)(300 + i)};
    ranges[0] = (struct wr_port_range){100, 200};
    ranges[5] = (struct wr_port_range){65535, 65535};
    ranges[WR_PORT_RANGES - 1] = (struct wr_port_range){1, 1};
    world.ctx.until_ns = wr_now_ns() + 1000000000u;
    assert_int_equal(
        wr_sockdiag_ports(&world.ctx, 1u << TCP_LISTEN, ranges, WR_PORT_RANGES, take_port, &ports),
        0);
    assert_int_equal(ports.count, 5);
    ports.count = 0;
    assert_int_equal(wr_sockdiag_ports(&world.ctx, 1u << TCP_LISTEN, ranges, 1, take_port, &ports),
                     0);
    assert_int_equal(ports.count, 3);
    assert_int_equal(wr_sockdiag_ports(&world.ctx, 1u << TCP_LISTEN, ranges, WR_PORT_RANGES + 1,
                                       take_port, &ports),
                     -EINVAL);
}

static void test_listener_at(void **state)
{
    struct wr_addr any = address("0.0.0.0", 7000), v6 = address("::1", 7000);
    struct wr_sock sock;

    (void)state;
    serve("127.0.0.1", 7000);
    world.ctx.until_ns = wr_now_ns() + 1000000000u;
    assert_int_equal(wr_listener_at(&world.ctx, &any, &sock), 0);
    assert_int_equal(sock.local.port, 7000);
    assert_int_equal(wr_listener_at(&world.ctx, &v6, &sock), -ENOENT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_nobody),        T(test_listener),
        T(test_other_address), T(test_mapped_address),
        T(test_other_family),  T(test_wildcard_destination),
        T(test_udp),           T(test_bound),
        T(test_other_port),    T(test_no_other_port),
        T(test_silent),        T(test_port_filter),
        T(test_listener_at),
    };

    return cmocka_run_group_tests(tests, own_namespace, NULL);
}
