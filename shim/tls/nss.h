/* SPDX-License-Identifier: MIT
 * NSS, by way of the instance that is loaded. For hook/nss.c and tls/nss.c. */
#ifndef WR_TLS_NSS_H
#define WR_TLS_NSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/single.h"
#include "whyrefused/attempt.h"

/* The beginning of SSLChannelInfo (nss/sslt.h), the same since 3.4. Who asks for more than a
 * version has is told nothing. */
struct wr_nss_channel {
    uint32_t length;
    uint16_t version, cipher; /* 0 = the handshake is not over */
};

struct wr_nss_item { /* SECItem */
    int type;
    unsigned char *data;
    unsigned len;
};

/* The beginning of CERTCertificate (nss/certt.h), the same since 3.0. */
struct wr_nss_certificate {
    void *arena;
    char *subject, *issuer;
    struct wr_nss_item signed_data, algorithm, parameters, signature;
    struct wr_nss_item der;
};

enum wr_nss_function {
#define FUNCTION(result, name, arguments) WR_AT_##name,
#include "tls/nss.def"
#undef FUNCTION
    WR_NSS_FUNCTIONS
};
#define FUNCTION(result, name, arguments) typedef result wr_##name##_type arguments;
#include "tls/nss.def"
#undef FUNCTION

extern const struct wr_tls_names wr_nss_names;
extern struct wr_tls_single wr_nss_single __attribute__((visibility("hidden")));

#define WR_NSS(of, name) ((wr_##name##_type *)(of)->function[WR_AT_##name])

/* The uppermost layer of the descriptor may be TLS: its table of methods (the first word) stands in
 * the library. Of NSPR's own, where both are one library. */
static inline bool wr_nss_is_tls(const struct wr_tls_instance *of, const void *fd)
{
    return *(const uintptr_t *)fd - of->object.base < of->object.size;
}

enum wr_nss_error {
    WR_NSS_WOULD_BLOCK = -5998, /* nspr/prerr.h */
    WR_NSS_TIMEOUT = -5990,
    WR_NSS_PENDING_INTERRUPT = -5993,
    WR_NSS_END_OF_FILE = -5938,
    WR_NSS_CONNECT_RESET = -5961,
    WR_NSS_CONNECT_ABORTED = -5928,
    WR_NSS_IN_PROGRESS = -5934
};

/* The handshake on the descriptor has come good, or is to be made. Bounded: of two with the same
 * place the later is known. */
void wr_nss_came_good(const void *fd);
void wr_nss_begins(const void *fd);
/* It is TLS, as the library says itself. */
bool wr_nss_is_certainly_tls(const struct wr_tls_instance *of, void *fd);
/* The handshake is over. */
bool wr_nss_is_done(const struct wr_tls_instance *of, void *fd);
/* Number of the alert that such an error stands for, which the peer sent; -1 = it is no such. */
int wr_nss_alert(int32_t number);
/* The error is one of TLS or of certificates. */
bool wr_nss_is_of_tls(int32_t number);

#endif
