/* SPDX-License-Identifier: MIT
 * Whether the destination is the proxy of a variable such as https_proxy. Reads the environment
 * once; of a value only host and port are kept, never a user name or password. */
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/endpoint.h"
#include "base/environ.h"
#include "base/process.h"
#include "probe/local.h"

#define LONG_NAMES 8
#define NAME_SIZE 32
#define VALUE_SIZE 2048
_Static_assert(WR_ENVIRON_SPACE + VALUE_SIZE <= WR_PROBE_FILE_SPACE, "space");

struct search {
    struct wr_probe_ctx *probe;
    bool found, unsure, no_proxy;
    bool seen;                              /* a variable of that kind, whatever its value */
    char long_names[LONG_NAMES][NAME_SIZE]; /* of values that wr_environ_each() cut */
    unsigned long_count;
};

/* Programs differ in the port that they take where none is given: curl 1080, or 443 for https://;
 * most others the one of the scheme; libproxy and squid's users 3128. */
static bool is_usual_port(const struct wr_endpoint *proxy, uint16_t port)
{
    if (proxy->scheme_len > 5 && memcmp(proxy->scheme, "socks", 5) == 0)
        return port == 1080;
    if (wr_same_word(proxy->scheme, proxy->scheme_len, "https"))
        return port == 443;
    return port == 80 || port == 1080 || port == 3128;
}

enum same { SAME_NO, SAME_YES, SAME_UNKNOWN };

static enum same is_host(const struct wr_attempt *attempt, const struct wr_endpoint *proxy)
{
    struct wr_addr addr;

    if (wr_address_parse(proxy->host, proxy->host_len, &addr))
        return wr_addr_same_host(&addr, &attempt->target) ? SAME_YES : SAME_NO;
    /* some programs know this name by themselves (RFC 6761 section 6.3) */
    if (wr_same_word(proxy->host, proxy->host_len, "localhost") &&
        wr_addr_is_loopback(&attempt->target))
        return SAME_YES;
    if (attempt->name[0] == '\0')
        return SAME_UNKNOWN;
    return wr_same_word(proxy->host, proxy->host_len, attempt->name) ? SAME_YES : SAME_NO;
}

static void set_endpoint(struct search *search, const struct wr_endpoint *proxy)
{
    char text[WR_NAME_MAX];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));
    bool brackets = memchr(proxy->host, ':', proxy->host_len) != NULL;

    wr_buf_str(&buf, brackets ? "[" : "");
    wr_buf_mem(&buf, proxy->host, proxy->host_len);
    wr_buf_str(&buf, brackets ? "]:" : ":");
    wr_buf_uint(&buf, search->probe->attempt->target.port);
    if (!buf.cut)
        wr_set_text(search->probe->ev, WR_FACT_proxy_endpoint, text, (uint32_t)buf.len);
}

static void try_value(struct search *search, const char *name, size_t name_len, const char *value)
{
    const struct wr_attempt *attempt = search->probe->attempt;
    struct wr_endpoint proxy;
    enum same same;

    if (search->found || !wr_endpoint_parse(value, &proxy))
        return;
    if (proxy.port != 0 ? proxy.port != attempt->target.port
                        : !is_usual_port(&proxy, attempt->target.port))
        return;
    same = is_host(attempt, &proxy);
    if (same == SAME_UNKNOWN)
        search->unsure = true;
    if (same != SAME_YES)
        return;
    search->found = true;
    wr_set_text(search->probe->ev, WR_FACT_proxy_variable, name, (uint32_t)name_len);
    wr_set_bool(search->probe->ev, WR_FACT_proxy_port_assumed, proxy.port == 0);
    set_endpoint(search, &proxy);
}

/* http_proxy, HTTPS_PROXY, all_proxy, ftp_proxy, socks_proxy, npm_config_proxy, ...; "NAME=value"
 */
static bool take_entry(void *ctx, const char *entry)
{
    static const char suffix[] = "_proxy";
    struct search *search = ctx;
    const char *sign = strchr(entry, '=');
    size_t len;

    if (sign == NULL || sign - entry < (long)sizeof(suffix))
        return true;
    len = (size_t)(sign - entry);
    if (!wr_same_word(sign - (sizeof(suffix) - 1), sizeof(suffix) - 1, suffix))
        return true;
    search->seen = true;
    if (wr_same_word(entry, len, "no_proxy"))
        search->no_proxy |= sign[1] != '\0';
    else if (strlen(entry) < WR_ENVIRON_ENTRY - 1)
        try_value(search, entry, len, sign + 1);
    else if (len < NAME_SIZE && search->long_count < LONG_NAMES) {
        memcpy(search->long_names[search->long_count], entry, len);
        search->long_names[search->long_count++][len] = '\0';
    }
    return true;
}

static bool is_network_error(int error)
{
    return error == ECONNREFUSED || error == ETIMEDOUT || error == EHOSTUNREACH ||
           error == ENETUNREACH || error == ECONNRESET || error == EHOSTDOWN || error == ENETDOWN;
}

/* The environment (wr_environ_version()) in which no proxy variable was found. */
static _Atomic uint64_t without_proxies;

void wr_probe_proxy(struct wr_probe_ctx *ctx)
{
    struct search search = {.probe = ctx};
    char *space = wr_probe_file_space(ctx);
    char *value = space + WR_ENVIRON_SPACE;
    uint64_t version;

    if (ctx->attempt->call != WR_CALL_CONNECT || ctx->attempt->target.port == 0 ||
        wr_attempt_transport(ctx->attempt) != IPPROTO_TCP ||
        ctx->attempt->outcome == WR_OUTCOME_CLOSED || !is_network_error(ctx->attempt->error))
        return;
    version = wr_environ_version();
    if (version != 0 && atomic_load_explicit(&without_proxies, memory_order_relaxed) == version) {
        wr_set_absent(ctx->ev, WR_FACT_proxy_variable);
        return;
    }
    if (wr_environ_each(space, take_entry, &search) < 0)
        return;
    for (unsigned i = 0; i < search.long_count && !search.found; i++) {
        const char *name = search.long_names[i];

        if (wr_environ_get(name, space, value, VALUE_SIZE) > 0)
            try_value(&search, name, strlen(name), value);
    }
    if (search.found)
        wr_set_bool(ctx->ev, WR_FACT_no_proxy_set, search.no_proxy);
    else if (!search.unsure)
        wr_set_absent(ctx->ev, WR_FACT_proxy_variable);
    if (!search.seen && !wr_process_borrows_memory())
        atomic_store_explicit(&without_proxies, version, memory_order_relaxed);
}
