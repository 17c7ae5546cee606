/* SPDX-License-Identifier: MIT
 * Which other port may have been meant, and what is known of the server that was found. */
#include <string.h>

#include "base/file.h"
#include "probe/listeners.h"
#include "probe/owner.h"

struct server {
    const char *glob;
    uint16_t ports[2];
    bool with_port;
    const char *setting, *and, *end, *file;
};

static const struct server servers[] = {
#define SERVER(glob, port_a, port_b, setting, and, end, file) \
    {glob, {port_a, port_b}, false, setting, and, end, file},
#define SERVER_PORT(glob, port_a, port_b, setting, and, end, file) \
    {glob, {port_a, port_b}, true, setting, and, end, file},
#include "probe/servers.def"
#undef SERVER
#undef SERVER_PORT
};
#define SERVERS (sizeof(servers) / sizeof(servers[0]))

/* Web servers: used one for another. */
static const uint16_t web_ports[] = {80, 8000, 8080, 443, 8443};
#define WEB_PORTS (sizeof(web_ports) / sizeof(web_ports[0]))

static bool is_usual_port(const struct server *server, uint16_t port)
{
    return port != 0 && (server->ports[0] == port || server->ports[1] == port);
}

static bool is_web_port(uint16_t port)
{
    for (unsigned i = 0; i < WEB_PORTS; i++) {
        if (web_ports[i] == port)
            return true;
    }
    return false;
}

static bool listed(const struct wr_port_range *ranges, unsigned count, uint16_t port)
{
    for (unsigned i = 0; i < count; i++) {
        if (port >= ranges[i].first && port <= ranges[i].last)
            return true;
    }
    return false;
}

static unsigned add_port(struct wr_port_range *ranges, unsigned count, uint16_t port,
                         uint16_t dialled)
{
    if (port == 0 || port == dialled || count == WR_PORT_RANGES - 1 || listed(ranges, count, port))
        return count;
    ranges[count] = (struct wr_port_range){port, port};
    return count + 1;
}

/* Neighbours of well-known ports are other services, and those of ephemeral ports (from 32768,
 * ip(7) ip_local_port_range) are chance. */
#define NEAR 2
static bool has_near_ports(uint16_t port)
{
    return port >= 1024 && port < 32768 - NEAR;
}

unsigned wr_other_port_ranges(uint16_t dialled, struct wr_port_range *ret_ranges)
{
    unsigned count = 0;

    if (has_near_ports(dialled)) {
        ret_ranges[count++] =
            (struct wr_port_range){(uint16_t)(dialled - NEAR), (uint16_t)(dialled - 1)};
        ret_ranges[count++] =
            (struct wr_port_range){(uint16_t)(dialled + 1), (uint16_t)(dialled + NEAR)};
    }
    for (unsigned i = 0; i < SERVERS; i++) {
        if (!is_usual_port(&servers[i], dialled))
            continue;
        count = add_port(ret_ranges, count, servers[i].ports[0], dialled);
        count = add_port(ret_ranges, count, servers[i].ports[1], dialled);
    }
    for (unsigned i = 0; is_web_port(dialled) && i < WEB_PORTS; i++)
        count = add_port(ret_ranges, count, web_ports[i], dialled);
    return count;
}

static bool text_matches(const struct wr_evidence *ev, const char *glob, struct wr_text text)
{
    char name[256];

    if (text.len == 0 || text.len >= sizeof(name))
        return false;
    memcpy(name, ev->text + text.at, text.len);
    name[text.len] = '\0';
    return wr_glob(glob, name);
}

static bool is_server(const struct wr_evidence *ev, const struct server *server,
                      const struct wr_sock *sock)
{
    /* the unit speaks where the process can't be seen */
    return text_matches(ev, server->glob, sock->program.len != 0 ? sock->program : sock->unit);
}

static bool usually_on(const struct wr_evidence *ev, const struct wr_sock *sock, uint16_t port)
{
    for (unsigned i = 0; i < SERVERS; i++) {
        if (is_usual_port(&servers[i], port) && is_server(ev, &servers[i], sock))
            return true;
    }
    return false;
}

bool wr_other_port_pick(struct wr_probe_ctx *ctx, uint16_t dialled, struct wr_other_ports *others,
                        struct wr_sock *ret_sock, bool *ret_same_program)
{
    struct wr_probe_ctx bounded = *ctx;
    uint64_t until_ns = wr_probe_part_until(ctx, WR_OWNER_BUDGET_NS);
    const struct wr_sock *last = NULL;
    unsigned others_left = 0;

    if (others->count == 0 || others->more)
        return false;
    if (bounded.until_ns > until_ns)
        bounded.until_ns = until_ns;
    for (unsigned i = 0; i < others->count; i++) {
        struct wr_sock *sock = &others->sock[i];

        wr_owner_fill(&bounded, sock);
        if (sock->pid > 0 && sock->pid == ctx->host_pid)
            continue;
        others_left++;
        last = sock;
        if (usually_on(ctx->ev, sock, dialled)) {
            *ret_sock = *sock;
            *ret_same_program = true;
            return true;
        }
    }
    /* several neighbours: a row of services of which this one is missing, not a slip */
    if (others_left != 1)
        return false;
    *ret_sock = *last;
    *ret_same_program = false;
    return true;
}

static void set_unless_empty(struct wr_evidence *ev, enum wr_fact fact, const char *text)
{
    if (text[0] != '\0')
        wr_set_str(ev, fact, text);
    else
        wr_set_absent(ev, fact);
}

static void set_setting(struct wr_evidence *ev, const struct server *server)
{
    wr_set_str(ev, WR_FACT_found_setting, server->setting);
    wr_set_bool(ev, WR_FACT_found_setting_port, server->with_port);
    set_unless_empty(ev, WR_FACT_found_setting_and, server->and);
    set_unless_empty(ev, WR_FACT_found_setting_end, server->end);
    set_unless_empty(ev, WR_FACT_found_setting_file, server->file);
}

void wr_found_server(struct wr_probe_ctx *ctx, const struct wr_sock *sock)
{
    struct wr_evidence *ev = ctx->ev;

    if (sock->program.len != 0)
        wr_set_text(ev, WR_FACT_found_program, ev->text + sock->program.at, sock->program.len);
    else
        wr_set_absent(ev, WR_FACT_found_program);
    wr_set_absent(ev, WR_FACT_found_setting);
    for (unsigned i = 0; i < SERVERS; i++) {
        if (!is_server(ev, &servers[i], sock))
            continue;
        set_setting(ev, &servers[i]);
        return;
    }
}
