/* SPDX-License-Identifier: MIT
 * Escaping for terminals, JSON and the shell. */
#include "fuzz.h"

#include "render/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char space[65536];
    const char *bytes = (const char *)data;
    struct wr_buf out = wr_buf_on(space, sizeof(space));
    size_t small = size > 0 ? data[0] : 0;

    wr_escape(&out, bytes, size);
    PROMISE(is_harmless(out.data, out.len, false));
    PROMISE(is_utf8(out.data, out.len));
    PROMISE(out.len <= WR_FIELD_SHOWN + 8);

    out = wr_buf_on(space, sizeof(space));
    wr_escape_json(&out, bytes, size, 4096);
    PROMISE(is_harmless(out.data, out.len, false));
    PROMISE(is_utf8(out.data, out.len));

    out = wr_buf_on(space, small);
    wr_escape_json(&out, bytes, size, size);
    PROMISE(out.len <= small);
    PROMISE(is_utf8(out.data, out.len));

    out = wr_buf_on(space, sizeof(space));
    if (wr_escape_shell(&out, bytes, size))
        PROMISE(is_harmless(out.data, out.len, false));
    else
        PROMISE(out.len == 0);
    return 0;
}
