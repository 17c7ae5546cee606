/* SPDX-License-Identifier: MIT
 * wolfSSL, by way of the instance that is loaded. For hook/wolfssl.c and tls/wolfssl.c. */
#ifndef WR_TLS_WOLFSSL_H
#define WR_TLS_WOLFSSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/single.h"
#include "whyrefused/attempt.h"

struct wr_wolfssl_alert {
    int code, level; /* -1 = none */
};
struct wr_wolfssl_alerts {
    struct wr_wolfssl_alert received, sent;
};

enum wr_wolfssl_function {
#define FUNCTION(result, name, arguments) WR_AT_##name,
#include "tls/wolfssl.def"
#undef FUNCTION
    WR_WOLFSSL_FUNCTIONS
};
#define FUNCTION(result, name, arguments) typedef result wr_##name##_type arguments;
#include "tls/wolfssl.def"
#undef FUNCTION

extern const struct wr_tls_names wr_wolfssl_names;
extern struct wr_tls_single wr_wolfssl_single __attribute__((visibility("hidden")));

#define WR_WOLFSSL(of, name) ((wr_##name##_type *)(of)->function[WR_AT_##name])

/* wolfssl/ssl.h: what wolfSSL_get_error() says besides the numbers of the errors */
enum {
    WR_WOLFSSL_WANT_READ = 2,
    WR_WOLFSSL_WANT_WRITE = 3,
    WR_WOLFSSL_SYSCALL = 5,
    WR_WOLFSSL_ZERO_RETURN = 6,
    WR_WOLFSSL_WANT_CONNECT = 7,
    WR_WOLFSSL_WANT_ACCEPT = 8
};

enum {
    WR_WOLFSSL_SOCKET_ERROR = -308,
    WR_WOLFSSL_UNKNOWN_RECORD = -311,
    WR_WOLFSSL_FATAL = -313,
    WR_WOLFSSL_PEER_CLOSED = -397
};

/* Number of the last alert that came; -1 = none, or not known. */
int wr_wolfssl_alert(const struct wr_tls_instance *of, void *ssl);

#endif
