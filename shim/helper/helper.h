/* SPDX-License-Identifier: MIT
 * The jobs of the program `whyrefused`, one file each, called by main.c only. Each returns the
 * exit status of the program. Nothing in shim/helper/ runs in the host: stdio and malloc are fine.
 */
#ifndef WR_HELPER_HELPER_H
#define WR_HELPER_HELPER_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"
#include "config/settings.h"

#ifndef WR_VERSION
#define WR_VERSION "0.1.0"
#endif

/* Exit statuses, as env(1), nohup(1) and timeout(1) have them. */
enum {
    WR_EXIT_REFUSED = 1,      /* settings: a value was refused; check: it cannot be connected to */
    WR_EXIT_UNKNOWN_ID = 2,   /* explain: there is no such cause */
    WR_EXIT_OWN = 125,        /* our own failure */
    WR_EXIT_CANNOT_RUN = 126, /* the command was found and could not be started */
    WR_EXIT_NOT_FOUND = 127
};

/* run.c: becomes the command, with the library in LD_PRELOAD. Returns only on failure. */
int wr_helper_run(char **command);
/* Puts the library into LD_PRELOAD; the path of this program. False where a line on standard error
 * says what went wrong. */
bool wr_helper_preload(void);
bool wr_helper_self(char path[PATH_MAX]);
/* check.c: tries a connection, and tells why it fails; try.c: the same, with the library. */
int wr_helper_check(char **argv);
int wr_helper_try(char **argv);
/* explain.c: tells of one cause; id NULL: lists all. */
int wr_helper_explain(const char *id);
/* show.c: prints the settings in force, and where each comes from. */
int wr_helper_settings(void);
/* worker.c: what the library asks for; worker.h is the contract. */
int wr_helper_worker(const char *task);

/* frames.c, unwind.c */
void wr_worker_frames(struct wr_buf *answer);
/* config.c */
void wr_worker_config(struct wr_buf *answer);
/* rule.c */
void wr_worker_rule(struct wr_buf *answer);
/* Sends what stands in the answer so far, whole lines, and empties it: it is not lost when the
 * worker is killed. */
void wr_worker_say(struct wr_buf *answer);

/* Reads to the end of a descriptor, at most `most` bytes. Returns memory to free(), terminated;
 * NULL where it cannot be read. *ret_len is `most` + 1 where there is more. */
char *wr_read_all(int fd, size_t most, size_t *ret_len);

/* Where a setting of the files stands: "/etc/whyrefused.conf:3". */
#define WR_PLACE_MAX 288
struct wr_places {
    char place[WR_SETTINGS][WR_PLACE_MAX];
};

/* Reads one configuration file into the settings (config.c). A file with any fault is not used;
 * each fault is one line in `errors`, "!FILE:LINE: SENTENCE\n". places may be NULL. */
void wr_config_file(const char *path, struct wr_settings *settings, struct wr_places *places,
                    struct wr_buf *errors);
/* The same for a search list: terminated paths, one after the other; "dir/" = its *.conf. */
void wr_config_list(const char *list, size_t len, struct wr_settings *settings,
                    struct wr_places *places, struct wr_buf *errors);

#endif
