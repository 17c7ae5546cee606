/* SPDX-License-Identifier: MIT
 * What kind of program a file is, from its first bytes: can this library be loaded into it? Pure,
 * bounded; the bytes are untrusted. */
#ifndef WR_BASE_PROGRAM_H
#define WR_BASE_PROGRAM_H

#include <stddef.h>

enum wr_program {
    WR_PROGRAM_OTHER,      /* can be entered, or is not known to be none that can */
    WR_PROGRAM_SCRIPT,     /* as its interpreter */
    WR_PROGRAM_STATIC,     /* no interpreter that would load anything */
    WR_PROGRAM_MACHINE,    /* ELF of another class, byte order or machine */
    WR_PROGRAM_GO,         /* calls the kernel itself, even where libc is loaded */
    WR_PROGRAM_PRIVILEGED, /* ld.so(8): secure execution. Not told by the bytes */
    WR_PROGRAMS
};

#define WR_PROGRAM_HEAD 4096 /* bytes that are worth reading */
#define WR_PROGRAM_INTERPRETER 256

/* head: the first `len` bytes. `interpreter` is filled, terminated, for WR_PROGRAM_SCRIPT. */
enum wr_program wr_program_kind(const char *head, size_t len,
                                char interpreter[WR_PROGRAM_INTERPRETER]);

/* True for the name of glibc's loader, which is itself static and loads what it is told to. */
int wr_program_is_loader(const char *path);

#endif
