/* SPDX-License-Identifier: MIT
 * Whether a call of GnuTLS failed, and over a handshake. See gnutls.h. Runs also before the first
 * failure was found: no table of pointers. */
#include "tls/gnutls.h"

#include <errno.h>

#include "tls/transport.h"

const struct wr_tls_names wr_gnutls_names = {.count = WR_GNUTLS_FUNCTIONS,
                                             .name = {
#define FUNCTION(result, name, arguments) #name,
#include "tls/gnutls.def"
#undef FUNCTION
                                             }};
_Static_assert(WR_GNUTLS_FUNCTIONS <= WR_TLS_FUNCTIONS, "room");
struct wr_tls_single wr_gnutls_single;

enum {
    UNEXPECTED_PACKET_LENGTH = -9,
    INVALID_SESSION = -10, /* after an alert that another function has taken, as wget has it */
    FATAL_ALERT_RECEIVED = -12,
    UNEXPECTED_PACKET = -15,
    AGAIN = -28,
    REHANDSHAKE = -37,
    GOT_APPLICATION_DATA = -38,
    INVALID_REQUEST = -50,
    INTERRUPTED = -52,
    PUSH_ERROR = -53,
    PULL_ERROR = -54,
    NOT_AVAILABLE = -56,
    PREMATURE_TERMINATION = -110,
    SESSION_EOF = -328
};
#define DESCRIPTOR_MAX (1u << 20)

/* A program may also hand over a pointer of its own, and pass the bytes on itself (curl). */
int wr_gnutls_fd(const struct wr_tls_instance *of, void *session, bool done)
{
    int fd = wr_tls_transport_of(session, done);
    uintptr_t pointer;

    if (WR_GNUTLS(of, gnutls_transport_get_ptr) == NULL)
        return fd;
    pointer = (uintptr_t)WR_GNUTLS(of, gnutls_transport_get_ptr)(session);
    return pointer > 2 && pointer < DESCRIPTOR_MAX ? (int)pointer : fd;
}

static bool is_fatal(const struct wr_tls_instance *of, int result)
{
    return WR_GNUTLS(of, gnutls_error_is_fatal) != NULL
               ? WR_GNUTLS(of, gnutls_error_is_fatal)(result) != 0
               : result != AGAIN && result != INTERRUPTED;
}

/* A server of TLS 1.3 refuses the client's certificate after the client has taken the handshake for
 * done. */
static bool is_late_refusal(const struct wr_tls_instance *of, void *session, int result)
{
    int alert;

    if ((result != FATAL_ALERT_RECEIVED && result != INVALID_SESSION) ||
        WR_GNUTLS(of, gnutls_alert_get) == NULL)
        return false;
    alert = WR_GNUTLS(of, gnutls_alert_get)(session);
    return alert == 40 || (alert >= 42 && alert <= 49) || alert == 112 || alert == 116 ||
           alert == 120;
}

bool wr_gnutls_is_server(const struct wr_tls_instance *of, void *session)
{
    char name[WR_NAME_MAX];
    size_t size = sizeof(name);
    unsigned type = 0;
    int result = INVALID_REQUEST;

    if (WR_GNUTLS(of, gnutls_server_name_get) != NULL)
        result = WR_GNUTLS(of, gnutls_server_name_get)(session, name, &size, &type, 0);
    return result == 0 || result == NOT_AVAILABLE;
}

/* Who leaves a server amid the handshake, or speaks something else: openssl.c. */
static bool is_passer_by(const struct wr_tls_instance *of, void *session, long result,
                         enum wr_outcome outcome)
{
    return (outcome == WR_OUTCOME_CLOSED || result == UNEXPECTED_PACKET_LENGTH ||
            result == UNEXPECTED_PACKET) &&
           wr_gnutls_is_server(of, session);
}

struct wr_gnutls_end wr_gnutls_judge(const struct wr_tls_instance *of, void *session, long result,
                                     int error, bool transfers)
{
    bool pulled = result == PULL_ERROR || result == PUSH_ERROR;
    struct wr_gnutls_end end = {.failed = result < 0 && result != REHANDSHAKE &&
                                          result != GOT_APPLICATION_DATA &&
                                          is_fatal(of, (int)result),
                                .outcome = WR_OUTCOME_ERROR};

    if (transfers)
        end.failed = end.failed && is_late_refusal(of, session, (int)result);
    if (result == PREMATURE_TERMINATION || result == SESSION_EOF)
        end.outcome = WR_OUTCOME_CLOSED;
    if (pulled && (error == ECONNRESET || error == EPIPE || error == ECONNABORTED)) {
        end.outcome = WR_OUTCOME_CLOSED;
        end.error = error;
    } else if (pulled && error != EAGAIN && error != EINTR) {
        end.error = error;
    }
    end.failed = end.failed && !is_passer_by(of, session, result, end.outcome);
    return end;
}
