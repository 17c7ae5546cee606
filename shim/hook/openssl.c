/* SPDX-License-Identifier: MIT
 * OpenSSL's calls that shake hands, and those that end a connection. Not declared by its header,
 * which is not needed to build. The real functions are those of the library that the object belongs
 * to (tls/instance.h): no search order leads to what was loaded with RTLD_LOCAL. */
#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "failure.h"
#include "hook/hook.h"
#include "tls/depth.h"
#include "tls/fresh.h"
#include "tls/openssl.h"
#include "tls/tls.h"
#include "track/handshakes.h"

typedef struct ssl_st SSL;

WR_EXPORT int SSL_connect(SSL *ssl);
WR_EXPORT int SSL_do_handshake(SSL *ssl);
WR_EXPORT int SSL_accept(SSL *ssl);
WR_EXPORT int SSL_read(SSL *ssl, void *bytes, int size);
WR_EXPORT int SSL_read_ex(SSL *ssl, void *bytes, size_t size, size_t *ret_size);
WR_EXPORT int SSL_write(SSL *ssl, const void *bytes, int size);
WR_EXPORT int SSL_write_ex(SSL *ssl, const void *bytes, size_t size, size_t *ret_size);
WR_EXPORT int SSL_shutdown(SSL *ssl);
WR_EXPORT void SSL_free(SSL *ssl);
WR_EXPORT long SSL_get_verify_result(const SSL *ssl);

/* One call, while it lasts. of: NULL where it is not known whose the object is. */
struct call {
    const struct wr_tls_instance *of;
    SSL *ssl;
    struct wr_tls_depth before;
    uint64_t start_ns;
    const char *function;
};

static inline void *real_of(const struct wr_tls_instance *of, unsigned at, enum wr_hook hook)
{
    void *real = wr_likely(of != NULL) ? of->function[at] : NULL;

    return wr_likely(real != NULL) ? real : wr_hook_real(hook);
}
#define REAL(of, name) ((wr_##name##_type *)real_of(of, WR_AT_##name, WR_HOOK_##name))

static inline const struct wr_tls_instance *instance_of(const SSL *ssl)
{
    return wr_likely(ssl != NULL) ? wr_openssl_of(ssl) : NULL;
}

static WR_COLD void failed(const struct call *call, int result, enum wr_door door)
{
    int error = errno;

    if (call->of != NULL && !wr_tls_is_nested(call->before, call->ssl) && wr_may_look() &&
        wr_openssl_is_complete(call->of)) {
        struct wr_openssl_end end =
            wr_openssl_judge(call->of, call->ssl, result, error, door != WR_DOOR_CALL);
        struct wr_handshake handshake = {.library = &wr_tls_openssl,
                                         .function = call->function,
                                         .start_ns = call->start_ns,
                                         .object = call->ssl,
                                         .result = result};

        if (end.failed) {
            if (WR_OPENSSL(call->of, SSL_is_server)(call->ssl))
                handshake.served =
                    1 + wr_openssl_error_reason(call->of, wr_openssl_error(call->of));
            wr_failed_handshake(&handshake, wr_openssl_fd(call->of, call->ssl), end.outcome,
                                end.error, door);
        }
    }
    errno = error;
}

static inline struct call begin(const struct wr_tls_instance *of, SSL *ssl, const char *function)
{
    return (struct call){of, ssl, wr_tls_enter(ssl), wr_now_ns(), function};
}

/* A server's handshake is not of interest any more; a client's may be, until something passes. */
static void succeeded(const struct call *call)
{
    const struct wr_tls_instance *of = call->of;
    struct wr_tls_fresh fresh = {.start_ns = call->start_ns, .function = call->function};

    if (of == NULL || wr_tls_is_nested(call->before, call->ssl) || !wr_openssl_is_complete(of) ||
        WR_OPENSSL(of, SSL_is_server)(call->ssl))
        return;
    fresh.sent = wr_openssl_sent(of, call->ssl);
    wr_tls_fresh_put(call->ssl, &fresh);
}

static inline int end(const struct call *call, int result)
{
    if (wr_unlikely(result <= 0))
        failed(call, result, WR_DOOR_CALL);
    else
        succeeded(call);
    wr_tls_leave(call->before);
    return result;
}

int SSL_connect(SSL *ssl)
{
    const struct wr_tls_instance *of = instance_of(ssl);
    struct call call = begin(of, ssl, "SSL_connect");

    return end(&call, REAL(of, SSL_connect)(ssl));
}

int SSL_do_handshake(SSL *ssl)
{
    const struct wr_tls_instance *of = instance_of(ssl);
    struct call call = begin(of, ssl, "SSL_do_handshake");

    return end(&call, REAL(of, SSL_do_handshake)(ssl));
}

int SSL_accept(SSL *ssl)
{
    const struct wr_tls_instance *of = instance_of(ssl);
    struct call call = begin(of, ssl, "SSL_accept");

    return end(&call, REAL(of, SSL_accept)(ssl));
}

/* Something was heard. What was sent shows in the count of bytes. */
static WR_COLD void heard(SSL *ssl)
{
    struct wr_tls_fresh fresh;

    wr_tls_fresh_take(ssl, &fresh);
}

/* Reads and writes: the time is not taken, it is the success path of every byte. */
#define TRANSFER(name, door, ...)                                              \
    do {                                                                       \
        const struct wr_tls_instance *of = instance_of(ssl);                   \
        struct wr_tls_depth before = wr_tls_enter(ssl);                        \
        int result = REAL(of, name)(__VA_ARGS__);                              \
                                                                               \
        if (wr_unlikely(result <= 0))                                          \
            failed(&(struct call){of, ssl, before, 0, #name}, result, (door)); \
        else if ((door) == WR_DOOR_RECV && wr_unlikely(wr_tls_is_fresh(ssl)))  \
            heard(ssl);                                                        \
        wr_tls_leave(before);                                                  \
        return result;                                                         \
    } while (0)

int SSL_read(SSL *ssl, void *bytes, int size)
{
    TRANSFER(SSL_read, WR_DOOR_RECV, ssl, bytes, size);
}

int SSL_read_ex(SSL *ssl, void *bytes, size_t size, size_t *ret_size)
{
    TRANSFER(SSL_read_ex, WR_DOOR_RECV, ssl, bytes, size, ret_size);
}

int SSL_write(SSL *ssl, const void *bytes, int size)
{
    TRANSFER(SSL_write, WR_DOOR_SEND, ssl, bytes, size);
}

int SSL_write_ex(SSL *ssl, const void *bytes, size_t size, size_t *ret_size)
{
    TRANSFER(SSL_write_ex, WR_DOOR_SEND, ssl, bytes, size, ret_size);
}

/* The object whose verification this thread has asked for last. */
static __thread const SSL *asked;

long SSL_get_verify_result(const SSL *ssl)
{
    asked = ssl;
    return REAL(instance_of(ssl), SSL_get_verify_result)(ssl);
}

/* The connection ends, by the program's will. */
static WR_COLD void ended(const struct wr_tls_instance *of, SSL *ssl,
                          const struct wr_tls_fresh *fresh, enum wr_door door)
{
    struct wr_handshake handshake = {.library = &wr_tls_openssl,
                                     .function = fresh->function,
                                     .start_ns = fresh->start_ns,
                                     .object = ssl,
                                     .result = 1};
    int error = errno;

    /* complete: where an object was freed unseen, one of another library may lie there */
    if (of != NULL && wr_openssl_is_complete(of) && fresh->sent == wr_openssl_sent(of, ssl) &&
        WR_OPENSSL(of, SSL_get_state)(ssl) == WR_OPENSSL_DONE &&
        !WR_OPENSSL(of, SSL_is_server)(ssl) && wr_may_look() &&
        wr_openssl_was_rejected(of, ssl, asked == ssl))
        wr_failed_handshake(&handshake, wr_openssl_fd(of, ssl), WR_OUTCOME_ERROR, 0, door);
    errno = error;
}

int SSL_shutdown(SSL *ssl)
{
    const struct wr_tls_instance *of = instance_of(ssl);
    struct wr_tls_fresh fresh;

    if (wr_unlikely(wr_tls_fresh_take(ssl, &fresh)))
        ended(of, ssl, &fresh, WR_DOOR_SHUTDOWN);
    return REAL(of, SSL_shutdown)(ssl);
}

void SSL_free(SSL *ssl)
{
    const struct wr_tls_instance *of = instance_of(ssl);
    struct wr_tls_fresh fresh;

    if (wr_unlikely(wr_tls_fresh_take(ssl, &fresh)))
        ended(of, ssl, &fresh, WR_DOOR_CLOSE);
    wr_handshake_forget(ssl);
    if (asked == ssl)
        asked = NULL;
    REAL(of, SSL_free)(ssl);
}
