/* SPDX-License-Identifier: MIT
 * What stands where in this process, from /proc/self/maps (proc(5)). */
#ifndef WR_FRAMES_MAPS_H
#define WR_FRAMES_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wr_mapping {
    uint64_t start, end, offset;
    bool executable;
    const char *path; /* terminated; "" = anonymous */
};

/* Calls each() for every mapping; each returns false to stop. 0, or -errno. */
int wr_maps_each(char *space, size_t size, bool (*each)(void *ctx, const struct wr_mapping *map),
                 void *ctx);

/* The path of this shared object, terminated. 0, -ENOENT, or another -errno. */
int wr_maps_own_path(char *space, size_t size, char *path, size_t path_size);

/* True where the address is in this shared object itself. */
bool wr_maps_is_own(uint64_t address);

#endif
