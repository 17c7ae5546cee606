/* SPDX-License-Identifier: MIT
 * resolv.conf(5) as glibc reads it (resolv/res_init.c): whom it asks, and for which names. Pure. */
#ifndef WR_BASE_RESOLVCONF_H
#define WR_BASE_RESOLVCONF_H

#include <stdbool.h>

#include "whyrefused/address.h"
#include "whyrefused/faults.h"

#define WR_RESOLV_SERVERS 3 /* MAXNS: glibc asks no more */
#define WR_RESOLV_SEARCH 768

struct wr_resolv {
    /* How it is with the file: enum wr_resolv_state. Whatever it is, the rest is what glibc does
     * then: it asks 127.0.0.1 where no server is named. */
    int state;
    int error;        /* errno of opening the file; 0 where it could be read */
    unsigned count;   /* servers that are asked: at least 1, each with port 53 */
    unsigned ignored; /* servers named beyond the third, which are never asked */
    unsigned bad;     /* nameserver lines that hold no address: passed over without a word */
    struct wr_addr servers[WR_RESOLV_SERVERS];
    struct wr_addr fourth; /* the first of those ignored; family 0 = none */
    /* The interface of a link-local server that is told by its name ("fe80::1%eth0"); else "".
     * servers[].scope is then for who reads the file to fill in. */
    char interface[WR_RESOLV_SERVERS][16];

    unsigned ndots, timeout_s, attempts;
    bool use_vc, edns0, trust_ad, rotate, single_request, no_aaaa, no_tld_query;

    bool search_given;     /* by the file or by LOCALDOMAIN; false = taken from the host's name */
    bool from_environment; /* by LOCALDOMAIN */
    bool aliases;          /* HOSTALIASES is set: of names without a dot (hostname(7)) */
    bool search_cut;       /* not all of it fitted in here */
    unsigned search_count; /* domains; 0 = none are tried */
    unsigned search_len;
    char search[WR_RESOLV_SEARCH]; /* one behind the other, each terminated */
};

/* The defaults; then every line of the file, then the values of LOCALDOMAIN and RES_OPTIONS where
 * they are set, then the end. host_name: of this machine, "" where it is not known. */
void wr_resolv_begin(struct wr_resolv *resolv);
void wr_resolv_line(struct wr_resolv *resolv, const char *line);
void wr_resolv_localdomain(struct wr_resolv *resolv, const char *value);
void wr_resolv_options(struct wr_resolv *resolv, const char *value);
void wr_resolv_end(struct wr_resolv *resolv, const char *host_name);

/* A domain of the search list; NULL where there are not so many. */
const char *wr_resolv_search(const struct wr_resolv *resolv, unsigned index);

#endif
