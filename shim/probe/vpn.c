/* SPDX-License-Identifier: MIT
 * Whether a VPN is set up on this machine whose tunnel does not exist now: the names of the
 * configurations only; nothing in them is read. */
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/file.h"
#include "probe/probe.h"
#include "probe/rtnl.h"

struct found {
    char name[64]; /* "" = none */
    const char *suffix;
    bool by_name; /* the interface has the name of the file (wg-quick(8)) */
    char links[64][16];
    uint32_t links_used;
    bool tunnel; /* some tun or ppp interface exists */
};

static bool take_link(void *each_ctx, const struct nlmsghdr *message)
{
    struct found *found = each_ctx;
    struct wr_link link;

    if (!wr_link_of(message, &link))
        return true;
    if (found->links_used < 64)
        memcpy(found->links[found->links_used++], link.name, sizeof(link.name));
    found->tunnel |= link.type == ARPHRD_NONE || link.type == ARPHRD_PPP;
    return true;
}

static bool exists(const struct found *found, const char *name, size_t len)
{
    for (uint32_t i = 0; i < found->links_used; i++) {
        if (strlen(found->links[i]) == len && memcmp(found->links[i], name, len) == 0)
            return true;
    }
    return false;
}

static bool take_file(void *each_ctx, const char *name, unsigned char type)
{
    struct found *found = each_ctx;
    size_t len = strlen(name), end = strlen(found->suffix);

    (void)type;
    if (len <= end || len - end >= sizeof(found->name) ||
        memcmp(name + len - end, found->suffix, end) != 0)
        return true;
    len -= end;
    if (found->by_name ? exists(found, name, len) : found->tunnel)
        return true;
    memcpy(found->name, name, len);
    found->name[len] = '\0';
    return false;
}

/* Sets "wg0 (/etc/wireguard)". */
static void set_missing(struct wr_probe_ctx *ctx, const struct found *found, const char *dir)
{
    char text[128];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    wr_buf_str(&buf, found->name);
    wr_buf_str(&buf, " (");
    wr_buf_str(&buf, dir);
    wr_buf_char(&buf, ')');
    wr_set_text(ctx->ev, WR_FACT_vpn_missing, text, (uint32_t)buf.len);
}

void wr_probe_vpn(struct wr_probe_ctx *ctx)
{
    static const struct {
        const char *dir, *suffix;
        bool by_name;
    } places[] = {{"/etc/wireguard", ".conf", true},
                  {"/etc/openvpn/client", ".conf", false},
                  {"/etc/openvpn", ".conf", false}};
    const int error = ctx->attempt->error;
    struct found *found = (struct found *)(void *)wr_probe_file_space(ctx);
    char *space = wr_probe_file_space(ctx) + 4096;
    const struct ifinfomsg links = {0};
    struct wr_rtnl_request request;
    bool unreadable = false;

    _Static_assert(sizeof(*found) <= 4096, "the rest is for directories");
    if ((error != EHOSTUNREACH && error != ENETUNREACH && error != ETIMEDOUT) ||
        !wr_ev_true(ctx->ev, WR_FACT_destination_private) ||
        !wr_ev_false(ctx->ev, WR_FACT_destination_local))
        return;
    memset(found, 0, sizeof(*found));
    wr_rtnl_request(&request, RTM_GETLINK, &links, sizeof(links));
    request.head.nlmsg_flags = NLM_F_DUMP;
    if (wr_rtnl_ask(ctx, &request, take_link, found) < 0)
        return;
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        found->suffix = places[i].suffix;
        found->by_name = places[i].by_name;
        unreadable |= wr_dir_each(places[i].dir, space, WR_PROBE_FILE_SPACE - 4096, take_file,
                                  found) == -EACCES;
        if (found->name[0] != '\0') {
            set_missing(ctx, found, places[i].dir);
            return;
        }
    }
    if (!unreadable)
        wr_set_absent(ctx->ev, WR_FACT_vpn_missing);
}
