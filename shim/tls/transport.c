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

/* Not by its peer: after a reset it has none. */
static bool is_stream(int fd)
{
    socklen_t len = sizeof(int);
    int type = 0;

    return WR_SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

int wr_tls_transport_of(const void *object, bool done)
{
    if (last == 0 || (last_object != object && (done || last_object != NULL)))
        return -1;
    return is_stream(last - 1) ? last - 1 : -1;
}
