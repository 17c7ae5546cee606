/* SPDX-License-Identifier: MIT
 * What base/deferred.c and link/defer_relocations.c share. */
#ifndef WR_LINK_DEFERRED_LIST_H
#define WR_LINK_DEFERRED_LIST_H

#include <stdint.h>

#define WR_DEFERRED_MAGIC "whyrefused-rela"

struct wr_deferred_list {
    char magic[16];
    uint64_t rela, count; /* address of the first deferred Elf64_Rela, and how many */
    uint64_t start, end;  /* addresses of the memory that they change */
};

#endif
