/* SPDX-License-Identifier: MIT
 * See summary.h. */
#include "summary.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/sys.h"
#include "configure.h"
#include "diagnose/diagnose.h"
#include "track/targets.h"
#include "whoami.h"
#include "workspace.h"
#include "write.h"

/* At the end of a process: more are hardly read. */
#define SUMMARIES_MAX 32

/* As much of the attempt as the row kept. */
static void restore(const struct wr_target *row, struct wr_attempt *ret)
{
    size_t len = strlen(row->path);

    memset(ret, 0, sizeof(*ret));
    ret->call = row->call;
    ret->outcome = row->outcome;
    ret->error = row->error;
    ret->fd = ret->row = ret->protocol = -1;
    ret->type = row->type;
    ret->domain = row->domain;
    ret->target = row->address;
    ret->time_us = wr_clock_ns(CLOCK_REALTIME) / 1000;
    memcpy(ret->name, row->name, sizeof(row->name));
    if (row->call == WR_CALL_LOOKUP) {
        memcpy(ret->name, row->path, sizeof(row->path));
        ret->lookup = (struct wr_name_lookup){.function = "getaddrinfo",
                                              .result = row->type,
                                              .family = row->domain,
                                              .name_len = (uint32_t)len};
        ret->type = ret->domain = -1;
    } else if (row->address.family != 0) {
        ret->address_len = wr_addr_to_sockaddr(&row->address, ret->address.bytes);
    } else if (len > 0) {
        ret->address.un.sun_family = AF_UNIX;
        memcpy(ret->address.un.sun_path, row->path, len);
        if (row->path[0] == '@')
            ret->address.un.sun_path[0] = '\0';
        ret->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    }
    ret->address_read = ret->address_len;
}

static void summarize(const struct wr_settings *settings, struct wr_workspace *space,
                      const struct wr_target *row)
{
    struct wr_report report = wr_write_begin(settings, space, &space->attempt);

    restore(row, &space->attempt);
    memset(space->evidence.state, 0, sizeof(space->evidence.state));
    memset(&space->verdict, 0, sizeof(space->verdict));
    space->verdict.cause = row->cause != NULL ? wr_cause_by_id(row->cause) : NULL;
    if (space->verdict.cause == NULL)
        space->verdict.cause = wr_cause_unexplained;
    space->verdict.confidence = WR_MATCH_LIKELY;
    report.event = WR_EVENT_SUMMARY;
    report.count = row->count;
    report.lasted_ms = (row->last_ns - row->first_ns) / 1000000;
    report.first_us = row->first_us;
    wr_write_report(settings, space, &report);
}

/* Told once and come again; or never told, because there were too many. */
static bool is_worth_a_summary(const struct wr_target *row)
{
    return (row->fate == WR_FATE_TOLD && row->count > 1) || row->fate == WR_FATE_COUNTED;
}

/* The next one behind `at` (-1 = from the start) that is worth it; -1 = none. */
static int next_summary(int at, int32_t pid, struct wr_target *ret_row)
{
    while (++at < WR_TARGETS_ROWS) {
        if (wr_targets_get(at, pid, ret_row) && is_worth_a_summary(ret_row))
            return at;
    }
    return -1;
}

struct summing_up {
    int32_t pid;
    const struct wr_settings *settings;
    struct wr_workspace *space;
};

static void sum_up(void *arg)
{
    const struct summing_up *what = arg;
    struct wr_target row;
    int at = -1;

    for (unsigned said = 0; said < SUMMARIES_MAX; said++) {
        at = next_summary(at, what->pid, &row);
        if (at < 0)
            return;
        summarize(what->settings, what->space, &row);
        /* said once: should the process go on (a failed exec), it is news again */
        wr_targets_set_fate(at, WR_FATE_RECOVERED);
    }
}

/* True where a log could not be opened. */
static bool table_is_full(void)
{
    long fd = WR_SYS(memfd_create, "whyrefused", 1 /* MFD_CLOEXEC */);

    if (fd >= 0)
        WR_SYS(close, fd);
    return fd == -EMFILE;
}

void wr_report_summary(void)
{
    struct summing_up what = {.pid = (int32_t)WR_SYS(getpid)};
    struct wr_target row;

    if (next_summary(-1, what.pid, &row) < 0)
        return;
    what.space = wr_workspace_take(false);
    if (what.space == NULL)
        return;
    what.settings = wr_configure(&what.space->worker);
    if (what.settings != NULL) {
        wr_whoami(&what.space->process, wr_write_wants_json(what.settings), what.space->scratch);
        if (table_is_full())
            wr_worker_beside(sum_up, &what, -1, &what.space->worker);
        else
            sum_up(&what);
    }
    wr_workspace_give(what.space);
}
