/* SPDX-License-Identifier: MIT
 * What the hooks of OpenSSL cost: a whole handshake of both sides over a socket pair, and reads of
 * one byte that the library has in its buffer. "Its own" is a copy of the library in a namespace of
 * its own (dlmopen(3)), where no preloaded library is.
 * usage: tls handshake|read ROUNDS CALLS */
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../contract/transparency/certificate.h"
#include "bench.h"

typedef struct ssl_st SSL;
enum { EC = 408 };

#define FUNCTIONS(F)                                                  \
    F(int, SSL_connect, (SSL *))                                      \
    F(int, SSL_accept, (SSL *))                                       \
    F(int, SSL_read, (SSL *, void *, int))                            \
    F(int, SSL_write, (SSL *, const void *, int))                     \
    F(void, SSL_free, (SSL *))                                        \
    F(SSL *, SSL_new, (void *))                                       \
    F(int, SSL_set_fd, (SSL *, int))                                  \
    F(void *, SSL_CTX_new, (const void *))                            \
    F(const void *, TLS_method, (void))                               \
    F(int, SSL_CTX_use_certificate_ASN1, (void *, int, const void *)) \
    F(int, SSL_CTX_use_PrivateKey_ASN1, (int, void *, const void *, long))

struct library {
#define MEMBER(result, name, arguments) result(*name) arguments;
    FUNCTIONS(MEMBER)
    void *context;
    SSL *client, *server;
    int ends[2];
    int pending;
};

static struct library libraries[3];
static unsigned calls;
static int reads;

static void open_library(struct library *it, long namespace)
{
    void *handle = namespace != LM_ID_BASE ? dlmopen(namespace, "libssl.so.3", RTLD_NOW)
                                           : dlopen("libssl.so.3", RTLD_NOW | RTLD_GLOBAL);

    if (handle == NULL) {
        printf("  (no libssl.so.3 here: left out)\n");
        exit(0);
    }
    if (namespace == LM_ID_BASE)
        handle = RTLD_DEFAULT;
#define FIND(result, name, arguments) *(void **)&it->name = dlsym(handle, #name);
    FUNCTIONS(FIND)
    it->context = it->SSL_CTX_new(it->TLS_method());
    it->SSL_CTX_use_certificate_ASN1(it->context, sizeof(certificate), certificate);
    it->SSL_CTX_use_PrivateKey_ASN1(EC, it->context, private_key, sizeof(private_key));
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, it->ends);
}

static void shake(struct library *it)
{
    it->client = it->SSL_new(it->context);
    it->server = it->SSL_new(it->context);
    it->SSL_set_fd(it->client, it->ends[0]);
    it->SSL_set_fd(it->server, it->ends[1]);
    for (int done = 0; done != 2;)
        done = (it->SSL_connect(it->client) == 1) + (it->SSL_accept(it->server) == 1);
}

static void drop(struct library *it)
{
    char rest[4096];

    it->SSL_free(it->client);
    it->SSL_free(it->server);
    while (read(it->ends[0], rest, sizeof(rest)) > 0)
        ;
    while (read(it->ends[1], rest, sizeof(rest)) > 0)
        ;
}

static void read_byte(struct library *it)
{
    static const char block[16000];
    char byte;

    if (it->pending == 0 && it->SSL_write(it->client, block, sizeof(block)) > 0)
        it->pending = sizeof(block);
    if (it->SSL_read(it->server, &byte, 1) == 1)
        it->pending--;
}

static double measure(unsigned variant)
{
    struct library *it = &libraries[variant];
    double start = now_us(CLOCK_MONOTONIC);

    for (unsigned i = 0; i < calls; i++) {
        if (reads) {
            read_byte(it);
            continue;
        }
        shake(it);
        drop(it);
    }
    return (now_us(CLOCK_MONOTONIC) - start) / calls;
}

int main(int argc, char **argv)
{
    struct variants v = {.count = 3,
                         .name = {"OpenSSL's own", "the same again (A/A control)", "hooked"}};

    if (argc != 4)
        return 2;
    reads = argv[1][0] == 'r';
    v.rounds = (unsigned)atoi(argv[2]);
    calls = (unsigned)atoi(argv[3]);
    open_library(&libraries[0], LM_ID_NEWLM);
    open_library(&libraries[1], LM_ID_NEWLM);
    open_library(&libraries[2], LM_ID_BASE);
    for (int i = 0; i < 3 && reads; i++)
        shake(&libraries[i]);
    run_rounds(&v, measure);
    print_variants(&v, reads ? "ns" : "us", reads ? 1000 : 1);
    fflush(stdout);
    _exit(0); /* OpenSSL's own end does not stand several of it */
}
