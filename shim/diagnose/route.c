/* SPDX-License-Identifier: MIT
 * Causes of failures: the network between. Rows and their match functions; pure. */
#include "diagnose/catalogue.h"

const struct wr_cause wr_causes_route[] = {
    {0},
};
