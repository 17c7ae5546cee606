/* SPDX-License-Identifier: MIT
 * Whether a program that has just ended a connection after a handshake that came good has seen
 * something in the certificate that it did not like. */
#include <string.h>

#include "base/x509.h"
#include "tls/openssl.h"
#include "workspace.h"

enum { SERVERNAME_HOST = 0, VERIFY_PEER = 1 };

static bool is_for(const struct wr_tls_instance *of, void *certificate, const char *name,
                   char *space, size_t room)
{
    unsigned char *at = (unsigned char *)space;
    int len = WR_OPENSSL(of, i2d_X509)(certificate, NULL);
    struct wr_x509 it;

    return len <= 0 || (size_t)len > room || WR_OPENSSL(of, i2d_X509)(certificate, &at) != len ||
           !wr_x509_read((unsigned char *)space, (size_t)len, &it) || wr_x509_is_for(&it, name);
}

/* The certificate is for other names than the one that the server was asked for (SNI). */
static bool is_for_others(const struct wr_tls_instance *of, const void *ssl, const char *name)
{
    void *stack, *certificate;
    struct wr_workspace *space;
    uint64_t signals;
    bool fits = true;

    if (!WR_OPENSSL(of, SSL_get_peer_cert_chain) || !WR_OPENSSL(of, OPENSSL_sk_value) ||
        !WR_OPENSSL(of, OPENSSL_sk_num) || !WR_OPENSSL(of, i2d_X509))
        return false;
    stack = WR_OPENSSL(of, SSL_get_peer_cert_chain)(ssl);
    if (stack == NULL || WR_OPENSSL(of, OPENSSL_sk_num)(stack) < 1)
        return false;
    certificate = WR_OPENSSL(of, OPENSSL_sk_value)(stack, 0);
    signals = wr_signals_block();
    space = wr_workspace_take(false);
    if (space != NULL) {
        fits = is_for(of, certificate, name, space->scratch, sizeof(space->scratch));
        wr_workspace_give(space);
    }
    wr_signals_restore(signals);
    return !fits;
}

bool wr_openssl_was_rejected(const struct wr_tls_instance *of, void *ssl, bool asked)
{
    const char *name = WR_OPENSSL(of, SSL_get_servername)
                           ? WR_OPENSSL(of, SSL_get_servername)(ssl, SERVERNAME_HOST)
                           : NULL;

    /* A program that verifies nothing, neither by the library nor itself, only tries whether a TLS
     * server is there, or looks when its certificate ends. */
    if ((name == NULL || !asked) && (WR_OPENSSL(of, SSL_get_verify_mode)(ssl) & VERIFY_PEER) == 0)
        return false;
    return WR_OPENSSL(of, SSL_get_verify_result)(ssl) != 0 ||
           (name != NULL && is_for_others(of, ssl, name));
}
