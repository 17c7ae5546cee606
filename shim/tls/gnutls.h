/* SPDX-License-Identifier: MIT
 * GnuTLS, by way of the instance that is loaded. For hook/gnutls.c and tls/gnutls*.c. */
#ifndef WR_TLS_GNUTLS_H
#define WR_TLS_GNUTLS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tls/single.h"
#include "whyrefused/attempt.h"

struct wr_gnutls_datum {
    unsigned char *data;
    unsigned size;
};

struct wr_gnutls_vdata {
    int type;
    unsigned char *data;
    unsigned size;
};

enum wr_gnutls_function {
#define FUNCTION(result, name, arguments) WR_AT_##name,
#include "tls/gnutls.def"
#undef FUNCTION
    WR_GNUTLS_FUNCTIONS
};
#define FUNCTION(result, name, arguments) typedef result wr_##name##_type arguments;
#include "tls/gnutls.def"
#undef FUNCTION

extern const struct wr_tls_names wr_gnutls_names;
extern struct wr_tls_single wr_gnutls_single __attribute__((visibility("hidden")));

/* WR_GNUTLS(of, gnutls_alert_get)(session); NULL where this version has none. */
#define WR_GNUTLS(of, name) ((wr_##name##_type *)(of)->function[WR_AT_##name])

/* How a call ended. */
struct wr_gnutls_end {
    bool failed;
    enum wr_outcome outcome;
    int error; /* errno, where the transport failed */
};

/* result: what the call on the session returned, below 0; error: the errno after it. transfers: it
 * was to read, and not to shake hands. */
struct wr_gnutls_end wr_gnutls_judge(const struct wr_tls_instance *of, void *session, long result,
                                     int error, bool transfers);
/* Told by how it answers a question that only a server may ask. False where that is not known. */
bool wr_gnutls_is_server(const struct wr_tls_instance *of, void *session);
/* The socket of a session; -1 = not known. */
int wr_gnutls_fd(const struct wr_tls_instance *of, void *session, bool done);

/* --- doubts --------------------------------------------------------------------------------------
 * GnuTLS has programs verify certificates themselves, after the handshake. Many do so and go on
 * whatever comes out (wget --no-check-certificate): it is a failure where the program then ends the
 * session and has passed no data. gnutls_doubt.c. */

struct wr_gnutls_doubt {
    _Atomic uintptr_t session; /* 0 = free */
    uint64_t cookie;           /* of fd */
    int fd;
    unsigned status;      /* GNUTLS_CERT_ bits */
    bool name_refused;    /* by gnutls_x509_crt_check_hostname() */
    const char *function; /* that said so */
    char name[WR_NAME_MAX];
};

extern _Atomic unsigned wr_gnutls_doubts __attribute__((visibility("hidden")));

/* This thread has shaken hands on, or verified, this session: what it checks next is of it. */
void wr_gnutls_came_good(void *session);
/* The session that a certificate which this thread checks is most likely of; NULL = none, or it is
 * no more. */
void *wr_gnutls_current(void);

/* status, or a name that was refused; name: NULL = none. */
void wr_gnutls_doubt(void *session, int fd, const char *function, unsigned status,
                     const char *refused_name, const char *name);
/* The program goes on with it, or it was told of. */
void wr_gnutls_trust(void *session);
/* NULL = there is none. */
const struct wr_gnutls_doubt *wr_gnutls_doubted(const void *session);
/* It is no more. */
void wr_gnutls_gone(void *session);

#endif
