/* SPDX-License-Identifier: MIT
 * Where variables stand that every program touches at its start, whether it fails or not: together,
 * on one page. Scattered over .bss they would cost a page fault each. */
#ifndef WR_BASE_STARTUP_H
#define WR_BASE_STARTUP_H

#define WR_STARTUP __attribute__((section(".data")))

#endif
