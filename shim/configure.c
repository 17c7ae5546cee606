/* SPDX-License-Identifier: MIT
 * See configure.h. The file is read by the helper program, and only where there is one. */
#include "configure.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/deferred.h"
#include "base/process.h"
#include "base/sys.h"
#include "config/search.h"
#include "render/errno.h"
#include "start.h"
#include "track/harmless.h"
#include "workspace.h"

/* The helper may be started on a cold machine; this is paid once, and only with a file. */
#define READ_BUDGET_NS 1000000000u

static _Atomic(struct wr_settings *) published;

struct complaints {
    const struct wr_sink_target *target;
};

static void complain(void *ctx, const char *text, size_t len)
{
    const struct complaints *complaints = ctx;
    char line[640];
    struct wr_buf buf = wr_buf_on(line, sizeof(line) - 1);
    static const struct wr_sink_fields none = {.message = "", .cause = "", .json = ""};

    wr_buf_str(&buf, "whyrefused: settings: ");
    wr_buf_mem(&buf, text, len);
    buf.size = sizeof(line);
    wr_buf_char(&buf, '\n');
    wr_sink_write(complaints->target, buf.data, buf.len, &none);
}

static const char no_helper[] = "the configuration file is not read: the helper program "
                                "whyrefused is not beside libwhyrefused.so";

/* The environment as it was at the start. Also before relocations are done (base/deferred.h). */
static const char *environment(const char *name)
{
    if (strcmp(name, "WHYREFUSED_CONFIG") == 0)
        return wr_start_switch(WR_SETTING_config);
    return wr_start_variable(strcmp(name, "HOME") == 0 ? WR_START_HOME : WR_START_XDG_CONFIG_HOME);
}

static void read_files(struct wr_settings *settings, struct wr_worker_space *space,
                       struct complaints *complaints)
{
    char paths[640];
    struct wr_buf list = wr_buf_on(paths, sizeof(paths));
    int error;

    if (!wr_config_search(environment, &list))
        return;
    struct wr_worker_part part = {list.data, list.len};
    error = wr_worker_run("config", &part, 1, NULL, wr_now_ns() + READ_BUDGET_NS, space);
    if (error == 0)
        wr_settings_read_block(settings, space->answer, space->answer_len, complain, complaints);
    else if (error == -ENOENT)
        complain(complaints, no_helper, sizeof(no_helper) - 1);
}

static void read_environment(struct wr_settings *settings, struct complaints *complaints)
{
    for (unsigned i = 0; i < WR_SETTINGS; i++) {
        const char *value = wr_start_switch((enum wr_setting)i), *refused;
        char text[512];

        if (value == NULL)
            continue;
        refused = wr_settings_set(settings, (enum wr_setting)i, WR_SOURCE_ENVIRONMENT, value,
                                  strlen(value));
        if (refused == NULL)
            continue;
        if (wr_join(text, sizeof(text), wr_setting_info[i].environment, ": ", refused, NULL) !=
            NULL)
            complain(complaints, text, strlen(text));
    }
}

const struct wr_settings *wr_configure(struct wr_worker_space *space)
{
    struct wr_settings *settings = atomic_load_explicit(&published, memory_order_acquire);
    struct wr_settings *other = NULL;
    struct wr_sink_target target = {.log = "stderr", .stderr_identity = wr_start_stderr()};
    struct complaints complaints = {&target};
    long at;

    if (settings != NULL)
        return settings;
    at = WR_SYS(mmap, 0, sizeof(*settings), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0);
    if (at < 0 && at > -4096)
        return NULL;
    settings = (struct wr_settings *)at;
    wr_settings_default(settings);
    read_environment(settings, &complaints);
    read_files(settings, space, &complaints);
    if (atomic_compare_exchange_strong(&published, &other, settings))
        return settings;
    WR_SYS(munmap, settings, sizeof(*settings));
    return other;
}

bool wr_configure_has_file(void)
{
    char paths[640];
    struct wr_buf list = wr_buf_on(paths, sizeof(paths));

    return wr_config_search(environment, &list);
}

const struct wr_settings *wr_configure_now(void)
{
    const struct wr_settings *settings = atomic_load_explicit(&published, memory_order_acquire);
    struct wr_workspace *space;
    uint64_t mask;

    if (settings != NULL || wr_process_borrows_memory())
        return settings;
    mask = wr_signals_block();
    space = wr_deferred_relocate() ? wr_workspace_take(false) : NULL;
    if (space != NULL) {
        settings = wr_configure(&space->worker);
        wr_workspace_give(space);
    }
    wr_signals_restore(mask);
    return settings;
}

bool wr_wants_program(const struct wr_settings *settings, const char *name, const char *executable)
{
    const char *only = settings->text[WR_SETTING_only];
    const char *skip = settings->text[WR_SETTING_skip];
    const char *slash = strrchr(executable, '/');
    const char *file = slash != NULL ? slash + 1 : executable;

    if (only[0] != '\0' && !wr_settings_list_matches(only, name) &&
        !wr_settings_list_matches(only, file))
        return false;
    return skip[0] == '\0' ||
           (!wr_settings_list_matches(skip, name) && !wr_settings_list_matches(skip, file));
}

bool wr_is_harmless(const struct wr_settings *settings, const struct wr_attempt *attempt,
                    const char *program)
{
    const char *harmless = wr_harmless(attempt, program);

    return harmless != NULL && !wr_settings_list_matches(settings->text[WR_SETTING_also], harmless);
}

static bool is_set(enum wr_start_variable variable)
{
    const char *value = wr_start_variable(variable);

    return value != NULL && value[0] != '\0';
}

static bool is(enum wr_start_variable variable, const char *value)
{
    return is_set(variable) && strcmp(wr_start_variable(variable), value) == 0;
}

bool wr_wants_colour(const struct wr_settings *settings, const struct wr_sink_target *target)
{
    enum { AUTO, ALWAYS, NEVER };

    if (settings->number[WR_SETTING_color] != AUTO)
        return settings->number[WR_SETTING_color] == ALWAYS;
    if (is_set(WR_START_NO_COLOR))
        return false;
    if (is_set(WR_START_FORCE_COLOR) && !is(WR_START_FORCE_COLOR, "0"))
        return true;
    if (is_set(WR_START_CLICOLOR_FORCE) && !is(WR_START_CLICOLOR_FORCE, "0"))
        return true;
    if (is(WR_START_CLICOLOR, "0") || is(WR_START_TERM, "dumb"))
        return false;
    return wr_sink_is_terminal(target);
}

void wr_complain_of_log(const struct wr_sink_target *target, int error)
{
    static _Atomic bool told;
    struct wr_sink_target to_stderr = *target;
    struct complaints complaints = {&to_stderr};
    char text[640];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    if (atomic_exchange(&told, true))
        return;
    to_stderr.log = "stderr";
    wr_buf_str(&buf, "WHYREFUSED_LOG ");
    wr_buf_str(&buf, target->log);
    wr_buf_str(&buf, " cannot be written to (");
    wr_buf_errno(&buf, -error);
    wr_buf_str(&buf, "): reports go to standard error");
    complain(&complaints, buf.data, buf.len);
}
