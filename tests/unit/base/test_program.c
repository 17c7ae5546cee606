/* SPDX-License-Identifier: MIT
 * Kinds of programs by their first bytes, whole and damaged. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/program.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

static char image[WR_PROGRAM_HEAD];
static char interpreter[WR_PROGRAM_INTERPRETER];

static Elf64_Ehdr *begin(void)
{
    Elf64_Ehdr *header = (void *)image;

    memset(image, 0, sizeof(image));
    memcpy(header->e_ident, ELFMAG, SELFMAG);
    header->e_ident[EI_CLASS] = ELFCLASS64;
    header->e_ident[EI_DATA] = ELFDATA2LSB;
    header->e_type = ET_DYN;
    header->e_machine = MACHINE;
    header->e_phoff = sizeof(*header);
    header->e_phentsize = sizeof(Elf64_Phdr);
    header->e_phnum = 1;
    ((Elf64_Phdr *)(header + 1))->p_type = PT_LOAD;
    return header;
}

static Elf64_Phdr *add(Elf64_Ehdr *header, uint32_t type, const void *bytes, size_t len)
{
    Elf64_Phdr *segment = (Elf64_Phdr *)(header + 1) + header->e_phnum++;

    segment->p_type = type;
    segment->p_offset = 1024 + 256 * header->e_phnum;
    segment->p_filesz = len;
    memcpy(image + segment->p_offset, bytes, len);
    return segment;
}

static void add_go(Elf64_Ehdr *header)
{
    static const struct {
        Elf64_Nhdr other;
        char gnu[4];
        uint32_t description;
        Elf64_Nhdr note;
        char name[4];
        char id[8];
    } notes = {{4, 4, 3}, "GNU", 7, {4, 8, 4}, "Go", "abcdefg"};

    add(header, PT_NOTE, &notes, sizeof(notes));
}

static enum wr_program kind(size_t len)
{
    return wr_program_kind(image, len, interpreter);
}

static void interpreters(void **state)
{
    static const char glibc[] = "/lib64/ld-linux-x86-64.so.2", musl[] = "/lib/ld-musl-x86_64.so.1";
    Elf64_Ehdr *header = begin();

    (void)state;
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_STATIC);
    add(header, PT_INTERP, glibc, sizeof(glibc));
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_OTHER);
    header->e_type = ET_EXEC;
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_OTHER);
    add_go(header);
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_GO);
    header = begin();
    add_go(header);
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_GO);
    header = begin();
    add(header, PT_INTERP, musl, sizeof(musl));
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_OTHER);
    /* its path is elsewhere: it has one at least */
    header = begin();
    add(header, PT_INTERP, musl, sizeof(musl))->p_offset = 1u << 20;
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_OTHER);
}

static void machines(void **state)
{
    Elf64_Ehdr *header = begin();

    (void)state;
    header->e_ident[EI_CLASS] = ELFCLASS32;
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_MACHINE);
    assert_int_equal(kind(52), WR_PROGRAM_MACHINE);
    header = begin();
    header->e_ident[EI_DATA] = ELFDATA2MSB;
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_MACHINE);
    header = begin();
    header->e_machine = EM_S390;
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_MACHINE);
    header = begin();
    header->e_type = ET_CORE;
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_OTHER);
}

static void scripts(void **state)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {{"#!/bin/sh\n", "/bin/sh"},
                {"#! \t/usr/bin/env python3\nprint()\n", "/usr/bin/env"},
                {"#!relative -x\n", "relative"},
                {"#!/bin/sh\r\n", "/bin/sh"},
                {"#!\n", NULL},
                {"#!", NULL},
                {"#!   ", NULL},
                {"#!/bin/without-an-end", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum wr_program got = wr_program_kind(rows[i].text, strlen(rows[i].text), interpreter);

        assert_int_equal(got, rows[i].wanted ? WR_PROGRAM_SCRIPT : WR_PROGRAM_OTHER);
        if (rows[i].wanted)
            assert_string_equal(interpreter, rows[i].wanted);
    }
    memset(image, 'x', sizeof(image));
    memcpy(image, "#!", 2);
    image[400] = '\n';
    assert_int_equal(kind(sizeof(image)), WR_PROGRAM_OTHER);
}

static void loaders(void **state)
{
    (void)state;
    assert_true(wr_program_is_loader("/lib64/ld-linux-x86-64.so.2"));
    assert_true(wr_program_is_loader("ld-linux-aarch64.so.1"));
    assert_true(wr_program_is_loader("/usr/bin/ld.so"));
    assert_false(wr_program_is_loader("/usr/bin/ld"));
    assert_false(wr_program_is_loader("/ld.so.d/prog"));
}

/* Whatever the bytes are, nothing outside them is read. */
static void damaged(void **state)
{
    static const char glibc[] = "/lib64/ld-linux-x86-64.so.2";
    Elf64_Ehdr *header = begin();

    (void)state;
    add(header, PT_INTERP, glibc, sizeof(glibc));
    add_go(header);
    for (size_t len = 0; len < sizeof(image); len += len < 128 ? 1 : 61) {
        char *exact = malloc(len + 1);

        memcpy(exact, image, len);
        exact = realloc(exact, len > 0 ? len : 1);
        wr_program_kind(exact, len, interpreter);
        free(exact);
    }
    srand(1);
    for (int i = 0; i < 20000; i++) {
        char byte, *at = image + rand() % 2048;

        byte = *at;
        *at = (char)rand();
        wr_program_kind(image, sizeof(image), interpreter);
        if (i % 16 != 0)
            *at = byte;
    }
    assert_int_equal(wr_program_kind("", 0, interpreter), WR_PROGRAM_OTHER);
    assert_int_equal(wr_program_kind("MZ", 2, interpreter), WR_PROGRAM_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interpreters), cmocka_unit_test(machines), cmocka_unit_test(scripts),
        cmocka_unit_test(loaders),      cmocka_unit_test(damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
