/* SPDX-License-Identifier: MIT
 * Frames from the helper's answer, or by frame pointers. See frames.h. */
#include "frames/frames.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/environ.h"
#include "base/file.h"
#include "base/sys.h"
#include "frames/maps.h"
#include "helper/worker.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
static void fill_registers(const struct wr_registers *from, uint64_t *regs)
{
    enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, RIP };

    regs[RBX] = from->rbx;
    regs[RBP] = from->fp;
    regs[RSP] = from->sp;
    regs[R12] = from->r12;
    regs[R13] = from->r13;
    regs[R14] = from->r14;
    regs[R15] = from->r15;
    regs[RIP] = from->pc;
}
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
static void fill_registers(const struct wr_registers *from, uint64_t *regs)
{
    /* as in helper/worker.h: x19..x28 x29 x30 sp pc */
    memcpy(regs, from->x19_to_x28, sizeof(from->x19_to_x28));
    regs[10] = from->fp;
    regs[11] = from->lr;
    regs[12] = from->sp;
    regs[13] = from->pc;
}
#endif

/* 0 where it does not fit: then the text is left out. */
static uint16_t add_text(struct wr_frames *frames, const char *bytes, size_t len)
{
    uint16_t at = frames->text_used;

    if (len == 0 || len + 1 > sizeof(frames->text) - at)
        return 0;
    memcpy(frames->text + at, bytes, len);
    frames->text[at + len] = '\0';
    frames->text_used = (uint16_t)(at + len + 1);
    return at;
}

/* The next field of a tab-separated line; moves *line behind it. */
static size_t next_field(const char **line, const char **ret_field)
{
    size_t len = strcspn(*line, "\t\n");

    *ret_field = *line;
    *line += len;
    if (**line == '\t')
        (*line)++;
    return len;
}

static void add_symbol(struct wr_frames *frames, struct wr_frame *frame, const char *name,
                       size_t len)
{
    const char *plus = memrchr(name, '+', len);

    if (plus != NULL) {
        const char *at = plus + 1;

        if (strncmp(at, "0x", 2) == 0)
            at += 2;
        if (wr_parse_hex(&at, &frame->symbol_offset))
            len = (size_t)(plus - name);
    }
    frame->symbol = add_text(frames, name, len);
}

/* helper/worker.h, task "frames". */
static void read_answer(const char *answer, struct wr_frames *frames)
{
    for (const char *line = answer; line != NULL; line = wr_line_next(line)) {
        struct wr_frame frame = {0};
        const char *at = line, *field;
        size_t len;

        if (*line == '!') {
            frames->missing = frames->text + add_text(frames, line + 1, wr_line_length(line + 1));
            continue;
        }
        if (!wr_parse_hex(&at, &frame.pc) || *at++ != '\t' || wr_maps_is_own(frame.pc))
            continue;
        if (frames->count == WR_FRAMES_MAX) {
            frames->cut = true;
            return;
        }
        len = next_field(&at, &field);
        frame.module = add_text(frames, field, len);
        next_field(&at, &field);
        wr_parse_hex(&field, &frame.offset);
        len = next_field(&at, &field);
        frame.build_id = add_text(frames, field, len);
        len = next_field(&at, &field);
        add_symbol(frames, &frame, field, len);
        frames->frame[frames->count++] = frame;
    }
}

size_t wr_frames_keep(const struct wr_registers *registers, char *ret_stack)
{
    size_t len = 0;

    /* page by page: the stack may end anywhere */
    while (len < WR_FRAMES_STACK) {
        const char *from = (const char *)(uintptr_t)registers->sp + len;
        size_t part = 4096 - ((uintptr_t)from & 4095);
        long got;

        part = part < WR_FRAMES_STACK - len ? part : WR_FRAMES_STACK - len;
        got = wr_peek(from, ret_stack + len, part);
        if (got != (long)part)
            break;
        len += part;
    }
    return len;
}

struct stack {
    uint64_t base;
    const char *copy; /* NULL = memory as it is now */
    size_t len;
};

static bool read_pair(const struct stack *stack, uint64_t at, uint64_t *ret_pair)
{
    if (stack->copy == NULL)
        return wr_peek((const void *)(uintptr_t)at, ret_pair, 16) == 16;
    if (at < stack->base || at - stack->base + 16 > stack->len)
        return false;
    memcpy(ret_pair, stack->copy + (at - stack->base), 16);
    return true;
}

/* {saved frame pointer, return address} at each frame pointer, as the ABIs of x86-64 and AArch64
 * lay them. Code built without frame pointers ends the walk, or is skipped by it. */
static void walk_frame_pointers(const struct wr_registers *registers, const struct stack *stack,
                                struct wr_frames *frames)
{
    uint64_t fp = registers->fp;

    while (frames->count < WR_FRAMES_MAX) {
        uint64_t pair[2];

        if ((fp & 7) != 0 || !read_pair(stack, fp, pair) || pair[1] == 0)
            return;
        if (!wr_maps_is_own(pair[1]))
            frames->frame[frames->count++].pc = pair[1];
        if (pair[0] <= fp)
            return;
        fp = pair[0];
    }
}

static bool name_modules(void *ctx, const struct wr_mapping *map)
{
    struct wr_frames *frames = ctx;
    uint16_t path = 0;

    for (unsigned i = 0; i < frames->count; i++) {
        struct wr_frame *frame = &frames->frame[i];

        if (!map->executable || frame->pc < map->start || frame->pc >= map->end)
            continue;
        if (path == 0)
            path = add_text(frames, map->path, strlen(map->path));
        frame->module = path;
        frame->offset = frame->pc - map->start + map->offset;
    }
    return true;
}

/* A frame whose address is in no code is no frame. */
static void drop_nameless(struct wr_frames *frames)
{
    unsigned kept = 0;

    while (kept < frames->count && frames->frame[kept].module != 0)
        kept++;
    frames->count = kept;
}

static const char *explain_missing(int error)
{
    switch (error) {
    case -ENOENT:
        return "symbol names: the helper program `whyrefused` is not beside libwhyrefused.so";
    case -ETIME:
        return "symbol names: the helper program took longer than the time budget";
    case -EOPNOTSUPP:
        return "symbol names: the helper program can't be started under Valgrind";
    case -EACCES:
    case -ENOEXEC:
        return "symbol names: the helper program can't be executed";
    default:
        return "symbol names: the helper program could not be started";
    }
}

void wr_frames_take(const struct wr_registers *registers, const char *stack, size_t stack_len,
                    struct wr_worker_space *space, uint64_t until_ns, struct wr_frames *ret_frames)
{
    const struct stack where = {.base = registers->sp, .copy = stack, .len = stack_len};
    struct wr_snapshot snapshot = {.magic = WR_SNAPSHOT_MAGIC,
                                   .machine = MACHINE,
                                   .pid = (int32_t)WR_SYS(getpid),
                                   .stack_size = stack != NULL ? stack_len : WR_FRAMES_STACK,
                                   .stack_base = registers->sp};
    struct wr_worker_part parts[] = {
        {&snapshot, sizeof(snapshot)},
        {stack != NULL ? stack : (const void *)(uintptr_t)registers->sp, snapshot.stack_size},
    };
    int error;

    ret_frames->count = 0;
    ret_frames->cut = false;
    ret_frames->missing = NULL;
    ret_frames->text[0] = '\0';
    ret_frames->text_used = 1;
    fill_registers(registers, snapshot.regs);
    error = wr_worker_run("frames", parts, 2, "/proc/self/maps", until_ns, space);
    if (error == 0)
        read_answer(space->answer, ret_frames);
    if (ret_frames->count != 0)
        return;
    walk_frame_pointers(registers, &where, ret_frames);
    wr_maps_each(space->answer, sizeof(space->answer), until_ns, name_modules, ret_frames);
    drop_nameless(ret_frames);
    if (error != 0 || ret_frames->missing == NULL)
        ret_frames->missing = explain_missing(error);
}
