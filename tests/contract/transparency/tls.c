/* SPDX-License-Identifier: MIT
 * The TLS libraries besides OpenSSL: handshakes with a peer that speaks no TLS, that closes, that
 * is silent; results and errno. The libraries are opened when a case runs, and their headers are
 * not needed; one that is not there says the same with and without ours. */
#include "observe.h"

#include <stdbool.h>

/* A call by way of the search order, as a program that is linked with the library has it. */
#define SYMBOL(result, name, arguments) \
    result(*name) arguments = (result(*) arguments)dlsym(RTLD_DEFAULT, #name)

static bool opens(const char *const *names)
{
    for (; *names != NULL; names++) {
        if (dlopen(*names, RTLD_NOW | RTLD_GLOBAL) != NULL)
            return true;
    }
    say("  not there\n");
    return false;
}

enum peer { TALKS, CLOSES, SILENT };

/* A connected pair: `peer` has said what it says. */
static int connection(enum peer peer)
{
    static int left_open = -1;
    struct timeval second = {.tv_usec = 200000};
    struct sockaddr_in addr = v4(0);
    socklen_t len = sizeof(addr);
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), other;

    bind(listener, (struct sockaddr *)&addr, sizeof(addr));
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&addr, &len);
    connect(fd, (struct sockaddr *)&addr, len);
    other = accept(listener, NULL, NULL);
    close(listener);
    if (peer == TALKS && write(other, "220 mail.example ESMTP ready\r\n", 30) != 30)
        say("  write\n");
    if (peer != SILENT)
        shutdown(other, SHUT_WR);
    if (left_open >= 0)
        close(left_open);
    left_open = other;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
    return fd;
}

/* --- GnuTLS -------------------------------------------------------------------------------- */

static void gnutls_one(enum peer peer)
{
    SYMBOL(int, gnutls_init, (void **, unsigned));
    SYMBOL(int, gnutls_set_default_priority, (void *));
    SYMBOL(int, gnutls_certificate_allocate_credentials, (void **));
    SYMBOL(int, gnutls_credentials_set, (void *, int, void *));
    SYMBOL(void, gnutls_transport_set_int2, (void *, int, int));
    SYMBOL(int, gnutls_handshake, (void *));
    SYMBOL(ssize_t, gnutls_record_recv, (void *, void *, size_t));
    SYMBOL(ssize_t, gnutls_record_send, (void *, const void *, size_t));
    SYMBOL(int, gnutls_certificate_verify_peers, (void *, void *, unsigned, unsigned *));
    SYMBOL(int, gnutls_certificate_verify_peers2, (void *, unsigned *));
    SYMBOL(int, gnutls_certificate_verify_peers3, (void *, const char *, unsigned *));
    SYMBOL(unsigned, gnutls_x509_crt_check_hostname, (void *, const char *));
    SYMBOL(int, gnutls_x509_crt_init, (void **));
    SYMBOL(int, gnutls_bye, (void *, int));
    SYMBOL(void, gnutls_deinit, (void *));
    void *session = NULL, *credentials = NULL, *certificate = NULL;
    int fd = connection(peer);
    unsigned status = 7;
    char bytes[64];

    gnutls_certificate_allocate_credentials(&credentials);
    OBSERVE(gnutls_init(&session, 2 /* GNUTLS_CLIENT */));
    gnutls_set_default_priority(session);
    gnutls_credentials_set(session, 1 /* GNUTLS_CRD_CERTIFICATE */, credentials);
    gnutls_transport_set_int2(session, fd, fd);
    OBSERVE(gnutls_handshake(session));
    OBSERVE(gnutls_record_recv(session, bytes, sizeof(bytes)));
    OBSERVE(gnutls_record_send(session, "hello", 5));
    OBSERVE(gnutls_certificate_verify_peers(session, NULL, 0, &status));
    OBSERVE(gnutls_certificate_verify_peers2(session, &status));
    OBSERVE(gnutls_certificate_verify_peers3(session, "db.test", &status));
    say("  status %u\n", status);
    gnutls_x509_crt_init(&certificate);
    OBSERVE(gnutls_x509_crt_check_hostname(certificate, "db.test"));
    OBSERVE(gnutls_bye(session, 1 /* GNUTLS_SHUT_WR */));
    gnutls_deinit(session);
    OBSERVE(close(fd));
}

static void gnutls(enum peer peer)
{
    if (!opens((const char *const[]){"libgnutls.so.30", NULL}))
        return;
    gnutls_one(peer);
}

/* --- mbed TLS ------------------------------------------------------------------------------ */

static int send_bytes(void *fd, const unsigned char *bytes, size_t size)
{
    return (int)send(*(int *)fd, bytes, size, MSG_NOSIGNAL);
}

static int receive_bytes(void *fd, unsigned char *bytes, size_t size)
{
    ssize_t got = recv(*(int *)fd, bytes, size, 0);

    return got >= 0 ? (int)got : errno == EAGAIN ? -0x6900 : -0x004C;
}

static int no_random(void *state, unsigned char *bytes, size_t size)
{
    (void)state;
    memset(bytes, 5, size);
    return 0;
}

static void mbedtls_one(enum peer peer)
{
    SYMBOL(void, mbedtls_ssl_init, (void *));
    SYMBOL(void, mbedtls_ssl_config_init, (void *));
    SYMBOL(int, mbedtls_ssl_config_defaults, (void *, int, int, int));
    SYMBOL(void, mbedtls_ssl_conf_rng, (void *, void *, void *));
    SYMBOL(void, mbedtls_ssl_conf_authmode, (void *, int));
    SYMBOL(int, mbedtls_ssl_setup, (void *, void *));
    SYMBOL(void, mbedtls_ssl_set_bio, (void *, void *, void *, void *, void *));
    SYMBOL(int, mbedtls_ssl_handshake, (void *));
    SYMBOL(int, mbedtls_ssl_read, (void *, void *, size_t));
    SYMBOL(void, mbedtls_ssl_free, (void *));
    static _Alignas(16) char ssl[8192], config[8192]; /* more than any version needs */
    int fd = connection(peer);
    char bytes[64];

    mbedtls_ssl_init(ssl);
    mbedtls_ssl_config_init(config);
    mbedtls_ssl_config_defaults(config, 0 /* client */, 0 /* stream */, 0);
    mbedtls_ssl_conf_rng(config, (void *)no_random, NULL);
    mbedtls_ssl_conf_authmode(config, 0);
    OBSERVE(mbedtls_ssl_setup(ssl, config));
    mbedtls_ssl_set_bio(ssl, &fd, (void *)send_bytes, (void *)receive_bytes, NULL);
    OBSERVE(mbedtls_ssl_handshake(ssl));
    OBSERVE(mbedtls_ssl_read(ssl, bytes, sizeof(bytes)));
    mbedtls_ssl_free(ssl);
    OBSERVE(close(fd));
}

static void mbedtls(enum peer peer)
{
    if (!opens((const char *const[]){"libmbedtls.so.14", "libmbedtls.so.12", NULL}))
        return;
    mbedtls_one(peer);
}

/* --- wolfSSL ------------------------------------------------------------------------------- */

static void wolfssl_one(enum peer peer)
{
    SYMBOL(void *, wolfTLSv1_2_client_method, (void));
    SYMBOL(void *, wolfSSL_CTX_new, (void *));
    SYMBOL(void *, wolfSSL_new, (void *));
    SYMBOL(int, wolfSSL_set_fd, (void *, int));
    SYMBOL(int, wolfSSL_connect, (void *));
    SYMBOL(int, wolfSSL_accept, (void *));
    SYMBOL(int, wolfSSL_read, (void *, void *, int));
    SYMBOL(int, wolfSSL_get_error, (void *, int));
    SYMBOL(void, wolfSSL_free, (void *));
    SYMBOL(void, wolfSSL_CTX_free, (void *));
    void *context = wolfSSL_CTX_new(wolfTLSv1_2_client_method()), *ssl = wolfSSL_new(context);
    int fd = connection(peer);
    char bytes[64];

    OBSERVE(wolfSSL_set_fd(ssl, fd));
    OBSERVE(wolfSSL_connect(ssl));
    OBSERVE(wolfSSL_get_error(ssl, -1));
    OBSERVE(wolfSSL_read(ssl, bytes, sizeof(bytes)));
    OBSERVE(wolfSSL_get_error(ssl, -1));
    OBSERVE(wolfSSL_accept(ssl)); /* of a client */
    wolfSSL_free(ssl);
    wolfSSL_CTX_free(context);
    OBSERVE(close(fd));
}

static void wolfssl(enum peer peer)
{
    if (!opens((const char *const[]){"libwolfssl.so.35", "libwolfssl.so.42", NULL}))
        return;
    OBSERVE(((int (*)(void))dlsym(RTLD_DEFAULT, "wolfSSL_Init"))());
    wolfssl_one(peer);
}

/* --- NSS ----------------------------------------------------------------------------------- */

static void nss_one(enum peer peer, bool forced)
{
    SYMBOL(void *, PR_ImportTCPSocket, (int));
    SYMBOL(void *, SSL_ImportFD, (void *, void *));
    SYMBOL(int, SSL_ResetHandshake, (void *, int));
    SYMBOL(int, SSL_SetURL, (void *, const char *));
    SYMBOL(int, SSL_ForceHandshake, (void *));
    SYMBOL(int, PR_Read, (void *, void *, int));
    SYMBOL(int, PR_Write, (void *, const void *, int));
    SYMBOL(int, PR_Recv, (void *, void *, int, int, unsigned));
    SYMBOL(int, PR_Send, (void *, const void *, int, int, unsigned));
    SYMBOL(int, PR_GetError, (void));
    SYMBOL(int, SSL_AuthCertificateComplete, (void *, int));
    SYMBOL(int, PR_Close, (void *));
    void *fd = SSL_ImportFD(NULL, PR_ImportTCPSocket(connection(peer)));
    char bytes[64];

    OBSERVE(SSL_ResetHandshake(fd, 0));
    SSL_SetURL(fd, "db.test");
    if (forced) /* which would wait for ever for one that is silent */
        OBSERVE(SSL_ForceHandshake(fd));
    OBSERVE(PR_GetError());
    OBSERVE(SSL_AuthCertificateComplete(fd, -8172)); /* nothing waits for it */
    OBSERVE(PR_GetError());
    OBSERVE(PR_Send(fd, "hello", 5, 0, 100));
    OBSERVE(PR_GetError());
    OBSERVE(PR_Recv(fd, bytes, sizeof(bytes), 0, 100));
    OBSERVE(PR_Write(fd, "hello", 5));
    OBSERVE(PR_GetError());
    OBSERVE(PR_Read(fd, bytes, sizeof(bytes)));
    OBSERVE(PR_GetError());
    OBSERVE(PR_Close(fd));
}

static void nss(enum peer peer)
{
    int (*NSS_NoDB_Init)(const char *);
    int (*NSS_SetDomesticPolicy)(void);

    if (!opens((const char *const[]){"libssl3.so", NULL}))
        return;
    NSS_NoDB_Init = (int (*)(const char *))dlsym(RTLD_DEFAULT, "NSS_NoDB_Init");
    NSS_SetDomesticPolicy = (int (*)(void))dlsym(RTLD_DEFAULT, "NSS_SetDomesticPolicy");
    OBSERVE(NSS_NoDB_Init("."));
    OBSERVE(NSS_SetDomesticPolicy());
    nss_one(peer, true);
    nss_one(peer, false);
}

#define WITH(library, peer, PEER)      \
    static void library##_##peer(void) \
    {                                  \
        library(PEER);                 \
    }
WITH(gnutls, closes, CLOSES)
WITH(gnutls, silent, SILENT)
WITH(gnutls, talks, TALKS)
WITH(mbedtls, closes, CLOSES)
WITH(mbedtls, silent, SILENT)
WITH(mbedtls, talks, TALKS)
WITH(nss, closes, CLOSES)
WITH(nss, talks, TALKS)
WITH(wolfssl, closes, CLOSES)
WITH(wolfssl, silent, SILENT)
WITH(wolfssl, talks, TALKS)

static void refused(void)
{
    OBSERVE(fail_once());
}

const struct test_case cases[] = {
    {"connect", "refused", refused},
    {"gnutls_handshake", "talks", gnutls_talks},
    {"gnutls_record_recv", "closes", gnutls_closes},
    {"gnutls_record_send", "silent", gnutls_silent},
    {"gnutls_certificate_verify_peers", "talks", gnutls_talks},
    {"gnutls_certificate_verify_peers2", "closes", gnutls_closes},
    {"gnutls_certificate_verify_peers3", "silent", gnutls_silent},
    {"gnutls_x509_crt_check_hostname", "talks", gnutls_talks},
    {"gnutls_bye", "closes", gnutls_closes},
    {"gnutls_deinit", "silent", gnutls_silent},
    {"mbedtls_ssl_handshake", "talks", mbedtls_talks},
    {"mbedtls_ssl_handshake", "closes", mbedtls_closes},
    {"mbedtls_ssl_handshake", "silent", mbedtls_silent},
    {"wolfSSL_connect", "talks", wolfssl_talks},
    {"wolfSSL_accept", "closes", wolfssl_closes},
    {"wolfSSL_read", "silent", wolfssl_silent},
    {"wolfSSL_free", "talks", wolfssl_talks},
    {"SSL_ForceHandshake", "talks", nss_talks},
    {"SSL_AuthCertificateComplete", "talks", nss_talks},
    {"SSL_ImportFD", "closes", nss_closes},
    {"PR_Read", "talks", nss_talks},
    {"PR_Write", "closes", nss_closes},
    {"PR_Recv", "talks", nss_talks},
    {"PR_Send", "closes", nss_closes},
    {0},
};
