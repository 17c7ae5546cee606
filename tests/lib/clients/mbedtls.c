/* SPDX-License-Identifier: MIT
 * A client with mbed TLS: NAME PORT CA-FILE; asks for a page. Linked with -lmbedtls -lmbedx509
 * -lmbedcrypto by the scenario. */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    static mbedtls_ssl_context ssl;
    static mbedtls_ssl_config config;
    static mbedtls_net_context net;
    static mbedtls_x509_crt roots;
    static mbedtls_ctr_drbg_context random;
    static mbedtls_entropy_context entropy;
    unsigned char answer[512];
    int result;

    if (argc != 4)
        return 2;
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_config_init(&config);
    mbedtls_net_init(&net);
    mbedtls_x509_crt_init(&roots);
    mbedtls_ctr_drbg_init(&random);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0);
    if (mbedtls_x509_crt_parse_file(&roots, argv[3]) != 0)
        return 2;
    if (mbedtls_net_connect(&net, argv[1], argv[2], MBEDTLS_NET_PROTO_TCP) != 0)
        return 4;
    mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_ca_chain(&config, &roots, NULL);
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
    mbedtls_ssl_setup(&ssl, &config);
    mbedtls_ssl_set_hostname(&ssl, argv[1]);
    mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
    /* shakes hands first */
    result = mbedtls_ssl_write(&ssl, (const unsigned char *)request, sizeof(request) - 1);
    if (result > 0)
        result = mbedtls_ssl_read(&ssl, answer, sizeof(answer));
    printf("%s\n", result > 0 ? "ok" : "failed");
    mbedtls_net_free(&net);
    mbedtls_ssl_free(&ssl);
    return result > 0 ? 0 : 3;
}
