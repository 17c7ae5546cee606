/* SPDX-License-Identifier: MIT
 * GnuTLS: calls that shake hands, that find fault with a certificate, and that show whether the
 * program goes on nevertheless (tls/gnutls.h). */
#include <sys/types.h>

#include "hook/handshake.h"
#include "tls/gnutls.h"

WR_EXPORT int gnutls_handshake(void *session);
WR_EXPORT ssize_t gnutls_record_recv(void *session, void *bytes, size_t size);
WR_EXPORT ssize_t gnutls_record_send(void *session, const void *bytes, size_t size);
WR_EXPORT int gnutls_certificate_verify_peers(void *session, struct wr_gnutls_vdata *data,
                                              unsigned count, unsigned *status);
WR_EXPORT int gnutls_certificate_verify_peers2(void *session, unsigned *status);
WR_EXPORT int gnutls_certificate_verify_peers3(void *session, const char *name, unsigned *status);
WR_EXPORT unsigned gnutls_x509_crt_check_hostname(void *certificate, const char *name);
WR_EXPORT int gnutls_bye(void *session, int how);
WR_EXPORT void gnutls_deinit(void *session);

enum { INTERNAL_ERROR = -59 }; /* where there is no real function */

static inline const struct wr_tls_instance *instance(const void *caller)
{
    return wr_tls_single_of(&wr_gnutls_single, &wr_gnutls_names, caller);
}
#define INSTANCE() instance(__builtin_return_address(0))

static WR_COLD void failed(const struct wr_tls_call *call, long result, enum wr_door door)
{
    int error = errno;

    if (wr_tls_is_judged_here(call)) {
        struct wr_gnutls_end end =
            wr_gnutls_judge(call->of, call->object, result, error, door != WR_DOOR_CALL);
        struct wr_tls_call told = *call;

        if (end.failed && wr_gnutls_is_server(call->of, call->object))
            told.served = (uint32_t)-result;
        if (end.failed)
            wr_tls_tell(&wr_tls_gnutls, &told, result,
                        wr_gnutls_fd(call->of, call->object, door != WR_DOOR_CALL), end.outcome,
                        end.error, door);
        if (end.failed)
            wr_gnutls_trust(call->object); /* what there was to say of it has been said */
    }
    errno = error;
}

/* A doubt from within is one that the program's callback took no notice of. */
static inline void came_good(void *session)
{
    if (wr_unlikely(atomic_load(&wr_gnutls_doubts) != 0))
        wr_gnutls_trust(session);
    wr_gnutls_came_good(session);
}

int gnutls_handshake(void *session)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_handshake_type *real = WR_TLS_REAL(of, gnutls_handshake);
    struct wr_tls_call call = {of, session, {0}, wr_now_ns(), "gnutls_handshake"};
    int result;

    if (real == NULL)
        return INTERNAL_ERROR;
    call.before = wr_tls_enter(session);
    result = real(session);
    if (wr_unlikely(result < 0))
        failed(&call, result, WR_DOOR_CALL);
    else if (session != NULL)
        came_good(session);
    wr_tls_leave(call.before);
    return result;
}

ssize_t gnutls_record_recv(void *session, void *bytes, size_t size)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_record_recv_type *real = WR_TLS_REAL(of, gnutls_record_recv);
    struct wr_tls_depth before;
    ssize_t result;

    if (real == NULL)
        return INTERNAL_ERROR;
    before = wr_tls_enter(session);
    result = real(session, bytes, size);
    if (wr_unlikely(result < 0))
        failed(&(struct wr_tls_call){of, session, before, 0, "gnutls_record_recv"}, result,
               WR_DOOR_RECV);
    else if (result > 0 && wr_unlikely(atomic_load(&wr_gnutls_doubts) != 0))
        wr_gnutls_trust(session);
    wr_tls_leave(before);
    return result;
}

ssize_t gnutls_record_send(void *session, const void *bytes, size_t size)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_record_send_type *real = WR_TLS_REAL(of, gnutls_record_send);
    struct wr_tls_depth before;
    ssize_t result;

    if (real == NULL)
        return INTERNAL_ERROR;
    if (size > 0 && wr_unlikely(atomic_load(&wr_gnutls_doubts) != 0))
        wr_gnutls_trust(session);
    before = wr_tls_enter(session);
    result = real(session, bytes, size);
    if (wr_unlikely(result < 0))
        failed(&(struct wr_tls_call){of, session, before, 0, "gnutls_record_send"}, result,
               WR_DOOR_SEND);
    wr_tls_leave(before);
    return result;
}

static WR_COLD void doubt(const struct wr_tls_instance *of, void *session, const char *function,
                          unsigned status, const char *refused_name, const char *name)
{
    int error = errno;

    if (of != NULL && !of->guessed && session != NULL && wr_may_look())
        wr_gnutls_doubt(session, wr_gnutls_fd(of, session, true), function, status, refused_name,
                        name);
    errno = error;
}

int gnutls_certificate_verify_peers(void *session, struct wr_gnutls_vdata *data, unsigned count,
                                    unsigned *status)
{
    enum { DNS_HOSTNAME = 1 };
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_certificate_verify_peers_type *real =
        WR_TLS_REAL(of, gnutls_certificate_verify_peers);
    int result = real != NULL ? real(session, data, count, status) : INTERNAL_ERROR;
    const char *name = NULL;

    if (wr_likely(result != 0 || status == NULL || *status == 0))
        return result;
    for (unsigned i = 0; data != NULL && i < count && i < 8; i++) {
        if (data[i].type == DNS_HOSTNAME)
            name = (const char *)data[i].data;
    }
    doubt(of, session, "gnutls_certificate_verify_peers", *status, NULL, name);
    return result;
}

int gnutls_certificate_verify_peers2(void *session, unsigned *status)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_certificate_verify_peers2_type *real =
        WR_TLS_REAL(of, gnutls_certificate_verify_peers2);
    int result = real != NULL ? real(session, status) : INTERNAL_ERROR;

    if (wr_unlikely(result == 0 && status != NULL && *status != 0))
        doubt(of, session, "gnutls_certificate_verify_peers2", *status, NULL, NULL);
    return result;
}

int gnutls_certificate_verify_peers3(void *session, const char *name, unsigned *status)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_certificate_verify_peers3_type *real =
        WR_TLS_REAL(of, gnutls_certificate_verify_peers3);
    int result = real != NULL ? real(session, name, status) : INTERNAL_ERROR;

    if (wr_unlikely(result == 0 && status != NULL && *status != 0))
        doubt(of, session, "gnutls_certificate_verify_peers3", *status, NULL, name);
    return result;
}

/* The certificate is a copy that the program made: it leads to no session. */
unsigned gnutls_x509_crt_check_hostname(void *certificate, const char *name)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_x509_crt_check_hostname_type *real = WR_TLS_REAL(of, gnutls_x509_crt_check_hostname);
    unsigned result = real != NULL ? real(certificate, name) : 0;

    if (wr_unlikely(result == 0 && name != NULL))
        doubt(of, wr_gnutls_current(), "gnutls_x509_crt_check_hostname", 0, name, NULL);
    return result;
}

/* The session ends. The report is made before: afterwards nobody could be asked. */
static WR_COLD void give_up(const struct wr_tls_instance *of, void *session)
{
    const struct wr_gnutls_doubt *doubted = wr_gnutls_doubted(session);
    int error = errno;

    if (doubted != NULL && of != NULL && !of->guessed && wr_may_look()) {
        bool same = doubted->fd >= 0 && wr_track_cookie(doubted->fd) == doubted->cookie;
        struct wr_tls_call call = {of, session, {0}, 0, doubted->function};

        wr_tls_tell(&wr_tls_gnutls, &call, 0, same ? doubted->fd : -1, WR_OUTCOME_ERROR, 0,
                    WR_DOOR_CALL);
    }
    wr_gnutls_trust(session);
    errno = error;
}

int gnutls_bye(void *session, int how)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_bye_type *real = WR_TLS_REAL(of, gnutls_bye);

    if (wr_unlikely(atomic_load(&wr_gnutls_doubts) != 0))
        give_up(of, session);
    return real != NULL ? real(session, how) : INTERNAL_ERROR;
}

void gnutls_deinit(void *session)
{
    const struct wr_tls_instance *of = INSTANCE();
    wr_gnutls_deinit_type *real = WR_TLS_REAL(of, gnutls_deinit);

    if (wr_unlikely(atomic_load(&wr_gnutls_doubts) != 0))
        give_up(of, session);
    wr_gnutls_gone(session);
    wr_handshake_forget(session);
    if (real != NULL)
        real(session);
}
