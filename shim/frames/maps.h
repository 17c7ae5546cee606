/* SPDX-License-Identifier: MIT
 * What stands where in this process, from /proc/self/maps (proc(5)). */
#ifndef WR_FRAMES_MAPS_H
#define WR_FRAMES_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wr_mapping {
    uint64_t start, end, offset;
    uint64_t inode; /* of the file; 0 = none */
    bool executable;
    const char *path; /* terminated; "" = anonymous */
};

/* Calls each() for every mapping; each returns false to stop, and it
 * stops at until_ns (CLOCK_MONOTONIC). 0, -ETIME, or another -errno. */
int wr_maps_each(char *space, size_t size, uint64_t until_ns,
                 bool (*each)(void *ctx, const struct wr_mapping *map), void *ctx);

/* The path of this shared object, terminated, and the inode number of its file. 0, -ENOENT, or
 * another -errno. */
int wr_maps_own_path(char *space, size_t size, uint64_t until_ns, char *path, size_t path_size,
                     uint64_t *ret_inode);

/* True where the address is in this shared object itself. */
bool wr_maps_is_own(uint64_t address);

#endif
