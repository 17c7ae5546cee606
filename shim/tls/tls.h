/* SPDX-License-Identifier: MIT
 * A TLS library of the host: one file of tls/ behind one struct. The hooks of hook/ see its calls
 * fail, and probe/tls.c asks it for what it knows while the program's call has not returned. */
#ifndef WR_TLS_TLS_H
#define WR_TLS_TLS_H

#include "probe/probe.h"
#include "whyrefused/attempt.h"
#include "whyrefused/evidence.h"

struct wr_tls_library {
    const char *name; /* "OpenSSL" */
    /* Sets facts of the section "the handshake" of evidence.def. Calls functions of the very
     * library instance that owns the object, those that only look: no error queue is consumed,
     * nothing is allocated, locked for long, or changed. Certificates are handed over in DER to
     * wr_tls_set_chain(). */
    void (*look)(const struct wr_handshake *handshake, struct wr_probe_ctx *ctx);
};

extern const struct wr_tls_library wr_tls_openssl, wr_tls_gnutls, wr_tls_mbedtls, wr_tls_nss,
    wr_tls_wolfssl;

/* The chain that the peer sent, its own certificate first. culprit: which of them (depth in the
 * chain) the library found fault with; -1 = not known. Sets the tls_cert_ and tls_top_ facts.
 * chain.c. */
struct wr_der {
    const unsigned char *at;
    size_t len;
};
#define WR_TLS_CHAIN_MAX 10
void wr_tls_set_chain(struct wr_evidence *ev, const struct wr_der *chain, unsigned count,
                      int culprit, const char *asked_name);

#endif
