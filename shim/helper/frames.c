/* SPDX-License-Identifier: MIT
 * The task "frames" of worker.h: names the frames of a snapshot. Called by worker.c. Nothing
 * that it reads is trusted: not the snapshot, not the mappings, not the files they name. */
#include <stdlib.h>
#include <string.h>

#include "helper/helper.h"
#include "helper/image.h"
#include "helper/unwind.h"
#include "whyrefused/report.h"

#define STACK_MAX (1u << 20)
#define MAPS_TEXT_MAX (16u << 20)
#define NAME_MAX_LEN 512

struct frame {
    uint64_t pc;
    bool exact;
    struct wr_map *map;
    struct wr_image *image;
    uint64_t offset;
    struct wr_lookup lookup;
    bool named;
};

struct frames {
    struct frame frame[WR_FRAMES_MAX];
    size_t count;
    bool more;
};

static bool keep_frame(void *ctx, uint64_t pc, bool exact, struct wr_map *map)
{
    struct frames *frames = ctx;

    if (frames->count == WR_FRAMES_MAX) {
        frames->more = true;
        return false;
    }
    frames->frame[frames->count++] = (struct frame){.pc = pc, .exact = exact, .map = map};
    return true;
}

static void put_clean(struct wr_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        wr_buf_char(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
    }
}

static void put_complaint(struct wr_buf *out, const char *text)
{
    wr_buf_char(out, '!');
    wr_buf_str(out, text);
    wr_buf_char(out, '\n');
}

/* The address in terms of the module; of a file that cannot be read, its file offset. */
static void locate(struct wr_walk *walk, struct frame *frame)
{
    struct wr_map *map = frame->map;
    uint64_t file_offset = map->file_offset + (frame->pc - map->start);

    frame->offset = file_offset;
    frame->image = wr_walk_image(walk, map);
    if (frame->image != NULL && wr_image_vaddr(frame->image, file_offset, &frame->offset))
        return;
    frame->image = NULL;
}

/* Names all frames of the module of frame number `first` in one pass over its symbols. A return
 * address is behind its call, which may be the last thing in a function: one less is looked up. */
static void name_module(struct frames *frames, size_t first)
{
    struct wr_image *image = frames->frame[first].image;
    struct wr_lookup lookups[WR_FRAMES_MAX] = {0};
    size_t count = 0;

    for (size_t i = first; i < frames->count; i++) {
        if (frames->frame[i].image == image)
            lookups[count++].vaddr = frames->frame[i].offset - !frames->frame[i].exact;
    }
    wr_image_symbols(image, lookups, count);
    count = 0;
    for (size_t i = first; i < frames->count; i++) {
        if (frames->frame[i].image != image)
            continue;
        frames->frame[i].lookup = lookups[count++];
        frames->frame[i].named = true;
    }
}

static void put_frame(const struct frame *frame, struct wr_buf *out)
{
    const struct wr_lookup *lookup = &frame->lookup;
    bool in_module = frame->map->path[0] == '/' || frame->image != NULL;

    wr_buf_hex(out, frame->pc);
    wr_buf_char(out, '\t');
    if (in_module)
        put_clean(out, frame->map->path, strlen(frame->map->path));
    wr_buf_char(out, '\t');
    if (in_module)
        wr_buf_hex(out, frame->offset);
    wr_buf_char(out, '\t');
    if (frame->image != NULL)
        wr_image_build_id(frame->image, out);
    wr_buf_char(out, '\t');
    if (lookup->name != NULL) {
        put_clean(out, lookup->name,
                  lookup->name_len < NAME_MAX_LEN ? lookup->name_len : NAME_MAX_LEN);
        wr_buf_str(out, "+");
        wr_buf_hex(out, frame->offset - lookup->start);
    }
    wr_buf_char(out, '\n');
}

static bool read_request(struct wr_walk *walk, char **ret_request, const char **ret_why)
{
    size_t len;
    char *request = wr_read_all(WR_WORKER_REQUEST_FD, sizeof(struct wr_snapshot) + STACK_MAX, &len);
    struct wr_snapshot *snapshot = (struct wr_snapshot *)(void *)request;

    *ret_why = "the snapshot is malformed";
    if (request == NULL)
        return false;
    if (len < sizeof(*snapshot) || snapshot->magic != WR_SNAPSHOT_MAGIC) {
        free(request);
        return false;
    }
    if (snapshot->stack_size > len - sizeof(*snapshot))
        snapshot->stack_size = (uint32_t)(len - sizeof(*snapshot));
    walk->snapshot = snapshot;
    walk->stack = (const uint8_t *)request + sizeof(*snapshot);
    *ret_request = request;
    return true;
}

void wr_worker_frames(struct wr_buf *answer)
{
    struct wr_walk walk = {0};
    static struct frames frames;
    const char *why;
    char *request = NULL, *text;
    size_t len;

    if (!read_request(&walk, &request, &why)) {
        put_complaint(answer, why);
        return;
    }
    text = wr_read_all(WR_WORKER_EXTRA_FD, MAPS_TEXT_MAX, &len);
    if (text == NULL || !wr_maps_parse(text, &walk.maps)) {
        put_complaint(answer, "the mappings of the process cannot be read");
        goto out;
    }
    why = wr_walk(&walk, keep_frame, &frames);
    for (size_t i = 0; i < frames.count; i++)
        locate(&walk, &frames.frame[i]);
    for (size_t i = 0; i < frames.count; i++) {
        if (frames.frame[i].image != NULL && !frames.frame[i].named)
            name_module(&frames, i);
    }
    for (size_t i = 0; i < frames.count; i++)
        put_frame(&frames.frame[i], answer);
    if (frames.more)
        why = "there are more frames than are told";
    if (why != NULL)
        put_complaint(answer, why);
out:
    free(walk.maps.map);
    free(text);
    free(request);
}
