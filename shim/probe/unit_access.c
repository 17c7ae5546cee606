/* SPDX-License-Identifier: MIT
 * See unit_access.h. */
#include "probe/unit_access.h"

#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/endpoint.h"
#include "base/file.h"
#include "probe/rtnl.h"

static const struct {
    const char *name;
    int family;
    uint8_t first[16];
    unsigned len;
} named[] = {
    {"any", AF_INET, {0}, 0},
    {"any", AF_INET6, {0}, 0},
    {"localhost", AF_INET, {127}, 8},
    {"localhost", AF_INET6, {[15] = 1}, 128},
    {"link-local", AF_INET, {169, 254}, 16},
    {"link-local", AF_INET6, {0xfe, 0x80}, 64},
    {"multicast", AF_INET, {224}, 4},
    {"multicast", AF_INET6, {0xff}, 8},
};

static bool word_covers(const char *word, size_t len, const struct wr_addr *addr)
{
    const char *slash = memchr(word, '/', len);
    const char *bits_text = slash != NULL ? slash + 1 : NULL;
    struct wr_addr prefix;
    uint64_t bits;

    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        prefix = wr_addr_from_bytes(named[i].family, named[i].first);
        if (wr_same_word(word, len, named[i].name) && wr_prefix_covers(&prefix, named[i].len, addr))
            return true;
    }
    if (!wr_address_parse(word, slash != NULL ? (size_t)(slash - word) : len, &prefix))
        return false;
    bits = prefix.family == AF_INET ? 32 : 128;
    if (slash != NULL && (!wr_parse_uint(&bits_text, &bits) || bits > 128))
        return false;
    return wr_prefix_covers(&prefix, (unsigned)bits, addr);
}

/* One part of a bind rule; true where it doesn't exclude the bind(). */
static bool part_fits(const char *part, size_t len, const struct wr_unit_access *access)
{
    const char *at = part;
    uint64_t first, last;

    if (wr_same_word(part, len, "any"))
        return true;
    if (wr_same_word(part, len, "ipv4") || wr_same_word(part, len, "ipv6"))
        return (part[3] == '4') == (access->addr.family == AF_INET);
    if (wr_same_word(part, len, "tcp") || wr_same_word(part, len, "udp"))
        return wr_same_word(part, len, access->protocol == IPPROTO_TCP ? "tcp" : "udp");
    if (!wr_parse_uint(&at, &first))
        return false;
    last = first;
    if (*at == '-') {
        at++;
        if (!wr_parse_uint(&at, &last))
            return false;
    }
    return access->addr.port >= first && access->addr.port <= last;
}

/* [ipv4|ipv6:][tcp|udp:][port|port-port|any] */
static bool rule_fits(const char *rule, size_t len, const struct wr_unit_access *access)
{
    size_t part;

    for (const char *end = rule + len; rule < end; rule += part + 1) {
        const char *colon = memchr(rule, ':', (size_t)(end - rule));

        part = (size_t)((colon != NULL ? colon : end) - rule);
        if (!part_fits(rule, part, access))
            return false;
    }
    return true;
}

static bool any_word(const char *value, const struct wr_unit_access *access,
                     bool (*fits)(const char *word, size_t len,
                                  const struct wr_unit_access *access))
{
    size_t len;

    for (value += strspn(value, " \t"); *value != '\0'; value += len + strspn(value + len, " \t")) {
        len = strcspn(value, " \t");
        if (fits(value, len, access))
            return true;
    }
    return false;
}

static bool address_fits(const char *word, size_t len, const struct wr_unit_access *access)
{
    return word_covers(word, len, &access->addr);
}

static bool device_fits(const char *word, size_t len, const struct wr_unit_access *access)
{
    return strlen(access->device) == len && memcmp(word, access->device, len) == 0;
}

static void keep(char dest[WR_UNIT_SETTING_MAX], const char *key, const char *value)
{
    struct wr_buf buf = wr_buf_on(dest, WR_UNIT_SETTING_MAX);

    wr_buf_str(&buf, key);
    wr_buf_char(&buf, '=');
    wr_buf_str(&buf, value);
    wr_buf_terminate(&buf);
}

/* An empty assignment takes back all that was said. */
static void take_list(struct wr_unit_access *access, const char *key, const char *value, bool *hit,
                      char *setting,
                      bool (*fits)(const char *word, size_t len,
                                   const struct wr_unit_access *access))
{
    if (*value == '\0') {
        *hit = false;
    } else if (!*hit && any_word(value, access, fits)) {
        *hit = true;
        if (setting != NULL)
            keep(setting, key, value);
    }
}

static void take_devices(struct wr_unit_access *access, const char *key, const char *value)
{
    if (*value == '\0') {
        access->devices_set = access->device_named = false;
        return;
    }
    if (!access->devices_set)
        access->devices_are_denied = *value == '~';
    access->devices_set = true;
    access->device_named |= any_word(value + (*value == '~'), access, device_fits);
    keep(access->device_setting, key, value);
}

void wr_unit_access_take(struct wr_unit_access *access, const char *key, const char *value)
{
    if (strcmp(key, "IPAddressAllow") == 0)
        take_list(access, key, value, &access->address_allowed, NULL, address_fits);
    else if (strcmp(key, "IPAddressDeny") == 0)
        take_list(access, key, value, &access->address_denied, access->address_setting,
                  address_fits);
    else if (strcmp(key, "SocketBindAllow") == 0)
        take_list(access, key, value, &access->bind_allowed, NULL, rule_fits);
    else if (strcmp(key, "SocketBindDeny") == 0)
        take_list(access, key, value, &access->bind_denied, access->bind_setting, rule_fits);
    else if (strcmp(key, "RestrictNetworkInterfaces") == 0)
        take_devices(access, key, value);
}

const char *wr_unit_access_denied(const struct wr_unit_access *access)
{
    if (access->binds)
        return access->bind_denied && !access->bind_allowed ? access->bind_setting : NULL;
    if (access->address_denied && !access->address_allowed)
        return access->address_setting;
    return access->devices_set && access->device[0] != '\0' &&
                   access->devices_are_denied == access->device_named
               ? access->device_setting
               : NULL;
}
