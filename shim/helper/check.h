/* SPDX-License-Identifier: MIT
 * `whyrefused check`: what is to be tried, between the files that read it from the command line
 * (check.c, target.c) and the one that tries it, in a process that has the library (try.c). */
#ifndef WR_HELPER_CHECK_H
#define WR_HELPER_CHECK_H

#include <stdbool.h>

/* A service name is at most 15 letters (RFC 6335), those of /etc/services may be longer. */
#define WR_CHECK_SERVICE 64

enum wr_check_way { WR_CHECK_TCP, WR_CHECK_TLS, WR_CHECK_UDP, WR_CHECK_UNIX, WR_CHECK_WAYS };

struct wr_check_target {
    enum wr_check_way way;
    char host[1024];                /* name or address; for UNIX a path, or @name */
    char service[WR_CHECK_SERVICE]; /* number or name of the port */
};

/* Reads one or two words (port NULL = one): HOST PORT, HOST:PORT, [V6]:PORT, SCHEME://HOST[:PORT]/,
 * unix:PATH. The way is left alone unless the words say it. False where a line on standard error
 * tells which word is wrong. target.c. */
bool wr_check_target(const char *word, const char *port, struct wr_check_target *target);

/* A TLS handshake as a client on a connected, non-blocking socket, with the trust that OpenSSL has
 * by default and the name of the host. trytls.c. */
enum wr_check_tls {
    WR_CHECK_TLS_DONE,
    WR_CHECK_TLS_FAILED,
    WR_CHECK_TLS_NO_LIBRARY /* there is no libssl, or it lacks what is needed */
};
/* text: what was agreed on, or what went wrong. until_ms: CLOCK_MONOTONIC. */
enum wr_check_tls wr_check_handshake(int fd, const char *host, long long until_ms, char *text,
                                     unsigned long size);
/* try.c: waits for an event of poll(2) until then; false where the time has passed. */
bool wr_check_wait(int fd, short events, long long until_ms);

#endif
