/* SPDX-License-Identifier: MIT
 * `whyrefused settings`: what is in force for a program started from here, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/search.h"
#include "helper/helper.h"

static const char *environment(const char *name)
{
    return getenv(name);
}

static bool take_environment(struct wr_settings *settings)
{
    bool fine = true;

    for (enum wr_setting which = 0; which < WR_SETTINGS; which++) {
        const struct wr_setting_info *info = &wr_setting_info[which];
        const char *value = getenv(info->environment), *refusal;

        if (value == NULL)
            continue;
        refusal = wr_settings_set(settings, which, WR_SOURCE_ENVIRONMENT, value, strlen(value));
        if (refusal != NULL) {
            fprintf(stderr, "whyrefused: %s: %s\n", info->environment, refusal);
            fine = false;
        }
    }
    return fine;
}

static void print_errors(const struct wr_buf *errors)
{
    const char *end = errors->data + errors->len;

    for (const char *line = errors->data, *next; line < end; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL)
            break;
        fprintf(stderr, "whyrefused: %.*s\n", (int)(next - line - 1), line + 1);
    }
}

static const char *source_of(const struct wr_settings *settings, const struct wr_places *places,
                             enum wr_setting which)
{
    if (settings->source[which] == WR_SOURCE_ENVIRONMENT)
        return wr_setting_info[which].environment;
    if (settings->source[which] == WR_SOURCE_FILE)
        return places->place[which];
    return "default";
}

int wr_helper_settings(void)
{
    static struct wr_settings settings;
    static struct wr_places places;
    static char list_space[WR_SEARCH_MAX], error_space[65536];
    struct wr_buf list = wr_buf_on(list_space, sizeof(list_space));
    struct wr_buf errors = wr_buf_on(error_space, sizeof(error_space));
    bool fine;

    wr_settings_default(&settings);
    if (wr_config_search(environment, &list))
        wr_config_list(list.data, list.len, &settings, &places, &errors);
    print_errors(&errors);
    fine = take_environment(&settings) && errors.len == 0;
    for (enum wr_setting which = 0; which < WR_SETTINGS; which++) {
        const char *value = settings.text[which];

        printf("%-10s %-24s # %s\n", wr_setting_info[which].key, value[0] != '\0' ? value : "-",
               source_of(&settings, &places, which));
    }
    return fine ? 0 : WR_EXIT_REFUSED;
}
