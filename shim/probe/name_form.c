/* SPDX-License-Identifier: MIT
 * Whether what was given as a host name can be one. No name of a record is held against those
 * rules: res_query() and its kin may ask for "0/25.2.0.192.in-addr.arpa". */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/hostname.h"
#include "probe/local.h"

static void set_span(struct wr_evidence *ev, enum wr_fact fact, const char *text, size_t len)
{
    if (len != 0)
        wr_set_text(ev, fact, text, (uint32_t)len);
    else
        wr_set_absent(ev, fact);
}

static bool is_of_records(enum wr_name_fault fault)
{
    return fault == WR_NAME_EMPTY_LABEL || fault == WR_NAME_LABEL_LONG || fault == WR_NAME_LONG ||
           fault == WR_NAME_URL;
}

/* "fe80::1%eth0" is an address where there is such an interface; by its number it always is. */
static bool lacks_interface(struct wr_probe_ctx *ctx, const struct wr_name_form *form)
{
    char name[WR_NAME_MAX];
    uint32_t index;

    if (strspn(form->part, "0123456789") >= form->part_len && form->part_len > 0)
        return false;
    memcpy(name, form->part, form->part_len);
    name[form->part_len] = '\0';
    return ctx->attempt->lookup.result == EAI_NONAME &&
           wr_device_index(ctx, name, &index) == -ENODEV;
}

void wr_probe_name_form(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_name_form form;

    if (attempt->outcome != WR_OUTCOME_ERROR || attempt->lookup.reverse)
        return;
    wr_name_form(attempt->name, strlen(attempt->name), attempt->lookup.name_len, &form);
    if (attempt->lookup.function != NULL && strncmp(attempt->lookup.function, "res_", 4) == 0 &&
        !is_of_records(form.fault))
        form.fault = WR_NAME_FINE;
    if (form.fault == WR_NAME_NOT_ASCII && (attempt->lookup.flags & AI_IDN) != 0)
        form.fault = WR_NAME_FINE; /* libc converts it */
    if (form.fault == WR_NAME_SCOPE && !lacks_interface(ctx, &form))
        form.fault = WR_NAME_FINE;
    if (form.fault == WR_NAME_FINE) {
        wr_set_bool(ctx->ev, WR_FACT_name_short,
                    form.family == 0 && memchr(attempt->name, '.', strlen(attempt->name)) == NULL);
        wr_set_absent(ctx->ev, WR_FACT_name_fault);
        return;
    }
    wr_set_uint(ctx->ev, WR_FACT_name_fault, form.fault);
    set_span(ctx->ev, WR_FACT_name_suggestion, form.host, form.host_len);
    set_span(ctx->ev, WR_FACT_name_part, form.part, form.part_len);
    if (form.port != 0)
        wr_set_uint(ctx->ev, WR_FACT_name_port, form.port);
    else
        wr_set_absent(ctx->ev, WR_FACT_name_port);
}
