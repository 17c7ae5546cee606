/* SPDX-License-Identifier: MIT
 * dlopen(). A library that is opened with RTLD_DEEPBIND looks its functions up in itself and what
 * it needs first, libc among that: none of our hooks would see it (php opens its extensions so).
 * dlclose(): a TLS library may be gone. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>

#include "base/startup.h"
#include "configure.h"
#include "failure.h"
#include "hook/hook.h"
#include "tls/instance.h"
#include "tls/single.h"

/* Of its own, and not wr_real[]: the jump below needs a fixed address. */
_Atomic(void *) wr_load_real WR_STARTUP;

void *wr_load_resolve(void);
void *wr_load_resolve(void)
{
    void *real = wr_hook_real(WR_HOOK_dlopen);

    atomic_store_explicit(&wr_load_real, real, memory_order_relaxed);
    return real;
}

/* Called where RTLD_DEEPBIND is set; returns the flags that are passed on. */
int wr_load_flags(int flags);
WR_COLD int wr_load_flags(int flags)
{
    enum { DROP, KEEP };
    int error = errno;

    if (wr_may_look()) {
        const struct wr_settings *settings = wr_configure_now();

        if (settings != NULL && settings->number[WR_SETTING_deepbind] == DROP)
            flags &= ~RTLD_DEEPBIND;
    }
    errno = error;
    return flags;
}

WR_EXPORT int dlclose(void *handle)
{
    int rc = WR_REAL(dlclose)(handle);
    int error = errno;

    wr_tls_instances_check();
    wr_tls_single_forget();
    errno = error;
    return rc;
}

/* dlopen() looks at its return address to learn who calls: $ORIGIN, RUNPATH and the namespace are
 * the caller's (dlopen(3)). So the real function is jumped to, the stack as the caller left it. */
_Static_assert(RTLD_DEEPBIND == 8, "bit 3 is tested below");
#if defined(__x86_64__)
__asm__(".text\n"
        ".globl dlopen\n"
        ".type dlopen, @function\n"
        "dlopen:\n"
        "    .cfi_startproc\n"
        "    testl $8, %esi\n"
        "    jne 2f\n"
        "1:  movq wr_load_real(%rip), %r11\n"
        "    testq %r11, %r11\n"
        "    je 3f\n"
        "    jmp *%r11\n"
        "2:  pushq %rdi\n    .cfi_adjust_cfa_offset 8\n"
        "    movl %esi, %edi\n"
        "    call wr_load_flags\n"
        "    movl %eax, %esi\n"
        "    popq %rdi\n    .cfi_adjust_cfa_offset -8\n"
        "    jmp 1b\n"
        "3:  pushq %rdi\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %rsi\n    .cfi_adjust_cfa_offset 8\n"
        "    subq $8, %rsp\n    .cfi_adjust_cfa_offset 8\n"
        "    call wr_load_resolve\n"
        "    movq %rax, %r11\n"
        "    addq $8, %rsp\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rsi\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rdi\n    .cfi_adjust_cfa_offset -8\n"
        "    jmp *%r11\n"
        "    .cfi_endproc\n"
        ".size dlopen, . - dlopen\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl dlopen\n"
        ".type dlopen, %function\n"
        "dlopen:\n"
        "    .cfi_startproc\n"
        "    tbnz w1, #3, 2f\n"
        "1:  adrp x16, wr_load_real\n"
        "    ldr x16, [x16, #:lo12:wr_load_real]\n"
        "    cbz x16, 3f\n"
        "    br x16\n"
        "2:  stp x29, x30, [sp, #-32]!\n    .cfi_def_cfa_offset 32\n"
        "    .cfi_offset 29, -32\n    .cfi_offset 30, -24\n"
        "    mov x29, sp\n"
        "    str x0, [sp, #16]\n"
        "    mov w0, w1\n"
        "    bl wr_load_flags\n"
        "    mov w1, w0\n"
        "    ldr x0, [sp, #16]\n"
        "    ldp x29, x30, [sp], #32\n    .cfi_def_cfa_offset 0\n"
        "    .cfi_restore 29\n    .cfi_restore 30\n"
        "    b 1b\n"
        "3:  stp x29, x30, [sp, #-32]!\n    .cfi_def_cfa_offset 32\n"
        "    .cfi_offset 29, -32\n    .cfi_offset 30, -24\n"
        "    mov x29, sp\n"
        "    stp x0, x1, [sp, #16]\n"
        "    bl wr_load_resolve\n"
        "    mov x16, x0\n"
        "    ldp x0, x1, [sp, #16]\n"
        "    ldp x29, x30, [sp], #32\n    .cfi_def_cfa_offset 0\n"
        "    .cfi_restore 29\n    .cfi_restore 30\n"
        "    br x16\n"
        "    .cfi_endproc\n"
        ".size dlopen, . - dlopen\n");
#else
#error "add the jump of this architecture"
#endif
