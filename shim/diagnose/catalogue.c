/* SPDX-License-Identifier: MIT
 * The layers in the order of the catalogue. Pure data. */
#include "diagnose/catalogue.h"

#include <string.h>

const struct wr_layer wr_layers[] = {
    {"unix", wr_causes_unix},
    {"unix_socket", wr_causes_unix_socket},
    {"deny", wr_causes_deny},
    {"local_program", wr_causes_local_program},
    {"local_address", wr_causes_local_address},
    {"local", wr_causes_local},
    {"route", wr_causes_route},
    {"route_way", wr_causes_route_way},
    {"route_return", wr_causes_route_return},
    {"firewall_way", wr_causes_firewall_way},
    {"tcp", wr_causes_tcp},
    {"tcp_context", wr_causes_tcp_context},
    {"tcp_target", wr_causes_tcp_target},
    {"tcp_before", wr_causes_tcp_before},
    {"tcp_silence", wr_causes_tcp_silence},
    {"tcp_peer", wr_causes_tcp_peer},
    {"firewall_local", wr_causes_firewall_local},
    {"nat", wr_causes_nat},
    {"udp", wr_causes_udp},
    {"dns_name", wr_causes_dns_name},
    {"dns_origin", wr_causes_dns_origin},
    {"dns", wr_causes_dns},
    {"dns_server", wr_causes_dns_server},
    {"tls", wr_causes_tls},
    {"tls_cert", wr_causes_tls_cert},
    {"tls_trust", wr_causes_tls_trust},
    {"tls_end", wr_causes_tls_end},
    {"cluster", wr_causes_cluster},
    {"other", wr_causes_other},
    {0},
};

const struct wr_cause *wr_cause_by_id(const char *id)
{
    for (WR_EACH_CAUSE(layer, cause)) {
        if (strcmp(cause->id, id) == 0)
            return cause;
    }
    return NULL;
}
