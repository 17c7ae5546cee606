/* SPDX-License-Identifier: MIT
 * An IP address with its port, as every stage passes it on. */
#ifndef WHYREFUSED_ADDRESS_H
#define WHYREFUSED_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* v4-mapped IPv6 addresses are kept as AF_INET: that is what goes over the wire. */
struct wr_addr {
    uint8_t family;    /* AF_INET, AF_INET6; 0 = none */
    uint8_t bytes[16]; /* network order; AF_INET uses the first four */
    uint16_t port;     /* host order; 0 = none */
    uint32_t scope;    /* interface index of a link-local IPv6 address, else 0 */
};

#endif
