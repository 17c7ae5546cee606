/* SPDX-License-Identifier: MIT
 * mbed TLS, by way of the instance that is loaded. For hook/mbedtls.c and tls/mbedtls.c. */
#ifndef WR_TLS_MBEDTLS_H
#define WR_TLS_MBEDTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/single.h"

enum wr_mbedtls_function {
#define FUNCTION(result, name, arguments) WR_AT_##name,
#include "tls/mbedtls.def"
#undef FUNCTION
    WR_MBEDTLS_FUNCTIONS
};
#define FUNCTION(result, name, arguments) typedef result wr_##name##_type arguments;
#include "tls/mbedtls.def"
#undef FUNCTION

extern const struct wr_tls_names wr_mbedtls_names;
extern struct wr_tls_single wr_mbedtls_single __attribute__((visibility("hidden")));

#define WR_MBEDTLS(of, name) ((wr_##name##_type *)(of)->function[WR_AT_##name])

/* struct mbedtls_ssl_context, in all versions: the configuration, then the state: 0 before the
 * handshake. */
static inline int wr_mbedtls_state(const void *ssl)
{
    return *(const int *)((const char *)ssl + sizeof(void *));
}
enum { WR_MBEDTLS_BEFORE = 0, WR_MBEDTLS_CLIENT_HELLO = 1, WR_MBEDTLS_SERVER_HELLO = 2 };

enum {
    WR_MBEDTLS_WANT_READ = -0x6900,
    WR_MBEDTLS_WANT_WRITE = -0x6880,
    WR_MBEDTLS_CRYPTO_IN_PROGRESS = -0x7000,
    WR_MBEDTLS_ASYNC_IN_PROGRESS = -0x6500,
    WR_MBEDTLS_HELLO_VERIFY_REQUIRED = -0x6A80,
    WR_MBEDTLS_CLIENT_RECONNECT = -0x6780,
    WR_MBEDTLS_CONN_EOF = -0x7280,
    WR_MBEDTLS_CLOSE_NOTIFY = -0x7880,
    WR_MBEDTLS_RECV_FAILED = -0x004C,
    WR_MBEDTLS_SEND_FAILED = -0x004E,
    WR_MBEDTLS_CONN_RESET = -0x0050
};

#endif
