/* SPDX-License-Identifier: MIT
 * Which objects the references of another were bound to: see wr_object_refers() in symbol.h. */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "base/symbol.h"

#if defined(__x86_64__)
enum { SLOT = R_X86_64_JUMP_SLOT, DATA = R_X86_64_GLOB_DAT, WORD = R_X86_64_64 };
#elif defined(__aarch64__)
enum { SLOT = R_AARCH64_JUMP_SLOT, DATA = R_AARCH64_GLOB_DAT, WORD = R_AARCH64_ABS64 };
#else
#error "add the relocations of this architecture"
#endif

struct references {
    const ElfW(Rela) * at;
    size_t count;
};

/* DT_RELA and DT_JMPREL. */
static void find(const struct wr_object *object, struct references ret[2])
{
    for (const ElfW(Dyn) *entry = object->dynamic; entry != NULL && entry->d_tag != DT_NULL;
         entry++) {
        ElfW(Addr) value = entry->d_un.d_ptr;
        const void *at = (const void *)(value < object->base ? value + object->base : value);

        if (entry->d_tag == DT_RELA)
            ret[0].at = at;
        else if (entry->d_tag == DT_RELASZ)
            ret[0].count = entry->d_un.d_val / sizeof(ElfW(Rela));
        else if (entry->d_tag == DT_JMPREL)
            ret[1].at = at;
        else if (entry->d_tag == DT_PLTRELSZ)
            ret[1].count = entry->d_un.d_val / sizeof(ElfW(Rela));
    }
}

/* What a reference was bound to; one that waits for its first call points into its own object. */
static ElfW(Addr) target(const struct wr_object *object, const ElfW(Rela) * reference)
{
    unsigned type = (unsigned)ELF64_R_TYPE(reference->r_info);

    if ((type != SLOT && type != DATA && type != WORD) || ELF64_R_SYM(reference->r_info) == 0 ||
        reference->r_offset > object->size - sizeof(ElfW(Addr)))
        return 0;
    return *(const ElfW(Addr) *)(object->base + reference->r_offset);
}

unsigned wr_object_refers(const struct wr_object *object, const struct wr_object *to,
                          unsigned count)
{
    struct references references[2] = {{NULL, 0}, {NULL, 0}};
    unsigned found = 0;

    find(object, references);
    for (int table = 0; table < 2; table++) {
        for (size_t i = 0; references[table].at != NULL && i < references[table].count; i++) {
            ElfW(Addr) at = target(object, &references[table].at[i]);

            for (unsigned j = 0; at != 0 && j < count; j++) {
                if (at - to[j].base < to[j].size)
                    found |= 1u << j;
            }
        }
    }
    return found;
}
