/* SPDX-License-Identifier: MIT
 * See local.h. */
#include "probe/local.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/sys.h"

char *wr_proc_path(const struct wr_probe_ctx *ctx, char *dest, size_t size, const char *name,
                   const char *entry)
{
    struct wr_buf buf = wr_buf_on(dest, size);

    wr_buf_str(&buf, "/proc/");
    if (ctx->host_pid > 0)
        wr_buf_int(&buf, ctx->host_pid);
    else
        wr_buf_str(&buf, "self");
    wr_buf_char(&buf, '/');
    wr_buf_str(&buf, name);
    if (entry != NULL) {
        wr_buf_char(&buf, '/');
        wr_buf_str(&buf, entry);
    }
    wr_buf_terminate(&buf);
    return buf.cut ? NULL : dest;
}

bool wr_device_name(struct wr_probe_ctx *ctx, uint32_t index, char ret_name[WR_DEVICE_NAME])
{
    struct ifreq request = {.ifr_ifindex = (int)index};
    int fd = wr_probe_netlink(ctx, NETLINK_ROUTE);

    if (index == 0 || fd < 0 || WR_SYS(ioctl, fd, SIOCGIFNAME, &request) < 0)
        return false;
    memcpy(ret_name, request.ifr_name, WR_DEVICE_NAME);
    ret_name[WR_DEVICE_NAME - 1] = '\0';
    return true;
}

int wr_device_index(struct wr_probe_ctx *ctx, const char *name, uint32_t *ret_index)
{
    int fd = wr_probe_netlink(ctx, NETLINK_ROUTE);
    struct ifreq request = {.ifr_ifindex = 0};
    size_t len = strlen(name);
    long rc;

    if (fd < 0)
        return fd;
    if (len >= WR_DEVICE_NAME)
        return -ENODEV; /* no interface has so long a name */
    memcpy(request.ifr_name, name, len);
    rc = WR_SYS(ioctl, fd, SIOCGIFINDEX, &request);
    if (rc == 0)
        *ret_index = (uint32_t)request.ifr_ifindex;
    return (int)rc;
}

bool wr_socket_name(int fd, struct wr_addr *ret_addr)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);

    return fd >= 0 && WR_SYS(getsockname, fd, &name, &len) >= 0 &&
           wr_addr_from_sockaddr(&name, len < sizeof(name) ? len : sizeof(name), ret_addr);
}

int wr_socket_option(int fd, int level, int name, int fallback)
{
    int value = fallback;
    socklen_t len = sizeof(value);

    if (fd < 0 || WR_SYS(getsockopt, fd, level, name, &value, &len) < 0 || len != sizeof(value))
        return fallback;
    return value;
}

int wr_attempt_transport(const struct wr_attempt *attempt)
{
    if (attempt->domain != AF_INET && attempt->domain != AF_INET6)
        return 0;
    if (attempt->type == SOCK_STREAM)
        return IPPROTO_TCP;
    return attempt->type == SOCK_DGRAM && attempt->protocol != IPPROTO_ICMP ? IPPROTO_UDP : 0;
}
