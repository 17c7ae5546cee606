/* SPDX-License-Identifier: MIT
 * Probes of local resources, against real sockets of this process: arguments, descriptor,
 * port_owner, ports, limits, bind_path, memory. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/address.h"
#include "probe/local.h"
#include "probe/sockdump.h"
#include "whyrefused/faults.h"

struct probe_env {
    struct wr_attempt attempt;
    struct wr_evidence ev;
    struct wr_probe_ctx ctx;
    char scratch[WR_PROBE_SCRATCH] __attribute__((aligned(8)));
};
static struct probe_env env;

static struct wr_probe_ctx *fresh(enum wr_call call, int fd, int error)
{
    memset(&env, 0, sizeof(env));
    env.attempt.call = call;
    env.attempt.fd = fd;
    env.attempt.error = error;
    env.attempt.domain = AF_INET;
    env.attempt.type = SOCK_STREAM;
    env.ctx = (struct wr_probe_ctx){.attempt = &env.attempt,
                                    .ev = &env.ev,
                                    .host_pid = getpid(),
                                    .until_ns = wr_now_ns() + 5000000000u,
                                    .scratch = env.scratch,
                                    .route_fd = -1,
                                    .diag_fd = -1};
    return &env.ctx;
}

static void give_address(const void *address, socklen_t len)
{
    memcpy(env.attempt.address.bytes, address, len);
    env.attempt.address_len = env.attempt.address_read = len;
    wr_addr_from_sockaddr(address, len, &env.attempt.target);
}

static void close_netlink(void)
{
    wr_netlink_close(env.ctx.route_fd);
    wr_netlink_close(env.ctx.diag_fd);
}

static int listener(struct sockaddr_in *ret_name)
{
    socklen_t len = sizeof(*ret_name);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *ret_name = (struct sockaddr_in){.sin_family = AF_INET};
    ret_name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)ret_name, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret_name, &len), 0);
    return fd;
}

static unsigned fault_of(struct wr_probe_ctx *ctx)
{
    wr_probe_arguments(ctx);
    close_netlink();
    return (unsigned)wr_ev_uint(&env.ev, WR_FACT_argument_fault, 99);
}

static void test_arguments(void **state)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    struct wr_probe_ctx *ctx;

    (void)state;
    ctx = fresh(WR_CALL_CONNECT, -1, EINVAL);
    give_address(&in, 8);
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_SHORT);
    assert_int_equal(wr_ev_uint(&env.ev, WR_FACT_address_needed, 0), sizeof(in));

    ctx = fresh(WR_CALL_CONNECT, -1, EINVAL);
    give_address(&in, sizeof(in));
    assert_int_equal(fault_of(ctx), 0);
    env.attempt.address_len = (socklen_t)-1;
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_NEGATIVE);
    env.attempt.address_len = 129;
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_LONG);

    ctx = fresh(WR_CALL_CONNECT, -1, EAFNOSUPPORT);
    give_address(&in6, sizeof(in6));
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_FAMILY);
    env.attempt.address.any.sa_family = htons(AF_INET);
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_FAMILY_SWAPPED);
    env.attempt.address.any.sa_family = 0;
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_FAMILY_UNSET);

    ctx = fresh(WR_CALL_CONNECT, -1, EFAULT);
    env.attempt.address_len = sizeof(in);
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_POINTER);
    /* an IPv4 address for an IPv6 socket is too short, too: the family is the mistake */
    ctx = fresh(WR_CALL_CONNECT, -1, EINVAL);
    env.attempt.domain = AF_INET6;
    give_address(&in, sizeof(in));
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_FAMILY);
    /* nothing to say for these */
    ctx = fresh(WR_CALL_CONNECT, -1, ECONNREFUSED);
    give_address(&in, sizeof(in));
    assert_int_equal(fault_of(ctx), 0);
    ctx = fresh(WR_CALL_SOCKET, -1, EMFILE);
    assert_int_equal(fault_of(ctx), 99);
}

static void test_link_local(void **state)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    struct wr_probe_ctx *ctx;

    (void)state;
    inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr);
    ctx = fresh(WR_CALL_CONNECT, -1, EINVAL);
    env.attempt.domain = AF_INET6;
    give_address(&in6, sizeof(in6));
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_SCOPE_MISSING);
    in6.sin6_scope_id = 0x7ffffff;
    ctx = fresh(WR_CALL_CONNECT, -1, ENETUNREACH);
    env.attempt.domain = AF_INET6;
    give_address(&in6, sizeof(in6));
    assert_int_equal(fault_of(ctx), WR_ARGUMENT_SCOPE_UNKNOWN);
}

static void test_port_owner(void **state)
{
    struct sockaddr_in name;
    int fd = listener(&name), other = socket(AF_INET, SOCK_STREAM, 0);
    struct wr_probe_ctx *ctx = fresh(WR_CALL_BIND, other, EADDRINUSE);
    const struct wr_sock *sock;

    (void)state;
    name.sin_addr.s_addr = INADDR_ANY;
    give_address(&name, sizeof(name));
    wr_probe_addresses(ctx);
    wr_probe_port_owner(ctx);
    close_netlink();
    sock = wr_ev_sock(&env.ev, WR_FACT_port_owner);
    assert_non_null(sock);
    assert_int_equal(sock->local.port, ntohs(name.sin_port));
    assert_int_equal(sock->pid, getpid());
    assert_int_equal(wr_ev_uint(&env.ev, WR_FACT_port_owner_relation, 0), WR_OWNER_SPECIFIC);
    assert_true(wr_ev_true(&env.ev, WR_FACT_port_owner_self));
    assert_true(wr_ev_false(&env.ev, WR_FACT_port_owner_hidden));
    close(fd);
    close(other);
}

/* The socket itself is bound to the address, and not its own rival. */
static void test_port_owner_not_self(void **state)
{
    struct sockaddr_in name;
    int fd = listener(&name);
    struct wr_probe_ctx *ctx = fresh(WR_CALL_LISTEN, fd, EADDRINUSE);

    (void)state;
    wr_probe_addresses(ctx);
    wr_probe_port_owner(ctx);
    close_netlink();
    assert_true(wr_ev_absent(&env.ev, WR_FACT_port_owner));
    assert_true(wr_ev_true(&env.ev, WR_FACT_port_owner_hidden));
    close(fd);
}

static bool count_row(void *ctx, const struct wr_dump_row *row)
{
    (void)row;
    ++*(unsigned *)ctx;
    return true;
}

static bool stop_at_first(void *ctx, const struct wr_dump_row *row)
{
    (void)row;
    ++*(unsigned *)ctx;
    return false;
}

static void test_dump(void **state)
{
    struct sockaddr_in name;
    int fd = listener(&name), client = socket(AF_INET, SOCK_STREAM, 0);
    int mapped = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 name6 = {.sin6_family = AF_INET6, .sin6_port = name.sin_port};
    struct wr_probe_ctx *ctx = fresh(WR_CALL_CONNECT, -1, EADDRNOTAVAIL);
    struct wr_addr peer;
    struct wr_dump_filter filter = {.protocol = IPPROTO_TCP, .states = WR_DUMP_ALL_STATES};
    unsigned rows = 0;

    (void)state;
    assert_int_equal(connect(client, (struct sockaddr *)&name, sizeof(name)), 0);
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &name6.sin6_addr);
    assert_int_equal(connect(mapped, (struct sockaddr *)&name6, sizeof(name6)), 0);
    wr_addr_from_sockaddr(&name, sizeof(name), &peer);
    filter.peer = &peer;
    assert_int_equal(wr_dump_sockets(ctx, &filter, count_row, &rows), 0);
    assert_int_equal(rows, 2); /* a v4-mapped one, too */
    filter.peer = NULL;
    filter.local_port = peer.port;
    filter.states = 1u << 10; /* TCP_LISTEN */
    rows = 0;
    assert_int_equal(wr_dump_sockets(ctx, &filter, count_row, &rows), 0);
    assert_int_equal(rows, 1);
    /* left early, and asked again */
    filter.states = WR_DUMP_ALL_STATES;
    rows = 0;
    assert_int_equal(wr_dump_sockets(ctx, &filter, stop_at_first, &rows), 0);
    assert_int_equal(rows, 1);
    assert_int_equal(wr_dump_sockets(ctx, &filter, stop_at_first, &rows), 0);
    assert_int_equal(rows, 2);
    close_netlink();
    close(client);
    close(mapped);
    close(fd);
}

static void test_descriptors(void **state)
{
    struct wr_probe_ctx *ctx = fresh(WR_CALL_SOCKET, -1, EMFILE);
    unsigned before, pipes;
    int pair[2];

    (void)state;
    wr_probe_limits(ctx);
    before = (unsigned)wr_ev_uint(&env.ev, WR_FACT_fd_open, 0);
    pipes = (unsigned)wr_ev_uint(&env.ev, WR_FACT_fd_pipes, 0);
    assert_true(before >= 4); /* and the directory itself */
    assert_int_equal(pipe(pair), 0);
    ctx = fresh(WR_CALL_SOCKET, -1, EMFILE);
    wr_probe_limits(ctx);
    assert_int_equal(wr_ev_uint(&env.ev, WR_FACT_fd_open, 0), before + 2);
    assert_int_equal(wr_ev_uint(&env.ev, WR_FACT_fd_pipes, 0), pipes + 2);
    assert_true(wr_ev_uint(&env.ev, WR_FACT_fd_limit, 0) >= before);
    close(pair[0]);
    close(pair[1]);
}

static void test_misuse(void **state)
{
    struct sockaddr_in name;
    int fd = listener(&name), file = open("/dev/null", O_RDONLY);
    struct wr_probe_ctx *ctx = fresh(WR_CALL_CONNECT, fd, EISCONN);

    (void)state;
    wr_probe_descriptor(ctx);
    assert_int_equal(wr_ev_uint(&env.ev, WR_FACT_misuse, 0), WR_MISUSE_LISTENING);
    ctx = fresh(WR_CALL_CONNECT, file, ENOTSOCK);
    wr_probe_descriptor(ctx);
    assert_int_equal(wr_ev_uint(&env.ev, WR_FACT_misuse, 0), WR_MISUSE_NOT_SOCKET);
    assert_true(wr_ev_text_is(&env.ev, WR_FACT_descriptor_kind, "character-device"));
    assert_true(wr_ev_text_is(&env.ev, WR_FACT_descriptor_path, "/dev/null"));
    ctx = fresh(WR_CALL_BIND, fd, EINVAL);
    wr_probe_descriptor(ctx);
    assert_int_equal(wr_ev_uint(&env.ev, WR_FACT_misuse, 0), WR_MISUSE_BOUND);
    ctx = fresh(WR_CALL_CONNECT, fd, ECONNREFUSED);
    wr_probe_descriptor(ctx);
    assert_int_equal(wr_ev_uint(&env.ev, WR_FACT_misuse, 99), 0);
    close(file);
    close(fd);
}

static uint64_t path_state(const char *path, socklen_t extra)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct wr_probe_ctx *ctx = fresh(WR_CALL_BIND, -1, EADDRINUSE);

    env.attempt.domain = AF_UNIX;
    memcpy(un.sun_path, path, extra);
    memcpy(env.attempt.address.bytes, &un, sizeof(un));
    env.attempt.address_len = env.attempt.address_read =
        (socklen_t)offsetof(struct sockaddr_un, sun_path) + extra;
    wr_probe_bind_path(ctx);
    close_netlink();
    return wr_ev_uint(&env.ev, WR_FACT_bind_path_state, 0);
}

static void test_bind_path(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t len;

    (void)state;
    snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/wr-test-local.%d", (int)getpid());
    len = (socklen_t)strlen(un.sun_path) + 1;
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    assert_int_equal(path_state(un.sun_path, len), WR_PATH_HELD);
    assert_true(wr_ev_text_is(&env.ev, WR_FACT_bind_path, un.sun_path));
    close(fd);
    assert_int_equal(path_state(un.sun_path, len), WR_PATH_STALE);
    unlink(un.sun_path);
    assert_int_equal(path_state(un.sun_path, len), 0);
    assert_int_equal(path_state("/tmp", 5), WR_PATH_NOT_SOCKET);
}

static void test_memory(void **state)
{
    struct wr_probe_ctx *ctx = fresh(WR_CALL_SOCKET, -1, ENOBUFS);

    (void)state;
    wr_probe_memory(ctx);
    assert_true(wr_ev_has(&env.ev, WR_FACT_tcp_memory_pages));
    /* the limit is one of the whole machine: only its first network namespace shows it */
    assert_true((access("/proc/sys/net/ipv4/tcp_mem", R_OK) == 0) ==
                wr_ev_has(&env.ev, WR_FACT_tcp_memory_max_pages));
    assert_true(wr_ev_known(&env.ev, WR_FACT_cgroup_memory_max_bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),  cmocka_unit_test(test_link_local),
        cmocka_unit_test(test_port_owner), cmocka_unit_test(test_port_owner_not_self),
        cmocka_unit_test(test_dump),       cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_misuse),     cmocka_unit_test(test_bind_path),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
