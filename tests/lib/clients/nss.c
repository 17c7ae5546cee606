/* SPDX-License-Identifier: MIT
 * usage: nss HOST PORT DATABASE [later]: a handshake with a server through NSS, which verifies with
 * what the database trusts: in the handshake, or when the program says so. Exits with 3 where it
 * fails. */
#include <netdb.h>
#include <nspr.h>
#include <nss.h>
#include <pk11pub.h>
#include <private/pprio.h>
#include <ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static SECStatus wait_for_it(void *unused, PRFileDesc *fd, PRBool check, PRBool server)
{
    (void)unused, (void)fd, (void)check, (void)server;
    return SECWouldBlock;
}

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    int fd = -1;

    if (getaddrinfo(host, port, &hints, &list) != 0)
        return -1;
    fd = socket(list->ai_family, SOCK_STREAM, 0);
    if (connect(fd, list->ai_addr, list->ai_addrlen) != 0)
        fd = -1;
    freeaddrinfo(list);
    return fd;
}

static SECStatus shake(PRFileDesc *ssl, int later)
{
    SECStatus result = SSL_ForceHandshake(ssl);

    if (result == SECSuccess || !later || PR_GetError() != PR_WOULD_BLOCK_ERROR)
        return result;
    if (SSL_AuthCertificate(CERT_GetDefaultCertDB(), ssl, PR_TRUE, PR_FALSE) != SECSuccess) {
        PRErrorCode why = PR_GetError();

        SSL_AuthCertificateComplete(ssl, why);
        PR_SetError(why, 0);
        return SECFailure;
    }
    if (SSL_AuthCertificateComplete(ssl, 0) != SECSuccess)
        return SECFailure;
    return SSL_ForceHandshake(ssl);
}

int main(int argc, char **argv)
{
    int fd = argc > 3 ? dial(argv[1], argv[2]) : -1, later = argc > 4;
    PRFileDesc *ssl;
    PRSocketOptionData option = {.option = PR_SockOpt_Nonblocking, .value = {0}};

    if (fd < 0 || NSS_Init(argv[3]) != SECSuccess)
        return 2;
    ssl = SSL_ImportFD(NULL, PR_ImportTCPSocket(fd));
    PR_SetSocketOption(ssl, &option);
    SSL_SetURL(ssl, argv[1]);
    SSL_ResetHandshake(ssl, PR_FALSE);
    if (later)
        SSL_AuthCertificateHook(ssl, wait_for_it, NULL);
    if (shake(ssl, later) != SECSuccess) {
        printf("%s\n", PR_ErrorToName(PR_GetError()));
        PR_Close(ssl);
        return 3;
    }
    puts("fine");
    PR_Close(ssl);
    return 0;
}
