/* SPDX-License-Identifier: MIT
 * Causes of failures: AF_UNIX sockets. Rows and their match functions; pure. */
#include "diagnose/catalogue.h"

const struct wr_cause wr_causes_unix[] = {
    {0},
};
