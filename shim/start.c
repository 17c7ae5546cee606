/* SPDX-License-Identifier: MIT
 * The constructor, and its work. See start.h. Also runs at the first call of a hook, because a
 * constructor of another library may connect before ours has run. */
#include "start.h"

#include <elf.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/filter.h"
#include "base/process.h"
#include "base/startup.h"
#include "failure.h"
#include "hook/hook.h"

enum { STATE_NEW = 0, STATE_BUSY, STATE_OFF, STATE_ON };

static WR_STARTUP _Atomic int state;
static WR_STARTUP struct wr_stderr_identity stderr_identity;

/* Copies, because programs that set their title write over the environment that they were given. */
static char kept_text[4096];
static size_t kept_used;
static WR_STARTUP const char *switches[WR_SETTINGS];
static WR_STARTUP bool switched_off; /* even where there is no room to keep the value */
static WR_STARTUP const char *variables[WR_START_VARIABLES];

/* Names, not pointers to names: those would not be relocated yet (base/deferred.h). */
static const char switch_names[WR_SETTINGS][24] = {
#define SETTING(name, environment, kind, fallback, values, meaning) #environment,
#include "config/settings.def"
#undef SETTING
};

static const char variable_names[WR_START_VARIABLES][20] = {
    [WR_START_NO_COLOR] = "NO_COLOR", [WR_START_FORCE_COLOR] = "FORCE_COLOR",
    [WR_START_CLICOLOR] = "CLICOLOR", [WR_START_CLICOLOR_FORCE] = "CLICOLOR_FORCE",
    [WR_START_TERM] = "TERM",         [WR_START_XDG_CONFIG_HOME] = "XDG_CONFIG_HOME",
    [WR_START_HOME] = "HOME",
};

static const char *keep(const char *value)
{
    size_t len = strlen(value) + 1;
    char *copy = kept_text + kept_used;

    if (len > sizeof(kept_text) - kept_used)
        return NULL;
    memcpy(copy, value, len);
    kept_used += len;
    return copy;
}

/* The value where the entry is "name=value". */
static const char *value_of(const char *entry, const char *name)
{
    size_t len = strlen(name);

    return strncmp(entry, name, len) == 0 && entry[len] == '=' ? entry + len + 1 : NULL;
}

static void take_entry(const char *entry)
{
    const char *value;

    /* nearly every entry ends here: start-up is paid by every program */
    if (strchr("WNFCTXH", entry[0]) == NULL)
        return;
    if (entry[0] == 'W') {
        for (unsigned i = 0; i < WR_SETTINGS; i++) {
            value = value_of(entry, switch_names[i]);
            if (value == NULL)
                continue;
            switches[i] = keep(value);
            switched_off |= i == WR_SETTING_enabled && strcmp(value, "0") == 0;
        }
        return;
    }
    for (unsigned i = 0; i < WR_START_VARIABLES; i++) {
        value = value_of(entry, variable_names[i]);
        if (value != NULL)
            variables[i] = value;
    }
}

static void start(void)
{
    int new = STATE_NEW;

    /* .preinit_array of the program runs before libc knows the environment: what the user wants is
     * not known either, and nothing is done until then */
    if (environ == NULL)
        return;
    if (!atomic_compare_exchange_strong(&state, &new, STATE_BUSY))
        return;
    /* secure execution: what the environment says must not matter (secure_getenv(3)) */
    if (getauxval(AT_SECURE) != 0) {
        atomic_store(&state, STATE_OFF);
        return;
    }
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        take_entry(*entry);
    if (switched_off) {
        atomic_store(&state, STATE_OFF);
        return;
    }
    wr_sink_stderr_identity(&stderr_identity);
    /* claimed now: the first to ask later may be a vfork child */
    (void)wr_process_owns_memory();
    atomic_store(&state, STATE_ON);
}

/* DT_INIT (-Wl,-init): an entry of .init_array would be a page to relocate. */
void wr_constructor(void);
void wr_constructor(void)
{
    wr_hook_remember_objects();
    start();
}

bool wr_enabled(void)
{
    int now = atomic_load_explicit(&state, memory_order_acquire);

    if (__builtin_expect(now == STATE_NEW, 0)) {
        start();
        now = atomic_load_explicit(&state, memory_order_acquire);
    }
    return now == STATE_ON && !wr_filtered();
}

const char *wr_start_switch(enum wr_setting setting)
{
    return switches[setting];
}

const char *wr_start_variable(enum wr_start_variable variable)
{
    return variables[variable];
}

const struct wr_stderr_identity *wr_start_stderr(void)
{
    return &stderr_identity;
}
