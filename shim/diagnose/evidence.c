/* SPDX-License-Identifier: MIT
 * The record of facts: names, setters. See whyrefused/evidence.h. Pure. */
#include "whyrefused/evidence.h"

#include <string.h>

const struct wr_fact_info wr_fact_info[WR_FACTS] = {
#define FIELD(kind, name, unit, meaning) {#name, WR_KIND_##kind, unit, meaning},
#include "whyrefused/evidence.def"
#undef FIELD
};

static void set_number(struct wr_evidence *ev, enum wr_fact fact, uint64_t value)
{
    ev->value[fact].number = value;
    ev->state[fact] = WR_PRESENT;
}

void wr_set_bool(struct wr_evidence *ev, enum wr_fact fact, bool value)
{
    set_number(ev, fact, value);
}

void wr_set_uint(struct wr_evidence *ev, enum wr_fact fact, uint64_t value)
{
    set_number(ev, fact, value);
}

void wr_set_errno(struct wr_evidence *ev, enum wr_fact fact, int value)
{
    set_number(ev, fact, (uint64_t)(value < 0 ? -value : value));
}

void wr_set_addr(struct wr_evidence *ev, enum wr_fact fact, const struct wr_addr *value)
{
    ev->value[fact].addr = *value;
    ev->state[fact] = WR_PRESENT;
}

struct wr_text wr_add_text(struct wr_evidence *ev, const char *bytes, uint32_t len)
{
    struct wr_text text = {.at = ev->text_used, .len = (uint16_t)len};

    if (len > WR_EVIDENCE_TEXT - (uint32_t)ev->text_used) {
        ev->text_full = true;
        return (struct wr_text){0};
    }
    memcpy(ev->text + ev->text_used, bytes, len);
    ev->text_used = (uint16_t)(ev->text_used + len);
    return text;
}

void wr_set_text(struct wr_evidence *ev, enum wr_fact fact, const char *bytes, uint32_t len)
{
    struct wr_text text = wr_add_text(ev, bytes, len);

    if (len != 0 && text.len == 0)
        return;
    ev->value[fact].text = text;
    ev->state[fact] = WR_PRESENT;
}

void wr_set_str(struct wr_evidence *ev, enum wr_fact fact, const char *terminated)
{
    wr_set_text(ev, fact, terminated, (uint32_t)strlen(terminated));
}

void wr_set_sock(struct wr_evidence *ev, enum wr_fact fact, const struct wr_sock *value)
{
    if (ev->socks_used == WR_EVIDENCE_SOCKS)
        return;
    ev->socks[ev->socks_used] = *value;
    ev->value[fact].sock = ev->socks_used++;
    ev->state[fact] = WR_PRESENT;
}

void wr_set_absent(struct wr_evidence *ev, enum wr_fact fact)
{
    ev->state[fact] = WR_ABSENT;
}

bool wr_ev_text_is(const struct wr_evidence *ev, enum wr_fact fact, const char *string)
{
    size_t len = strlen(string);

    return wr_ev_has(ev, fact) && ev->value[fact].text.len == len &&
           memcmp(ev->text + ev->value[fact].text.at, string, len) == 0;
}

bool wr_ev_text_ends(const struct wr_evidence *ev, enum wr_fact fact, const char *string)
{
    size_t len = strlen(string);

    return wr_ev_has(ev, fact) && ev->value[fact].text.len >= len &&
           memcmp(ev->text + ev->value[fact].text.at + ev->value[fact].text.len - len, string,
                  len) == 0;
}
