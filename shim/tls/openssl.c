/* SPDX-License-Identifier: MIT
 * Whether a call of OpenSSL failed, and over a handshake. See openssl.h. Runs also before the first
 * failure was found: no table of pointers. */
#include "tls/openssl.h"

#include <errno.h>

#include "tls/fresh.h"
#include "tls/transport.h"

const struct wr_tls_names wr_openssl_names = {.count = WR_OPENSSL_FUNCTIONS,
                                              .name = {
#define FUNCTION(result, name, arguments) #name,
#include "tls/openssl.def"
#undef FUNCTION
                                              }};
_Static_assert(WR_OPENSSL_FUNCTIONS <= WR_TLS_FUNCTIONS, "room");

enum { SSL_ERROR_SSL = 1, SSL_ERROR_SYSCALL = 5, SSL_ERROR_ZERO_RETURN = 6 };
enum { SSL_RECEIVED_SHUTDOWN = 2 };
enum { SSL_R_UNEXPECTED_EOF_WHILE_READING = 294 };

bool wr_openssl_is_complete(const struct wr_tls_instance *of)
{
    return WR_OPENSSL(of, SSL_get_error) != NULL && WR_OPENSSL(of, SSL_get_state) != NULL &&
           WR_OPENSSL(of, SSL_get_shutdown) != NULL && WR_OPENSSL(of, SSL_is_server) != NULL &&
           WR_OPENSSL(of, SSL_get_fd) != NULL && WR_OPENSSL(of, SSL_get_rbio) != NULL &&
           WR_OPENSSL(of, SSL_get_wbio) != NULL && WR_OPENSSL(of, ERR_peek_error) != NULL &&
           WR_OPENSSL(of, ERR_peek_last_error) != NULL &&
           WR_OPENSSL(of, SSL_get_verify_result) != NULL &&
           WR_OPENSSL(of, SSL_get_verify_mode) != NULL && WR_OPENSSL(of, SSL_version) != NULL;
}

/* A number of 1.1 keeps its library in the upper eight bits, one of 3.0 in 23 to 30. */
static bool is_old(const struct wr_tls_instance *of)
{
    return WR_OPENSSL(of, OpenSSL_version_num) != NULL &&
           WR_OPENSSL(of, OpenSSL_version_num)() < 0x30000000ul;
}

unsigned wr_openssl_error_lib(const struct wr_tls_instance *of, unsigned long number)
{
    return is_old(of) ? number >> 24 & 0xff : number >> 23 & 0xff;
}

unsigned wr_openssl_error_reason(const struct wr_tls_instance *of, unsigned long number)
{
    return is_old(of) ? number & 0xfff : number & 0x7fffff;
}

unsigned long wr_openssl_error(const struct wr_tls_instance *of)
{
    unsigned long first = WR_OPENSSL(of, ERR_peek_error)();
    unsigned long last = WR_OPENSSL(of, ERR_peek_last_error)();

    if (wr_openssl_error_lib(of, first) == WR_ERR_LIB_SSL ||
        wr_openssl_error_lib(of, last) != WR_ERR_LIB_SSL)
        return first;
    return last;
}

uint64_t wr_openssl_heard(const struct wr_tls_instance *of, const void *ssl)
{
    void *bio = WR_OPENSSL(of, SSL_get_rbio)(ssl);

    return bio != NULL && WR_OPENSSL(of, BIO_number_read) != NULL
               ? WR_OPENSSL(of, BIO_number_read)(bio)
               : 0;
}

uint64_t wr_openssl_sent(const struct wr_tls_instance *of, const void *ssl)
{
    void *bio = WR_OPENSSL(of, SSL_get_wbio)(ssl);

    return bio != NULL && WR_OPENSSL(of, BIO_number_written) != NULL
               ? WR_OPENSSL(of, BIO_number_written)(bio)
               : 0;
}

/* Without a BIO SSL_get_fd() would add to the error queue. */
int wr_openssl_fd(const struct wr_tls_instance *of, const void *ssl)
{
    int fd = WR_OPENSSL(of, SSL_get_rbio)(ssl) != NULL ? WR_OPENSSL(of, SSL_get_fd)(ssl) : -1;

    return fd >= 0
               ? fd
               : wr_tls_transport_of(ssl, WR_OPENSSL(of, SSL_get_state)(ssl) == WR_OPENSSL_DONE);
}

/* A server of TLS 1.3 refuses the client's certificate after the client has taken the handshake for
 * done. The alert leaves its mark in the object: what lies in the queue may be of another one. */
static bool is_late_refusal(const struct wr_tls_instance *of, void *ssl)
{
    unsigned long number = wr_openssl_error(of);
    unsigned alert = wr_openssl_error_reason(of, number) - WR_SSL_ALERT_BASE;

    if (wr_openssl_error_lib(of, number) != WR_ERR_LIB_SSL ||
        (WR_OPENSSL(of, SSL_get_shutdown)(ssl) & SSL_RECEIVED_SHUTDOWN) == 0 ||
        WR_OPENSSL(of, SSL_is_server)(ssl))
        return false;
    return alert == 40 || (alert >= 42 && alert <= 49) || alert == 112 || alert == 116 ||
           alert == 120;
}

/* The same, where the alert was lost in a reset: nothing was heard since, and the server had asked
 * for a certificate. */
static bool is_late_reset(const struct wr_tls_instance *of, void *ssl,
                          const struct wr_openssl_end *end)
{
    return end->outcome == WR_OUTCOME_CLOSED && end->error != 0 && wr_tls_is_fresh(ssl) &&
           !WR_OPENSSL(of, SSL_is_server)(ssl) && WR_OPENSSL(of, SSL_get0_peer_CA_list) != NULL &&
           WR_OPENSSL(of, SSL_get0_peer_CA_list)(ssl) != NULL;
}

static struct wr_openssl_end transport_failed(int result, int error)
{
    /* a BIO of the program's that does not say that it is to be tried again */
    bool again = result < 0 && (error == EAGAIN || error == EINTR || error == EINPROGRESS);
    bool reset = error == ECONNRESET || error == EPIPE || error == ECONNABORTED;

    return (struct wr_openssl_end){.failed = !again,
                                   .outcome =
                                       error == 0 || reset ? WR_OUTCOME_CLOSED : WR_OUTCOME_ERROR,
                                   .error = error};
}

static bool is_end_of_file(const struct wr_tls_instance *of)
{
    unsigned long number = wr_openssl_error(of);

    return wr_openssl_error_lib(of, number) == WR_ERR_LIB_SSL &&
           wr_openssl_error_reason(of, number) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static struct wr_openssl_end judge_kind(const struct wr_tls_instance *of, void *ssl, int result,
                                        int error)
{
    switch (WR_OPENSSL(of, SSL_get_error)(ssl, result)) {
    case SSL_ERROR_SSL:
        return (struct wr_openssl_end){
            true, is_end_of_file(of) ? WR_OUTCOME_CLOSED : WR_OUTCOME_ERROR, 0};
    case SSL_ERROR_SYSCALL:
        return transport_failed(result, error);
    case SSL_ERROR_ZERO_RETURN:
        return (struct wr_openssl_end){true, WR_OUTCOME_CLOSED, 0};
    default:
        return (struct wr_openssl_end){.failed = false};
    }
}

/* What a server meets that is in reach of anybody: who looks whether it is there and leaves, at
 * once or amid the handshake, and who speaks something else. Nobody's failure. */
static bool is_passer_by(const struct wr_tls_instance *of, const void *ssl,
                         const struct wr_openssl_end *end)
{
    static const uint16_t not_tls[] = {155, 156, 159, 198, 252, 267, 443};
    unsigned long number;

    if (!end->failed || !WR_OPENSSL(of, SSL_is_server)(ssl))
        return false;
    if (end->outcome == WR_OUTCOME_CLOSED)
        return true;
    number = wr_openssl_error(of);
    for (size_t i = 0; i < sizeof(not_tls) / sizeof(not_tls[0]); i++) {
        if (end->error == 0 && wr_openssl_error_lib(of, number) == WR_ERR_LIB_SSL &&
            wr_openssl_error_reason(of, number) == not_tls[i])
            return true;
    }
    return false;
}

struct wr_openssl_end wr_openssl_judge(const struct wr_tls_instance *of, void *ssl, int result,
                                       int error, bool transfers)
{
    struct wr_openssl_end end = judge_kind(of, ssl, result, error);

    if (!end.failed) /* mostly one that is to be tried again */
        return end;
    if (transfers && WR_OPENSSL(of, SSL_get_state)(ssl) == WR_OPENSSL_DONE)
        end.failed = is_late_refusal(of, ssl) || is_late_reset(of, ssl, &end);
    end.failed = end.failed && !is_passer_by(of, ssl, &end);
    return end;
}
