/* SPDX-License-Identifier: MIT
 * Walks the stack of a snapshot with libunwind. For frames.c. */
#ifndef WR_HELPER_UNWIND_H
#define WR_HELPER_UNWIND_H

#include "helper/maps.h"
#include "helper/worker.h"

struct wr_walk {
    const struct wr_snapshot *snapshot;
    const uint8_t *stack; /* snapshot->stack_size bytes */
    struct wr_maps maps;

    /* own use */
    const struct wr_map *stack_map;
    bool beyond_stack; /* something above the copied part of the stack was asked for */
};

/* Opens the file of a mapping once; NULL where it has none that can be read. */
struct wr_image *wr_walk_image(struct wr_walk *walk, struct wr_map *map);

/* Calls each(ctx, pc, exact, map) for every frame, innermost first, map never NULL; it returns
 * false to stop. exact: pc is the instruction to go on with, else it is behind the call. Returns
 * NULL where the outermost frame was reached or each() stopped, else a fixed sentence that says why
 * the walk ended before. */
const char *wr_walk(struct wr_walk *walk,
                    bool (*each)(void *ctx, uint64_t pc, bool exact, struct wr_map *map),
                    void *ctx);

#endif
