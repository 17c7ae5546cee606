/* SPDX-License-Identifier: MIT
 * The rules of TCP wrappers: hosts_access(5) and the options allow, deny and twist of
 * hosts_options(5), evaluated as libwrap does, but without asking anybody for names. */
#ifndef WR_PROBE_WRAPPERS_H
#define WR_PROBE_WRAPPERS_H

#include "probe/probe.h"

enum wr_rule_match {
    WR_RULE_NO,
    WR_RULE_MAYBE, /* hangs on a name, a user, a netgroup, or a daemon that is not known */
    WR_RULE_YES
};

/* Who asks whom. */
struct wr_wrapped {
    const char *daemon; /* terminated; "" = not known */
    struct wr_addr client, server;
};

struct wr_rule {
    enum wr_rule_match match;
    bool denies; /* by its options; else by the file that it stands in */
    bool allows;
};

/* A logical line, terminated and joined; it is changed. */
struct wr_rule wr_rule_match(char *line, const struct wr_wrapped *who);

#define WR_RULE_LINE 1024
struct wr_rule_found {
    bool found, unsure; /* unsure: an earlier rule may match, too */
    bool denies;
    uint32_t line; /* number of its first line, from 1 */
    char text[WR_RULE_LINE];
};

/* The first rule of that file that matches. deny_file: its rules deny unless they say otherwise.
 * Returns 0, -ENOENT where there is no such file, or another -errno. */
int wr_rule_find(const char *path, bool deny_file, const struct wr_wrapped *who, char *space,
                 size_t size, uint64_t until_ns, struct wr_rule_found *ret_found);

#endif
