/* SPDX-License-Identifier: MIT
 * From an attempt to a written report: probe, diagnose, frames, render, sink. The only place that
 * knows the order. Runs in the host's thread, cold; holds nothing and keeps nothing but counts. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
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
#include "probe/probe.h"
#include "render/render.h"
#include "sink/sink.h"
#include "start.h"
#include "track/fold.h"
#include "whoami.h"

/* All the memory of one report: far too much for a small stack. */
struct workspace {
    struct wr_evidence evidence;
    struct wr_verdict verdict;
    struct wr_frames frames;
    struct wr_process process;
    char headline[1024];
    char target[512];
    char variable[512]; /* value of a %q{VAR} */
    _Alignas(16) char scratch[WR_PROBE_SCRATCH];
    char output[WR_RENDER_MAX];
    char json[WR_RENDER_MAX];
    struct wr_worker_space worker;
};

/* One report at a time uses the static one; others (and a fork child of a busy parent) map. */
static struct workspace shared;
static _Atomic bool shared_taken;

static struct workspace *take_workspace(void)
{
    bool free = false;
    long at;

    if (wr_process_owns_memory() && atomic_compare_exchange_strong(&shared_taken, &free, true))
        return &shared;
    at = WR_SYS(mmap, 0, sizeof(struct workspace), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at < 0 && at > -4096 ? NULL : (struct workspace *)at;
}

static void give_workspace(struct workspace *space)
{
    if (space == &shared)
        atomic_store(&shared_taken, false);
    else
        WR_SYS(munmap, space, sizeof(*space));
}

/* All but those that a fault of this thread raises. No handler of the host runs, and longjmps,
 * while we work; what comes meanwhile is delivered afterwards. */
static uint64_t block_signals(void)
{
    const uint64_t faults = 1u << (11 - 1) /* SEGV */ | 1u << (7 - 1) /* BUS */ |
                            1u << (4 - 1) /* ILL */ | 1u << (8 - 1) /* FPE */ |
                            1u << (5 - 1) /* TRAP */ | 1u << (31 - 1) /* SYS */;
    uint64_t mask = ~faults, before = 0;

    /* added to what the host blocks: those faults among them that it waits for stay blocked */
    WR_SYS(rt_sigprocmask, 0 /* SIG_BLOCK */, &mask, &before, sizeof(mask));
    return before;
}

static void restore_signals(uint64_t before)
{
    WR_SYS(rt_sigprocmask, 2 /* SIG_SETMASK */, &before, 0, sizeof(before));
}

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
    struct workspace *space;
    uint64_t until_ns;
    struct wr_report report;
    bool no_descriptors; /* a probe could not open what it needs: the table is full */
    bool beside;         /* in a child with a descriptor table of its own */
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

static void find_causes(struct run *run)
{
    struct workspace *space = run->space;
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
    struct workspace *space = ctx;
    char terminated[64];

    if (len >= sizeof(terminated))
        return NULL;
    memcpy(terminated, name, len);
    terminated[len] = '\0';
    return wr_environ_get(terminated, space->scratch, space->variable, sizeof(space->variable)) >= 0
               ? space->variable
               : NULL;
}

static void write_report(struct run *run)
{
    struct workspace *space = run->space;
    const struct wr_settings *settings = run->settings;
    enum wr_format format = (enum wr_format)settings->number[WR_SETTING_format];
    struct wr_sink_target target = {.log = settings->text[WR_SETTING_log],
                                    .stderr_identity = wr_start_stderr(),
                                    .pid = space->process.pid,
                                    .program = space->process.name,
                                    .host = space->process.host,
                                    .environment = value_of_variable,
                                    .environment_ctx = space};
    struct wr_buf headline = wr_buf_on(space->headline, sizeof(space->headline));
    struct wr_buf out = wr_buf_on(space->output, sizeof(space->output));
    struct wr_buf json = wr_buf_on(space->json, sizeof(space->json));
    int error;
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
    error = wr_sink_write(&target, out.data, out.len, &fields);
    if (error < 0 && wr_sink_kind(target.log) != WR_SINK_STDERR) {
        /* better in the wrong place than nowhere */
        wr_complain_of_log(&target, error);
        target.log = "stderr";
        wr_sink_write(&target, out.data, out.len, &fields);
    }
}

static void finish(struct run *run)
{
    struct workspace *space = run->space;
    const char *ignore = run->settings->text[WR_SETTING_ignore];

    if (ignore[0] != '\0' &&
        (wr_settings_list_matches(ignore, space->verdict.cause->id) || ignores_target(run, ignore)))
        return;
    run->report.sequence = atomic_fetch_add(&counts.reports, 1) + 1;
    /* other threads may have come first */
    if (run->report.sequence > run->settings->number[WR_SETTING_limit])
        return;
    if (run->settings->number[WR_SETTING_backtrace] != 0) {
        wr_frames_take(run->registers, &space->worker, run->until_ns, &space->frames);
        run->report.frames = &space->frames;
    }
    run->report.spent_us = (wr_now_ns() - run->attempt->end_ns) / 1000;
    write_report(run);
}

static void run_all(void *arg)
{
    struct run *run = arg;

    find_causes(run);
    if (run->no_descriptors && !run->beside)
        return;
    finish(run);
}

static void report(struct wr_attempt *attempt, const struct wr_registers *registers,
                   const struct wr_settings *settings, struct workspace *space)
{
    uint64_t redact = settings->number[WR_SETTING_redact];
    struct run run = {.attempt = attempt,
                      .registers = registers,
                      .settings = settings,
                      .space = space,
                      .until_ns =
                          attempt->end_ns + settings->number[WR_SETTING_budget_ms] * 1000000u,
                      .report = {.attempt = attempt,
                                 .evidence = &space->evidence,
                                 .verdict = &space->verdict,
                                 .process = &space->process,
                                 .redact_hosts = (redact >> WR_REDACT_HOSTS & 1) != 0,
                                 .redact_paths = (redact >> WR_REDACT_PATHS & 1) != 0}};

    wr_whoami(&space->process, wants_json(settings), space->scratch);
    if (!wr_wants_program(settings, space->process.name, space->process.executable))
        return;
    run.no_descriptors = attempt->error == EMFILE;
    if (!run.no_descriptors)
        run_all(&run);
    if (run.no_descriptors) {
        run.beside = true;
        wr_worker_beside(run_all, &run, attempt->fd, &space->worker);
    }
}

void wr_report_attempt(struct wr_attempt *attempt, const struct wr_registers *registers)
{
    uint64_t mask;
    struct workspace *space;

    if (wr_process_borrows_memory() || wr_fold_is_retry(attempt))
        return;
    mask = block_signals();
    space = wr_deferred_relocate() ? take_workspace() : NULL;
    if (space != NULL) {
        const struct wr_settings *settings = wr_configure(&space->worker);

        if (settings != NULL && settings->number[WR_SETTING_enabled] != 0 &&
            reports_so_far() < settings->number[WR_SETTING_limit])
            report(attempt, registers, settings, space);
        give_workspace(space);
    }
    restore_signals(mask);
}
