/* SPDX-License-Identifier: MIT
 * Who has a socket: the path of a cgroup, and a walk through /proc. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/owner.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct probe_env {
    struct wr_attempt attempt;
    struct wr_evidence ev;
    struct wr_probe_ctx ctx;
    char scratch[WR_PROBE_SCRATCH] __attribute__((aligned(8)));
};
static struct probe_env env;

static struct wr_probe_ctx *fresh(void)
{
    memset(&env, 0, sizeof(env));
    env.ctx = (struct wr_probe_ctx){.attempt = &env.attempt,
                                    .ev = &env.ev,
                                    .until_ns = wr_now_ns() + 250000000u,
                                    .scratch = env.scratch,
                                    .route_fd = -1,
                                    .diag_fd = -1};
    return &env.ctx;
}

static void cgroup_is(const char *path, const char *unit, const char *container)
{
    struct wr_owner_names names = wr_owner_parse_cgroup(path);

    assert_int_equal(names.unit_len, strlen(unit));
    if (names.unit_len != 0)
        assert_memory_equal(names.unit, unit, strlen(unit));
    assert_int_equal(names.container_len, strlen(container));
    if (names.container_len != 0)
        assert_memory_equal(names.container, container, strlen(container));
}

static void test_cgroup_paths(void **state)
{
    (void)state;
    cgroup_is("/", "", "");
    cgroup_is("", "", "");
    cgroup_is("/system.slice/nginx.service", "nginx.service", "");
    cgroup_is("/system.slice/system-postgresql.slice/postgresql@15-main.service\n",
              "postgresql@15-main.service", "");
    cgroup_is("/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web.service",
              "");
    cgroup_is("/user.slice/user-1000.slice/session-3.scope", "", "");
    cgroup_is("/user.slice/user-1000.slice/user@1000.service/init.scope", "", "");
    cgroup_is("/docker/" ID, "", "0123456789ab");
    cgroup_is("/system.slice/docker-" ID ".scope", "", "0123456789ab");
    cgroup_is("/machine.slice/libpod-" ID ".scope/container", "", "0123456789ab");
    cgroup_is("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
              "cri-containerd-" ID ".scope",
              "", "0123456789ab");
    cgroup_is("/system.slice/containerd.service/kubepods-pod1:cri-containerd:" ID, "",
              "0123456789ab");
    cgroup_is("/docker/" ID "/system.slice/sshd.service", "sshd.service", "0123456789ab");
    cgroup_is("/lxc/web1", "", "web1");
    cgroup_is("/lxc.payload.web1/system.slice/a.service", "a.service", "web1");
    cgroup_is("/x/" ID "0", "", ""); /* longer than an id */
    cgroup_is("/.service", "", "");
}

static void test_proc_cgroup(void **state)
{
    struct wr_owner_names names;

    (void)state;
    names = wr_owner_parse_proc_cgroup("3:cpu,cpuacct:/\n1:name=systemd:/system.slice/a.service\n"
                                       "0::/system.slice/b.service\n");
    assert_int_equal(names.unit_len, strlen("a.service"));
    assert_memory_equal(names.unit, "a.service", names.unit_len);
    names = wr_owner_parse_proc_cgroup("0::/\n");
    assert_int_equal(names.unit_len + names.container_len, 0);
    names = wr_owner_parse_proc_cgroup("no colon\nonly:one\n");
    assert_int_equal(names.unit_len + names.container_len, 0);
}

static uint64_t inode_of(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return st.st_ino;
}

static void test_own_socket(void **state)
{
    struct wr_probe_ctx *ctx = fresh();
    struct wr_sock sock = {.uid = getuid()};
    char comm[32] = "";
    FILE *file = fopen("/proc/self/comm", "r");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_non_null(file);
    assert_non_null(fgets(comm, sizeof(comm), file));
    fclose(file);
    assert_true(wr_owner_find(ctx, inode_of(fd), &sock));
    assert_int_equal(sock.pid, getpid());
    assert_int_equal(sock.program.len, strcspn(comm, "\n"));
    assert_memory_equal(env.ev.text + sock.program.at, comm, sock.program.len);
    close(fd);
}

static void test_nobodys_socket(void **state)
{
    struct wr_probe_ctx *ctx = fresh();
    struct wr_sock sock = {.uid = UINT32_MAX};

    (void)state;
    assert_false(wr_owner_find(ctx, 0, &sock));
    assert_false(wr_owner_find(ctx, UINT64_MAX, &sock));
    assert_int_equal(sock.pid, 0);
    ctx->until_ns = 0;
    assert_false(wr_owner_find(ctx, 1, &sock));
    assert_false(wr_owner_find_cgroup(ctx, 1, &sock));
}

static void test_cgroup_walk(void **state)
{
    struct wr_probe_ctx *ctx = fresh();
    struct wr_sock sock = {0};
    const char *root = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0
                           ? "/sys/fs/cgroup"
                           : "/sys/fs/cgroup/unified";
    char slice[128], unit[160];
    struct stat st;

    (void)state;
    snprintf(slice, sizeof(slice), "%s/wr-test-%d.slice", root, (int)getpid());
    snprintf(unit, sizeof(unit), "%s/wr.service", slice);
    if (mkdir(slice, 0755) != 0)
        skip();
    assert_int_equal(mkdir(unit, 0755), 0);
    assert_int_equal(stat(unit, &st), 0);
    bool found = wr_owner_find_cgroup(ctx, st.st_ino, &sock);
    rmdir(unit);
    rmdir(slice);
    assert_true(found);
    assert_int_equal(sock.unit.len, strlen("wr.service"));
    assert_memory_equal(env.ev.text + sock.unit.at, "wr.service", sock.unit.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cgroup_paths), cmocka_unit_test(test_proc_cgroup),
        cmocka_unit_test(test_own_socket),   cmocka_unit_test(test_nobodys_socket),
        cmocka_unit_test(test_cgroup_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
