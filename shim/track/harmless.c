/* SPDX-License-Identifier: MIT
 * See harmless.h. */
#include "track/harmless.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "config/settings.h"

enum kind { UNIX, UDP };
#define ERRORS_MAX 8
#define TARGET_MAX 128 /* a path, or an address with its port */
_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) < TARGET_MAX, "a path must fit");

static const struct row {
    const char *name;
    enum kind kind;
    int errors[ERRORS_MAX];
    const char *targets, *programs;
} rows[] = {
#define HARMLESS(name, kind, errors, targets, programs, why) \
    {#name, kind, {errors}, targets, programs},
#include "track/harmless.def"
#undef HARMLESS
};

static bool has_error(const struct row *row, int error)
{
    for (size_t i = 0; i < ERRORS_MAX && row->errors[i] != 0; i++) {
        if (row->errors[i] == error)
            return true;
    }
    return false;
}

/* False at a target that no row can be about: at most TCP connections, which are most failures. */
static bool target_of(const struct wr_attempt *attempt, enum kind *ret_kind, struct wr_buf *out)
{
    const char *path = attempt->address.un.sun_path;
    size_t room;

    if (attempt->target.family != 0) {
        if (attempt->call != WR_CALL_CONNECT || attempt->type != SOCK_DGRAM)
            return false;
        wr_buf_endpoint(out, &attempt->target);
        if (attempt->target.port == 0)
            wr_buf_str(out, ":0");
        *ret_kind = UDP;
        return true;
    }
    if (attempt->address_read <= sizeof(sa_family_t) || attempt->address.any.sa_family != AF_UNIX)
        return false;
    room = attempt->address_read - sizeof(sa_family_t);
    if (room > sizeof(attempt->address.un.sun_path))
        room = sizeof(attempt->address.un.sun_path);
    if (path[0] == '\0') {
        wr_buf_char(out, '@');
        path++;
        room--;
    }
    wr_buf_mem(out, path, strnlen(path, room));
    *ret_kind = UNIX;
    return true;
}

const char *wr_harmless(const struct wr_attempt *attempt, const char *program)
{
    char target[TARGET_MAX];
    struct wr_buf buf = wr_buf_on(target, sizeof(target));
    enum kind kind;

    if ((attempt->call != WR_CALL_CONNECT && attempt->call != WR_CALL_SEND) ||
        attempt->outcome != WR_OUTCOME_ERROR || !target_of(attempt, &kind, &buf))
        return NULL;
    wr_buf_terminate(&buf);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];

        if (row->kind == kind && has_error(row, attempt->error) &&
            wr_settings_list_matches(row->targets, target))
            return wr_settings_list_matches(row->programs, program) ? NULL : row->name;
    }
    return NULL;
}
