/* SPDX-License-Identifier: MIT
 * What is odd in the string that the program passed as a socket's path, and which path was
 * probably meant: checked against what exists. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/sys.h"
#include "probe/unix_work.h"

static void drop_front(char *text, size_t count)
{
    memmove(text, text + count, strlen(text + count) + 1);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* http+unix://%2Frun%2Fdocker.sock, RFC 3986 section 2.1. */
static void percent_decode(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++) {
        int high = *text == '%' ? hex_digit(text[1]) : -1;
        int low = high >= 0 ? hex_digit(text[2]) : -1;

        if (low < 0 || (high | low) == 0) {
            *to++ = *text;
            continue;
        }
        *to++ = (char)(high << 4 | low);
        text += 2;
    }
    *to = '\0';
}

/* "unix:///run/x" and the like; RFC 3986 section 3.1. */
static bool cut_scheme(char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    size_t slashes;

    if (len < 2 || text[len] != ':' || text[0] == '.')
        return false;
    if (text[len + 1] != '/' && strncmp(text, "unix:", 5) != 0 && strncmp(text, "file:", 5) != 0)
        return false;
    drop_front(text, len + 1);
    slashes = strspn(text, "/");
    if (slashes > 1)
        drop_front(text, slashes - 1);
    if (strncmp(text, "/unix:", 6) == 0)
        drop_front(text, 6);
    percent_decode(text);
    if (strncmp(text, "//", 2) == 0)
        drop_front(text, 1);
    return true;
}

/* Returns the fault at the end or the beginning that was cut off, if any. */
static enum wr_unix_fault cut_ends(char *text)
{
    enum wr_unix_fault fault = WR_UNIX_FAULT_NONE;
    size_t len = strlen(text), blanks = strspn(text, " \t");

    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL) {
        len--;
        if (fault != WR_UNIX_FAULT_NEWLINE)
            fault = strchr("\r\n", text[len]) != NULL ? WR_UNIX_FAULT_NEWLINE : WR_UNIX_FAULT_BLANK;
        text[len] = '\0';
    }
    if (blanks != 0 && text[blanks] != '\0') {
        drop_front(text, blanks);
        if (fault == WR_UNIX_FAULT_NONE)
            fault = WR_UNIX_FAULT_BLANK;
    }
    return fault;
}

static bool cut_quotes(char *text)
{
    size_t len = strlen(text);
    bool front = text[0] == '"' || text[0] == '\'';
    bool back = len > 1 && (text[len - 1] == '"' || text[len - 1] == '\'');

    if (back)
        text[len - 1] = '\0';
    if (front)
        drop_front(text, 1);
    return front || back;
}

/* Puts a directory in the place of the first `count` bytes. False where it does not fit. */
static bool replace_front(char *text, size_t size, size_t count, const char *with)
{
    size_t len = strlen(with), rest = strlen(text + count);

    if (len + rest + 1 > size)
        return false;
    memmove(text + len, text + count, rest + 1);
    memcpy(text, with, len);
    return true;
}

static void runtime_dir(char *dest, size_t size)
{
    struct wr_buf buf = wr_buf_on(dest, size);

    wr_buf_str(&buf, "/run/user/");
    wr_buf_uint(&buf, (uint64_t)WR_SYS(geteuid));
    wr_buf_terminate(&buf);
}

static bool home_dir(struct wr_probe_ctx *ctx, char *dest, size_t size)
{
    char name[64];

    return wr_unix_user(ctx, (uint32_t)WR_SYS(geteuid), name, sizeof(name), dest, size);
}

/* ~ and the two variables whose value follows from the user. */
static enum wr_unix_fault expand(struct wr_probe_ctx *ctx, char *text, size_t size)
{
    static const struct {
        const char *name;
        bool home;
    } variables[] = {{"$HOME/", true},
                     {"${HOME}/", true},
                     {"$XDG_RUNTIME_DIR/", false},
                     {"${XDG_RUNTIME_DIR}/", false}};
    char dir[128];
    bool expanded = false;

    if (text[0] == '~') {
        if (text[1] == '/' && home_dir(ctx, dir, sizeof(dir)))
            replace_front(text, size, 1, dir);
        return WR_UNIX_FAULT_TILDE;
    }
    for (unsigned i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        size_t len = strlen(variables[i].name);

        if (strncmp(text, variables[i].name, len) != 0)
            continue;
        if (!variables[i].home)
            runtime_dir(dir, sizeof(dir));
        else if (!home_dir(ctx, dir, sizeof(dir)))
            break;
        expanded = replace_front(text, size, len - 1, dir);
        break;
    }
    const char *sign = strchr(text, '$');
    bool named = sign != NULL && (sign[1] == '{' || sign[1] == '_' ||
                                  ((sign[1] | 32) >= 'a' && (sign[1] | 32) <= 'z'));
    return named || expanded ? WR_UNIX_FAULT_VARIABLE : WR_UNIX_FAULT_NONE;
}

static bool is_socket(const char *path)
{
    struct wr_unix_file file;

    return wr_unix_stat(path, true, &file) == 0 && S_ISSOCK(file.mode);
}

static void state(struct wr_probe_ctx *ctx, enum wr_unix_fault fault, const char *meant)
{
    wr_set_uint(ctx->ev, WR_FACT_unix_path_fault, fault);
    if (meant == NULL)
        return;
    wr_set_str(ctx->ev, WR_FACT_unix_path_meant, meant);
    wr_set_bool(ctx->ev, WR_FACT_unix_path_meant_exists, is_socket(meant));
}

/* A relative path that exists from another directory: the root, the program's, the home. */
static bool relative(struct wr_probe_ctx *ctx, struct wr_unix_work *work, const char *text)
{
    char *dir = work->text, *path = work->rest;
    char *slash;

    for (unsigned i = 0; i < 3; i++) {
        if (i == 0) {
            dir[0] = '\0';
        } else if (i == 1) {
            if (wr_link_read("/proc/self/exe", dir, WR_UNIX_PATH) < 0 ||
                (slash = strrchr(dir, '/')) == NULL)
                continue;
            *slash = '\0';
        } else if (!home_dir(ctx, dir, WR_UNIX_PATH)) {
            continue;
        }
        if (wr_join(path, WR_UNIX_PATH, dir, "/", text, NULL) != NULL && is_socket(path)) {
            state(ctx, WR_UNIX_FAULT_RELATIVE, path);
            return true;
        }
    }
    return false;
}

/* Repairs the string step by step; the first thing that is wrong with it gives the fault. */
static enum wr_unix_fault repair(struct wr_probe_ctx *ctx, char *text, size_t size)
{
    enum wr_unix_fault ends = cut_ends(text), fault = WR_UNIX_FAULT_NONE;
    size_t len;

    if (cut_quotes(text))
        fault = WR_UNIX_FAULT_QUOTE;
    if (cut_scheme(text))
        fault = WR_UNIX_FAULT_SCHEME;
    if (fault == WR_UNIX_FAULT_NONE)
        fault = ends;
    if (text[0] == '~' || strchr(text, '$') != NULL) {
        enum wr_unix_fault left = expand(ctx, text, size);

        if (fault == WR_UNIX_FAULT_NONE)
            fault = left;
    }
    len = strlen(text);
    if (ctx->attempt->error == ENOTDIR && len > 1 && text[len - 1] == '/') {
        while (len > 1 && text[len - 1] == '/')
            text[--len] = '\0';
        if (fault == WR_UNIX_FAULT_NONE)
            fault = WR_UNIX_FAULT_SLASH;
    }
    return fault;
}

void wr_unix_string(struct wr_probe_ctx *ctx, struct wr_unix_work *work)
{
    char *text = work->link;
    enum wr_unix_fault fault;

    if (work->trimmed_len == 0) {
        state(ctx, WR_UNIX_FAULT_EMPTY, NULL);
        return;
    }
    if (work->abstract || (ctx->attempt->error != ENOENT && ctx->attempt->error != ENOTDIR))
        return;
    strcpy(text, work->name);
    fault = repair(ctx, text, WR_UNIX_PATH);
    if (fault != WR_UNIX_FAULT_NONE)
        state(ctx, fault, text);
    else if (text[0] == '@' && text[1] != '\0' && strchr(text, '/') == NULL)
        state(ctx, WR_UNIX_FAULT_AT, text); /* unix_sockets.c looks whether it exists */
    else if (text[0] == '/' || !relative(ctx, work, text))
        wr_set_absent(ctx->ev, WR_FACT_unix_path_fault);
}
