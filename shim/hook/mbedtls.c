/* SPDX-License-Identifier: MIT
 * mbed TLS: the handshake. mbedtls_ssl_read() and mbedtls_ssl_write() call it, too, by its name. */
#include "tls/mbedtls.h"
#include "hook/handshake.h"

WR_EXPORT int mbedtls_ssl_handshake(void *ssl);

enum { INTERNAL_ERROR = -0x6C00 }; /* where there is no real function */

static bool is_failure(int result)
{
    return result < 0 && result != WR_MBEDTLS_WANT_READ && result != WR_MBEDTLS_WANT_WRITE &&
           result != WR_MBEDTLS_CRYPTO_IN_PROGRESS && result != WR_MBEDTLS_ASYNC_IN_PROGRESS &&
           result != WR_MBEDTLS_HELLO_VERIFY_REQUIRED && result != WR_MBEDTLS_CLIENT_RECONNECT;
}

static WR_COLD void failed(const struct wr_tls_call *call, int result)
{
    int error = errno;
    bool reset = result == WR_MBEDTLS_CONN_RESET || error == ECONNRESET || error == EPIPE;
    bool transport = result == WR_MBEDTLS_CONN_RESET || result == WR_MBEDTLS_RECV_FAILED ||
                     result == WR_MBEDTLS_SEND_FAILED;
    bool closed = result == WR_MBEDTLS_CONN_EOF || result == WR_MBEDTLS_CLOSE_NOTIFY;

    if (is_failure(result) && wr_tls_is_judged_here(call))
        wr_tls_tell(&wr_tls_mbedtls, call, result, wr_tls_transport_of(call->object, false),
                    closed || (transport && reset) ? WR_OUTCOME_CLOSED : WR_OUTCOME_ERROR,
                    !transport       ? 0
                    : error == EPIPE ? EPIPE
                    : reset          ? ECONNRESET
                                     : error,
                    WR_DOOR_CALL);
    errno = error;
}

int mbedtls_ssl_handshake(void *ssl)
{
    const struct wr_tls_instance *of =
        wr_tls_single_of(&wr_mbedtls_single, &wr_mbedtls_names, __builtin_return_address(0));
    wr_mbedtls_ssl_handshake_type *real = WR_TLS_REAL(of, mbedtls_ssl_handshake);
    struct wr_tls_call call = {of, ssl, {0}, wr_now_ns(), "mbedtls_ssl_handshake"};
    int result;

    if (real == NULL)
        return INTERNAL_ERROR;
    /* a context that is set up anew, or another one at its address */
    if (ssl != NULL && wr_mbedtls_state(ssl) == WR_MBEDTLS_BEFORE)
        wr_handshake_forget(ssl);
    call.before = wr_tls_enter(ssl);
    result = real(ssl);
    if (wr_unlikely(result < 0))
        failed(&call, result);
    wr_tls_leave(call.before);
    return result;
}
