/* SPDX-License-Identifier: MIT
 * A row of the catalogue, and a verdict over the rows. Rows are written in diagnose/ only;
 * render/ prints them. Every sentence here is a template (see below). */
#ifndef WHYREFUSED_CAUSE_H
#define WHYREFUSED_CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whyrefused/evidence.h"

/* Templates. {fact} is replaced by the fact's value, {fact.part} by a part of a socket or an
 * address (render/template.h lists the parts). A fact that is unknown or absent drops the group
 * in [square brackets] around it, or else the whole sentence. {?fact} prints nothing and asks for
 * a fact that is present and, if a bool or a number, not zero; {!fact} asks for one that is absent
 * or zero. [[ is a literal bracket, {{ a literal brace. */

/* What match() says. Above WR_MATCH_UNKNOWN the order is the confidence. */
enum wr_match {
    WR_MATCH_NO,        /* this row is not about such a failure: says nothing */
    WR_MATCH_RULED_OUT, /* it could have been this; the evidence excludes it */
    WR_MATCH_UNKNOWN,   /* it could be this; what would tell was not seen */
    WR_MATCH_POSSIBLE,  /* consistent, nothing more */
    WR_MATCH_LIKELY,    /* best explanation, some rival not excluded */
    WR_MATCH_CERTAIN    /* the evidence excludes every other row for that error */
};

#define WR_CAUSE_SENTENCES 8
#define WR_CAUSE_FACTS 40

/* Something that could not be known. Printed while `fact` is neither absent nor known to be
 * false or zero; "" as why or command leaves that part out. */
struct wr_blind_spot {
    enum wr_fact fact;
    const char *what;
    const char *why;
    const char *command;
    bool decides; /* match() is undecided for this reason: said also where another row wins */
};

struct wr_fix {
    const char *text;
    const char *command; /* a template; values in it are quoted for the shell; NULL = none */
};

struct wr_cause {
    const char *id;
    const char *seen_as;  /* the error names of the catalogue */
    const char *what;     /* one line of the catalogue; no template */
    const char *headline; /* what follows "connect to X was refused: " */
    const char *explain;  /* a few paragraphs for `whyrefused explain`; no template */
    /* Specificity: of the rows that match, the highest rank wins; then the higher confidence,
     * then the earlier row. A root cause ranks above the symptoms that derive from it. */
    uint8_t rank;
    /* The id of a row whose cause this one is behind: where both hold, and this one is likely or
     * certain, it wins whatever the ranks; NULL = none. */
    const char *behind;
    enum wr_match (*match)(const struct wr_evidence *ev);
    /* Exactly the facts that match() reads: proved by a test. */
    uint8_t cites_count;
    uint16_t cites[WR_CAUSE_FACTS];
    const char *because[WR_CAUSE_SENTENCES]; /* evidence, most telling first */
    const char *ruled_out;                   /* why it is not this; NULL = never mentioned */
    struct wr_blind_spot unknown[4];         /* what == NULL ends */
    struct wr_fix fixes[4];                  /* text == NULL ends */
};

/* Spells .cites and .cites_count. */
#define WR_CITES(...) \
    .cites = {__VA_ARGS__}, .cites_count = sizeof((uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t)

/* A table of causes; a row without an id ends it. */
struct wr_layer {
    const char *name;
    const struct wr_cause *causes;
};

/* The catalogue: every layer's table, in order; a layer without a name ends it. */
extern const struct wr_layer wr_layers[];

/* for (WR_EACH_CAUSE(layer, cause)) visits every row. */
#define WR_EACH_CAUSE(layer, cause)           \
    const struct wr_layer *layer = wr_layers; \
    layer->name != NULL;                      \
    layer++) for (const struct wr_cause *cause = layer->causes; cause->id != NULL; cause++

/* The row for what no other row explains. */
extern const struct wr_cause *const wr_cause_unexplained;

/* NULL where there is no such id. */
const struct wr_cause *wr_cause_by_id(const char *id);

#define WR_VERDICT_OTHERS 8

struct wr_verdict {
    const struct wr_cause *cause; /* never NULL */
    enum wr_match confidence;     /* POSSIBLE, LIKELY or CERTAIN */
    /* Other rows that matched, were ruled out, or could not be told; best first. */
    uint8_t runners_up_count, ruled_out_count, undecided_count;
    const struct wr_cause *runners_up[WR_VERDICT_OTHERS];
    const struct wr_cause *ruled_out[WR_VERDICT_OTHERS];
    const struct wr_cause *undecided[WR_VERDICT_OTHERS];
};

#endif
