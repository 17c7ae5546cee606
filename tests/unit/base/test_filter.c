/* SPDX-License-Identifier: MIT
 * Which seccomp filters are taken to kill for a system call of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above before it */
#include <cmocka.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "base/filter.h"

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define KILLS(...)                                                          \
    ({                                                                      \
        struct sock_filter code[] = {__VA_ARGS__};                          \
        struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code}; \
        wr_filter_kills(&program);                                          \
    })

static void plain_answers(void **state)
{
    (void)state;
    assert_false(KILLS(RETURN(SECCOMP_RET_ALLOW)));
    assert_false(KILLS(RETURN(SECCOMP_RET_LOG)));
    assert_false(KILLS(RETURN(SECCOMP_RET_ERRNO | EPERM)));
    assert_true(KILLS(RETURN(SECCOMP_RET_KILL_PROCESS)));
    assert_true(KILLS(RETURN(SECCOMP_RET_KILL_THREAD)));
    assert_true(KILLS(RETURN(SECCOMP_RET_TRAP)));
    assert_true(KILLS(RETURN(SECCOMP_RET_TRACE)));
    assert_true(KILLS(RETURN(SECCOMP_RET_USER_NOTIF)));
    /* a call that only seems to have worked */
    assert_true(KILLS(RETURN(SECCOMP_RET_ERRNO)));
}

static void by_number(void **state)
{
    (void)state;
    assert_true(KILLS(LOAD(nr), SKIP_UNLESS(SYS_openat), RETURN(SECCOMP_RET_KILL_PROCESS),
                      RETURN(SECCOMP_RET_ALLOW)));
    /* a call that is none of ours */
    assert_false(KILLS(LOAD(nr), SKIP_UNLESS(SYS_ptrace), RETURN(SECCOMP_RET_KILL_PROCESS),
                       RETURN(SECCOMP_RET_ALLOW)));
    /* of another architecture */
    assert_false(KILLS(LOAD(arch), SKIP_UNLESS(AUDIT_ARCH_ARM), RETURN(SECCOMP_RET_KILL_PROCESS),
                       RETURN(SECCOMP_RET_ALLOW)));
}

static void by_argument(void **state)
{
    (void)state;
    /* what depends on an argument may happen, on either side of the question */
    assert_true(KILLS(LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
                      LOAD(args[0]), SKIP_UNLESS(16), RETURN(SECCOMP_RET_KILL_PROCESS),
                      RETURN(SECCOMP_RET_ALLOW)));
    assert_false(KILLS(LOAD(args[0]), SKIP_UNLESS(16), RETURN(SECCOMP_RET_ERRNO | EACCES),
                       RETURN(SECCOMP_RET_ALLOW)));
}

static void calculated(void **state)
{
    (void)state;
    /* nr & 0 == 0 for every call */
    assert_true(KILLS(LOAD(nr), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0), SKIP_UNLESS(0),
                      RETURN(SECCOMP_RET_KILL_PROCESS), RETURN(SECCOMP_RET_ALLOW)));
    /* through memory and the other register */
    assert_false(KILLS(BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_ST, 3), LOAD(nr),
                       BPF_STMT(BPF_LDX | BPF_MEM, 3), BPF_STMT(BPF_MISC | BPF_TXA, 0),
                       SKIP_UNLESS(8), RETURN(SECCOMP_RET_KILL_PROCESS),
                       RETURN(SECCOMP_RET_ALLOW)));
    /* an action that is not known */
    assert_true(KILLS(LOAD(args[1]), BPF_STMT(BPF_RET | BPF_A, 0)));
}

static void hostile(void **state)
{
    struct sock_filter nowhere[] = {BPF_STMT(BPF_JMP | BPF_JA, 4000000000u)};
    struct sock_fprog bad = {1, nowhere}, unreadable = {10, (struct sock_filter *)16};

    (void)state;
    assert_true(wr_filter_kills(NULL));
    assert_true(wr_filter_kills((void *)8));
    assert_true(wr_filter_kills(&bad));
    assert_true(wr_filter_kills(&unreadable));
    assert_true(KILLS(LOAD(nr))); /* runs off its end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_answers), cmocka_unit_test(by_number), cmocka_unit_test(by_argument),
        cmocka_unit_test(calculated),    cmocka_unit_test(hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
