/* SPDX-License-Identifier: MIT
 * The block of settings that the helper hands over, single values, and lists of globs. */
#include "fuzz.h"

#include "config/settings.h"

static void complain(void *ctx, const char *text, size_t len)
{
    unsigned *count = ctx;

    PROMISE(++*count <= WR_SETTINGS_ERRORS);
    for (size_t i = 0; i < len; i++)
        PROMISE((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wr_settings settings;
    static char text[4096], list[WR_SETTING_MAX];
    struct input in = {data, size};
    unsigned complaints = 0;
    size_t len;

    wr_settings_default(&settings);
    wr_settings_set(&settings, take(&in) % WR_SETTINGS, WR_SOURCE_ENVIRONMENT, text,
                    take_bytes(&in, text, sizeof(text)));
    wr_settings_read_block(&settings, (const char *)in.data, in.left, complain, &complaints);
    for (unsigned i = 0; i < WR_SETTINGS; i++)
        PROMISE(memchr(settings.text[i], '\0', WR_SETTING_MAX) != NULL);
    len = take_bytes(&in, list, sizeof(list) - 1);
    list[len] = '\0';
    len = take_bytes(&in, text, 200);
    text[len] = '\0';
    wr_settings_list_matches(list, text);
    return 0;
}
