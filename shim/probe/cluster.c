/* SPDX-License-Identifier: MIT
 * Whether the destination is a service of a Kubernetes cluster: by the variables that a pod gets
 * for each service of its namespace, and by the name that was asked for. */
#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/environ.h"
#include "base/file.h"
#include "probe/resolv.h"

#define NAMESPACE_FILE "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
#define LABEL_MAX 63

struct search {
    const struct wr_addr *target;
    char prefix[WR_ENVIRON_ENTRY]; /* "DB" of DB_SERVICE_HOST; "" = none found */
    size_t prefix_len;
    bool in_pod, port;
};

/* "DB_SERVICE_HOST=10.96.0.7". That of the cluster itself is in every pod. */
static bool take_host(void *ctx, const char *entry)
{
    static const char suffix[] = "_SERVICE_HOST";
    struct search *search = ctx;
    const char *sign = strchr(entry, '=');
    const size_t size = sizeof(suffix) - 1;
    struct wr_addr addr;
    size_t len;

    if (sign == NULL || (size_t)(sign - entry) <= size || memcmp(sign - size, suffix, size) != 0)
        return true;
    len = (size_t)(sign - entry) - size;
    search->in_pod |= wr_same_word(entry, len, "KUBERNETES");
    if (search->prefix_len != 0 || !wr_address_parse(sign + 1, strlen(sign + 1), &addr) ||
        !wr_addr_same_host(&addr, search->target))
        return true;
    memcpy(search->prefix, entry, len);
    search->prefix_len = len;
    return true;
}

/* "DB_SERVICE_PORT=5432", "DB_SERVICE_PORT_METRICS=9187" */
static bool take_port(void *ctx, const char *entry)
{
    static const char middle[] = "_SERVICE_PORT";
    struct search *search = ctx;
    const char *rest = entry + search->prefix_len, *sign;
    uint64_t port;

    if (strncmp(entry, search->prefix, search->prefix_len) != 0 ||
        strncmp(rest, middle, sizeof(middle) - 1) != 0)
        return true;
    rest += sizeof(middle) - 1;
    sign = strchr(rest, '=');
    if (sign == NULL || (*rest != '=' && *rest != '_'))
        return true;
    sign++;
    search->port |= wr_parse_uint(&sign, &port) && *sign == '\0' && port == search->target->port;
    return !search->port;
}

/* A service's name has lower case and hyphens where its variables have upper case and _. */
static void set_service_of_variable(struct wr_probe_ctx *ctx, const struct search *search)
{
    char text[WR_ENVIRON_ENTRY];

    for (size_t i = 0; i < search->prefix_len; i++) {
        char c = search->prefix[i];

        text[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    wr_set_text(ctx->ev, WR_FACT_cluster_service, text, (uint32_t)search->prefix_len);
}

static void set_variable(struct wr_probe_ctx *ctx, const struct search *search)
{
    char text[WR_ENVIRON_ENTRY + 16];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_buf_mem(&buf, search->prefix, search->prefix_len);
    wr_buf_str(&buf, "_SERVICE_HOST");
    wr_set_text(ctx->ev, WR_FACT_cluster_variable, text, (uint32_t)buf.len);
    wr_set_bool(ctx->ev, WR_FACT_cluster_port, search->port);
}

struct label {
    const char *at;
    size_t len;
};

/* NAME.NAMESPACE.svc[.cluster.local]; a pod of a set is in front of it. */
static bool is_service_name(const char *name, struct label *ret_service, struct label *ret_space)
{
    struct label labels[3] = {{NULL, 0}};

    while (*name != '\0') {
        size_t len = strcspn(name, ".");

        labels[0] = labels[1];
        labels[1] = labels[2];
        labels[2] = (struct label){name, len};
        if (len == 0 || len > LABEL_MAX)
            return false;
        if (labels[0].at != NULL && wr_same_word(name, len, "svc")) {
            *ret_service = labels[0];
            *ret_space = labels[1];
            return true;
        }
        name += len + (name[len] == '.');
    }
    return false;
}

/* "shop.svc.cluster.local" of the search list; NULL where it is none of a pod. */
static const char *pod_domain(const struct wr_resolv *resolv)
{
    for (unsigned i = 0; i < resolv->search_count; i++) {
        const char *domain = wr_resolv_search(resolv, i);
        const char *dot = domain != NULL ? strchr(domain, '.') : NULL;

        if (dot != NULL && strncmp(dot, ".svc.", 5) == 0)
            return domain;
    }
    return NULL;
}

/* The pod's own, as it is mounted, or else as the search list has it. */
static void set_own_namespace(struct wr_probe_ctx *ctx, const char *domain)
{
    char text[LABEL_MAX + 2];
    const long len = wr_file_read(NAMESPACE_FILE, text, sizeof(text));
    const size_t size = len > 0 ? strcspn(text, "\n") : 0;

    if (size > 0)
        wr_set_text(ctx->ev, WR_FACT_cluster_namespace, text, (uint32_t)size);
    else if (domain != NULL)
        wr_set_text(ctx->ev, WR_FACT_cluster_namespace, domain, (uint32_t)strcspn(domain, "."));
}

/* What the name tells goes before what the variable does. */
static void set_names(struct wr_probe_ctx *ctx, const struct search *search)
{
    const char *name = ctx->attempt->name;
    struct label service, space;
    struct wr_resolv resolv;
    const char *domain;

    if (is_service_name(name, &service, &space)) {
        wr_set_bool(ctx->ev, WR_FACT_cluster_name, true);
        wr_set_text(ctx->ev, WR_FACT_cluster_service, service.at, (uint32_t)service.len);
        wr_set_text(ctx->ev, WR_FACT_cluster_namespace, space.at, (uint32_t)space.len);
        return;
    }
    domain = wr_resolv_read(ctx, &resolv) ? pod_domain(&resolv) : NULL;
    if (domain == NULL && !search->in_pod)
        return;
    if (search->prefix_len != 0) {
        set_service_of_variable(ctx, search);
        if (wr_same_word(search->prefix, search->prefix_len, "KUBERNETES"))
            wr_set_str(ctx->ev, WR_FACT_cluster_namespace, "default");
        else
            set_own_namespace(ctx, domain);
        return;
    }
    /* a short name: of a service of the same namespace, if of any */
    if (domain == NULL || name[0] == '\0' || strchr(name, '.') != NULL || strchr(name, ':') != NULL)
        return;
    wr_set_bool(ctx->ev, WR_FACT_cluster_name, true);
    wr_set_str(ctx->ev, WR_FACT_cluster_service, name);
    wr_set_text(ctx->ev, WR_FACT_cluster_namespace, domain, (uint32_t)strcspn(domain, "."));
}

static bool matters(const struct wr_probe_ctx *ctx)
{
    const int error = ctx->attempt->error;

    return wr_attempt_reaches(ctx->attempt) && ctx->attempt->target.family != 0 &&
           !wr_ev_true(ctx->ev, WR_FACT_destination_local) &&
           (ctx->attempt->outcome == WR_OUTCOME_ERROR ||
            ctx->attempt->outcome == WR_OUTCOME_GAVE_UP) &&
           (error == ECONNREFUSED || error == EPERM || error == EHOSTUNREACH || error == ETIMEDOUT);
}

void wr_probe_cluster(struct wr_probe_ctx *ctx)
{
    struct search search = {.target = &ctx->attempt->target};
    char *space = wr_probe_file_space(ctx);

    if (!matters(ctx) || wr_environ_each(space, take_host, &search) < 0)
        return;
    wr_set_bool(ctx->ev, WR_FACT_cluster_pod, search.in_pod);
    if (search.prefix_len != 0)
        wr_environ_each(space, take_port, &search);
    set_names(ctx, &search);
    if (search.prefix_len != 0 && wr_ev_has(ctx->ev, WR_FACT_cluster_service))
        set_variable(ctx, &search);
    else
        wr_set_absent(ctx->ev, WR_FACT_cluster_variable);
}
