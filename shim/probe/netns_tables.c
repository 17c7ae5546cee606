/* SPDX-License-Identifier: MIT
 * What the tables of /proc/PID/net say: sockets, addresses, the default route. See
 * netns_scan.h. */
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/file.h"
#include "probe/netns_scan.h"

/* Eight hexadecimal digits: a word in the byte order of this machine. Moves *text behind it. */
static bool take_word(const char **text, uint32_t *ret_word)
{
    char digits[9] = "";
    const char *at = digits;
    uint64_t value;

    for (unsigned i = 0; i < 8 && (*text)[i] != '\0'; i++)
        digits[i] = (*text)[i];
    if (!wr_parse_hex(&at, &value) || at != digits + 8)
        return false;
    *ret_word = (uint32_t)value;
    *text += 8;
    return true;
}

static bool take_endpoint(const char **text, struct wr_addr *ret_addr)
{
    uint32_t words[4];
    const char *at = *text;
    unsigned count = 0;
    uint64_t port;

    for (; count < 4 && *at != ':'; count++) {
        if (!take_word(&at, &words[count]))
            return false;
    }
    if (*at++ != ':' || !wr_parse_hex(&at, &port) || (count != 1 && count != 4))
        return false;
    if (count == 4 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff))
        *ret_addr = wr_addr_from_bytes(AF_INET, words + 3);
    else
        *ret_addr = wr_addr_from_bytes(count == 1 ? AF_INET : AF_INET6, words);
    ret_addr->port = (uint16_t)port;
    *text = at;
    return true;
}

static const char *skip_field(const char *text)
{
    text += strcspn(text, " ");
    return text + strspn(text, " ");
}

/* "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  uid 0 inode ..." */
bool wr_netns_tcp_line(const char *line, struct wr_sock *ret_sock)
{
    struct wr_sock sock = {.protocol = IPPROTO_TCP, .v6only = -1, .uid = UINT32_MAX};
    uint64_t state, uid;

    line = skip_field(line + strspn(line, " "));
    if (!take_endpoint(&line, &sock.local))
        return false;
    line = skip_field(skip_field(line));
    if (!wr_parse_hex(&line, &state))
        return false;
    for (unsigned i = 0; i < 4; i++)
        line = skip_field(line);
    if (wr_parse_uint(&line, &uid)) {
        sock.uid = (uint32_t)uid;
        line = skip_field(skip_field(line));
        wr_parse_uint(&line, &sock.inode);
    }
    sock.state = (uint8_t)state;
    *ret_sock = sock;
    return true;
}

struct addresses {
    struct wr_addr leaf; /* fib_trie: what the next lines speak of */
    bool (*each)(void *ctx, const struct wr_addr *addr);
    void *ctx;
};

static bool hand_on(const struct addresses *addresses, const struct wr_addr *addr)
{
    if (addr->family == 0 || wr_addr_is_loopback(addr) || wr_addr_is_linklocal(addr) ||
        wr_addr_is_any(addr))
        return true;
    return addresses->each(addresses->ctx, addr);
}

/* "           |-- 172.17.0.2" and, as the next line, "              /32 host LOCAL" */
static bool fib_trie_line(void *ctx, const char *line)
{
    struct addresses *addresses = ctx;
    uint8_t bytes[4] = {0};

    line += strspn(line, " ");
    if (strncmp(line, "/32 host LOCAL", 14) == 0)
        return hand_on(addresses, &addresses->leaf);
    if (strncmp(line, "|-- ", 4) != 0)
        return true;
    line += 4;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t value = 0;

        wr_parse_uint(&line, &value);
        bytes[i] = (uint8_t)value;
        line += *line == '.';
    }
    addresses->leaf = wr_addr_from_bytes(AF_INET, bytes);
    return true;
}

/* "fd000000000000000000000000000002 02 40 00 80     eth0" */
static bool if_inet6_line(void *ctx, const char *line)
{
    uint32_t words[4];
    struct wr_addr addr;

    for (unsigned i = 0; i < 4; i++) {
        if (!take_word(&line, &words[i]))
            return true;
        words[i] = htonl(words[i]); /* here the digits are in the order of the address */
    }
    addr = wr_addr_from_bytes(AF_INET6, words);
    return hand_on(ctx, &addr);
}

bool wr_netns_addresses(const char *pid, int family, char *space, size_t size, uint64_t until_ns,
                        bool (*each)(void *ctx, const struct wr_addr *addr), void *ctx)
{
    struct addresses addresses = {.each = each, .ctx = ctx};

    if (family == AF_INET)
        return wr_netns_lines(pid, "fib_trie", space, size, until_ns, fib_trie_line, &addresses) ==
               0;
    return wr_netns_lines(pid, "if_inet6", space, size, until_ns, if_inet6_line, &addresses) == 0;
}

/* "eth0\t00000000\t010011AC\t0003\t..." */
static bool route_line(void *ctx, const char *line)
{
    struct wr_addr *gateway = ctx;
    uint32_t to, by;

    line += strcspn(line, "\t");
    if (*line++ != '\t' || !take_word(&line, &to) || to != 0)
        return true;
    if (*line++ != '\t' || !take_word(&line, &by) || by == 0)
        return true;
    *gateway = wr_addr_from_bytes(AF_INET, &by);
    return false;
}

bool wr_netns_gateway(char *space, size_t size, uint64_t until_ns, struct wr_addr *ret_addr)
{
    struct wr_addr gateway = {0};

    wr_netns_lines("self", "route", space, size, until_ns, route_line, &gateway);
    if (gateway.family == 0)
        return false;
    *ret_addr = gateway;
    return true;
}
