/* SPDX-License-Identifier: MIT
 * Whom this side trusts: the file or directory that certificates are trusted from, as far as the
 * environment and the system tell. Its clock is in tls_clock.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/environ.h"
#include "base/file.h"
#include "base/sys.h"
#include "probe/probe.h"
#include "tls/tls.h"
#include "whyrefused/faults.h"

#define PATH_SIZE 512
#define LINES_SIZE 4096
#define HEAD_MAX 262144 /* a bundle's first certificate comes long before */
_Static_assert(WR_ENVIRON_SPACE + PATH_SIZE + LINES_SIZE <= WR_PROBE_FILE_SPACE, "space");

/* Which programs read which variable; of several that are set, the first. */
struct variable {
    char name[20];
    bool directory;
    bool own_list;   /* the program that has a list of its own reads it, too */
    char program[8]; /* beginning of its name; "" = whatever has OpenSSL or a library like it */
};

static const struct variable variables[] = {
    {"CURL_CA_BUNDLE", false, false, "curl"},
    {"GIT_SSL_CAINFO", false, false, "git"},
    {"PIP_CERT", false, false, "pip"},
    {"AWS_CA_BUNDLE", false, false, "aws"},
    {"REQUESTS_CA_BUNDLE", false, false, "python"},
    {"REQUESTS_CA_BUNDLE", false, false, "pip"},
    {"CURL_CA_BUNDLE", false, false, "python"},
    {"NODE_EXTRA_CA_CERTS", false, true, "node"},
    {"SSL_CERT_FILE", false, false, ""},
    {"SSL_CERT_DIR", true, false, ""},
};

/* Debian, Alpine, Arch; Fedora and its kin; SUSE; OpenSSL as it comes. */
static const char *const files[] = {"/etc/ssl/certs/ca-certificates.crt",
                                    "/etc/pki/tls/certs/ca-bundle.crt",
                                    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
static const char *const dirs[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};

struct self {
    char exe[64], comm[32]; /* names, without a path; "" = not known */
};

static void learn_self(struct self *self)
{
    char path[PATH_SIZE];
    const char *name;
    long len = wr_link_read("/proc/self/exe", path, sizeof(path));

    self->exe[0] = self->comm[0] = '\0';
    if (len > 0) {
        name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
        if (strlen(name) < sizeof(self->exe))
            memcpy(self->exe, name, strlen(name) + 1);
    }
    if (wr_file_read("/proc/self/comm", self->comm, sizeof(self->comm)) < 0)
        self->comm[0] = '\0';
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_program(const struct self *self, const char *name)
{
    return begins(self->exe, name) || begins(self->comm, name);
}

/* Programs that bring their own list, and read the system's only when told to. */
static bool has_own_list(const struct self *self)
{
    return begins(self->exe, "node") || begins(self->exe, "java") || begins(self->exe, "firefox");
}

static bool is_certificate(void *ctx, const char *line)
{
    bool *found = ctx;

    *found = begins(line, "-----BEGIN CERTIFICATE-----") ||
             begins(line, "-----BEGIN TRUSTED CERTIFICATE-----") ||
             begins(line, "-----BEGIN X509 CERTIFICATE-----");
    return !*found;
}

static enum wr_tls_trust state_of_error(long rc)
{
    return rc == -EACCES || rc == -EPERM ? WR_TRUST_UNREADABLE
           : rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP || rc == -ENAMETOOLONG
               ? WR_TRUST_MISSING
               : 0;
}

/* 0 = could not be told. */
static enum wr_tls_trust look_file(struct wr_probe_ctx *ctx, const char *path)
{
    char *space = wr_probe_file_space(ctx) + WR_ENVIRON_SPACE + PATH_SIZE;
    struct statx got;
    bool found = false;
    long rc = WR_SYS(statx, AT_FDCWD, path, 0, STATX_BASIC_STATS, &got);

    if (rc < 0)
        return state_of_error(rc);
    if (S_ISDIR(got.stx_mode))
        return WR_TRUST_EMPTY;
    if (!S_ISREG(got.stx_mode))
        return 0;
    rc = wr_file_lines(path, 0, space, LINES_SIZE, ctx->until_ns, is_certificate, &found);
    if (found)
        return WR_TRUST_USABLE;
    if (rc == 0)
        return WR_TRUST_EMPTY;
    return got.stx_size < HEAD_MAX ? state_of_error(rc) : 0;
}

/* OpenSSL reads files whose name is the hash of a subject: 1a2b3c4d.0 */
static bool is_hashed(void *ctx, const char *name, unsigned char type)
{
    bool *found = ctx;

    (void)type;
    *found = strlen(name) >= 10 && strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
             strspn(name + 9, "0123456789") == strlen(name + 9);
    return !*found;
}

static enum wr_tls_trust look_dir(struct wr_probe_ctx *ctx, const char *path)
{
    char *space = wr_probe_file_space(ctx) + WR_ENVIRON_SPACE + PATH_SIZE;
    bool found = false;
    int rc = wr_dir_each(path, space, LINES_SIZE, is_hashed, &found);

    if (found)
        return WR_TRUST_USABLE;
    return rc == 0 ? WR_TRUST_EMPTY : state_of_error(rc);
}

static void set_place(struct wr_evidence *ev, const char *path, bool directory,
                      enum wr_tls_trust state)
{
    wr_set_str(ev, directory ? WR_FACT_tls_trust_dir : WR_FACT_tls_trust_file, path);
    wr_set_absent(ev, directory ? WR_FACT_tls_trust_file : WR_FACT_tls_trust_dir);
    if (state != 0)
        wr_set_uint(ev, WR_FACT_tls_trust_state, state);
}

/* SSL_CERT_DIR and some others take several directories, separated by colons: the first. */
static bool take_variable(struct wr_probe_ctx *ctx, const struct variable *variable)
{
    char *space = wr_probe_file_space(ctx), *value = space + WR_ENVIRON_SPACE, *colon;
    bool directory = variable->directory;
    struct statx got;

    if (wr_environ_get(variable->name, space, value, PATH_SIZE) <= 0)
        return false;
    colon = strchr(value, ':');
    if (directory && colon != NULL)
        *colon = '\0';
    /* where it names a directory, programs that know requests' way take that */
    if (!directory && variable->program[0] != '\0' &&
        WR_SYS(statx, AT_FDCWD, value, 0, STATX_BASIC_STATS, &got) == 0 && S_ISDIR(got.stx_mode))
        directory = true;
    set_place(ctx->ev, value, directory, directory ? look_dir(ctx, value) : look_file(ctx, value));
    wr_set_str(ctx->ev, WR_FACT_tls_trust_variable, variable->name);
    return true;
}

static bool look_variables(struct wr_probe_ctx *ctx, const struct self *self, bool own_list)
{
    for (unsigned i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const struct variable *variable = &variables[i];

        if (own_list && !variable->own_list)
            continue;
        if ((variable->program[0] == '\0' || is_program(self, variable->program)) &&
            take_variable(ctx, variable))
            return true;
    }
    return false;
}

/* The first that can be used, or else the first that is there at all. */
static void look_system(struct wr_probe_ctx *ctx)
{
    enum wr_tls_trust state = WR_TRUST_MISSING, seen;
    const char *path = files[0];

    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        seen = look_file(ctx, files[i]);
        if (seen == WR_TRUST_USABLE) {
            set_place(ctx->ev, files[i], false, seen);
            return;
        }
        if (state == WR_TRUST_MISSING && seen != WR_TRUST_MISSING) {
            state = seen;
            path = files[i];
        }
    }
    for (unsigned i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        if (look_dir(ctx, dirs[i]) == WR_TRUST_USABLE) {
            set_place(ctx->ev, dirs[i], true, WR_TRUST_USABLE);
            return;
        }
    }
    set_place(ctx->ev, path, false, state);
    if (state != WR_TRUST_UNREADABLE)
        wr_set_str(ctx->ev, WR_FACT_tls_trust_package, "ca-certificates");
}

/* Copies a path that the library's own file of tls/ has set; false where it has not. */
static bool take_given(struct wr_probe_ctx *ctx, enum wr_fact fact, bool directory)
{
    char *path = wr_probe_file_space(ctx) + WR_ENVIRON_SPACE;
    const struct wr_text *text = &ctx->ev->value[fact].text;

    if (!wr_ev_has(ctx->ev, fact) || text->len >= PATH_SIZE)
        return false;
    memcpy(path, ctx->ev->text + text->at, text->len);
    path[text->len] = '\0';
    if (!wr_ev_known(ctx->ev, WR_FACT_tls_trust_state))
        set_place(ctx->ev, path, directory, directory ? look_dir(ctx, path) : look_file(ctx, path));
    return true;
}

void wr_probe_tls_local(struct wr_probe_ctx *ctx)
{
    const struct wr_evidence *ev = ctx->ev;
    struct self self;
    bool own_list;

    if (!wr_ev_is(ev, WR_FACT_tls_failure, WR_TLS_VERIFY) &&
        !wr_ev_is(ev, WR_FACT_tls_failure, WR_TLS_REJECTED))
        return;
    /* a server trusts those whom it was told to, and no usual list */
    if (wr_ev_true(ev, WR_FACT_tls_server_side) || take_given(ctx, WR_FACT_tls_trust_file, false) ||
        take_given(ctx, WR_FACT_tls_trust_dir, true))
        return;
    /* a database of its own, which the program opens */
    if (ctx->attempt->handshake.library != NULL &&
        strcmp(ctx->attempt->handshake.library->name, "NSS") == 0)
        return;
    learn_self(&self);
    own_list = has_own_list(&self);
    if (look_variables(ctx, &self, own_list))
        return;
    wr_set_absent(ctx->ev, WR_FACT_tls_trust_variable);
    if (!own_list)
        look_system(ctx);
}
