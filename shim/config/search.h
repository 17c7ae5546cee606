/* SPDX-License-Identifier: MIT
 * Where the configuration files are. Used by pipeline.c and the helper program; runs in the host:
 * no allocation, no errno. */
#ifndef WR_CONFIG_SEARCH_H
#define WR_CONFIG_SEARCH_H

#include <stdbool.h>

#include "base/buf.h"

#define WR_SEARCH_MAX 4096

/* Appends the search list of worker.h: what WHYREFUSED_CONFIG names, else
 * $XDG_CONFIG_HOME/whyrefused/whyrefused.conf ($HOME/.config where that is not set), else
 * /etc/whyrefused.conf and /etc/whyrefused.conf.d/. Only what exists is listed, but for what
 * WHYREFUSED_CONFIG names. environment() returns a variable's terminated value or NULL; under
 * secure execution it must return NULL for all. False where no file is to be read. */
bool wr_config_search(const char *(*environment)(const char *name), struct wr_buf *list);

#endif
