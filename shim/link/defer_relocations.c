/* SPDX-License-Identifier: MIT
 * Build tool: takes the relative relocations of the constant tables (.data.rel.ro) out of what
 * ld.so does at start-up. usage: defer_relocations LIBRARY
 *
 * They are moved to the end of .rela.dyn, DT_RELASZ and DT_RELACOUNT (ELF gABI; elf(5)) end before
 * them, and struct wr_deferred_list in the library is told where they are. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/deferred_list.h"

static unsigned char *image;
static size_t image_size;

static int complain(const char *path, const char *what)
{
    fprintf(stderr, "defer_relocations: %s: %s\n", path, what);
    return 1;
}

static int read_image(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size;

    if (file == NULL)
        return -1;
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0) {
        fclose(file);
        return -1;
    }
    rewind(file);
    image_size = (size_t)size;
    image = malloc(image_size);
    if (image == NULL || fread(image, 1, image_size, file) != image_size) {
        fclose(file);
        return -1;
    }
    fclose(file);
    return 0;
}

/* A copy in place keeps the inode's mode; the linker made it executable. */
static int write_image(const char *path)
{
    FILE *file = fopen(path, "r+b");
    int failed;

    if (file == NULL)
        return -1;
    failed = fwrite(image, 1, image_size, file) != image_size;
    return fclose(file) != 0 || failed ? -1 : 0;
}

static Elf64_Shdr *section(const char *name)
{
    Elf64_Ehdr *header = (void *)image;
    Elf64_Shdr *table = (void *)(image + header->e_shoff);
    const char *names = (char *)image + table[header->e_shstrndx].sh_offset;

    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (strcmp(names + table[i].sh_name, name) == 0)
            return &table[i];
    }
    return NULL;
}

static Elf64_Dyn *dynamic_entry(Elf64_Sxword tag)
{
    Elf64_Shdr *dynamic = section(".dynamic");

    if (dynamic == NULL)
        return NULL;
    Elf64_Dyn *entry = (void *)(image + dynamic->sh_offset);
    for (size_t i = 0; i < dynamic->sh_size / sizeof(*entry); i++) {
        if (entry[i].d_tag == tag)
            return &entry[i];
    }
    return NULL;
}

static struct wr_deferred_list *find_list(void)
{
    for (size_t at = 0; at + sizeof(struct wr_deferred_list) <= image_size; at += 8) {
        if (memcmp(image + at, WR_DEFERRED_MAGIC, sizeof(WR_DEFERRED_MAGIC)) == 0)
            return (void *)(image + at);
    }
    return NULL;
}

static int is_relative(const Elf64_Rela *rela)
{
    Elf64_Ehdr *header = (void *)image;
    unsigned type = ELF64_R_TYPE(rela->r_info);

    return header->e_machine == EM_X86_64    ? type == R_X86_64_RELATIVE
           : header->e_machine == EM_AARCH64 ? type == R_AARCH64_RELATIVE
                                             : 0;
}

/* Keeps the order within both halves; returns how many are deferred. */
static size_t split(Elf64_Rela *rela, size_t count, const Elf64_Shdr *tables)
{
    Elf64_Rela *later = malloc((count + 1) * sizeof(*later));
    size_t now = 0, deferred = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_relative(&rela[i]) && rela[i].r_offset >= tables->sh_addr &&
            rela[i].r_offset < tables->sh_addr + tables->sh_size)
            later[deferred++] = rela[i];
        else
            rela[now++] = rela[i];
    }
    memcpy(rela + now, later, deferred * sizeof(*later));
    free(later);
    return deferred;
}

int main(int argc, char **argv)
{
    Elf64_Shdr *tables, *relocations;
    Elf64_Dyn *size, *relative;
    struct wr_deferred_list *list;
    size_t count, deferred;

    if (argc != 2) {
        fputs("usage: defer_relocations LIBRARY\n", stderr);
        return 2;
    }
    if (read_image(argv[1]) < 0)
        return complain(argv[1], "cannot be read");
    if (image_size < sizeof(Elf64_Ehdr) || memcmp(image, ELFMAG, SELFMAG) != 0 ||
        image[EI_CLASS] != ELFCLASS64)
        return complain(argv[1], "is no 64-bit ELF file");
    tables = section(".data.rel.ro");
    relocations = section(".rela.dyn");
    size = dynamic_entry(DT_RELASZ);
    relative = dynamic_entry(DT_RELACOUNT);
    list = find_list();
    if (tables == NULL || relocations == NULL || size == NULL || relative == NULL || list == NULL)
        return complain(argv[1], "has no table of relocations as expected: left as it is");
    if (list->count != 0)
        return complain(argv[1], "has been changed already");
    count = relocations->sh_size / sizeof(Elf64_Rela);
    deferred = split((void *)(image + relocations->sh_offset), count, tables);
    size->d_un.d_val -= deferred * sizeof(Elf64_Rela);
    relative->d_un.d_val -= deferred;
    list->rela = relocations->sh_addr + (count - deferred) * sizeof(Elf64_Rela);
    list->count = deferred;
    list->start = tables->sh_addr;
    list->end = tables->sh_addr + tables->sh_size;
    if (write_image(argv[1]) < 0)
        return complain(argv[1], "cannot be written");
    return 0;
}
