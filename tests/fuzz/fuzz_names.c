/* SPDX-License-Identifier: MIT
 * Names as programs pass them, and the lines of resolv.conf. */
#include "fuzz.h"

#include "base/aton.h"
#include "base/hostname.h"
#include "base/resolvconf.h"

static void name(const char *text, size_t len)
{
    struct wr_name_form form;
    uint8_t bytes[4];
    char copy[256];

    wr_name_form(text, len, len, &form);
    PROMISE(form.host_len == 0 || (form.host >= text && form.host + form.host_len <= text + len));
    PROMISE(form.part_len == 0 || (form.part >= text && form.part + form.part_len <= text + len));
    PROMISE(form.fault != WR_NAME_FINE || form.host_len == 0);
    PROMISE(form.fault != WR_NAME_FINE || !wr_aton(text, len, bytes) || form.family != 0);
    memcpy(copy, text, len + 1);
    wr_name_hide_password(copy);
    PROMISE(strlen(copy) <= len);
    PROMISE(!wr_name_is_near(text, len, text, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    static struct wr_resolv resolv;
    char text[256];

    wr_resolv_begin(&resolv);
    while (in.left > 0) {
        size_t len = take_bytes(&in, text, sizeof(text) - 1);

        text[len] = '\0';
        name(text, strlen(text));
        wr_resolv_line(&resolv, text);
        wr_resolv_options(&resolv, text);
    }
    wr_resolv_end(&resolv, "a.example");
    PROMISE(resolv.count >= 1 && resolv.count <= WR_RESOLV_SERVERS);
    PROMISE(resolv.search_len <= sizeof(resolv.search));
    for (unsigned i = 0; i < resolv.search_count; i++)
        PROMISE(strlen(wr_resolv_search(&resolv, i)) < sizeof(resolv.search));
    PROMISE(wr_resolv_search(&resolv, resolv.search_count) == NULL);
    return 0;
}
