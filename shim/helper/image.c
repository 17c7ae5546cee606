/* SPDX-License-Identifier: MIT
 * See image.h. Forms: elf(5), System V ABI. */
#include "helper/image.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUILD_ID_MAX 64
#define PROGRAM_HEADERS_MAX 256

/* `size` bytes at a file offset, or NULL where the file does not have them. */
static const void *at(const struct wr_image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset)
        return NULL;
    return image->data + offset;
}

static bool file_header(const struct wr_image *image, Elf64_Ehdr *ret_header)
{
    const void *bytes = at(image, 0, sizeof(*ret_header));

    if (bytes == NULL)
        return false;
    memcpy(ret_header, bytes, sizeof(*ret_header));
    return memcmp(ret_header->e_ident, ELFMAG, SELFMAG) == 0 &&
           ret_header->e_ident[EI_CLASS] == ELFCLASS64 &&
           ret_header->e_ident[EI_DATA] == ELFDATA2LSB &&
           ret_header->e_phentsize == sizeof(Elf64_Phdr);
}

/* The program header number `i`; false behind the last. */
static bool program_header(const struct wr_image *image, unsigned i, Elf64_Phdr *ret_header)
{
    Elf64_Ehdr header;
    const void *bytes;

    if (!file_header(image, &header) || i >= header.e_phnum || i >= PROGRAM_HEADERS_MAX)
        return false;
    bytes = at(image, header.e_phoff, (uint64_t)header.e_phnum * sizeof(*ret_header));
    if (bytes == NULL)
        return false;
    memcpy(ret_header, (const char *)bytes + i * sizeof(*ret_header), sizeof(*ret_header));
    return true;
}

static bool section_header(const struct wr_image *image, unsigned i, Elf64_Shdr *ret_header)
{
    Elf64_Ehdr header;
    const void *bytes;

    if (!file_header(image, &header) || header.e_shentsize != sizeof(*ret_header) ||
        i >= header.e_shnum)
        return false;
    bytes = at(image, header.e_shoff, (uint64_t)header.e_shnum * sizeof(*ret_header));
    if (bytes == NULL)
        return false;
    memcpy(ret_header, (const char *)bytes + i * sizeof(*ret_header), sizeof(*ret_header));
    return true;
}

bool wr_image_open_path(const char *path, struct wr_image *ret_image)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct wr_image image = {.path = path};
    struct stat status;
    Elf64_Ehdr header;
    void *data = MAP_FAILED;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED)
        return false;
    image.data = data;
    image.size = (size_t)status.st_size;
    if (!file_header(&image, &header)) {
        munmap(data, image.size);
        return false;
    }
    *ret_image = image;
    return true;
}

/* Its section headers stand at the end of it. */
static bool open_vdso(struct wr_image *ret_image)
{
    const uint8_t *data = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    struct wr_image image = {.path = "[vdso]", .data = data, .size = sizeof(Elf64_Ehdr)};
    Elf64_Ehdr header;

    if (data == NULL || !file_header(&image, &header))
        return false;
    image.size = header.e_shoff + (size_t)header.e_shnum * header.e_shentsize;
    *ret_image = image;
    return true;
}

static bool open_deleted(const struct wr_map *map, int pid, struct wr_image *ret_image)
{
    char path[96], target[4096];
    ssize_t len;

    snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid,
             (unsigned long long)map->start, (unsigned long long)map->end);
    if (wr_image_open_path(path, ret_image))
        return true;
    /* map_files asks for a capability; the program's own file does not. */
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    len = readlink(path, target, sizeof(target));
    if (len <= 0 || (size_t)len < strlen(map->path) ||
        memcmp(target, map->path, strlen(map->path)) != 0)
        return false;
    return wr_image_open_path(path, ret_image);
}

bool wr_image_open(const struct wr_map *map, int pid, struct wr_image *ret_image)
{
    bool done;

    if (strcmp(map->path, "[vdso]") == 0)
        return open_vdso(ret_image);
    if (map->path[0] != '/')
        return false;
    done =
        map->deleted ? open_deleted(map, pid, ret_image) : wr_image_open_path(map->path, ret_image);
    ret_image->path = map->path;
    return done;
}

bool wr_image_vaddr(const struct wr_image *image, uint64_t file_offset, uint64_t *ret_vaddr)
{
    Elf64_Phdr header;
    bool found = false;

    /* Neighbouring segments may share a page of the file: code is what is asked for. */
    for (unsigned i = 0; program_header(image, i, &header); i++) {
        if (header.p_type != PT_LOAD || file_offset < header.p_offset ||
            file_offset - header.p_offset >= header.p_filesz)
            continue;
        *ret_vaddr = header.p_vaddr + (file_offset - header.p_offset);
        if (header.p_flags & PF_X)
            return true;
        found = true;
    }
    return found;
}

bool wr_image_eh_frame_hdr(const struct wr_image *image, uint64_t *ret_offset, uint64_t *ret_vaddr,
                           uint64_t *ret_size)
{
    Elf64_Phdr header;

    for (unsigned i = 0; program_header(image, i, &header); i++) {
        if (header.p_type != PT_GNU_EH_FRAME || at(image, header.p_offset, header.p_filesz) == NULL)
            continue;
        *ret_offset = header.p_offset;
        *ret_vaddr = header.p_vaddr;
        *ret_size = header.p_filesz;
        return true;
    }
    return false;
}

static bool note_build_id(const uint8_t *notes, uint64_t size, struct wr_buf *out)
{
    while (size >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        uint64_t name_size, total;

        memcpy(&note, notes, sizeof(note));
        name_size = ((uint64_t)note.n_namesz + 3) & ~UINT64_C(3);
        total = sizeof(note) + name_size + (((uint64_t)note.n_descsz + 3) & ~UINT64_C(3));
        if (total > size)
            return false;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + sizeof(note), "GNU", 4) == 0 && note.n_descsz <= BUILD_ID_MAX) {
            for (uint32_t i = 0; i < note.n_descsz; i++) {
                uint8_t byte = notes[sizeof(note) + name_size + i];

                wr_buf_hex(out, byte >> 4);
                wr_buf_hex(out, byte & 15);
            }
            return true;
        }
        notes += total;
        size -= total;
    }
    return false;
}

void wr_image_build_id(const struct wr_image *image, struct wr_buf *out)
{
    Elf64_Phdr header;

    for (unsigned i = 0; program_header(image, i, &header); i++) {
        const uint8_t *notes = at(image, header.p_offset, header.p_filesz);

        if (header.p_type == PT_NOTE && notes != NULL && note_build_id(notes, header.p_filesz, out))
            return;
    }
}

/* Of the names of one function the one that its callers write: a bigger number is better. */
static unsigned rank_of(const Elf64_Sym *symbol, const char *name)
{
    unsigned bind = ELF64_ST_BIND(symbol->st_info);
    unsigned underscores = (unsigned)strspn(name, "_");

    return (bind == STB_LOCAL ? 0 : 16) + (bind == STB_GLOBAL ? 1 : 0) +
           2 * (underscores < 6 ? 6 - underscores : 0);
}

static void consider(const Elf64_Sym *symbol, const char *strings, uint64_t strings_size,
                     struct wr_lookup *lookup)
{
    const char *name = strings + symbol->st_name;
    size_t len;
    unsigned rank;

    if (lookup->vaddr - symbol->st_value >= symbol->st_size || symbol->st_name >= strings_size)
        return;
    len = strnlen(name, strings_size - symbol->st_name);
    if (len == 0 || len == strings_size - symbol->st_name)
        return;
    rank = rank_of(symbol, name);
    if (lookup->name != NULL && (lookup->size < symbol->st_size ||
                                 (lookup->size == symbol->st_size && lookup->rank >= rank)))
        return;
    lookup->name = name;
    lookup->name_len = strcspn(name, "@");
    lookup->start = symbol->st_value;
    lookup->size = symbol->st_size;
    lookup->rank = rank;
}

static bool is_code(const Elf64_Sym *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);

    return (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE) &&
           symbol->st_size != 0 && symbol->st_shndx != SHN_UNDEF;
}

/* One pass over a symbol table for all the addresses. */
static bool scan(const struct wr_image *image, uint32_t type, struct wr_lookup *lookups,
                 size_t count)
{
    Elf64_Shdr table, strings;
    const char *symbols, *names;

    for (unsigned i = 0;; i++) {
        if (!section_header(image, i, &table))
            return false;
        if (table.sh_type == type)
            break;
    }
    symbols = at(image, table.sh_offset, table.sh_size);
    if (symbols == NULL || table.sh_entsize != sizeof(Elf64_Sym) ||
        !section_header(image, table.sh_link, &strings) || strings.sh_type != SHT_STRTAB)
        return false;
    names = at(image, strings.sh_offset, strings.sh_size);
    if (names == NULL)
        return false;
    for (uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;

        memcpy(&symbol, symbols + i * sizeof(symbol), sizeof(symbol));
        if (!is_code(&symbol))
            continue;
        for (size_t k = 0; k < count; k++)
            consider(&symbol, names, strings.sh_size, &lookups[k]);
    }
    return true;
}

/* Where distributions put the symbols that they strip; no server is asked. */
static bool open_debug(const struct wr_image *image, struct wr_image *ret_image)
{
    char id[2 * BUILD_ID_MAX + 1], path[64 + sizeof(id)];
    struct wr_buf buf = wr_buf_on(id, sizeof(id));

    wr_image_build_id(image, &buf);
    if (buf.len < 4)
        return false;
    wr_buf_terminate(&buf);
    snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", id, id + 2);
    return wr_image_open_path(path, ret_image);
}

void wr_image_symbols(const struct wr_image *image, struct wr_lookup *lookups, size_t count)
{
    struct wr_image debug;

    if (scan(image, SHT_SYMTAB, lookups, count))
        return;
    scan(image, SHT_DYNSYM, lookups, count);
    if (open_debug(image, &debug))
        scan(&debug, SHT_SYMTAB, lookups, count);
}
