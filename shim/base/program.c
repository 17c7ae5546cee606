/* SPDX-License-Identifier: MIT
 * See program.h. ELF: elf(5); scripts: execve(2), fs/binfmt_script.c. */
#include "base/program.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

#define HEADERS_MAX 64
#define NT_GO_BUILD_ID 4 /* ELF_NOTE_GOBUILDID_TAG of cmd/link/internal/ld/elf.go */

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

int wr_program_is_loader(const char *path)
{
    const char *name = file_name(path);

    return strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld.so", 5) == 0 ||
           strncmp(name, "ld-2.", 5) == 0;
}

/* "#!", blanks, the path up to a blank or the end of the line. */
static enum wr_program script(const char *head, size_t len, char *interpreter)
{
    size_t at = 2, used = 0;

    while (at < len && (head[at] == ' ' || head[at] == '\t'))
        at++;
    while (at < len && strchr(" \t\r\n", head[at]) == NULL) { /* also ends at a NUL */
        if (used == WR_PROGRAM_INTERPRETER - 1)
            return WR_PROGRAM_OTHER;
        interpreter[used++] = head[at++];
    }
    interpreter[used] = '\0';
    return used > 0 && at < len ? WR_PROGRAM_SCRIPT : WR_PROGRAM_OTHER;
}

static bool is_inside(const Elf64_Phdr *segment, size_t len)
{
    return segment->p_offset < len && segment->p_filesz <= len - segment->p_offset;
}

/* .note.go.buildid: owner "Go". */
static bool has_go_note(const char *notes, size_t len)
{
    while (len >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        size_t size;

        memcpy(&note, notes, sizeof(note));
        if (note.n_namesz > 4096 || note.n_descsz > 4096)
            return false;
        size = sizeof(note) + ((note.n_namesz + 3u) & ~3u) + ((note.n_descsz + 3u) & ~3u);
        if (size > len)
            return false;
        if (note.n_type == NT_GO_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + sizeof(note), "Go\0", 4) == 0)
            return true;
        notes += size;
        len -= size;
    }
    return false;
}

static enum wr_program elf(const char *head, size_t len)
{
    bool loads = false, go = false;
    Elf64_Ehdr header;

    if (len < EI_NIDENT + 4)
        return WR_PROGRAM_OTHER;
    if (head[EI_CLASS] != ELFCLASS64 || head[EI_DATA] != ELFDATA2LSB)
        return WR_PROGRAM_MACHINE;
    if (len < sizeof(header))
        return WR_PROGRAM_OTHER;
    memcpy(&header, head, sizeof(header));
    if (header.e_machine != MACHINE)
        return WR_PROGRAM_MACHINE;
    if ((header.e_type != ET_EXEC && header.e_type != ET_DYN) || header.e_phoff > len ||
        header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
        header.e_phnum > HEADERS_MAX ||
        header.e_phnum * sizeof(Elf64_Phdr) > len - (size_t)header.e_phoff)
        return WR_PROGRAM_OTHER;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;

        memcpy(&segment, head + header.e_phoff + i * sizeof(segment), sizeof(segment));
        loads |= segment.p_type == PT_INTERP;
        if (segment.p_type == PT_NOTE && is_inside(&segment, len))
            go |= has_go_note(head + segment.p_offset, segment.p_filesz);
    }
    return go ? WR_PROGRAM_GO : loads ? WR_PROGRAM_OTHER : WR_PROGRAM_STATIC;
}

enum wr_program wr_program_kind(const char *head, size_t len,
                                char interpreter[WR_PROGRAM_INTERPRETER])
{
    if (len >= 2 && memcmp(head, "#!", 2) == 0)
        return script(head, len, interpreter);
    if (len >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
        return elf(head, len);
    return WR_PROGRAM_OTHER;
}
