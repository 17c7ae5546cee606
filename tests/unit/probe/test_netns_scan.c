/* SPDX-License-Identifier: MIT
 * The tables of /proc/PID/net, and the walk over other network namespaces. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/address.h"
#include "base/clock.h"
#include "probe/netns_scan.h"

#define SOON (wr_now_ns() + 1000000000u)

static char space[8192];

static const char *endpoint(const struct wr_addr *addr)
{
    static char text[64];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_buf_endpoint(&buf, addr);
    return wr_buf_terminate(&buf);
}

static void test_tcp_line(void **state)
{
    struct wr_sock sock;

    (void)state;
    assert_true(wr_netns_tcp_line("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 "
                                  "00:00000000 00000000  1000        0 "
                                  "5496624 1 0000000000000000 100 0 0 10 0",
                                  &sock));
    assert_string_equal(endpoint(&sock.local), "127.0.0.1:8080");
    assert_int_equal(sock.state, TCP_LISTEN);
    assert_int_equal(sock.uid, 1000);
    assert_int_equal(sock.inode, 5496624);

    assert_true(wr_netns_tcp_line(
        "  12: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000     0        0 77 1 0 100 0 0 10 0",
        &sock));
    assert_string_equal(endpoint(&sock.local), "[::1]:5432");
    assert_true(wr_netns_tcp_line("   1: 0000000000000000FFFF00000100007F:0050 0:0 01", &sock));
    assert_string_equal(endpoint(&sock.local), "127.0.0.1:80");
    assert_int_equal(sock.state, TCP_ESTABLISHED);
    assert_int_equal(sock.uid, UINT32_MAX);
}

static void test_tcp_line_faults(void **state)
{
    static const char *const lines[] = {
        "",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
        "   0: 0100007F",
        "   0: 0100007F:",
        "   0: 01007F:1F90 00000000:0000 0A",
        "   0: 0100007F0100007F:1F90 00000000:0000 0A",
        "   0: 0100007F:1F90",
        "   0: 0100007F:1F90 00000000:0000 xx",
        "   0: :1F90 00000000:0000 0A",
    };
    struct wr_sock sock;

    (void)state;
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_false(wr_netns_tcp_line(lines[i], &sock));
}

struct seen {
    pid_t pid;
    unsigned others;
    bool pid_seen;
    struct wr_addr last;
};

static bool each_namespace(void *ctx, const char *pid, uint64_t id)
{
    struct seen *seen = ctx;

    assert_int_not_equal(id, 0);
    assert_int_not_equal(id, wr_netns_id("self", "tcp"));
    seen->others++;
    seen->pid_seen |= atoi(pid) == seen->pid;
    return true;
}

static bool each_address(void *ctx, const struct wr_addr *addr)
{
    struct seen *seen = ctx;

    seen->last = *addr;
    return true;
}

/* A child in a network namespace of its own, with an address on lo that is not loopback. */
static pid_t start_child(void)
{
    int ready[2];
    char byte = 0;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        byte = unshare(CLONE_NEWNET) == 0 &&
               system("ip link set lo up && ip address add 10.4.0.2/32 dev lo") == 0;
        if (write(ready[1], &byte, 1) == 1)
            pause();
        _exit(0);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        byte = 0;
    close(ready[0]);
    if (byte != 0)
        return pid;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}

static void test_other_namespace(void **state)
{
    struct seen seen = {.pid = start_child()};
    char pid[16], name[32];

    (void)state;
    if (seen.pid == 0)
        skip(); /* that takes CAP_SYS_ADMIN */
    snprintf(pid, sizeof(pid), "%d", seen.pid);
    assert_int_equal(wr_netns_each("tcp", space, sizeof(space), SOON, each_namespace, &seen), 0);
    assert_true(seen.pid_seen);
    assert_true(wr_netns_addresses(pid, AF_INET, space, sizeof(space), SOON, each_address, &seen));
    assert_string_equal(endpoint(&seen.last), "10.4.0.2");
    assert_true(wr_netns_program(pid, name) > 0);
    assert_int_equal(wr_netns_each("tcp", space, sizeof(space), 0, each_namespace, &seen), -ETIME);
    kill(seen.pid, SIGKILL);
    waitpid(seen.pid, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_line),
        cmocka_unit_test(test_tcp_line_faults),
        cmocka_unit_test(test_other_namespace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
