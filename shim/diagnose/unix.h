/* SPDX-License-Identifier: MIT
 * What the two tables of AF_UNIX causes share. For unix.c and unix_socket.c alone. */
#ifndef WR_DIAGNOSE_UNIX_H
#define WR_DIAGNOSE_UNIX_H

#include <errno.h>

#include "diagnose/catalogue.h"

/* The errno that the program got. */
static inline bool wr_unix_failed_with(const struct wr_evidence *ev, int error)
{
    return wr_ev_is(ev, WR_FACT_error, (uint64_t)error);
}

/* ECONNREFUSED, on an AF_UNIX address. */
static inline bool wr_unix_refused(const struct wr_evidence *ev)
{
    return wr_ev_known(ev, WR_FACT_unix_path) && wr_unix_failed_with(ev, ECONNREFUSED);
}

/* The path leads to a socket file. */
static inline bool wr_unix_is_socket(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_unix_file_type, "socket");
}

/* What is said of the socket's maker wherever it is not there. */
#define WR_UNIX_START_IT                                                                          \
    {                                                                                             \
        "start {unix_unit}, which makes this socket{?unix_unit_startable}",                       \
            "[sudo {!unix_unit_of_user}]systemctl [--user {?unix_unit_of_user}]start {unix_unit}" \
    }

#endif
