/* SPDX-License-Identifier: MIT
 * An ELF file of the host, mapped for reading and not trusted: every offset in it is checked.
 * For unwind.c and frames.c. Only 64-bit files of this machine's byte order. */
#ifndef WR_HELPER_IMAGE_H
#define WR_HELPER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "helper/maps.h"

struct wr_image {
    const char *path; /* of the mapping it was opened for */
    const uint8_t *data;
    size_t size;
};

/* The file behind a mapping of process `pid`, in *ret_image; a deleted one by way of /proc where
 * the kernel lets us; [vdso] is our own, which is the same. False where it cannot be read or is
 * no ELF file. Never released. */
bool wr_image_open(const struct wr_map *map, int pid, struct wr_image *ret_image);
bool wr_image_open_path(const char *path, struct wr_image *ret_image);

/* The address in the file's own terms (as addr2line -e FILE takes it) of a file offset. */
bool wr_image_vaddr(const struct wr_image *image, uint64_t file_offset, uint64_t *ret_vaddr);
/* .eh_frame_hdr: its file offset, address in the file's terms and size. */
bool wr_image_eh_frame_hdr(const struct wr_image *image, uint64_t *ret_offset, uint64_t *ret_vaddr,
                           uint64_t *ret_size);
/* Appends the build id in hex; nothing where there is none. */
void wr_image_build_id(const struct wr_image *image, struct wr_buf *out);

struct wr_lookup {
    uint64_t vaddr;   /* in */
    const char *name; /* out: inside the image, name_len bytes; NULL = none covers vaddr */
    size_t name_len;
    uint64_t start, size; /* out: of the symbol */
    unsigned rank;        /* own use */
};

/* Names addresses by the symbols that cover them; lookups with a name are left as they are. */
void wr_image_symbols(const struct wr_image *image, struct wr_lookup *lookups, size_t count);

#endif
