/* SPDX-License-Identifier: MIT
 * Calls that give up rights, with a report held (an unnamed ::1) and without. */
#include "observe.h"

/* In a child: the rights are gone for good. */
static void in_child(void (*run)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct sockaddr_in6 addr = v6(PORT_CLOSED);
        int fd = socket(AF_INET6, SOCK_STREAM, 0);

        OBSERVE(CONNECT(fd, addr));
        run();
        OBSERVE(CONNECT(fd, addr));
        _exit(7);
    }
    waitpid(child, &status, 0);
    say("  child %x\n", (unsigned)status);
}

static void set_uid(void)
{
    OBSERVE(setuid(65534));
    OBSERVE(setuid(0));
}

static void set_real_uid(void)
{
    OBSERVE(setreuid(65534, 65534));
    OBSERVE(setreuid((uid_t)-1, 0));
}

static void set_all_uids(void)
{
    OBSERVE(setresuid(65534, 65534, 65534));
    OBSERVE(setresuid((uid_t)-1, 0, (uid_t)-1));
}

static void set_effective_uid(void)
{
    OBSERVE(seteuid(65534));
    OBSERVE(seteuid(0));
}

static void change_root(void)
{
    OBSERVE(chroot("/no/such/directory"));
    OBSERVE(chroot("/proc"));
}

#define CHILD(name)                \
    static void name##_child(void) \
    {                              \
        in_child(name);            \
    }
CHILD(set_uid)
CHILD(set_real_uid)
CHILD(set_all_uids)
CHILD(set_effective_uid)
CHILD(change_root)

const struct test_case cases[] = {
    {"setuid", "with a held report", set_uid_child},
    {"setreuid", "with a held report", set_real_uid_child},
    {"setresuid", "with a held report", set_all_uids_child},
    {"seteuid", "with a held report", set_effective_uid_child},
    {"chroot", "with a held report", change_root_child},
    {0},
};
