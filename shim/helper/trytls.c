/* SPDX-License-Identifier: MIT
 * The handshake of `whyrefused check --tls`, by whatever libssl there is: opened at run time, with
 * global scope, so that the library's hooks stand before its functions as in any program. */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "helper/check.h"

/* openssl/ssl.h, of 1.1 and 3, which is not needed to build */
enum {
    ERROR_SSL = 1,
    ERROR_WANT_READ = 2,
    ERROR_WANT_WRITE = 3,
    ERROR_SYSCALL = 5,
    VERIFY_PEER = 1,
    CTRL_SET_TLSEXT_HOSTNAME = 55
};

#define FUNCTIONS(F)                                                        \
    F(const void *, TLS_client_method, (void))                              \
    F(void *, SSL_CTX_new, (const void *method))                            \
    F(int, SSL_CTX_set_default_verify_paths, (void *context))               \
    F(void, SSL_CTX_set_verify, (void *context, int mode, void *callback))  \
    F(void, SSL_CTX_free, (void *context))                                  \
    F(void *, SSL_new, (void *context))                                     \
    F(void *, SSL_get0_param, (void *ssl))                                  \
    F(int, X509_VERIFY_PARAM_set1_ip_asc, (void *param, const char *ip))    \
    F(int, SSL_set1_host, (void *ssl, const char *name))                    \
    F(long, SSL_ctrl, (void *ssl, int command, long number, void *pointer)) \
    F(int, SSL_set_fd, (void *ssl, int fd))                                 \
    F(int, SSL_connect, (void *ssl))                                        \
    F(int, SSL_get_error, (const void *ssl, int result))                    \
    F(long, SSL_get_verify_result, (const void *ssl))                       \
    F(const char *, X509_verify_cert_error_string, (long error))            \
    F(unsigned long, ERR_get_error, (void))                                 \
    F(void, ERR_clear_error, (void))                                        \
    F(const char *, ERR_reason_error_string, (unsigned long error))         \
    F(const char *, SSL_get_version, (const void *ssl))                     \
    F(const void *, SSL_get_current_cipher, (const void *ssl))              \
    F(const char *, SSL_CIPHER_get_name, (const void *cipher))              \
    F(int, SSL_shutdown, (void *ssl))                                       \
    F(void, SSL_free, (void *ssl))

static struct {
#define FUNCTION(type, name, arguments) type(*name) arguments;
    FUNCTIONS(FUNCTION)
#undef FUNCTION
} tls;

/* NULL, or what is missing. */
static const char *load(void)
{
    if (dlopen("libssl.so.3", RTLD_NOW | RTLD_GLOBAL) == NULL &&
        dlopen("libssl.so.1.1", RTLD_NOW | RTLD_GLOBAL) == NULL)
        return "there is neither libssl.so.3 nor libssl.so.1.1 (OpenSSL)";
#define FUNCTION(type, name, arguments)               \
    *(void **)&tls.name = dlsym(RTLD_DEFAULT, #name); \
    if (tls.name == NULL)                             \
        return "libssl has no " #name "()";
    FUNCTIONS(FUNCTION)
#undef FUNCTION
    return NULL;
}

static void say_failure(void *ssl, int result, int error, char *text, size_t size)
{
    int kind = tls.SSL_get_error(ssl, result);
    unsigned long code = tls.ERR_get_error();
    long verified = tls.SSL_get_verify_result(ssl);
    const char *reason = code != 0 ? tls.ERR_reason_error_string(code) : NULL;

    if (verified != 0)
        snprintf(text, size, "the certificate: %s", tls.X509_verify_cert_error_string(verified));
    else if (reason != NULL)
        snprintf(text, size, "%s", reason);
    else if (kind == ERROR_SYSCALL && error != 0)
        snprintf(text, size, "%s", strerror(error));
    else
        snprintf(text, size, "the peer closed the connection");
}

static enum wr_check_tls shake(void *ssl, int fd, long long until_ms, char *text, size_t size)
{
    for (;;) {
        int result, kind, error;

        tls.ERR_clear_error();
        errno = 0;
        result = tls.SSL_connect(ssl);
        error = errno;
        if (result == 1)
            break;
        kind = tls.SSL_get_error(ssl, result);
        if (kind != ERROR_WANT_READ && kind != ERROR_WANT_WRITE) {
            say_failure(ssl, result, error, text, size);
            return WR_CHECK_TLS_FAILED;
        }
        if (!wr_check_wait(fd, kind == ERROR_WANT_READ ? POLLIN : POLLOUT, until_ms)) {
            snprintf(text, size, "no answer in time");
            return WR_CHECK_TLS_FAILED;
        }
    }
    snprintf(text, size, "%s, %s, certificate accepted", tls.SSL_get_version(ssl),
             tls.SSL_CIPHER_get_name(tls.SSL_get_current_cipher(ssl)));
    tls.SSL_shutdown(ssl);
    return WR_CHECK_TLS_DONE;
}

/* Whose certificate it has to be; a name is sent, an address is not (RFC 6066). */
static bool set_host(void *ssl, const char *host)
{
    if (tls.X509_VERIFY_PARAM_set1_ip_asc(tls.SSL_get0_param(ssl), host) == 1)
        return true;
    tls.ERR_clear_error();
    return tls.SSL_set1_host(ssl, host) == 1 &&
           tls.SSL_ctrl(ssl, CTRL_SET_TLSEXT_HOSTNAME, 0, (void *)host) == 1;
}

enum wr_check_tls wr_check_handshake(int fd, const char *host, long long until_ms, char *text,
                                     unsigned long size)
{
    const char *missing = load();
    enum wr_check_tls end = WR_CHECK_TLS_NO_LIBRARY;
    void *context, *ssl;

    if (missing != NULL) {
        snprintf(text, size, "%s", missing);
        return end;
    }
    context = tls.SSL_CTX_new(tls.TLS_client_method());
    if (context == NULL) {
        snprintf(text, size, "libssl cannot be used: its configuration, or no memory");
        return end;
    }
    tls.SSL_CTX_set_default_verify_paths(context);
    tls.SSL_CTX_set_verify(context, VERIFY_PEER, NULL);
    ssl = tls.SSL_new(context);
    if (ssl != NULL && set_host(ssl, host) && tls.SSL_set_fd(ssl, fd) == 1)
        end = shake(ssl, fd, until_ms, text, size);
    else
        snprintf(text, size, "libssl does not take the name %s", host);
    tls.SSL_free(ssl);
    tls.SSL_CTX_free(context);
    return end;
}
