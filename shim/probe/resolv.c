/* SPDX-License-Identifier: MIT
 * See resolv.h. */
#include "probe/resolv.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/environ.h"
#include "base/file.h"
#include "base/sys.h"
#include "probe/local.h"

#define RESOLV_CONF "/etc/resolv.conf"

static bool take_line(void *arg, const char *line)
{
    wr_resolv_line(arg, line);
    return true;
}

static int state_of(int error)
{
    char target[8];

    if (error == 0)
        return WR_RESOLV_READ; /* wr_resolv_end() knows whether it names a server */
    if (error != ENOENT && error != ENOTDIR)
        return WR_RESOLV_UNREADABLE;
    return wr_link_read(RESOLV_CONF, target, sizeof(target)) > 0 ? WR_RESOLV_DANGLING
                                                                 : WR_RESOLV_MISSING;
}

/* The interface's number, for the servers that name one. */
static void fill_scopes(struct wr_probe_ctx *ctx, struct wr_resolv *resolv)
{
    for (unsigned i = 0; i < resolv->count; i++) {
        if (resolv->interface[i][0] != '\0')
            wr_device_index(ctx, resolv->interface[i], &resolv->servers[i].scope);
    }
}

bool wr_resolv_read(struct wr_probe_ctx *ctx, struct wr_resolv *ret_resolv)
{
    enum { VALUE = 1024 };
    char *space = wr_probe_file_space(ctx), *value = space + WR_ENVIRON_SPACE;
    struct utsname names;
    int rc;

    wr_resolv_begin(ret_resolv);
    rc = wr_file_lines(RESOLV_CONF, 0, space, WR_PROBE_FILE_SPACE, ctx->until_ns, take_line,
                       ret_resolv);
    if (rc == -ETIME || rc == -EFBIG || rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM)
        return false;
    ret_resolv->error = -rc;
    ret_resolv->state = state_of(-rc);
    if (wr_environ_get("LOCALDOMAIN", space, value, VALUE) > 0)
        wr_resolv_localdomain(ret_resolv, value);
    if (wr_environ_get("RES_OPTIONS", space, value, VALUE) > 0)
        wr_resolv_options(ret_resolv, value);
    ret_resolv->aliases = wr_environ_get("HOSTALIASES", space, value, VALUE) > 0;
    if (WR_SYS(uname, &names) != 0)
        names.nodename[0] = '\0';
    wr_resolv_end(ret_resolv, names.nodename);
    fill_scopes(ctx, ret_resolv);
    return true;
}
