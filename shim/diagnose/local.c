/* SPDX-License-Identifier: MIT
 * Causes of failures: local resources and program errors. Rows and their match functions; pure. */
#include "diagnose/catalogue.h"

const struct wr_cause wr_causes_local[] = {
    {0},
};
