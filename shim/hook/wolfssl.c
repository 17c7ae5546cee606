/* SPDX-License-Identifier: MIT
 * wolfSSL: the handshake. wolfSSL_read() and wolfSSL_write() call wolfSSL_connect(), too, by its
 * name; what wolfSSL_read() learns later is that the server refused the client's certificate. */
#include "tls/wolfssl.h"
#include "hook/handshake.h"

WR_EXPORT int wolfSSL_connect(void *ssl);
WR_EXPORT int wolfSSL_accept(void *ssl);
WR_EXPORT int wolfSSL_read(void *ssl, void *bytes, int size);
WR_EXPORT void wolfSSL_free(void *ssl);

enum { SUCCESS = 1, FATAL_ERROR = -1 };

static inline const struct wr_tls_instance *instance(const void *caller)
{
    return wr_tls_single_of(&wr_wolfssl_single, &wr_wolfssl_names, caller);
}

static bool waits(int number)
{
    return number == WR_WOLFSSL_WANT_READ || number == WR_WOLFSSL_WANT_WRITE ||
           number == WR_WOLFSSL_WANT_CONNECT || number == WR_WOLFSSL_WANT_ACCEPT || number == 0;
}

static bool is_late_refusal(const struct wr_tls_call *call, int number)
{
    int alert = number == WR_WOLFSSL_FATAL ? wr_wolfssl_alert(call->of, call->object) : -1;

    return alert == 40 || (alert >= 42 && alert <= 49) || alert == 112 || alert == 116 ||
           alert == 120;
}

static int socket_of(const struct wr_tls_call *call, bool done)
{
    int fd = WR_WOLFSSL(call->of, wolfSSL_get_fd) != NULL
                 ? WR_WOLFSSL(call->of, wolfSSL_get_fd)(call->object)
                 : -1;

    return fd >= 0 ? fd : wr_tls_transport_of(call->object, done);
}

static bool is_of_network(int error)
{
    return error == ECONNRESET || error == EPIPE || error == ECONNABORTED || error == ETIMEDOUT ||
           error == EHOSTUNREACH || error == ENETUNREACH || error == ENETDOWN;
}

/* An end of the connection and an error of the socket's come as the same: errno is one of an
 * earlier call, then. */
static void judge(const struct wr_tls_call *call, int result, int error, enum wr_door door)
{
    int number = WR_WOLFSSL(call->of, wolfSSL_get_error)(call->object, result);
    bool transport = number == WR_WOLFSSL_SOCKET_ERROR || number == WR_WOLFSSL_SYSCALL ||
                     number == WR_WOLFSSL_PEER_CLOSED || number == WR_WOLFSSL_ZERO_RETURN;
    enum wr_outcome outcome = WR_OUTCOME_ERROR;
    struct wr_tls_call told = *call;

    if (waits(number) || (door != WR_DOOR_CALL && !is_late_refusal(call, number)))
        return;
    error = transport && is_of_network(error) ? error : 0;
    if (transport && (error == 0 || error == ECONNRESET || error == EPIPE || error == ECONNABORTED))
        outcome = WR_OUTCOME_CLOSED;
    if (WR_WOLFSSL(call->of, wolfSSL_GetSide) != NULL &&
        WR_WOLFSSL(call->of, wolfSSL_GetSide)(call->object) == 0) {
        if (outcome == WR_OUTCOME_CLOSED || number == WR_WOLFSSL_UNKNOWN_RECORD)
            return; /* who leaves a server amid the handshake, or speaks something else */
        told.served = (uint32_t)-number;
    }
    wr_tls_tell(&wr_tls_wolfssl, &told, result, socket_of(call, door != WR_DOOR_CALL), outcome,
                error, door);
}

static WR_COLD void failed(const struct wr_tls_call *call, int result, enum wr_door door)
{
    int error = errno;

    if (wr_tls_is_judged_here(call) && WR_WOLFSSL(call->of, wolfSSL_get_error) != NULL)
        judge(call, result, error, door);
    errno = error;
}

#define SHAKE_HANDS(name, ssl)                                                    \
    do {                                                                          \
        const struct wr_tls_instance *of = instance(__builtin_return_address(0)); \
        wr_##name##_type *real = WR_TLS_REAL(of, name);                           \
        struct wr_tls_call call = {of, (ssl), {0}, wr_now_ns(), #name};           \
        int result;                                                               \
                                                                                  \
        if (real == NULL)                                                         \
            return FATAL_ERROR;                                                   \
        call.before = wr_tls_enter(ssl);                                          \
        result = real(ssl);                                                       \
        if (wr_unlikely(result != SUCCESS))                                       \
            failed(&call, result, WR_DOOR_CALL);                                  \
        wr_tls_leave(call.before);                                                \
        return result;                                                            \
    } while (0)

int wolfSSL_connect(void *ssl)
{
    SHAKE_HANDS(wolfSSL_connect, ssl);
}

int wolfSSL_accept(void *ssl)
{
    SHAKE_HANDS(wolfSSL_accept, ssl);
}

int wolfSSL_read(void *ssl, void *bytes, int size)
{
    const struct wr_tls_instance *of = instance(__builtin_return_address(0));
    wr_wolfSSL_read_type *real = WR_TLS_REAL(of, wolfSSL_read);
    int result = real != NULL ? real(ssl, bytes, size) : FATAL_ERROR;

    if (wr_unlikely(result < 0))
        failed(&(struct wr_tls_call){of, ssl, {0}, 0, "wolfSSL_read"}, result, WR_DOOR_RECV);
    return result;
}

void wolfSSL_free(void *ssl)
{
    wr_wolfSSL_free_type *real = WR_TLS_REAL(instance(__builtin_return_address(0)), wolfSSL_free);

    wr_handshake_forget(ssl);
    if (real != NULL)
        real(ssl);
}
