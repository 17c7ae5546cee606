/* SPDX-License-Identifier: MIT
 * Interim: writes to standard error or appends to a file. Replaced by the real sinks. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/sys.h"
#include "render/render.h"
#include "sink/sink.h"

__attribute__((weak)) void wr_render_text(const struct wr_report *r, bool c, struct wr_buf *out);
__attribute__((weak)) void wr_render_text(const struct wr_report *r, bool c, struct wr_buf *out)
{
    (void)c;
    wr_render(WR_FORMAT_JSON, r, false, out);
}
__attribute__((weak)) void wr_render_short(const struct wr_report *r, struct wr_buf *out);
__attribute__((weak)) void wr_render_short(const struct wr_report *r, struct wr_buf *out)
{
    wr_render(WR_FORMAT_JSON, r, false, out);
}
__attribute__((weak)) void wr_sink_stderr_identity(struct wr_stderr_identity *i)
{
    i->known = true;
}
__attribute__((weak)) enum wr_sink_kind wr_sink_kind(const char *log)
{
    return log[0] == '/' ? WR_SINK_FILE : WR_SINK_STDERR;
}
__attribute__((weak)) bool wr_sink_is_terminal(const struct wr_sink_target *t)
{
    (void)t;
    return false;
}
__attribute__((weak)) int wr_sink_write(const struct wr_sink_target *t, const char *b, size_t l,
                                        const struct wr_sink_fields *f)
{
    long fd = 2;

    (void)f;
    if (t->log[0] == '/')
        fd = WR_SYS(openat, AT_FDCWD, t->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    WR_SYS(write, fd, b, l);
    if (fd > 2)
        WR_SYS(close, fd);
    return 0;
}
