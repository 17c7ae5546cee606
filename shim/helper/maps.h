/* SPDX-License-Identifier: MIT
 * The host's mappings, from the text of its /proc/PID/maps, which is not trusted. For frames.c
 * and unwind.c. */
#ifndef WR_HELPER_MAPS_H
#define WR_HELPER_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wr_map {
    uint64_t start, end; /* start < end; mappings are in ascending order */
    uint64_t file_offset;
    bool executable;
    bool deleted;     /* the file is no longer there under its name */
    const char *path; /* terminated; "" for anonymous memory, "[vdso]" and the like as they are */
    struct wr_image *image; /* of unwind.c; NULL until it is opened */
    bool tried;
};

struct wr_maps {
    struct wr_map *map;
    size_t count;
};

/* Takes the text apart in place; malformed lines are left out. False where memory ran out. */
bool wr_maps_parse(char *text, struct wr_maps *ret_maps);
/* The mapping that holds an address, or NULL. */
struct wr_map *wr_maps_find(const struct wr_maps *maps, uint64_t address);

#endif
