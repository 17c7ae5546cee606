/* SPDX-License-Identifier: MIT
 * From an attempt to a written report: probe, diagnose, frames, render, sink. The only place that
 * knows the order. Runs in the host's thread, cold; holds nothing and keeps nothing but counts. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/deferred.h"
#include "base/environ.h"
#include "base/file.h"
#include "base/process.h"
#include "base/sys.h"
#include "configure.h"
#include "diagnose/diagnose.h"
#include "failure.h"
#include "frames/frames.h"
#include "hold.h"
#include "probe/probe.h"
#include "render/render.h"
#include "sink/sink.h"
#include "start.h"
#include "track/targets.h"
#include "whoami.h"
#include "workspace.h"

/* At the end of a process: more are hardly read. */
#define SUMMARIES_MAX 32

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

/* "host:port" for both the name and the address, "unix:/path": what WHYREFUSED_IGNORE may name. */
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

static void find_causes(struct run *run)
{
    struct wr_workspace *space = run->space;
    enum wr_tier tier = (enum wr_tier)run->settings->number[WR_SETTING_probes];

    memset(space->evidence.state, 0, sizeof(space->evidence.state));
    space->evidence.socks_used = 0;
    space->evidence.text_used = 0;
    space->evidence.text_full = false;
    run->report.out_of_time = !wr_probe_all(run->attempt, space->process.pid, tier, run->until_ns,
                                            space->scratch, &space->evidence, &run->no_descriptors);
    if (run->no_descriptors && !run->beside)
        return; /* again, in a child */
    wr_diagnose(&space->evidence, &space->verdict);
    /* what has come good is told by what it was, where nothing tells more */
    if (run->attempt->outcome == WR_OUTCOME_RECOVERED && run->attempt->failing_cause != NULL &&
        space->verdict.cause == wr_cause_unexplained)
        take_earlier_cause(&space->verdict, run->attempt->failing_cause);
}

/* The journal and syslog carry the report as JSON beside the line for people. */
static bool wants_json(const struct wr_settings *settings)
{
    enum wr_sink_kind kind = wr_sink_kind(settings->text[WR_SETTING_log]);

    return settings->number[WR_SETTING_format] == WR_FORMAT_JSON || kind == WR_SINK_JOURNAL ||
           kind == WR_SINK_SYSLOG;
}

static const char *value_of_variable(void *ctx, const char *name, size_t len)
{
    struct wr_workspace *space = ctx;
    char terminated[64];

    if (len >= sizeof(terminated))
        return NULL;
    memcpy(terminated, name, len);
    terminated[len] = '\0';
    return wr_environ_get(terminated, space->scratch, space->variable, sizeof(space->variable)) >= 0
               ? space->variable
               : NULL;
}

static struct wr_sink_target sink_target(const struct wr_settings *settings,
                                         struct wr_workspace *space)
{
    return (struct wr_sink_target){.log = settings->text[WR_SETTING_log],
                                   .stderr_identity = wr_start_stderr(),
                                   .pid = space->process.pid,
                                   .program = space->process.name,
                                   .host = space->process.host,
                                   .environment = value_of_variable,
                                   .environment_ctx = space};
}

static void write_out(struct wr_sink_target *target, const struct wr_buf *out,
                      const struct wr_sink_fields *fields)
{
    int error = wr_sink_write(target, out->data, out->len, fields);

    if (error < 0 && wr_sink_kind(target->log) != WR_SINK_STDERR) {
        /* better in the wrong place than nowhere */
        wr_complain_of_log(target, error);
        target->log = "stderr";
        wr_sink_write(target, out->data, out->len, fields);
    }
}

static void write_report(struct run *run)
{
    struct wr_workspace *space = run->space;
    const struct wr_settings *settings = run->settings;
    enum wr_format format = (enum wr_format)settings->number[WR_SETTING_format];
    struct wr_sink_target target = sink_target(settings, space);
    struct wr_buf headline = wr_buf_on(space->headline, sizeof(space->headline));
    struct wr_buf out = wr_buf_on(space->output, sizeof(space->output));
    struct wr_buf json = wr_buf_on(space->json, sizeof(space->json));

    wr_render(format, &run->report, format != WR_FORMAT_JSON && wr_wants_colour(settings, &target),
              &out);
    wr_render_headline(&run->report, &headline);
    if (format == WR_FORMAT_JSON)
        json = out;
    else if (wants_json(settings))
        wr_render(WR_FORMAT_JSON, &run->report, false, &json);
    struct wr_sink_fields fields = {.message = wr_buf_terminate(&headline),
                                    .cause = space->verdict.cause->id,
                                    .json = json.data,
                                    .json_len = json.len,
                                    .error = run->attempt->error};
    write_out(&target, &out, &fields);
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
    write_report(run);
    wr_targets_set_fate(run->attempt->row, WR_FATE_TOLD);
}

static struct run begin(struct wr_attempt *attempt, const struct wr_registers *registers,
                        const struct wr_settings *settings, struct wr_workspace *space)
{
    uint64_t redact = settings->number[WR_SETTING_redact];

    return (struct run){.attempt = attempt,
                        .registers = registers,
                        .settings = settings,
                        .space = space,
                        .until_ns = wr_now_ns() + settings->number[WR_SETTING_budget_ms] * 1000000u,
                        .report = {.attempt = attempt,
                                   .evidence = &space->evidence,
                                   .verdict = &space->verdict,
                                   .process = &space->process,
                                   .redact_hosts = (redact >> WR_REDACT_HOSTS & 1) != 0,
                                   .redact_paths = (redact >> WR_REDACT_PATHS & 1) != 0}};
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
    case WR_OFFER_LATE:
        wr_targets_set_fate(run->attempt->row, WR_FATE_LATE);
        return true;
    case WR_OFFER_LAST:
        say_held(run->settings, &told);
        wr_workspace_give(told.space);
        break;
    case WR_OFFER_KEPT:
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
    /* a repeat, looked at again: the same story is not told twice */
    if (wr_targets_fate(row) == WR_FATE_TOLD && before == cause)
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
    wr_whoami(&space->process, wants_json(settings), space->scratch);
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
    struct wr_workspace *space = wr_workspace_take(hold != WR_HOLD_NOT);
    const struct wr_settings *settings;
    bool held = false;

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
    if (row->address.family != 0) {
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
    restore(row, &space->attempt);
    struct run run = begin(&space->attempt, NULL, settings, space);

    memset(space->evidence.state, 0, sizeof(space->evidence.state));
    memset(&space->verdict, 0, sizeof(space->verdict));
    space->verdict.cause = row->cause != NULL ? wr_cause_by_id(row->cause) : NULL;
    if (space->verdict.cause == NULL)
        space->verdict.cause = wr_cause_unexplained;
    space->verdict.confidence = WR_MATCH_LIKELY;
    run.report.event = WR_EVENT_SUMMARY;
    run.report.count = row->count;
    run.report.lasted_ms = (row->last_ns - row->first_ns) / 1000000;
    run.report.first_us = row->first_us;
    write_report(&run);
}

/* Told once and come again; or never told, because there were too many. */
static bool is_worth_a_summary(const struct wr_target *row)
{
    return (row->fate == WR_FATE_TOLD && row->count > 1) || row->fate == WR_FATE_COUNTED;
}

struct summing_up {
    int32_t pid;
    const struct wr_settings *settings;
    struct wr_workspace *space;
};

static void sum_up(void *arg)
{
    const struct summing_up *what = arg;
    unsigned said = 0;

    for (int i = 0; i < WR_TARGETS_ROWS && said < SUMMARIES_MAX; i++) {
        struct wr_target row;

        if (!wr_targets_get(i, what->pid, &row) || !is_worth_a_summary(&row))
            continue;
        summarize(what->settings, what->space, &row);
        said++;
        /* said once: should the process go on (a failed exec), it is news again */
        wr_targets_set_fate(i, WR_FATE_RECOVERED);
    }
}

static bool has_summaries(int32_t pid)
{
    for (int i = 0; i < WR_TARGETS_ROWS; i++) {
        struct wr_target row;

        if (wr_targets_get(i, pid, &row) && is_worth_a_summary(&row))
            return true;
    }
    return false;
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

    if (!has_summaries(what.pid))
        return;
    what.space = wr_workspace_take(false);
    if (what.space == NULL)
        return;
    what.settings = wr_configure(&what.space->worker);
    if (what.settings != NULL) {
        wr_whoami(&what.space->process, wants_json(what.settings), what.space->scratch);
        if (table_is_full())
            wr_worker_beside(sum_up, &what, -1, &what.space->worker);
        else
            sum_up(&what);
    }
    wr_workspace_give(what.space);
}
