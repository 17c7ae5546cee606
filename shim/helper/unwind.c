/* SPDX-License-Identifier: MIT
 * See unwind.h. libunwind(3) in its remote form: it asks for memory, registers and unwind tables
 * through the functions below, so that every address it follows is checked here. */
#include "helper/unwind.h"

#include <elf.h>
#include <libunwind.h>
#include <stdlib.h>
#include <string.h>

#include "helper/image.h"

#define IMAGES_MAX 256

/* Exported by libunwind for unwinders of other processes, declared in no header (perf uses it). */
#define search_unwind_table UNW_OBJ(dwarf_search_unwind_table)
int search_unwind_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *info,
                        unw_proc_info_t *ret_proc, int need_unwind_info, void *arg);

/* libunwind's register numbers in the order of wr_snapshot.regs; -1 = not in the snapshot. */
#if defined(__x86_64__)
#define MACHINE EM_X86_64
static const int registers[WR_SNAPSHOT_REGS] = {
    -1,
    UNW_X86_64_RBX,
    -1,
    -1,
    -1,
    -1,
    UNW_X86_64_RBP,
    UNW_X86_64_RSP,
    -1,
    -1,
    -1,
    -1,
    UNW_X86_64_R12,
    UNW_X86_64_R13,
    UNW_X86_64_R14,
    UNW_X86_64_R15,
    UNW_X86_64_RIP,
    -1,
};
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
static const int registers[WR_SNAPSHOT_REGS] = {
    UNW_AARCH64_X19,
    UNW_AARCH64_X20,
    UNW_AARCH64_X21,
    UNW_AARCH64_X22,
    UNW_AARCH64_X23,
    UNW_AARCH64_X24,
    UNW_AARCH64_X25,
    UNW_AARCH64_X26,
    UNW_AARCH64_X27,
    UNW_AARCH64_X28,
    UNW_AARCH64_X29,
    UNW_AARCH64_X30,
    UNW_AARCH64_SP,
    UNW_AARCH64_PC,
    -1,
    -1,
    -1,
    -1,
};
#else
#define MACHINE EM_NONE
static const int registers[WR_SNAPSHOT_REGS] = {0};
#endif

struct wr_image *wr_walk_image(struct wr_walk *walk, struct wr_map *map)
{
    static struct wr_image images[IMAGES_MAX];
    static size_t count;

    if (map->tried)
        return map->image;
    map->tried = true;
    for (size_t i = 0; i < count; i++) {
        /* Deleted files of one name may be different files. */
        if (!map->deleted && strcmp(images[i].path, map->path) == 0)
            return map->image = &images[i];
    }
    if (count < IMAGES_MAX && wr_image_open(map, walk->snapshot->pid, &images[count]))
        map->image = &images[count++];
    return map->image;
}

/* What can be had of the 8 bytes at an address; the rest is zero. libunwind reads aligned words
 * around what it wants, which may reach over the end of a file. */
static bool read_word(struct wr_walk *walk, uint64_t address, unw_word_t *ret_word)
{
    const struct wr_snapshot *snapshot = walk->snapshot;
    uint64_t offset = address - snapshot->stack_base;
    struct wr_map *map;
    struct wr_image *image;
    size_t len = sizeof(*ret_word);

    if (offset < snapshot->stack_size && snapshot->stack_size - offset >= len) {
        memcpy(ret_word, walk->stack + offset, len);
        return true;
    }
    map = wr_maps_find(&walk->maps, address);
    if (map != NULL && map == walk->stack_map && address >= snapshot->stack_base)
        walk->beyond_stack = true;
    image = map != NULL ? wr_walk_image(walk, map) : NULL;
    if (image == NULL)
        return false;
    offset = map->file_offset + (address - map->start);
    if (offset >= image->size)
        return false;
    if (len > image->size - offset)
        len = image->size - offset;
    *ret_word = 0;
    memcpy(ret_word, image->data + offset, len);
    return true;
}

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *word, int write,
                         void *arg)
{
    (void)space;
    if (write || !read_word(arg, address, word))
        return -UNW_EINVAL;
    return 0;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value,
                           int write, void *arg)
{
    const struct wr_walk *walk = arg;

    (void)space;
    if (write)
        return -UNW_EREADONLYREG;
    for (size_t i = 0; i < WR_SNAPSHOT_REGS; i++) {
        if (registers[i] == number) {
            *value = walk->snapshot->regs[i];
            return 0;
        }
    }
    return -UNW_EBADREG;
}

/* .eh_frame_hdr (Linux Standard Base, Exception Frames): version, three encodings, the address of
 * .eh_frame, a count, and a sorted table. Only the encodings that linkers write. */
#define TABLE_ENTRY_SIZE 8
static bool unwind_table(const struct wr_image *image, uint64_t *ret_vaddr, uint64_t *ret_entries)
{
    uint64_t offset, size;
    const uint8_t *header;
    uint32_t entries;

    if (!wr_image_eh_frame_hdr(image, &offset, ret_vaddr, &size) || size < 12)
        return false;
    header = image->data + offset;
    if (header[0] != 1 || (header[1] & 0x0f) != 0x0b || header[2] != 0x03 || header[3] != 0x3b)
        return false;
    memcpy(&entries, header + 8, sizeof(entries));
    if (entries == 0 || entries > (size - 12) / TABLE_ENTRY_SIZE)
        return false;
    *ret_entries = entries;
    return true;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *proc,
                          int need_unwind_info, void *arg)
{
    struct wr_walk *walk = arg;
    struct wr_map *map = wr_maps_find(&walk->maps, ip);
    struct wr_image *image;
    uint64_t vaddr, table, entries;

    if (map == NULL || !map->executable)
        return -UNW_ENOINFO;
    image = wr_walk_image(walk, map);
    if (image == NULL || !wr_image_vaddr(image, map->file_offset + (ip - map->start), &vaddr) ||
        !unwind_table(image, &table, &entries))
        return -UNW_ENOINFO;
    table += ip - vaddr;
    unw_dyn_info_t info = {
        .start_ip = map->start,
        .end_ip = map->end,
        .format = UNW_INFO_FORMAT_REMOTE_TABLE,
        .u.rti =
            {
                .segbase = table,
                .table_data = table + 12,
                .table_len = entries * TABLE_ENTRY_SIZE / sizeof(unw_word_t),
            },
    };
    return search_unwind_table(space, ip, &info, proc, need_unwind_info, arg);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *proc, void *arg)
{
    (void)space;
    (void)proc;
    (void)arg;
}

static int no_dynamic_info(unw_addr_space_t space, unw_word_t *address, void *arg)
{
    (void)space;
    (void)address;
    (void)arg;
    return -UNW_ENOINFO;
}

static int no_float_register(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value,
                             int write, void *arg)
{
    (void)space;
    (void)number;
    (void)value;
    (void)write;
    (void)arg;
    return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *arg)
{
    (void)space;
    (void)cursor;
    (void)arg;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t space, unw_word_t address, char *name, size_t size,
                   unw_word_t *offset, void *arg)
{
    (void)space;
    (void)address;
    (void)name;
    (void)size;
    (void)offset;
    (void)arg;
    return -UNW_ENOINFO;
}

static unw_accessors_t accessors = {
    .find_proc_info = find_proc_info,
    .put_unwind_info = put_unwind_info,
    .get_dyn_info_list_addr = no_dynamic_info,
    .access_mem = access_memory,
    .access_reg = access_register,
    .access_fpreg = no_float_register,
    .resume = no_resume,
    .get_proc_name = no_name,
};

static const char *why_ended(const struct wr_walk *walk)
{
    if (walk->beyond_stack)
        return "the copied part of the stack ends here; outer frames are not known";
    return "the stack cannot be followed further: no unwind table or a damaged stack";
}

const char *wr_walk(struct wr_walk *walk,
                    bool (*each)(void *ctx, uint64_t pc, bool exact, struct wr_map *map), void *ctx)
{
    unw_addr_space_t space;
    unw_cursor_t cursor;
    unw_word_t pc, sp, last_sp = 0;
    unsigned not_up = 0;
    bool exact = true;
    int step;

    if (walk->snapshot->machine != MACHINE)
        return "unsupported machine";
    walk->stack_map = wr_maps_find(&walk->maps, walk->snapshot->stack_base);
    space = unw_create_addr_space(&accessors, 0);
    if (space == NULL || unw_init_remote(&cursor, space, walk) != 0)
        return "libunwind cannot begin with these registers";
    do {
        if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 ||
            unw_get_reg(&cursor, UNW_REG_SP, &sp) != 0)
            return why_ended(walk);
        struct wr_map *map = wr_maps_find(&walk->maps, pc);

        if (pc == 0 && last_sp != 0)
            return walk->beyond_stack ? why_ended(walk) : NULL;
        if (map == NULL || !map->executable)
            return "the stack goes on at an address that is no code: it is damaged, or a frame "
                   "has no unwind table";
        if (!each(ctx, pc, exact, map))
            return NULL;
        /* Frames go up the stack; only a signal on its own stack may once lead elsewhere. */
        if (sp <= last_sp && last_sp != 0 && ++not_up > 2)
            return "the stack runs in a circle here: it is damaged";
        last_sp = sp;
        exact = unw_is_signal_frame(&cursor) > 0;
        step = unw_step(&cursor);
    } while (step > 0);
    return step == 0 && !walk->beyond_stack ? NULL : why_ended(walk);
}
