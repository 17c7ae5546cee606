/* SPDX-License-Identifier: MIT
 * See hostsfile.h. */
#include "probe/hostsfile.h"

#include <string.h>

#include "base/address.h"
#include "base/aton.h"
#include "base/endpoint.h"
#include "base/file.h"

struct walk {
    unsigned number;
    bool (*each)(void *arg, const struct wr_hosts_line *line);
    void *arg;
};

const char *wr_hosts_name(const char **names, size_t *ret_len)
{
    const char *at = *names + strspn(*names, " \t\r");

    *ret_len = strcspn(at, " \t\r#");
    *names = at + *ret_len;
    return *ret_len != 0 ? at : NULL;
}

static bool take(void *arg, const char *text)
{
    struct walk *walk = arg;
    struct wr_hosts_line line = {.number = ++walk->number, .address = {.family = AF_INET}};
    const char *at = text, *address;
    size_t len;

    address = wr_hosts_name(&at, &len);
    if (address == NULL)
        return true;
    if (!wr_aton(address, len, line.address.bytes) &&
        (memchr(address, ':', len) == NULL || !wr_address_parse(address, len, &line.address)))
        return true;
    line.names = at;
    return walk->each(walk->arg, &line);
}

int wr_hosts_each(struct wr_probe_ctx *ctx, bool (*each)(void *arg, const struct wr_hosts_line *),
                  void *arg)
{
    struct walk walk = {.each = each, .arg = arg};

    return wr_file_lines("/etc/hosts", 0, wr_probe_file_space(ctx), WR_PROBE_FILE_SPACE,
                         ctx->until_ns, take, &walk);
}
