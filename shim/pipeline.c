/* SPDX-License-Identifier: MIT
 * From an attempt to a written report: probe, diagnose, frames, write. The only place that knows
 * the order. Runs in the host's thread, cold; holds nothing and keeps nothing but counts. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

#include "base/address.h"
#include "base/deferred.h"
#include "base/process.h"
#include "base/sys.h"
#include "configure.h"
#include "diagnose/diagnose.h"
#include "failure.h"
#include "frames/frames.h"
#include "hold/hold.h"
#include "probe/probe.h"
#include "track/pace.h"
#include "track/targets.h"
#include "whoami.h"
#include "workspace.h"
#include "write.h"

/* Counts of this process; a fork child starts its own. */
static struct {
    _Atomic int32_t pid;
    _Atomic uint64_t reports;
} counts;

static uint64_t reports_so_far(void)
{
    int32_t pid = (int32_t)WR_SYS(getpid);

    if (atomic_load(&counts.pid) != pid && wr_process_owns_memory()) {
        atomic_store(&counts.pid, pid);
        atomic_store(&counts.reports, 0);
    }
    return atomic_load(&counts.reports);
}

struct run {
    struct wr_attempt *attempt;
    const struct wr_registers *registers;
    const struct wr_settings *settings;
    struct wr_workspace *space;
    uint64_t until_ns;
    struct wr_report report;
    bool no_descriptors; /* a probe could not open what it needs: the table is full */
    bool beside;         /* in a child with a descriptor table of its own */
    bool kept;           /* of an earlier moment: the stack as it was then is in the workspace */
    bool given_away;     /* the workspace is held */
    enum wr_hold_kind hold;
    const struct wr_name_group *group; /* addresses that belong together with it; NULL = none */
};

/* "host:port" for both the name and the address, "unix:/path", the name of a lookup: what
 * WHYREFUSED_IGNORE may name. */
static bool ignores_target(const struct run *run, const char *list)
{
    const struct wr_attempt *attempt = run->attempt;
    struct wr_buf buf = wr_buf_on(run->space->target, sizeof(run->space->target));

    if (attempt->target.family != 0) {
        wr_buf_endpoint(&buf, &attempt->target);
        if (wr_settings_list_matches(list, wr_buf_terminate(&buf)))
            return true;
        if (attempt->name[0] == '\0')
            return false;
        buf.len = 0;
        wr_buf_str(&buf, attempt->name);
        wr_buf_char(&buf, ':');
        wr_buf_uint(&buf, attempt->target.port);
        return wr_settings_list_matches(list, wr_buf_terminate(&buf));
    }
    if (attempt->call == WR_CALL_LOOKUP)
        return wr_settings_list_matches(list, attempt->name);
    if (attempt->address_read > sizeof(sa_family_t) && attempt->address.any.sa_family == AF_UNIX) {
        size_t room = attempt->address_read - sizeof(sa_family_t);
        const char *path = attempt->address.un.sun_path;

        wr_buf_str(&buf, "unix:");
        wr_buf_mem(&buf, path, strnlen(path, room));
        return wr_settings_list_matches(list, wr_buf_terminate(&buf));
    }
    return false;
}

static void take_earlier_cause(struct wr_verdict *verdict, const char *id)
{
    memset(verdict, 0, sizeof(*verdict));
    verdict->cause = wr_cause_by_id(id);
    verdict->confidence = WR_MATCH_LIKELY;
}

static const char *run_helper(const struct wr_probe_helper *helper, const char *task,
                              const void *request, size_t len, uint64_t until_ns, int *ret_error)
{
    struct wr_worker_space *space = helper->space;
    struct wr_worker_part part = {request, len};

    space->answer_len = 0;
    *ret_error = wr_worker_run(task, &part, 1, NULL, until_ns, space);
    return space->answer_len != 0 ? space->answer : NULL;
}

static int run_apart(const struct wr_probe_helper *helper, void (*task)(void *arg), void *arg)
{
    return wr_worker_apart(task, arg, helper->space);
}

static void look(void *arg)
{
    struct run *run = arg;
    struct wr_workspace *space = run->space;
    const struct wr_probe_helper helper = {run_helper, run_apart, &space->worker};
    enum wr_tier tier = (enum wr_tier)run->settings->number[WR_SETTING_probes];

    run->report.out_of_time =
        !wr_probe_all(run->attempt, space->process.pid, tier, run->until_ns, space->scratch,
                      &helper, &space->evidence, &run->no_descriptors);
}

/* A socket of ours would get that number, and what other threads write to standard error meanwhile
 * would go out there, or bring them SIGPIPE. */
static bool standard_is_closed(void)
{
    return WR_SYS(fcntl, 0, F_GETFD) < 0 || WR_SYS(fcntl, 1, F_GETFD) < 0 ||
           WR_SYS(fcntl, 2, F_GETFD) < 0;
}

static void find_causes(struct run *run)
{
    struct wr_workspace *space = run->space;

    memset(space->evidence.state, 0, sizeof(space->evidence.state));
    space->evidence.socks_used = 0;
    space->evidence.text_used = 0;
    space->evidence.text_full = false;
    if (run->beside || !standard_is_closed() ||
        wr_worker_beside(look, run, run->attempt->fd, &space->worker) < 0)
        look(run);
    if (run->no_descriptors && !run->beside)
        return; /* again, in a child */
    wr_diagnose(&space->evidence, &space->verdict);
    /* what has come good is told by what it was, where nothing tells more */
    if (run->attempt->outcome == WR_OUTCOME_RECOVERED && run->attempt->failing_cause != NULL &&
        space->verdict.cause == wr_cause_unexplained)
        take_earlier_cause(&space->verdict, run->attempt->failing_cause);
}

static bool is_ignored(const struct run *run)
{
    const char *ignore = run->settings->text[WR_SETTING_ignore];

    return ignore[0] != '\0' && (wr_settings_list_matches(ignore, run->space->verdict.cause->id) ||
                                 ignores_target(run, ignore));
}

static void finish(struct run *run)
{
    struct wr_workspace *space = run->space;

    run->report.sequence = atomic_fetch_add(&counts.reports, 1) + 1;
    /* other threads may have come first */
    if (run->report.sequence > run->settings->number[WR_SETTING_limit]) {
        wr_targets_set_fate(run->attempt->row, WR_FATE_COUNTED);
        return;
    }
    if (run->settings->number[WR_SETTING_backtrace] != 0) {
        wr_frames_take(run->registers, run->kept ? space->stack : NULL, space->stack_len,
                       &space->worker, run->until_ns, &space->frames);
        run->report.frames = &space->frames;
    }
    wr_write_report(run->settings, run->space, &run->report);
    wr_targets_set_fate(run->attempt->row, WR_FATE_TOLD);
}

static struct run begin(struct wr_attempt *attempt, const struct wr_registers *registers,
                        const struct wr_settings *settings, struct wr_workspace *space)
{
    return (struct run){.attempt = attempt,
                        .registers = registers,
                        .settings = settings,
                        .space = space,
                        .until_ns = wr_now_ns() + settings->number[WR_SETTING_budget_ms] * 1000000u,
                        .report = wr_write_begin(settings, space, attempt)};
}

static void say_held(const struct wr_settings *settings, struct wr_told *told)
{
    struct wr_workspace *space = told->space;
    struct run run = begin(&space->attempt, &space->registers, settings, space);

    run.kept = true;
    run.report.out_of_time = space->out_of_time;
    run.report.spent_us = space->spent_us;
    run.report.tries = told->tries;
    run.report.tries_count = told->tries_count;
    run.report.addresses = told->addresses;
    finish(&run);
}

void wr_report_held(struct wr_told *told)
{
    const struct wr_settings *settings = wr_configure(&told->space->worker);

    if (settings != NULL)
        say_held(settings, told);
}

/* Of several addresses of one name. True where nothing is to be said of this one. */
static bool belongs_to_others(struct run *run)
{
    struct wr_told told;

    if (run->hold == WR_HOLD_NOT || run->beside)
        return false;
    run->space->spent_us = run->report.spent_us;
    switch (wr_hold_offer(run->attempt, run->registers, run->group, run->space,
                          run->report.out_of_time, &told)) {
    case WR_OFFER_ALONE:
        return false;
    case WR_OFFER_FULL:
        wr_targets_set_fate(run->attempt->row, WR_FATE_COUNTED);
        return true;
    case WR_OFFER_LATE:
        wr_targets_set_fate(run->attempt->row, WR_FATE_LATE);
        return true;
    case WR_OFFER_LAST:
        say_held(run->settings, &told);
        wr_workspace_give(told.space);
        break;
    case WR_OFFER_KEPT:
        /* a lookup beside this one may have ended before anything was held */
        if (wr_hold_found_otherwise(run->attempt))
            wr_hold_looked_up(run->attempt->name, &(struct wr_name_lookup){.result = 0});
        break;
    }
    run->given_away = true;
    return true;
}

static void run_all(void *arg)
{
    struct run *run = arg;
    int row = run->attempt->row;
    const char *before = wr_targets_cause(row), *cause;

    find_causes(run);
    if (run->no_descriptors && !run->beside)
        return;
    cause = run->space->verdict.cause->id;
    wr_targets_set_cause(row, cause);
    wr_targets_set_name(row, run->attempt->name);
    run->report.spent_us = (wr_now_ns() - run->attempt->end_ns) / 1000;
    if (is_ignored(run)) {
        wr_targets_set_fate(row, WR_FATE_NOTHING);
        return;
    }
    /* a repeat, looked at again: the same story is not told twice. Another target may have the row
     * by now, with a fate of its own */
    if (wr_targets_is(row, run->attempt->row_key) && wr_targets_fate(row) == WR_FATE_TOLD &&
        before == cause)
        return;
    if (!belongs_to_others(run))
        finish(run);
}

/* True where the workspace is held. */
static bool report(struct wr_attempt *attempt, const struct wr_registers *registers,
                   const struct wr_settings *settings, struct wr_workspace *space,
                   enum wr_hold_kind hold, const struct wr_name_group *group)
{
    struct run run = begin(attempt, registers, settings, space);

    run.hold = hold;
    run.group = hold == WR_HOLD_NAME ? group : NULL;
    if (attempt->outcome == WR_OUTCOME_RECOVERED) {
        run.report.event = WR_EVENT_RECOVERED;
        run.report.count = attempt->tries;
        run.report.lasted_ms = (attempt->end_ns - attempt->failing_since_ns) / 1000000;
    }
    wr_whoami(&space->process, wr_write_wants_json(settings), space->scratch);
    if (!wr_wants_program(settings, space->process.name, space->process.executable) ||
        wr_is_harmless(settings, attempt, space->process.name)) {
        wr_targets_set_fate(attempt->row, WR_FATE_NOTHING);
        return false;
    }
    run.no_descriptors = attempt->error == EMFILE;
    if (!run.no_descriptors)
        run_all(&run);
    if (run.no_descriptors) {
        run.beside = true;
        wr_worker_beside(run_all, &run, attempt->fd, &space->worker);
    }
    return run.given_away;
}

/* Lookups that the next one mostly makes good: a program that asks for one family after the other
 * fails with every name. */
static struct wr_pace held_lookups = {.interval_ns = 250000000u, .at_once = 32};

static bool is_too_much(const struct wr_attempt *attempt, enum wr_hold_kind hold)
{
    return attempt->call == WR_CALL_LOOKUP && hold == WR_HOLD_NEXT &&
           !wr_pace_take(&held_lookups, attempt->end_ns);
}

struct task {
    struct wr_attempt *attempt;
    const struct wr_registers *registers;
};

static void report_attempt(void *arg)
{
    const struct task *task = arg;
    struct wr_attempt *attempt = task->attempt;
    struct wr_name_group group;
    enum wr_hold_kind hold = wr_hold_kind(attempt, &group);
    const struct wr_settings *settings;
    struct wr_workspace *space;
    bool held = false;

    if (is_too_much(attempt, hold)) {
        wr_targets_set_fate(attempt->row, WR_FATE_COUNTED);
        return;
    }
    space = wr_workspace_take(hold != WR_HOLD_NOT);
    if (space == NULL)
        return;
    settings = wr_configure(&space->worker);
    if (settings == NULL || settings->number[WR_SETTING_enabled] == 0)
        wr_targets_set_fate(attempt->row, WR_FATE_NOTHING);
    else if (reports_so_far() >= settings->number[WR_SETTING_limit])
        wr_targets_set_fate(attempt->row, WR_FATE_COUNTED);
    else
        held = report(attempt, task->registers, settings, space, hold, &group);
    if (!held)
        wr_workspace_give(space);
}

void wr_report_attempt(struct wr_attempt *attempt, const struct wr_registers *registers)
{
    uint64_t mask;

    if (wr_process_borrows_memory())
        return;
    mask = wr_signals_block();
    if (wr_deferred_relocate())
        wr_with_stack(report_attempt, &(struct task){attempt, registers});
    wr_signals_restore(mask);
}
