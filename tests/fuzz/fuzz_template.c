/* SPDX-License-Identifier: MIT
 * Templates from anywhere (the catalogue's are checked: none may do harm even so), and what they
 * print of hostile facts. */
#include "fuzz.h"

#include "render/template.h"

static void no_fact(void *ctx, enum wr_fact fact)
{
    (void)ctx;
    PROMISE(fact < WR_FACTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wr_evidence ev;
    static char space[16384], text[4096], value[512];
    struct input in = {data, size};
    struct wr_buf out;
    size_t at = 0, len;

    memset(ev.state, 0, sizeof(ev.state));
    ev.text_used = 0;
    for (unsigned n = take(&in) % 8; n > 0; n--) {
        enum wr_fact fact = take_number(&in, 2) % WR_FACTS;

        if (wr_fact_info[fact].kind == WR_KIND_text) {
            len = take_bytes(&in, value, sizeof(value));
            wr_set_text(&ev, fact, value, (uint32_t)len);
        } else if (wr_fact_info[fact].kind != WR_KIND_sock &&
                   wr_fact_info[fact].kind != WR_KIND_addr) {
            wr_set_uint(&ev, fact, take_number(&in, 8));
        }
    }
    len = in.left < sizeof(text) - 1 ? in.left : sizeof(text) - 1;
    memcpy(text, in.data, len);
    text[len] = '\0';
    if (!wr_template_valid(text, &at)) {
        PROMISE(at <= strlen(text));
        return 0;
    }
    wr_template_facts(text, no_fact, NULL);
    for (int quote = WR_QUOTE_NONE; quote <= WR_QUOTE_SHELL; quote++) {
        out = wr_buf_on(space, sizeof(space));
        if (!wr_template(text, &ev, (enum wr_quote)quote, &out))
            PROMISE(out.len == 0);
    }
    return 0;
}
