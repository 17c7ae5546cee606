/* SPDX-License-Identifier: MIT
 * What is linked with one copy. SHAKE is the name of its function. */
int gnutls_init(void **session, unsigned flags);
int gnutls_handshake(void *session);
void gnutls_deinit(void *session);

int SHAKE(void);
int SHAKE(void)
{
    void *session;
    int result;

    gnutls_init(&session, 2);
    result = gnutls_handshake(session);
    gnutls_deinit(session);
    return result;
}
