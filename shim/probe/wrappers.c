/* SPDX-License-Identifier: MIT
 * Whether the rules of TCP wrappers shut this client out, and whether the server at the
 * destination asks them: where it is on this machine. */
#include "probe/wrappers.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/service.h"
#include "probe/local.h"
#include "probe/needed.h"

#define LIBWRAP "libwrap.so"
#define DAEMON_MAX 64
#define FOUND_SPACE 2048
_Static_assert(sizeof(struct wr_rule_found) <= FOUND_SPACE, "space");

/* What is known of the server. */
struct server {
    char daemon[DAEMON_MAX]; /* the name that rules know it by; "" = not known */
    bool linked, linked_known;
};

static bool copy_name(struct server *server, const char *name, size_t len)
{
    if (len == 0 || len >= sizeof(server->daemon))
        return false;
    memcpy(server->daemon, name, len);
    server->daemon[len] = '\0';
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void look_linked(struct wr_probe_ctx *ctx, struct server *server, const char *path)
{
    int rc = wr_needed_has(path, LIBWRAP, wr_probe_file_space(ctx) + FOUND_SPACE,
                           WR_PROBE_FILE_SPACE - FOUND_SPACE);

    if (rc < 0)
        return;
    server->linked_known = true;
    server->linked = rc == 1;
}

/* The process that has the listening socket: its file is there for its own user and root. */
static void ask_owner(struct wr_probe_ctx *ctx, const struct wr_sock *listener,
                      struct server *server)
{
    char path[64], exe[256];
    struct wr_buf buf = wr_buf_on(path, sizeof(path));
    const char *name;

    wr_buf_str(&buf, "/proc/");
    wr_buf_int(&buf, listener->pid);
    wr_buf_str(&buf, "/exe");
    wr_buf_terminate(&buf);
    copy_name(server, ctx->ev->text + listener->program.at, listener->program.len);
    if (wr_link_read(path, exe, sizeof(exe)) < 0)
        return;
    /* the name of a program may be cut off in comm (15 bytes), or be one that it chose */
    name = base_name(exe);
    if (strncmp(name, server->daemon, strlen(server->daemon)) == 0)
        copy_name(server, name, strlen(name));
    look_linked(ctx, server, path);
}

/* Usual servers that may be linked with libwrap, for who may not see whose the socket is. */
static void ask_port(struct wr_probe_ctx *ctx, uint16_t port, struct server *server)
{
    static const struct {
        uint16_t port;
        char name[14];
    } usual[] = {{22, "sshd"},       {21, "vsftpd"},   {21, "proftpd"}, {21, "in.ftpd"},
                 {23, "in.telnetd"}, {111, "rpcbind"}, {389, "slapd"},  {636, "slapd"},
                 {25, "sendmail"},   {3493, "upsd"},   {5666, "nrpe"}};
    char path[64];

    for (unsigned i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (usual[i].port != port ||
            wr_join(path, sizeof(path), "/usr/sbin/", usual[i].name, (char *)NULL) == NULL)
            continue;
        look_linked(ctx, server, path);
        if (!server->linked_known)
            continue;
        copy_name(server, usual[i].name, strlen(usual[i].name));
        return;
    }
}

struct inetd {
    uint16_t port;
    struct server *server;
    bool hit;
};

static const char *field(const char **line, size_t *ret_len)
{
    const char *at = *line + strspn(*line, " \t");

    *ret_len = strcspn(at, " \t\r\n");
    *line = at + *ret_len;
    return at;
}

/* service type protocol wait user program argv[0] ...: inetd.conf(5) */
static bool take_inetd(void *arg, const char *line)
{
    static const char tcpd[] = "/tcpd";
    struct inetd *inetd = arg;
    const char *service, *program, *number;
    size_t len, program_len;
    char name[32];
    uint64_t port;

    if (*line == '#')
        return true;
    service = field(&line, &len);
    if (len == 0 || len >= sizeof(name))
        return true;
    memcpy(name, service, len);
    name[len] = '\0';
    number = name;
    if (!wr_parse_uint(&number, &port) || *number != '\0')
        port = wr_service_port(name, IPPROTO_TCP);
    if (port != inetd->port)
        return true;
    for (unsigned skip = 0; skip < 4; skip++)
        field(&line, &len);
    program = field(&line, &program_len);
    service = field(&line, &len);
    if (program_len <= sizeof(tcpd) - 1 ||
        memcmp(program + program_len - (sizeof(tcpd) - 1), tcpd, sizeof(tcpd) - 1) != 0 || len == 0)
        return true;
    while (memchr(service, '/', len) != NULL) {
        service++;
        len--;
    }
    inetd->hit = copy_name(inetd->server, service, len);
    return !inetd->hit;
}

static bool ask_inetd(struct wr_probe_ctx *ctx, uint16_t port, struct server *server)
{
    struct inetd inetd = {.port = port, .server = server};

    wr_file_lines("/etc/inetd.conf", 0, wr_probe_file_space(ctx) + FOUND_SPACE,
                  WR_PROBE_FILE_SPACE - FOUND_SPACE, ctx->until_ns, take_inetd, &inetd);
    if (inetd.hit)
        server->linked = server->linked_known = true;
    return inetd.hit;
}

static void learn_server(struct wr_probe_ctx *ctx, struct server *server)
{
    const struct wr_sock *listener = wr_ev_sock(ctx->ev, WR_FACT_listener);
    bool inetd = true;

    if (listener != NULL && listener->pid > 0) {
        ask_owner(ctx, listener, server);
        inetd = strstr(server->daemon, "inetd") != NULL;
    }
    if (inetd && ask_inetd(ctx, ctx->attempt->target.port, server))
        return;
    if (listener == NULL || listener->pid <= 0)
        ask_port(ctx, ctx->attempt->target.port, server);
    /* its rules have the names of its services */
    if (strncmp(server->daemon, "stunnel", 7) == 0)
        server->daemon[0] = '\0';
}

static void set_rule(struct wr_probe_ctx *ctx, const char *path, const struct wr_rule_found *rule,
                     bool unsure)
{
    wr_set_bool(ctx->ev, WR_FACT_wrappers_deny, rule->denies);
    wr_set_bool(ctx->ev, WR_FACT_wrappers_unsure, unsure);
    wr_set_str(ctx->ev, WR_FACT_wrappers_file, path);
    wr_set_uint(ctx->ev, WR_FACT_wrappers_line, rule->line);
    wr_set_str(ctx->ev, WR_FACT_wrappers_rule, rule->text);
}

/* hosts.allow, then hosts.deny: the first rule that matches decides, and none lets in. */
static void evaluate(struct wr_probe_ctx *ctx, const struct wr_wrapped *who)
{
    static const char *const paths[] = {"/etc/hosts.allow", "/etc/hosts.deny"};
    struct wr_rule_found *found = (struct wr_rule_found *)wr_probe_file_space(ctx);
    bool unsure = false;

    for (unsigned i = 0; i < 2; i++) {
        int rc = wr_rule_find(paths[i], i == 1, who, wr_probe_file_space(ctx) + FOUND_SPACE,
                              WR_PROBE_FILE_SPACE - FOUND_SPACE, ctx->until_ns, found);

        if (rc < 0 && rc != -ENOENT)
            return;
        unsure |= found->unsure;
        if (found->found) {
            set_rule(ctx, paths[i], found, unsure);
            return;
        }
    }
    if (!unsure)
        wr_set_bool(ctx->ev, WR_FACT_wrappers_deny, false);
}

void wr_probe_wrappers(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_addr *source = wr_ev_addr(ctx->ev, WR_FACT_source);
    struct wr_wrapped who = {.daemon = ""};
    struct server server = {.daemon = ""};

    if ((attempt->outcome != WR_OUTCOME_CLOSED && attempt->outcome != WR_OUTCOME_ANSWERED) ||
        !wr_ev_true(ctx->ev, WR_FACT_destination_local) ||
        wr_attempt_transport(attempt) != IPPROTO_TCP)
        return;
    learn_server(ctx, &server);
    if (server.linked_known)
        wr_set_bool(ctx->ev, WR_FACT_wrappers_linked, server.linked);
    if (server.daemon[0] != '\0')
        wr_set_str(ctx->ev, WR_FACT_wrappers_daemon, server.daemon);
    if (server.linked_known && !server.linked)
        return;
    if (source == NULL)
        source = wr_ev_addr(ctx->ev, WR_FACT_route_source);
    who.daemon = server.daemon;
    who.server = attempt->target;
    who.client = source != NULL ? *source : attempt->target;
    evaluate(ctx, &who);
}
