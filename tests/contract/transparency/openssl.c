/* SPDX-License-Identifier: MIT
 * Handshakes of OpenSSL that succeed and that fail: results, errno, and the whole error queue. The
 * library is opened when a case runs, and its headers are not needed. */
#include "observe.h"

#include <stdbool.h>

#include "certificate.h"

typedef struct ssl_st SSL;
enum { FILE_PEM = 1, FILE_ASN1 = 2, VERIFY_NONE = 0, VERIFY_PEER = 1, EC = 408 };

/* As a program sees them: ours, where we are there. */
#define FUNCTIONS(F)                                                       \
    F(int, SSL_connect, (SSL *))                                           \
    F(int, SSL_accept, (SSL *))                                            \
    F(int, SSL_do_handshake, (SSL *))                                      \
    F(int, SSL_read, (SSL *, void *, int))                                 \
    F(int, SSL_read_ex, (SSL *, void *, size_t, size_t *))                 \
    F(int, SSL_write, (SSL *, const void *, int))                          \
    F(int, SSL_write_ex, (SSL *, const void *, size_t, size_t *))          \
    F(int, SSL_shutdown, (SSL *))                                          \
    F(void, SSL_free, (SSL *))                                             \
    F(int, SSL_get_error, (SSL *, int))                                    \
    F(long, SSL_get_verify_result, (const SSL *))                          \
    F(SSL *, SSL_new, (void *))                                            \
    F(int, SSL_set_fd, (SSL *, int))                                       \
    F(void, SSL_set_connect_state, (SSL *))                                \
    F(void, SSL_set_accept_state, (SSL *))                                 \
    F(long, SSL_ctrl, (SSL *, int, long, void *))                          \
    F(void *, SSL_CTX_new, (const void *))                                 \
    F(void, SSL_CTX_free, (void *))                                        \
    F(const void *, TLS_method, (void))                                    \
    F(void, SSL_CTX_set_verify, (void *, int, void *))                     \
    F(long, SSL_CTX_ctrl, (void *, int, long, void *))                     \
    F(int, SSL_CTX_use_certificate_ASN1, (void *, int, const void *))      \
    F(int, SSL_CTX_use_certificate_file, (void *, const char *, int))      \
    F(int, SSL_CTX_use_PrivateKey_ASN1, (int, void *, const void *, long)) \
    F(unsigned long, ERR_get_error, (void))

#define POINTER(result, name, arguments) static result(*p_##name) arguments;
FUNCTIONS(POINTER)

static bool open_library(void)
{
    void *library = dlopen("libssl.so.3", RTLD_NOW | RTLD_GLOBAL);
    bool all = true;

    if (library == NULL)
        library = dlopen("libssl.so.1.1", RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL)
        return false;
#define FIND(result, name, arguments)                 \
    *(void **)&p_##name = dlsym(RTLD_DEFAULT, #name); \
    all = all && p_##name != NULL;
    FUNCTIONS(FIND)
    return all;
}

static SSL *client, *server;
static void *client_context, *server_context;
static int ends[2];

/* highest, lowest: versions of the client and the server; 0 = any */
static bool set_up(int verify, long client_highest, long server_lowest)
{
    enum { SET_MIN = 123, SET_MAX = 124 };

    if (!open_library()) {
        say("  no OpenSSL here\n");
        return false;
    }
    client_context = p_SSL_CTX_new(p_TLS_method());
    server_context = p_SSL_CTX_new(p_TLS_method());
    p_SSL_CTX_set_verify(client_context, verify, NULL);
    p_SSL_CTX_use_certificate_ASN1(server_context, sizeof(certificate), certificate);
    p_SSL_CTX_use_PrivateKey_ASN1(EC, server_context, private_key, sizeof(private_key));
    p_SSL_CTX_ctrl(client_context, SET_MAX, client_highest, NULL);
    p_SSL_CTX_ctrl(server_context, SET_MIN, server_lowest, NULL);
    signal(SIGPIPE, SIG_IGN);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends);
    client = p_SSL_new(client_context);
    server = p_SSL_new(server_context);
    p_SSL_set_fd(client, ends[0]);
    p_SSL_set_fd(server, ends[1]);
    return true;
}

static void say_queue(void)
{
    unsigned long number;

    while ((number = p_ERR_get_error()) != 0)
        say("  queue %lx\n", number);
}

/* The call, what it leaves behind, and what the program finds out about it. */
#define TRY(ssl, call)                                      \
    do {                                                    \
        int rc_;                                            \
        OBSERVE((rc_ = call));                              \
        if (rc_ <= 0)                                       \
            say("  error %d\n", p_SSL_get_error(ssl, rc_)); \
    } while (0)

static void shake(int rounds)
{
    for (int i = 0; i < rounds; i++) {
        TRY(client, p_SSL_connect(client));
        TRY(server, p_SSL_accept(server));
    }
    say_queue();
}

static void talk(void)
{
    char bytes[16] = "";
    size_t n = 0;

    TRY(client, p_SSL_write(client, "hello", 5));
    TRY(server, p_SSL_read(server, bytes, sizeof(bytes)));
    say("  read %s\n", bytes);
    TRY(server, p_SSL_write_ex(server, "world", 5, &n));
    TRY(client, p_SSL_read_ex(client, bytes, sizeof(bytes), &n));
    say("  read %.*s\n", (int)n, bytes);
    TRY(client, p_SSL_read(client, bytes, sizeof(bytes)));
    TRY(client, p_SSL_write(client, "", 0));
    say_queue();
}

static void tear_down(void)
{
    TRY(client, p_SSL_shutdown(client));
    p_SSL_free(client);
    p_SSL_free(server);
    p_SSL_free(NULL);
    p_SSL_CTX_free(client_context);
    p_SSL_CTX_free(server_context);
    say_queue();
}

static void succeeds(void)
{
    if (!set_up(VERIFY_NONE, 0, 0))
        return;
    shake(4);
    talk();
    tear_down();
}

static void not_trusted(void)
{
    if (!set_up(VERIFY_PEER, 0, 0))
        return;
    shake(4);
    talk();
    tear_down();
}

/* What was in the queue before stays; what the failure adds comes after it. */
static void not_trusted_with_a_queue(void)
{
    if (!set_up(VERIFY_PEER, 0, 0))
        return;
    p_SSL_CTX_use_certificate_file(client_context, "/nonexistent", FILE_PEM);
    TRY(client, p_SSL_connect(client));
    say_queue();
    p_SSL_CTX_use_certificate_file(client_context, "/nonexistent", FILE_PEM);
    shake(3);
    tear_down();
}

static void no_version(void)
{
    if (!set_up(VERIFY_NONE, 0x0303, 0x0304))
        return;
    shake(3);
    tear_down();
}

static void no_certificate(void)
{
    if (!set_up(VERIFY_NONE, 0, 0))
        return;
    p_SSL_free(server);
    server = p_SSL_new(client_context);
    p_SSL_set_fd(server, ends[1]);
    shake(3);
    tear_down();
}

static void other_protocol(void)
{
    if (!set_up(VERIFY_NONE, 0, 0))
        return;
    TRY(client, p_SSL_connect(client));
    OBSERVE(write(ends[1], "HTTP/1.1 400 Bad Request\r\n\r\n", 28));
    TRY(client, p_SSL_connect(client));
    say_queue();
    TRY(client, p_SSL_connect(client));
    tear_down();
}

static void end_of_file(void)
{
    if (!set_up(VERIFY_NONE, 0, 0))
        return;
    TRY(client, p_SSL_connect(client));
    close(ends[1]);
    for (int i = 0; i < 2; i++) {
        TRY(client, p_SSL_connect(client));
        say_queue();
    }
    tear_down();
}

static void left_server(void)
{
    if (!set_up(VERIFY_NONE, 0, 0))
        return;
    close(ends[0]);
    TRY(server, p_SSL_accept(server));
    tear_down();
}

static void bad_descriptor(void)
{
    if (!set_up(VERIFY_NONE, 0, 0))
        return;
    close(ends[0]);
    TRY(client, p_SSL_connect(client));
    tear_down();
}

static void by_do_handshake(void)
{
    if (!set_up(VERIFY_PEER, 0, 0))
        return;
    TRY(client, p_SSL_do_handshake(client)); /* whose side it takes is not said yet */
    p_SSL_set_connect_state(client);
    p_SSL_set_accept_state(server);
    for (int i = 0; i < 3; i++) {
        TRY(client, p_SSL_do_handshake(client));
        TRY(server, p_SSL_do_handshake(server));
    }
    tear_down();
}

static void by_transfer(bool old)
{
    char bytes[16];
    size_t n;

    if (!set_up(VERIFY_PEER, 0, 0))
        return;
    p_SSL_set_connect_state(client);
    p_SSL_set_accept_state(server);
    for (int i = 0; i < 3; i++) {
        TRY(client, old ? p_SSL_write(client, "x", 1) : p_SSL_write_ex(client, "x", 1, &n));
        TRY(server,
            old ? p_SSL_read(server, bytes, 1) : p_SSL_read_ex(server, bytes, sizeof(bytes), &n));
    }
    tear_down();
}

static void by_read_and_write(void)
{
    by_transfer(true);
}

static void by_read_ex_and_write_ex(void)
{
    by_transfer(false);
}

/* Nothing has passed when the program ends it. */
static void turn_down(bool asks)
{
    enum { SET_TLSEXT_HOSTNAME = 55 };

    if (!set_up(VERIFY_NONE, 0, 0))
        return;
    OBSERVE(p_SSL_ctrl(client, SET_TLSEXT_HOSTNAME, 0, (void *)"other.test"));
    shake(3);
    if (asks)
        OBSERVE(p_SSL_get_verify_result(client));
    tear_down();
}

static void turned_down(void)
{
    turn_down(true);
}

static void looked_at(void)
{
    turn_down(false);
}

static void many(void)
{
    if (!set_up(VERIFY_PEER, 0, 0))
        return;
    for (int i = 0; i < 40; i++) {
        p_SSL_free(client);
        client = p_SSL_new(client_context);
        p_SSL_set_fd(client, ends[0]);
        OBSERVE(p_SSL_connect(client));
    }
    tear_down();
}

const struct test_case cases[] = {
    {"SSL_connect", "succeeds", succeeds},
    {"SSL_connect", "not trusted", not_trusted},
    {"SSL_connect", "not trusted, with a queue", not_trusted_with_a_queue},
    {"SSL_connect", "no version", no_version},
    {"SSL_accept", "no certificate", no_certificate},
    {"SSL_connect", "other protocol", other_protocol},
    {"SSL_connect", "end of file", end_of_file},
    {"SSL_accept", "left", left_server},
    {"SSL_connect", "bad descriptor", bad_descriptor},
    {"SSL_do_handshake", "not trusted", by_do_handshake},
    {"SSL_read", "not trusted", by_read_and_write},
    {"SSL_write", "not trusted", by_read_and_write},
    {"SSL_read_ex", "not trusted", by_read_ex_and_write_ex},
    {"SSL_write_ex", "not trusted", by_read_ex_and_write_ex},
    {"SSL_shutdown", "turned down", turned_down},
    {"SSL_shutdown", "looked at", looked_at},
    {"SSL_get_verify_result", "turned down", turned_down},
    {"SSL_free", "many", many},
    {0},
};
