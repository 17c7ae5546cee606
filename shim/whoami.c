/* SPDX-License-Identifier: MIT
 * See whoami.h. */
#include "whoami.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#include "base/environ.h"
#include "base/file.h"
#include "base/process.h"
#include "base/sys.h"
#include "probe/owner.h"

/* What does not change while a process runs one program. 0 = empty, 1 = being filled, 2 = full. */
static struct {
    _Atomic int state;
    _Atomic int32_t pid;
    char executable[256], unit[128], container[72], host[65];
} kept;

/* Names that test runners put into the environment of the test that is running. */
static const char *const test_variables[] = {"PYTEST_CURRENT_TEST", "BATS_TEST_DESCRIPTION",
                                             "TEST_TARGET"};

static void copy(char *to, size_t size, const char *from, size_t len)
{
    if (len > size - 1)
        len = size - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

static void look_up(struct wr_process *process, char *space)
{
    struct utsname names;

    if (WR_SYS(readlinkat, -100 /* AT_FDCWD */, "/proc/self/exe", process->executable,
               sizeof(process->executable) - 1) < 0)
        process->executable[0] = '\0';
    if (WR_SYS(uname, &names) == 0)
        copy(process->host, sizeof(process->host), names.nodename, strlen(names.nodename));
    if (wr_file_read("/proc/self/cgroup", space, WR_ENVIRON_SPACE) > 0) {
        struct wr_owner_names owner = wr_owner_parse_proc_cgroup(space);

        copy(process->unit, sizeof(process->unit), owner.unit, owner.unit_len);
        copy(process->container, sizeof(process->container), owner.container, owner.container_len);
    }
}

static void keep(const struct wr_process *process)
{
    int empty = 0;

    if (!wr_process_owns_memory() || !atomic_compare_exchange_strong(&kept.state, &empty, 1))
        return;
    memcpy(kept.executable, process->executable, sizeof(kept.executable));
    memcpy(kept.unit, process->unit, sizeof(kept.unit));
    memcpy(kept.container, process->container, sizeof(kept.container));
    memcpy(kept.host, process->host, sizeof(kept.host));
    atomic_store(&kept.pid, process->pid);
    atomic_store(&kept.state, 2);
}

static bool is_test_variable(void *ctx, const char *entry)
{
    const char **found = ctx;

    for (unsigned i = 0; i < sizeof(test_variables) / sizeof(test_variables[0]); i++) {
        size_t len = strlen(test_variables[i]);

        if (strncmp(entry, test_variables[i], len) == 0 && entry[len] == '=') {
            *found = test_variables[i];
            return false;
        }
    }
    return true;
}

static void find_test(struct wr_process *process, char *space)
{
    const char *found = NULL;

    wr_environ_each(space, is_test_variable, &found);
    if (found == NULL || wr_environ_get(found, space, process->test, sizeof(process->test)) < 0)
        process->test[0] = '\0';
}

void wr_whoami(struct wr_process *ret_process, bool with_test, char *space)
{
    memset(ret_process, 0, sizeof(*ret_process));
    ret_process->pid = (int32_t)WR_SYS(getpid);
    ret_process->parent_pid = (int32_t)WR_SYS(getppid);
    ret_process->thread_id = (int32_t)WR_SYS(gettid);
    ret_process->effective_uid = (uint32_t)WR_SYS(geteuid);
    WR_SYS(prctl, PR_GET_NAME, ret_process->thread_name);
    if (ret_process->thread_id == ret_process->pid ||
        wr_file_read("/proc/self/comm", ret_process->name, sizeof(ret_process->name)) < 0)
        memcpy(ret_process->name, ret_process->thread_name, sizeof(ret_process->name));
    ret_process->name[strcspn(ret_process->name, "\n")] = '\0';
    if (atomic_load(&kept.state) == 2 && atomic_load(&kept.pid) == ret_process->pid) {
        memcpy(ret_process->executable, kept.executable, sizeof(kept.executable));
        memcpy(ret_process->unit, kept.unit, sizeof(kept.unit));
        memcpy(ret_process->container, kept.container, sizeof(kept.container));
        memcpy(ret_process->host, kept.host, sizeof(kept.host));
    } else {
        look_up(ret_process, space);
        keep(ret_process);
    }
    if (with_test)
        find_test(ret_process, space);
}
