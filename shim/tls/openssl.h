/* SPDX-License-Identifier: MIT
 * OpenSSL and what is like it, by way of the instance that an SSL object belongs to. For
 * hook/openssl.c and tls/openssl*.c. Functions that only look: the error queue is peeked at. */
#ifndef WR_TLS_OPENSSL_H
#define WR_TLS_OPENSSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/instance.h"
#include "whyrefused/attempt.h"

enum wr_openssl_function {
#define FUNCTION(result, name, arguments) WR_AT_##name,
#include "tls/openssl.def"
#undef FUNCTION
    WR_OPENSSL_FUNCTIONS
};
#define FUNCTION(result, name, arguments) typedef result wr_##name##_type arguments;
#include "tls/openssl.def"
#undef FUNCTION

extern const struct wr_tls_names wr_openssl_names;

/* WR_OPENSSL(of, SSL_get_state)(ssl); NULL where this version has none. */
#define WR_OPENSSL(of, name) ((wr_##name##_type *)(of)->function[WR_AT_##name])

/* `const SSL_METHOD *`: the second word up to 3.1, the third and fourth since. Not of NULL. */
static inline const struct wr_tls_instance *wr_openssl_of(const void *ssl)
{
    const struct wr_tls_instance *of =
        wr_tls_instance_known(&wr_openssl_names, ((const uintptr_t *)ssl)[1]);

    return __builtin_expect(of != NULL, 1) ? of : wr_tls_instance_of(&wr_openssl_names, ssl, 0, 5);
}

enum { WR_OPENSSL_DONE = 1 }; /* SSL_get_state(3): TLS_ST_OK */

/* How a call ended. */
struct wr_openssl_end {
    bool failed;
    enum wr_outcome outcome;
    int error; /* errno, where the transport failed */
};

/* result: what the call on ssl returned, 0 or below; error: the errno after it. transfers: it was
 * to read or to write, and not to shake hands alone. */
struct wr_openssl_end wr_openssl_judge(const struct wr_tls_instance *of, void *ssl, int result,
                                       int error, bool transfers);
/* The client that ends the connection before anything has passed on it may not have liked the
 * certificate: the library found fault with it, which the program made it overlook, or it is for
 * other names. asked: the program has asked what the library found. openssl_reject.c. */
bool wr_openssl_was_rejected(const struct wr_tls_instance *of, void *ssl, bool asked);
/* Bytes that have passed: 0 where that cannot be told. */
uint64_t wr_openssl_heard(const struct wr_tls_instance *of, const void *ssl);
uint64_t wr_openssl_sent(const struct wr_tls_instance *of, const void *ssl);
/* The descriptor that it speaks through; -1 = that cannot be told. */
int wr_openssl_fd(const struct wr_tls_instance *of, const void *ssl);

/* The oldest error of libssl in the queue, or else the oldest of any library. 0 = none. */
unsigned long wr_openssl_error(const struct wr_tls_instance *of);
unsigned wr_openssl_error_lib(const struct wr_tls_instance *of, unsigned long number);
unsigned wr_openssl_error_reason(const struct wr_tls_instance *of, unsigned long number);
enum { WR_ERR_LIB_SSL = 20, WR_SSL_ALERT_BASE = 1000 };

/* Everything that openssl_look.c needs is there. */
bool wr_openssl_is_complete(const struct wr_tls_instance *of);

#endif
