/* SPDX-License-Identifier: MIT
 * NSS: the handshake, which mostly happens in the first call that reads or writes. The functions of
 * NSPR below it serve every kind of descriptor. */
#include "tls/nss.h"
#include "hook/handshake.h"

WR_EXPORT int SSL_ForceHandshake(void *fd);
WR_EXPORT int SSL_AuthCertificateComplete(void *fd, int32_t error);
WR_EXPORT void *SSL_ImportFD(void *model, void *fd);
WR_EXPORT int32_t PR_Read(void *fd, void *bytes, int32_t size);
WR_EXPORT int32_t PR_Write(void *fd, const void *bytes, int32_t size);
WR_EXPORT int32_t PR_Recv(void *fd, void *bytes, int32_t size, int flags, uint32_t timeout);
WR_EXPORT int32_t PR_Send(void *fd, const void *bytes, int32_t size, int flags, uint32_t timeout);

enum { FAILURE = -1 };

static inline const struct wr_tls_instance *instance(const void *caller)
{
    return wr_tls_single_of(&wr_nss_single, &wr_nss_names, caller);
}
#define INSTANCE() instance(__builtin_return_address(0))

static bool is_late_refusal(int32_t number)
{
    int alert = wr_nss_alert(number);

    return alert == 40 || (alert >= 42 && alert <= 49) || alert == 112 || alert == 116 ||
           alert == 120;
}

static bool is_over_handshake(const struct wr_tls_instance *of, void *fd, int32_t number)
{
    if (number == WR_NSS_WOULD_BLOCK || number == WR_NSS_TIMEOUT || number == WR_NSS_IN_PROGRESS ||
        number == WR_NSS_PENDING_INTERRUPT || !wr_nss_is_certainly_tls(of, fd))
        return false;
    if (wr_nss_is_done(of, fd))
        return is_late_refusal(number);
    return wr_nss_is_of_tls(number) || number == WR_NSS_END_OF_FILE ||
           number == WR_NSS_CONNECT_RESET || number == WR_NSS_CONNECT_ABORTED;
}

static int socket_of(const struct wr_tls_instance *of, void *fd)
{
    return WR_NSS(of, PR_FileDesc2NativeHandle) != NULL
               ? (int)WR_NSS(of, PR_FileDesc2NativeHandle)(fd)
               : wr_tls_transport_of(fd, false);
}

/* The result that is handed on is the error: functions that only look leave another one behind. */
static void judge(const struct wr_tls_call *call, int32_t number, enum wr_door door)
{
    bool reset = number == WR_NSS_CONNECT_RESET || number == WR_NSS_CONNECT_ABORTED;

    if (is_over_handshake(call->of, call->object, number))
        wr_tls_tell(&wr_tls_nss, call, number, socket_of(call->of, call->object),
                    reset || number == WR_NSS_END_OF_FILE ? WR_OUTCOME_CLOSED : WR_OUTCOME_ERROR,
                    reset ? ECONNRESET : 0, door);
}

/* rejected: not 0 where the program itself rejects the certificate so. */
static WR_COLD void failed(const struct wr_tls_call *call, int32_t rejected, enum wr_door door)
{
    const struct wr_tls_instance *of = call->of;
    int error = errno;
    int32_t number, system;

    if (wr_tls_is_judged_here(call) && WR_NSS(of, PR_GetError) != NULL &&
        WR_NSS(of, PR_GetOSError) != NULL && WR_NSS(of, PR_SetError) != NULL) {
        number = WR_NSS(of, PR_GetError)();
        system = WR_NSS(of, PR_GetOSError)();
        if (rejected == 0)
            judge(call, number, door);
        else if (wr_nss_is_of_tls(rejected) && wr_nss_is_certainly_tls(of, call->object))
            wr_tls_tell(&wr_tls_nss, call, rejected, socket_of(of, call->object), WR_OUTCOME_ERROR,
                        0, door);
        if (WR_NSS(of, PR_GetError)() != number || WR_NSS(of, PR_GetOSError)() != system)
            WR_NSS(of, PR_SetError)(number, system);
    }
    errno = error;
}

int SSL_ForceHandshake(void *fd)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_SSL_ForceHandshake_type *real = WR_TLS_REAL(of, SSL_ForceHandshake);
    struct wr_tls_call call = {of, fd, {0}, wr_now_ns(), "SSL_ForceHandshake"};
    int result;

    if (real == NULL)
        return FAILURE;
    call.before = wr_tls_enter(fd);
    result = real(fd);
    if (wr_unlikely(result < 0))
        failed(&call, 0, WR_DOOR_CALL);
    else if (of != NULL && fd != NULL)
        wr_nss_came_good(fd);
    wr_tls_leave(call.before);
    return result;
}

/* Programs that do not let the handshake wait for their judgment say it so. The calls
 * that come afterwards fail; many programs make none. */
int SSL_AuthCertificateComplete(void *fd, int32_t error)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_SSL_AuthCertificateComplete_type *real = WR_TLS_REAL(of, SSL_AuthCertificateComplete);
    struct wr_tls_call call = {of, fd, {0}, 0, "SSL_AuthCertificateComplete"};
    int result;

    if (real == NULL)
        return FAILURE;
    call.before = wr_tls_enter(fd);
    result = real(fd, error);
    if (wr_unlikely(error != 0 && result == 0))
        failed(&call, error, WR_DOOR_CALL);
    wr_tls_leave(call.before);
    return result;
}

void *SSL_ImportFD(void *model, void *fd)
{
    wr_SSL_ImportFD_type *real = WR_TLS_REAL(INSTANCE(), SSL_ImportFD);
    void *result = real != NULL ? real(model, fd) : NULL;

    wr_handshake_forget(result);
    if (result != NULL)
        wr_nss_begins(result);
    return result;
}

/* Descriptors of every kind pass here: those of TLS are known where there is something to judge. */
#define TRANSFER(name, door, ...)                                               \
    do {                                                                        \
        const struct wr_tls_instance *of = INSTANCE();                          \
        wr_##name##_type *real = WR_TLS_REAL(of, name);                         \
        struct wr_tls_depth before;                                             \
        bool tls = of != NULL && fd != NULL && wr_nss_is_tls(of, fd);           \
        int32_t result;                                                         \
                                                                                \
        if (real == NULL)                                                       \
            return FAILURE;                                                     \
        if (!tls)                                                               \
            return real(__VA_ARGS__);                                           \
        before = wr_tls_enter(fd);                                              \
        result = real(__VA_ARGS__);                                             \
        if (wr_unlikely(result < 0))                                            \
            failed(&(struct wr_tls_call){of, fd, before, 0, #name}, 0, (door)); \
        else if (result > 0)                                                    \
            wr_nss_came_good(fd);                                               \
        wr_tls_leave(before);                                                   \
        return result;                                                          \
    } while (0)

int32_t PR_Read(void *fd, void *bytes, int32_t size)
{
    TRANSFER(PR_Read, WR_DOOR_RECV, fd, bytes, size);
}

int32_t PR_Write(void *fd, const void *bytes, int32_t size)
{
    TRANSFER(PR_Write, WR_DOOR_SEND, fd, bytes, size);
}

int32_t PR_Recv(void *fd, void *bytes, int32_t size, int flags, uint32_t timeout)
{
    TRANSFER(PR_Recv, WR_DOOR_RECV, fd, bytes, size, flags, timeout);
}

int32_t PR_Send(void *fd, const void *bytes, int32_t size, int flags, uint32_t timeout)
{
    TRANSFER(PR_Send, WR_DOOR_SEND, fd, bytes, size, flags, timeout);
}
