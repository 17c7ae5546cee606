/* SPDX-License-Identifier: MIT
 * What the hooks of OpenSSL cost: a whole handshake of both sides over a socket pair or, with the
 * connection made and closed, over TCP; and reads of one byte that the library has in its buffer.
 * "Its own" is a copy of the library, and of libc, in a namespace of its own (dlmopen(3)), where no
 * preloaded library is. With VARIANT only that one runs, to be looked at with strace -c.
 * usage: tls handshake|connection|read ROUNDS CALLS [VARIANT] */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
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
    F(int, connect, (int, const struct sockaddr *, socklen_t))        \
    F(int, close, (int))                                              \
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
static int reads, tcp, listener;
static struct sockaddr_in address;

static void listen_here(void)
{
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    listener = listen_at(&address, 16);
}

/* The client's end waits for the answer of a server that has not been called yet: never. */
static void meet(struct library *it)
{
    int yes = 1;

    it->ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (it->connect(it->ends[0], (struct sockaddr *)&address, sizeof(address)) != 0)
        exit(1);
    it->ends[1] = accept(listener, NULL, NULL);
    ioctl(it->ends[0], FIONBIO, &yes);
    ioctl(it->ends[1], FIONBIO, &yes);
}

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
    if (!tcp)
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, it->ends);
}

static void shake(struct library *it)
{
    if (tcp)
        meet(it);
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

    if (tcp) { /* what the server said at last, its tickets, is heard as a client hears it */
        it->SSL_read(it->client, rest, sizeof(rest));
        it->SSL_free(it->client);
        it->SSL_free(it->server);
        it->close(it->ends[0]);
        it->close(it->ends[1]);
        return;
    }
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

    if (argc != 4 && argc != 5)
        return 2;
    reads = argv[1][0] == 'r';
    tcp = argv[1][0] == 'c';
    if (tcp)
        listen_here();
    v.rounds = (unsigned)atoi(argv[2]);
    calls = (unsigned)atoi(argv[3]);
    open_library(&libraries[0], LM_ID_NEWLM);
    open_library(&libraries[1], LM_ID_NEWLM);
    open_library(&libraries[2], LM_ID_BASE);
    for (int i = 0; i < 3 && reads; i++)
        shake(&libraries[i]);
    if (argc == 5) {
        for (unsigned i = 0; i < v.rounds; i++)
            measure((unsigned)atoi(argv[4]) % 3);
        _exit(0);
    }
    run_rounds(&v, measure);
    print_variants(&v, reads ? "ns" : "us", reads ? 1000 : 1);
    fflush(stdout);
    _exit(0); /* OpenSSL's own end does not stand several of it */
}
