/* SPDX-License-Identifier: MIT
 * A note in the log, where that is a file, about a program that is started and cannot be entered.
 * Called by hook/exec.c; errno is the caller's to keep. */
#ifndef WR_NOTE_H
#define WR_NOTE_H

#include <stdbool.h>

/* Some 10 us where logging may go to a file, next to nothing elsewhere. Nothing in a vfork child.
 * At most once for each program, and for 64 programs, in a process. Allocates and locks nothing.
 *
 * action: the call's name. path, untrusted: as execveat(2) has it, from directory dirfd; "" is the
 * file dirfd itself. `search`: a path without '/' is looked for in PATH. */
void wr_note_program(const char *action, int dirfd, const char *path, bool search);

#endif
