/* SPDX-License-Identifier: MIT
 * Configuration files, with libconfig: the task "config" of worker.h, and the same for `whyrefused
 * settings`. A file is read whole before it is parsed, is not used at all where it has a fault,
 * and every fault is told with its line. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/helper.h"
#include "helper/worker.h"

#define FILE_MAX 65536 /* libconfig 1.5 needs quadratic time for long strings */
#define LIST_MAX 16384
#define FAULTS_MAX 10 /* that are told of one file */

struct reading {
    const char *path;
    struct wr_settings *settings;
    struct wr_places *places;
    struct wr_buf *errors;
    unsigned faults;
};

/* "!FILE:LINE: SENTENCE"; line 0 = of the whole file. */
__attribute__((format(printf, 3, 4))) static void complain(struct reading *reading, unsigned line,
                                                           const char *form, ...)
{
    char text[WR_SETTING_MAX], number[16] = "";
    va_list arguments;

    if (reading->faults++ >= FAULTS_MAX && line != 0)
        return;
    va_start(arguments, form);
    vsnprintf(text, sizeof(text), form, arguments);
    va_end(arguments);
    if (line != 0)
        snprintf(number, sizeof(number), ":%u", line);
    size_t begin = reading->errors->len + 1;
    for (const char *part[] = {"!", reading->path, number, ": ", text, NULL}, **at = part;
         *at != NULL; at++)
        wr_buf_str(reading->errors, *at);
    for (size_t i = begin; i < reading->errors->len; i++) {
        if ((unsigned char)reading->errors->data[i] < 0x20 || reading->errors->data[i] == 0x7f)
            reading->errors->data[i] = '?';
    }
    wr_buf_char(reading->errors, '\n');
}

/* Why a file must not be believed, or NULL: what another user can write, another user decides. */
static const char *why_refused(const struct stat *status)
{
    if (!S_ISREG(status->st_mode))
        return "is not a regular file";
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return "belongs to another user";
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return "can be written by its group or by others";
    if (status->st_size > FILE_MAX)
        return "is larger than 64 KiB";
    return NULL;
}

/* The whole text, terminated, to free(); NULL after a complaint. Never waits for a FIFO. */
static char *read_file(struct reading *reading)
{
    int fd = open(reading->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    const char *why = NULL;
    char *text = NULL;
    size_t len = 0;

    if (fd < 0) {
        complain(reading, 0, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    if (fstat(fd, &status) != 0)
        why = "cannot be examined";
    else
        why = why_refused(&status);
    if (why == NULL && (text = wr_read_all(fd, FILE_MAX, &len)) == NULL)
        why = "cannot be read";
    if (why == NULL && len > FILE_MAX)
        why = "is larger than 64 KiB";
    if (why == NULL && memchr(text, '\0', len) != NULL)
        why = "is not a text file";
    close(fd);
    /* libconfig 1.5 takes a comment that no newline ends for a syntax error. */
    char *more = why == NULL ? realloc(text, len + 2) : NULL;
    if (more != NULL) {
        memcpy(more + len, "\n", 2);
        return more;
    }
    complain(reading, 0, "%s; the file is not used",
             why != NULL ? why : "does not fit into memory");
    free(text);
    return NULL;
}

/* libconfig opens what @include names while it parses, whatever that is. */
static bool has_include(struct reading *reading, const char *text)
{
    unsigned line = 1;

    for (; text != NULL; text = strchr(text, '\n'), text = text != NULL ? text + 1 : NULL, line++) {
        text += strspn(text, " \t\r\f\v");
        if (strncmp(text, "@include", 8) == 0) {
            complain(reading, line, "@include is not allowed");
            return true;
        }
    }
    return false;
}

static const char *type_name(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP:
        return "a group";
    case CONFIG_TYPE_LIST:
    case CONFIG_TYPE_ARRAY:
        return "a list";
    case CONFIG_TYPE_STRING:
        return "a string";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_FLOAT:
        return "a fraction";
    default:
        return "a number";
    }
}

static bool join_list(struct reading *reading, const config_setting_t *setting, struct wr_buf *out)
{
    for (unsigned i = 0; i < (unsigned)config_setting_length(setting); i++) {
        const config_setting_t *item = config_setting_get_elem(setting, i);
        const char *text = config_setting_get_string(item);

        if (text == NULL) {
            complain(reading, config_setting_source_line(item),
                     "%s: item %u of the list must be a string, not %s",
                     config_setting_name(setting), i + 1, type_name(item));
            return false;
        }
        if (strchr(text, ',') != NULL || text[0] == '\0') {
            complain(reading, config_setting_source_line(item),
                     "%s: item %u of the list must not be empty or have a comma in it",
                     config_setting_name(setting), i + 1);
            return false;
        }
        if (i != 0)
            wr_buf_char(out, ',');
        wr_buf_str(out, text);
    }
    return true;
}

/* The value as the text of settings.h. False after a complaint. */
static bool value_of(struct reading *reading, const config_setting_t *setting,
                     const struct wr_setting_info *info, struct wr_buf *out)
{
    bool list = strcmp(info->kind, "list") == 0 || strcmp(info->kind, "set") == 0;
    bool number = strcmp(info->kind, "number") == 0;
    bool on_off = strcmp(info->values, "0|1") == 0;
    const char *wanted = on_off ? "true or false" : number ? "a number" : "a string";

    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        if (number || on_off)
            break;
        wr_buf_str(out, config_setting_get_string(setting));
        return true;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        if (!number && !on_off)
            break;
        wr_buf_int(out, config_setting_get_int64(setting));
        return true;
    case CONFIG_TYPE_BOOL:
        if (!on_off)
            break;
        wr_buf_char(out, config_setting_get_bool(setting) ? '1' : '0');
        return true;
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        if (!list)
            break;
        return join_list(reading, setting, out);
    default:
        break;
    }
    complain(reading, config_setting_source_line(setting), "%s: must be %s, not %s", info->key,
             list ? "a list of strings" : wanted, type_name(setting));
    return false;
}

static void take_setting(struct reading *reading, const config_setting_t *setting)
{
    const char *key = config_setting_name(setting), *refusal;
    enum wr_setting which = wr_settings_by_key(key, strlen(key));
    unsigned line = config_setting_source_line(setting);
    char value[WR_SETTING_MAX + 1];
    struct wr_buf out = wr_buf_on(value, sizeof(value));

    if (which == WR_SETTINGS) {
        complain(reading, line, "%.64s: there is no such setting", key);
        return;
    }
    if (!value_of(reading, setting, &wr_setting_info[which], &out))
        return;
    refusal = wr_settings_set(reading->settings, which, WR_SOURCE_FILE, out.data, out.len);
    if (refusal != NULL)
        complain(reading, line, "%s: %.*s: %s", key, (int)(out.len < 64 ? out.len : 64), out.data,
                 refusal);
    else if (reading->places != NULL)
        snprintf(reading->places->place[which], WR_PLACE_MAX, "%s:%u", reading->path, line);
}

static void take_file(struct reading *reading, const config_t *config)
{
    const config_setting_t *root = config_root_setting(config);

    for (unsigned i = 0; i < (unsigned)config_setting_length(root); i++)
        take_setting(reading, config_setting_get_elem(root, i));
}

void wr_config_file(const char *path, struct wr_settings *settings, struct wr_places *places,
                    struct wr_buf *errors)
{
    struct wr_settings tried = *settings;
    struct wr_places *tried_places = NULL;
    struct reading reading = {.path = path, .settings = &tried, .errors = errors};
    config_t config;
    char *text = read_file(&reading);

    if (text == NULL)
        return;
    if (places != NULL && (tried_places = malloc(sizeof(*places))) != NULL) {
        *tried_places = *places;
        reading.places = tried_places;
    }
    config_init(&config);
    if (!has_include(&reading, text)) {
        if (config_read_string(&config, text) == CONFIG_TRUE)
            take_file(&reading, &config);
        else
            complain(&reading, (unsigned)config_error_line(&config), "%s",
                     config_error_text(&config));
    }
    config_destroy(&config);
    free(text);
    if (reading.faults > FAULTS_MAX)
        complain(&reading, 0, "%u more faults are not told", reading.faults - FAULTS_MAX);
    if (reading.faults != 0) {
        complain(&reading, 0, "the file is not used because of the above");
    } else {
        *settings = tried;
        if (tried_places != NULL)
            *places = *tried_places;
    }
    free(tried_places);
}

static void read_directory(const char *path, struct wr_settings *settings, struct wr_places *places,
                           struct wr_buf *errors)
{
    char pattern[1024];
    glob_t found;

    /* The directory itself must not be taken for a pattern. */
    if (strpbrk(path, "*?[\\") != NULL ||
        snprintf(pattern, sizeof(pattern), "%s*.conf", path) >= (int)sizeof(pattern))
        return;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            wr_config_file(found.gl_pathv[i], settings, places, errors);
    }
    globfree(&found);
}

void wr_config_list(const char *list, size_t len, struct wr_settings *settings,
                    struct wr_places *places, struct wr_buf *errors)
{
    for (const char *end = list + len, *path = list; path < end;) {
        size_t path_len = strnlen(path, (size_t)(end - path));

        if (path + path_len == end)
            return;
        if (path[0] == '/' && path[path_len - 1] == '/')
            read_directory(path, settings, places, errors);
        else if (path[0] == '/')
            wr_config_file(path, settings, places, errors);
        path += path_len + 1;
    }
}

void wr_worker_config(struct wr_buf *answer)
{
    static struct wr_settings settings;
    static char error_space[32768];
    struct wr_buf errors = wr_buf_on(error_space, sizeof(error_space));
    size_t len;
    char *list = wr_read_all(WR_WORKER_REQUEST_FD, LIST_MAX, &len);

    if (list == NULL || len > LIST_MAX) {
        wr_buf_str(answer, "!the list of configuration files is malformed\n");
        free(list);
        return;
    }
    wr_settings_default(&settings);
    wr_config_list(list, len, &settings, NULL, &errors);
    free(list);
    for (enum wr_setting which = 0; which < WR_SETTINGS; which++) {
        if (settings.source[which] == WR_SOURCE_FILE)
            wr_settings_write_block(wr_setting_info[which].key, settings.text[which],
                                    strlen(settings.text[which]), answer);
    }
    wr_buf_mem(answer, errors.data, errors.len);
}
