/* SPDX-License-Identifier: MIT
 * See address.h. */
#include "base/address.h"

#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool wr_addr_from_sockaddr(const void *sockaddr, socklen_t len, struct wr_addr *ret_addr)
{
    struct wr_addr addr = {0};
    sa_family_t family;

    *ret_addr = addr;
    if (len < sizeof(family))
        return false;
    memcpy(&family, sockaddr, sizeof(family));
    if (family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;

        memcpy(&in, sockaddr, sizeof(in));
        addr = wr_addr_from_bytes(AF_INET, &in.sin_addr);
        addr.port = ntohs(in.sin_port);
    } else if (family == AF_INET6 && len >= sizeof(struct sockaddr_in6) - sizeof(uint32_t)) {
        /* SIN6_LEN_RFC2133: the kernel takes it without sin6_scope_id (net/ipv6/af_inet6.c) */
        struct sockaddr_in6 in6 = {0};

        memcpy(&in6, sockaddr, len < sizeof(in6) ? len : sizeof(in6));
        if (memcmp(&in6.sin6_addr, mapped_prefix, sizeof(mapped_prefix)) == 0) {
            addr = wr_addr_from_bytes(AF_INET, in6.sin6_addr.s6_addr + 12);
        } else {
            addr = wr_addr_from_bytes(AF_INET6, &in6.sin6_addr);
            if (wr_addr_is_linklocal(&addr))
                addr.scope = in6.sin6_scope_id;
        }
        addr.port = ntohs(in6.sin6_port);
    } else {
        return false;
    }
    *ret_addr = addr;
    return true;
}

struct wr_addr wr_addr_from_bytes(int family, const void *bytes)
{
    struct wr_addr addr = {.family = (uint8_t)family};

    memcpy(addr.bytes, bytes, wr_addr_size(&addr));
    return addr;
}

socklen_t wr_addr_to_sockaddr(const struct wr_addr *addr, void *sockaddr)
{
    if (addr->family == AF_INET) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(addr->port)};

        memcpy(&in.sin_addr, addr->bytes, 4);
        memcpy(sockaddr, &in, sizeof(in));
        return sizeof(in);
    }
    if (addr->family == AF_INET6) {
        struct sockaddr_in6 in6 = {
            .sin6_family = AF_INET6, .sin6_port = htons(addr->port), .sin6_scope_id = addr->scope};

        memcpy(&in6.sin6_addr, addr->bytes, 16);
        memcpy(sockaddr, &in6, sizeof(in6));
        return sizeof(in6);
    }
    return 0;
}

struct wr_addr wr_addr_localhost(int family)
{
    static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};

    return wr_addr_from_bytes(family, family == AF_INET ? v4 : v6);
}

unsigned wr_addr_size(const struct wr_addr *addr)
{
    return addr->family == AF_INET ? 4 : addr->family == AF_INET6 ? 16 : 0;
}

bool wr_addr_same_host(const struct wr_addr *a, const struct wr_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, wr_addr_size(a)) == 0;
}

bool wr_addr_is_any(const struct wr_addr *addr)
{
    static const uint8_t zero[16];

    return addr->family != 0 && memcmp(addr->bytes, zero, wr_addr_size(addr)) == 0;
}

bool wr_addr_is_loopback(const struct wr_addr *addr)
{
    struct wr_addr localhost = wr_addr_localhost(AF_INET6);

    if (addr->family == AF_INET)
        return addr->bytes[0] == 127;
    return wr_addr_same_host(addr, &localhost);
}

bool wr_addr_is_multicast(const struct wr_addr *addr)
{
    if (addr->family == AF_INET)
        return (addr->bytes[0] & 0xf0) == 0xe0;
    return addr->family == AF_INET6 && addr->bytes[0] == 0xff;
}

bool wr_addr_is_linklocal(const struct wr_addr *addr)
{
    if (addr->family == AF_INET)
        return addr->bytes[0] == 169 && addr->bytes[1] == 254;
    return addr->family == AF_INET6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

bool wr_addr_is_private(const struct wr_addr *addr)
{
    const uint8_t *b = addr->bytes;

    if (addr->family == AF_INET)
        return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
               (b[0] == 100 && (b[1] & 0xc0) == 64);
    return addr->family == AF_INET6 && (b[0] & 0xfe) == 0xfc;
}

/* The longest run of at least two zero groups (RFC 5952 section 4.2). */
static int longest_zero_run(const uint16_t *group, int *ret_len)
{
    int best = -1, best_len = 1;

    for (int i = 0; i < 8; i++) {
        int len = 0;

        while (i + len < 8 && group[i + len] == 0)
            len++;
        if (len > best_len) {
            best = i;
            best_len = len;
        }
        i += len;
    }
    *ret_len = best_len;
    return best;
}

static void put_ipv6(struct wr_buf *buf, const uint8_t *bytes)
{
    uint16_t group[8];
    int run, run_len;

    for (int i = 0; i < 8; i++)
        group[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    run = longest_zero_run(group, &run_len);
    for (int i = 0; i < 8; i++) {
        if (i == run) {
            wr_buf_str(buf, "::");
            i += run_len - 1;
            continue;
        }
        if (i > 0 && i != run + run_len)
            wr_buf_char(buf, ':');
        wr_buf_hex(buf, group[i]);
    }
}

void wr_buf_addr(struct wr_buf *buf, const struct wr_addr *addr)
{
    if (addr->family == AF_INET) {
        for (int i = 0; i < 4; i++) {
            if (i > 0)
                wr_buf_char(buf, '.');
            wr_buf_uint(buf, addr->bytes[i]);
        }
    } else if (addr->family == AF_INET6) {
        put_ipv6(buf, addr->bytes);
        if (addr->scope != 0) {
            wr_buf_char(buf, '%');
            wr_buf_uint(buf, addr->scope);
        }
    }
}

void wr_buf_endpoint(struct wr_buf *buf, const struct wr_addr *addr)
{
    if (addr->port == 0) {
        wr_buf_addr(buf, addr);
        return;
    }
    if (addr->family == AF_INET6)
        wr_buf_char(buf, '[');
    wr_buf_addr(buf, addr);
    if (addr->family == AF_INET6)
        wr_buf_char(buf, ']');
    wr_buf_char(buf, ':');
    wr_buf_uint(buf, addr->port);
}
