/* SPDX-License-Identifier: MIT
 * Socket addresses, netlink attributes, numbers, lines and globs. */
#include "fuzz.h"

#include "base/address.h"
#include "base/endpoint.h"
#include "base/file.h"
#include "base/netlink.h"
#include "probe/unit_port.h"

static void netlink(struct input *in)
{
    static union {
        struct nlmsghdr head;
        char bytes[8192];
    } message;
    const struct rtattr *found;
    size_t fixed = take(in) % 80, min_len = take(in) % 64;
    unsigned short type = take(in);
    size_t len = sizeof(message) - NLMSG_HDRLEN;

    len = take_bytes(in, message.bytes + NLMSG_HDRLEN, len);
    message.head.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len);
    found = wr_netlink_find(&message.head, fixed, type, min_len);
    if (found != NULL) {
        const char *end = (const char *)found + found->rta_len;

        PROMISE(found->rta_len >= RTA_LENGTH(min_len));
        PROMISE((const char *)found >= message.bytes + NLMSG_HDRLEN);
        PROMISE(end <= message.bytes + message.head.nlmsg_len);
    }
}

static void addresses(struct input *in)
{
    char sockaddr[128], text[128];
    struct sockaddr_storage back;
    struct wr_addr addr;
    struct wr_buf out = wr_buf_on(text, sizeof(text));
    size_t len = take_bytes(in, sockaddr, sizeof(sockaddr));

    if (!wr_addr_from_sockaddr(sockaddr, (socklen_t)len, &addr)) {
        PROMISE(addr.family == 0);
        return;
    }
    wr_buf_endpoint(&out, &addr);
    PROMISE(!out.cut && out.len > 0);
    PROMISE(wr_addr_to_sockaddr(&addr, &back) > 0);
}

static void texts(struct input *in)
{
    static char text[4096];
    char key[32], pattern[64];
    size_t len = take_bytes(in, key, sizeof(key) - 1);
    const char *at = text, *line;
    uint64_t number;

    key[len] = '\0';
    len = take_bytes(in, pattern, sizeof(pattern) - 1);
    pattern[len] = '\0';
    len = in->left < sizeof(text) - 1 ? in->left : sizeof(text) - 1;
    memcpy(text, in->data, len);
    text[len] = '\0';
    wr_parse_uint(&at, &number);
    PROMISE(at >= text && at <= text + strlen(text));
    at = text;
    wr_parse_hex(&at, &number);
    PROMISE(at >= text && at <= text + strlen(text));
    if (strlen(text) < 100)
        wr_glob(pattern, text);
    line = wr_line_value(text, key);
    if (line != NULL)
        PROMISE(wr_line_length(line) <= strlen(line));
    for (line = text; line != NULL; line = wr_line_next(line))
        PROMISE(line <= text + strlen(text));
}

/* What settings say: hosts, ports, lines of unit files. */
static void settings(struct input *in)
{
    static char text[4096];
    size_t len = in->left < sizeof(text) - 1 ? in->left : sizeof(text) - 1;
    struct wr_endpoint endpoint;
    struct wr_addr addr;

    memcpy(text, in->data, len);
    text[len] = '\0';
    len = strlen(text);
    if (wr_endpoint_parse(text, &endpoint)) {
        PROMISE(endpoint.host_len > 0 && endpoint.host >= text);
        PROMISE(endpoint.host + endpoint.host_len <= text + len);
        PROMISE(memchr(endpoint.host, '@', endpoint.host_len) == NULL);
        wr_address_parse(endpoint.host, endpoint.host_len, &addr);
    }
    if (wr_address_parse(text, len, &addr))
        wr_unit_listens(text, &addr);
    wr_unit_command_serves(text, 80);
    wr_unit_environment_serves(text, 80);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};

    netlink(&in);
    addresses(&in);
    texts(&in);
    settings(&in);
    return 0;
}
