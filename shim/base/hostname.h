/* SPDX-License-Identifier: MIT
 * What is given as a host name and can be none, and the name that was meant. Pure. */
#ifndef WR_BASE_HOSTNAME_H
#define WR_BASE_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/faults.h"

struct wr_name_form {
    enum wr_name_fault fault; /* WR_NAME_FINE = it could be a host name, or an address */
    /* Spans of the text; len 0 = none. */
    const char *host; /* the name or address that was meant, which is without a fault itself */
    size_t host_len;
    const char *part; /* the label or character at fault */
    size_t part_len;
    uint16_t port;  /* the port that stands with it; 0 = none */
    uint8_t family; /* AF_INET, AF_INET6: it is an address; 0 = it is none */
};

/* RFC 1123 section 2.1, RFC 1035 section 2.3.4; underscores are let pass, as glibc does. len may be
 * less than that of the whole name, whole_len. */
void wr_name_form(const char *name, size_t len, size_t whole_len, struct wr_name_form *ret_form);

/* A terminated text that may be a URL: puts "..." for the password before an "@". */
void wr_name_hide_password(char *name);

/* One is the other with a slip or two: a character too many, missing, another, or two swapped.
 * Case does not count. False where they are the same. */
bool wr_name_is_near(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
