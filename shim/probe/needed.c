/* SPDX-License-Identifier: MIT
 * See needed.h. The file is read in small pieces at offsets that it names itself: every one is
 * checked by the length of what could be read. */
#include "probe/needed.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/sys.h"

#define SEGMENTS_MAX 32
#define ENTRIES_MAX 128
#define NAME_MAX_ 64

static bool read_at(long fd, void *to, size_t len, uint64_t at)
{
    return at < INT64_MAX && WR_SYS(pread64, fd, to, len, at) == (long)len;
}

struct image {
    long fd;
    unsigned count;
    Elf64_Phdr segments[SEGMENTS_MAX];
    Elf64_Dyn entries[ENTRIES_MAX];
};

static bool read_head(struct image *image)
{
    Elf64_Ehdr head;

    if (!read_at(image->fd, &head, sizeof(head), 0) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof(Elf64_Phdr) ||
        head.e_phnum > SEGMENTS_MAX)
        return false;
    image->count = head.e_phnum;
    return read_at(image->fd, image->segments, head.e_phnum * sizeof(Elf64_Phdr), head.e_phoff);
}

/* Where in the file an address of the running program is; 0 = nowhere. */
static uint64_t offset_of(const struct image *image, uint64_t address)
{
    for (unsigned i = 0; i < image->count; i++) {
        const Elf64_Phdr *segment = &image->segments[i];

        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz)
            return segment->p_offset + (address - segment->p_vaddr);
    }
    return 0;
}

static unsigned read_dynamic(struct image *image)
{
    for (unsigned i = 0; i < image->count; i++) {
        const Elf64_Phdr *segment = &image->segments[i];
        uint64_t count = segment->p_filesz / sizeof(Elf64_Dyn);

        if (segment->p_type != PT_DYNAMIC)
            continue;
        count = count > ENTRIES_MAX ? ENTRIES_MAX : count;
        return read_at(image->fd, image->entries, count * sizeof(Elf64_Dyn), segment->p_offset)
                   ? (unsigned)count
                   : 0;
    }
    return 0;
}

static bool is_named(const struct image *image, uint64_t at, const char *library)
{
    char name[NAME_MAX_];
    size_t len = strlen(library);

    return len < sizeof(name) && read_at(image->fd, name, len, at) &&
           memcmp(name, library, len) == 0;
}

static int search(struct image *image, const char *library)
{
    uint64_t strings = 0;
    unsigned count;

    if (!read_head(image))
        return -ENOEXEC;
    count = read_dynamic(image);
    for (unsigned i = 0; i < count; i++) {
        if (image->entries[i].d_tag == DT_STRTAB)
            strings = offset_of(image, image->entries[i].d_un.d_ptr);
    }
    if (strings == 0)
        return count == 0 ? 0 : -ENOEXEC; /* static programs need nothing */
    for (unsigned i = 0; i < count && image->entries[i].d_tag != DT_NULL; i++) {
        if (image->entries[i].d_tag == DT_NEEDED &&
            is_named(image, strings + image->entries[i].d_un.d_val, library))
            return 1;
    }
    return 0;
}

int wr_needed_has(const char *path, const char *library, char *space, size_t size)
{
    struct image *image = (struct image *)space;
    int rc;

    if (size < sizeof(*image))
        return -ENOBUFS;
    image->fd = WR_SYS(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (image->fd < 0)
        return (int)image->fd;
    rc = search(image, library);
    WR_SYS(close, image->fd);
    return rc;
}
