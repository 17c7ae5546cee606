/* SPDX-License-Identifier: MIT
 * Asks every row of the catalogue and picks the most specific that holds. See diagnose.h. */
#include "diagnose/diagnose.h"

#include <string.h>

#include "diagnose/catalogue.h"

/* Inserts a row so that higher ranks stay in front; the last one falls out when it is full. */
static void keep(const struct wr_cause **list, uint8_t *count, const struct wr_cause *cause)
{
    unsigned at = *count;

    while (at > 0 && list[at - 1]->rank < cause->rank)
        at--;
    if (at == WR_VERDICT_OTHERS)
        return;
    if (*count < WR_VERDICT_OTHERS)
        (*count)++;
    memmove(list + at + 1, list + at, (*count - at - 1) * sizeof(*list));
    list[at] = cause;
}

/* What is merely possible does not stand before a cause that was seen. */
static bool is_behind(const struct wr_cause *cause, enum wr_match match,
                      const struct wr_cause *front)
{
    return cause->behind != NULL && match >= WR_MATCH_LIKELY &&
           strcmp(cause->behind, front->id) == 0;
}

static bool outranks(const struct wr_cause *cause, enum wr_match match,
                     const struct wr_verdict *verdict)
{
    if (is_behind(cause, match, verdict->cause))
        return true;
    if (is_behind(verdict->cause, verdict->confidence, cause))
        return false;
    if (cause->rank != verdict->cause->rank)
        return cause->rank > verdict->cause->rank;
    return match > verdict->confidence;
}

static void weigh(const struct wr_cause *cause, enum wr_match match, struct wr_verdict *verdict)
{
    switch (match) {
    case WR_MATCH_NO:
        break;
    case WR_MATCH_RULED_OUT:
        keep(verdict->ruled_out, &verdict->ruled_out_count, cause);
        break;
    case WR_MATCH_UNKNOWN:
        keep(verdict->undecided, &verdict->undecided_count, cause);
        break;
    default:
        if (verdict->cause == NULL) {
            verdict->cause = cause;
            verdict->confidence = match;
        } else if (outranks(cause, match, verdict)) {
            keep(verdict->runners_up, &verdict->runners_up_count, verdict->cause);
            verdict->cause = cause;
            verdict->confidence = match;
        } else {
            keep(verdict->runners_up, &verdict->runners_up_count, cause);
        }
    }
}

void wr_diagnose(const struct wr_evidence *ev, struct wr_verdict *ret_verdict)
{
    memset(ret_verdict, 0, sizeof(*ret_verdict));
    for (WR_EACH_CAUSE(layer, cause))
        weigh(cause, cause->match(ev), ret_verdict);
    if (ret_verdict->cause == NULL) {
        ret_verdict->cause = wr_cause_unexplained;
        ret_verdict->confidence = WR_MATCH_POSSIBLE;
    }
}
