/* SPDX-License-Identifier: MIT
 * Causes of failures: TCP refused, by where the program and the service are. Rows and their match
 * functions; pure. */
#include "diagnose/catalogue.h"

const struct wr_cause wr_causes_tcp_context[] = {
    {0},
};
