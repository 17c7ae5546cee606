/* SPDX-License-Identifier: MIT
 * See transport.h. */
#include "tls/transport.h"

#include <stddef.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "tls/depth.h"

static __thread int last; /* descriptor + 1; 0 = none */
static __thread const void *last_object;

void wr_tls_transport_used(int fd)
{
    last = fd + 1;
    last_object = wr_tls_inside() ? wr_tls_object : NULL;
}

static bool is_connected_stream(int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer), type_len = sizeof(int);
    int type = 0;

    return WR_SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 &&
           type == SOCK_STREAM && WR_SYS(getpeername, fd, &peer, &len) == 0;
}

int wr_tls_transport_of(const void *object, bool done)
{
    if (last == 0 || (last_object != object && (done || last_object != NULL)))
        return -1;
    return is_connected_stream(last - 1) ? last - 1 : -1;
}
