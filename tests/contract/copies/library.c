/* SPDX-License-Identifier: MIT
 * A copy of "GnuTLS" whose sessions are no good for another copy: COPY is its number. */
#include <stdio.h>

struct session {
    int copy;
};

static struct session sessions[8];
static int used;

static void check(const struct session *session, const char *function)
{
    if (session == NULL || session->copy != COPY) {
        printf("%s() of copy %d has a session of copy %d\n", function, COPY,
               session != NULL ? session->copy : 0);
        fflush(stdout);
    }
}

int gnutls_init(struct session **session, unsigned flags);
int gnutls_handshake(struct session *session);
void gnutls_deinit(struct session *session);
int gnutls_alert_get(struct session *session);
void gnutls_transport_get_int2(struct session *session, int *in, int *out);

int gnutls_init(struct session **session, unsigned flags)
{
    (void)flags;
    *session = &sessions[used++ % 8];
    (*session)->copy = COPY;
    return 0;
}

int gnutls_handshake(struct session *session)
{
    check(session, "gnutls_handshake");
    printf("copy %d shakes hands\n", COPY);
    fflush(stdout);
    return -12; /* an alert has come */
}

void gnutls_deinit(struct session *session)
{
    check(session, "gnutls_deinit");
}

int gnutls_alert_get(struct session *session)
{
    check(session, "gnutls_alert_get");
    return 40;
}

void gnutls_transport_get_int2(struct session *session, int *in, int *out)
{
    check(session, "gnutls_transport_get_int2");
    *in = *out = -1;
}
