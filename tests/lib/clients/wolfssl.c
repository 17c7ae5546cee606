/* SPDX-License-Identifier: MIT
 * A client with wolfSSL: NAME PORT CA-FILE; asks for a page. Linked with -lwolfssl by the scenario.
 */
#include <wolfssl/options.h>

#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wolfssl/ssl.h>

static int connected(const char *name, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int fd = -1;

    if (getaddrinfo(name, port, &hints, &found) != 0)
        return -1;
    fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0)
        fd = -1;
    freeaddrinfo(found);
    return fd;
}

int main(int argc, char **argv)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char answer[512];
    WOLFSSL_CTX *context;
    WOLFSSL *ssl;
    int fd, result = -1;

    if (argc != 4)
        return 2;
    wolfSSL_Init();
    context = wolfSSL_CTX_new(wolfSSLv23_client_method());
    if (wolfSSL_CTX_load_verify_locations(context, argv[3], NULL) != WOLFSSL_SUCCESS)
        return 2;
    fd = connected(argv[1], argv[2]);
    if (fd < 0)
        return 4;
    ssl = wolfSSL_new(context);
    wolfSSL_set_verify(ssl, WOLFSSL_VERIFY_PEER, NULL);
    wolfSSL_check_domain_name(ssl, argv[1]);
    wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, argv[1], (unsigned short)__builtin_strlen(argv[1]));
    wolfSSL_set_fd(ssl, fd);
    if (wolfSSL_connect(ssl) == WOLFSSL_SUCCESS &&
        wolfSSL_write(ssl, request, sizeof(request) - 1) > 0)
        result = wolfSSL_read(ssl, answer, sizeof(answer));
    printf("%s\n", result > 0 ? "ok" : "failed");
    wolfSSL_free(ssl);
    close(fd);
    wolfSSL_CTX_free(context);
    return result > 0 ? 0 : 3;
}
