/* SPDX-License-Identifier: MIT
 * The words for the enums of attempt.h, as evidence and reports carry them: stable, one each. */
#ifndef WR_BASE_WORDS_H
#define WR_BASE_WORDS_H

#include "whyrefused/attempt.h"

/* "EAI_NONAME"; NULL where there is no such result of getaddrinfo(3). */
const char *wr_eai_name(int result);
/* What gai_strerror(3) says in the C locale; NULL as above. */
const char *wr_eai_text(int result);
/* What a nameserver said (enum wr_dns_outcome of whyrefused/faults.h): "NXDOMAIN", "no answer". */
const char *wr_dns_outcome_word(unsigned outcome);
const char *wr_call_word(enum wr_call call);          /* "connect" */
const char *wr_door_word(enum wr_door door);          /* "so-error" */
const char *wr_outcome_word(enum wr_outcome outcome); /* "gave-up" */

#endif
