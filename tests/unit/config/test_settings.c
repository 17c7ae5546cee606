/* SPDX-License-Identifier: MIT
 * The settings: what each kind takes and refuses, which source wins, the block, the lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/search.h"
#include "config/settings.h"

static struct wr_settings settings;

static int fresh(void **state)
{
    (void)state;
    memset(&settings, 0xa5, sizeof(settings));
    wr_settings_default(&settings);
    return 0;
}

static const char *set(enum wr_setting which, const char *value)
{
    return wr_settings_set(&settings, which, WR_SOURCE_ENVIRONMENT, value, strlen(value));
}

static void accepts(enum wr_setting which, const char *value, uint64_t number)
{
    assert_null(set(which, value));
    assert_string_equal(settings.text[which], value);
    assert_int_equal(settings.number[which], number);
    assert_int_equal(settings.source[which], WR_SOURCE_ENVIRONMENT);
}

static void refuses(enum wr_setting which, const char *value, const char *sentence)
{
    struct wr_settings before = settings;
    const char *refusal = set(which, value);

    assert_non_null(refusal);
    assert_non_null(strstr(refusal, sentence));
    assert_memory_equal(&before, &settings, sizeof(settings));
}

static void every_default_is_a_value(void **state)
{
    struct wr_settings defaults = settings;

    (void)state;
    for (unsigned i = 0; i < WR_SETTINGS; i++) {
        const struct wr_setting_info *info = &wr_setting_info[i];

        assert_null(set((enum wr_setting)i, info->fallback));
        assert_int_equal(settings.number[i], defaults.number[i]);
        assert_string_equal(settings.text[i], info->fallback);
        assert_int_equal(wr_settings_by_key(info->key, strlen(info->key)), i);
        assert_int_equal(strncmp(info->environment, "WHYREFUSED", 10), 0);
        assert_true(info->meaning[0] != '\0' && info->values[0] != '\0');
    }
    assert_int_equal(defaults.number[WR_SETTING_enabled], 1);
    assert_int_equal(defaults.number[WR_SETTING_budget_ms], 250);
    assert_int_equal(defaults.number[WR_SETTING_limit], 200);
    assert_int_equal(defaults.number[WR_SETTING_probes], 1);
    assert_int_equal(defaults.number[WR_SETTING_backtrace], 2);
    assert_int_equal(defaults.number[WR_SETTING_redact], 1u << WR_REDACT_ARGS);
    assert_int_equal(defaults.source[WR_SETTING_log], WR_SOURCE_DEFAULT);
}

static void kinds(void **state)
{
    (void)state;
    accepts(WR_SETTING_format, "json", 2);
    refuses(WR_SETTING_format, "JSON", "text|short|json");
    refuses(WR_SETTING_format, "jso", "text|short|json");
    refuses(WR_SETTING_format, "text|short", "text|short|json");
    refuses(WR_SETTING_enabled, "no", "0|1");
    accepts(WR_SETTING_enabled, "0", 0);

    accepts(WR_SETTING_budget_ms, "1", 1);
    accepts(WR_SETTING_budget_ms, "60000", 60000);
    refuses(WR_SETTING_budget_ms, "0", "1..60000");
    refuses(WR_SETTING_budget_ms, "60001", "1..60000");
    refuses(WR_SETTING_budget_ms, "-1", "1..60000");
    refuses(WR_SETTING_budget_ms, "10 ", "1..60000");
    refuses(WR_SETTING_budget_ms, "10ms", "1..60000");
    refuses(WR_SETTING_budget_ms, "18446744073709551617", "1..60000");

    accepts(WR_SETTING_redact, "hosts,paths", 1u << WR_REDACT_HOSTS | 1u << WR_REDACT_PATHS);
    accepts(WR_SETTING_redact, "args, hosts", 1u << WR_REDACT_ARGS | 1u << WR_REDACT_HOSTS);
    refuses(WR_SETTING_redact, "args,everything", "separated by commas");
    refuses(WR_SETTING_redact, "args,", "separated by commas");

    accepts(WR_SETTING_log, "/tmp/%p,x", 0);
    refuses(WR_SETTING_log, "/tmp/a\nb", "control");
    refuses(WR_SETTING_log, "/tmp/\x7f", "control");
    accepts(WR_SETTING_config, "/etc/x", 0);
    accepts(WR_SETTING_config, "none", 0);
    refuses(WR_SETTING_config, "x.conf", "absolute");
    assert_non_null(wr_settings_set(&settings, WR_SETTINGS, WR_SOURCE_FILE, "1", 1));
}

static void lengths(void **state)
{
    char value[WR_SETTING_MAX + 1];

    (void)state;
    memset(value, 'x', sizeof(value));
    value[0] = '/';
    value[WR_SETTING_MAX] = '\0';
    refuses(WR_SETTING_log, value, "512");
    value[WR_SETTING_MAX - 1] = '\0';
    accepts(WR_SETTING_log, value, 0);
    assert_non_null(wr_settings_set(&settings, WR_SETTING_log, WR_SOURCE_ENVIRONMENT, "a\0b", 3));
}

static void empty_values(void **state)
{
    (void)state;
    accepts(WR_SETTING_only, "a", 0);
    accepts(WR_SETTING_only, "", 0);
    for (unsigned i = 0; i < WR_SETTINGS; i++)
        assert_null(set((enum wr_setting)i, ""));
    assert_string_equal(settings.text[WR_SETTING_format], "text");
    assert_int_equal(settings.source[WR_SETTING_format], WR_SOURCE_DEFAULT);
    assert_int_equal(settings.number[WR_SETTING_redact], 1u << WR_REDACT_ARGS);
    assert_non_null(wr_settings_set(&settings, WR_SETTING_format, WR_SOURCE_FILE, "", 0));
    assert_non_null(wr_settings_set(&settings, WR_SETTING_log, WR_SOURCE_FILE, "", 0));
}

static void strongest_source_wins(void **state)
{
    (void)state;
    assert_null(wr_settings_set(&settings, WR_SETTING_limit, WR_SOURCE_FILE, "5", 1));
    assert_int_equal(settings.number[WR_SETTING_limit], 5);
    assert_null(wr_settings_set(&settings, WR_SETTING_limit, WR_SOURCE_FILE, "6", 1));
    accepts(WR_SETTING_limit, "7", 7);
    assert_null(wr_settings_set(&settings, WR_SETTING_limit, WR_SOURCE_FILE, "8", 1));
    assert_int_equal(settings.number[WR_SETTING_limit], 7);
    assert_non_null(wr_settings_set(&settings, WR_SETTING_limit, WR_SOURCE_FILE, "x", 1));
    assert_non_null(wr_settings_set(&settings, WR_SETTING_config, WR_SOURCE_FILE, "/x", 2));
}

struct complaints {
    unsigned count;
    char last[WR_SETTING_MAX];
};

static void complain(void *ctx, const char *text, size_t len)
{
    struct complaints *complaints = ctx;

    assert_true(len <= sizeof(complaints->last));
    complaints->count++;
    snprintf(complaints->last, sizeof(complaints->last), "%.*s", (int)len, text);
}

static void read_block(const char *block, struct complaints *ret_complaints)
{
    /* Without a terminator, so that a read over the end is seen by the sanitizers. */
    size_t len = strlen(block);
    char *copy = malloc(len != 0 ? len : 1);

    memset(ret_complaints, 0, sizeof(*ret_complaints));
    memcpy(copy, block, len);
    wr_settings_read_block(&settings, copy, len, complain, ret_complaints);
    free(copy);
}

static void block(void **state)
{
    char space[256];
    struct wr_buf out = wr_buf_on(space, sizeof(space));
    struct complaints complaints;

    (void)state;
    wr_settings_write_block("log", "/a\\b=c", 6, &out);
    wr_settings_write_block("limit", "3", 1, &out);
    read_block(wr_buf_terminate(&out), &complaints);
    assert_string_equal(settings.text[WR_SETTING_log], "/a\\b=c");
    assert_int_equal(settings.number[WR_SETTING_limit], 3);
    assert_int_equal(settings.source[WR_SETTING_limit], WR_SOURCE_FILE);
    assert_int_equal(complaints.count, 0);

    read_block("limit=4\n!f:1: a\tb\nlimit=5\\\nlimit\n=\n\nlimits=9\nlimit=x\nlimit=6",
               &complaints);
    assert_int_equal(settings.number[WR_SETTING_limit], 4);
    assert_int_equal(complaints.count, 1);
    assert_string_equal(complaints.last, "f:1: a?b");

    char many[4096] = "";
    for (unsigned i = 0; i < 100; i++)
        strcat(many, "!x\n");
    read_block(many, &complaints);
    assert_int_equal(complaints.count, WR_SETTINGS_ERRORS);
    char line[2048];
    memset(line, 'y', sizeof(line));
    memcpy(line, "!log=", 5);
    memcpy(line + sizeof(line) - 2, "\n", 2);
    read_block(line, &complaints);
    assert_int_equal(complaints.count, 1);
    read_block(line + 1, &complaints);
    assert_string_equal(settings.text[WR_SETTING_log], "/a\\b=c");
}

static void lists(void **state)
{
    (void)state;
    assert_true(wr_settings_list_matches("curl", "curl"));
    assert_true(wr_settings_list_matches("wget, cu?l ,x", "curl"));
    assert_true(wr_settings_list_matches("py*", "python3"));
    assert_true(wr_settings_list_matches("*", ""));
    assert_false(wr_settings_list_matches("", ""));
    assert_false(wr_settings_list_matches(",", ""));
    assert_false(wr_settings_list_matches("curl,", "cur"));
    assert_false(wr_settings_list_matches("a,b", "a,b"));
}

static const char *config_variable, *xdg_variable;
static const char *variable(const char *name)
{
    if (strcmp(name, "WHYREFUSED_CONFIG") == 0)
        return config_variable;
    return strcmp(name, "XDG_CONFIG_HOME") == 0 ? xdg_variable : NULL;
}

static void search(void **state)
{
    char space[64];
    struct wr_buf list = wr_buf_on(space, sizeof(space));

    (void)state;
    config_variable = "none";
    assert_false(wr_config_search(variable, &list));
    config_variable = "/no/such";
    assert_true(wr_config_search(variable, &list));
    assert_int_equal(list.len, sizeof("/no/such"));
    assert_memory_equal(list.data, "/no/such", sizeof("/no/such"));
    list.len = list.size - 3;
    assert_false(wr_config_search(variable, &list));
    assert_false(list.cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_default_is_a_value, fresh),
        cmocka_unit_test_setup(kinds, fresh),
        cmocka_unit_test_setup(lengths, fresh),
        cmocka_unit_test_setup(empty_values, fresh),
        cmocka_unit_test_setup(strongest_source_wins, fresh),
        cmocka_unit_test_setup(block, fresh),
        cmocka_unit_test_setup(lists, fresh),
        cmocka_unit_test_setup(search, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
