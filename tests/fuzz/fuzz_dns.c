/* SPDX-License-Identifier: MIT
 * DNS answers: whatever comes, spans lie within it, and what is asked can be read back. */
#include "fuzz.h"

#include "base/dns.h"

static void check_name(struct input *in, struct wr_dns_question *question, char *name, size_t size)
{
    unsigned char message[WR_DNS_QUESTION_MAX];
    struct wr_dns_reply reply;
    size_t len = take_bytes(in, name, size - 1);

    name[len] = '\0';
    question->name = name;
    len = wr_dns_ask(question, message, sizeof(message));
    PROMISE(len <= sizeof(message));
    if (len == 0)
        return;
    /* sent back as an answer, without records */
    PROMISE(wr_dns_read(question, message, len, &reply) == WR_DNS_OTHER);
    message[2] |= 0x80;
    PROMISE(wr_dns_read(question, message, len, &reply) == WR_DNS_READ);
    PROMISE(reply.records == 0 && !reply.damaged && reply.rcode == 0);
}

/* Half of the time behind a head and a question that are right: else little of it is read. */
static size_t make_answer(struct input *in, const struct wr_dns_question *question, char **ret)
{
    unsigned char head[WR_DNS_QUESTION_MAX];
    struct wr_dns_question bare = *question;
    size_t asked;

    bare.payload = 0;
    asked = take(in) % 2 == 0 ? wr_dns_ask(&bare, head, sizeof(head)) : 0;
    *ret = malloc(asked + in->left + 1);
    if (asked > 0) {
        head[2] |= 0x80;
        head[3] = take(in) & 0x0f;
        for (unsigned i = 7; i < 12; i += 2)
            head[i] = take(in) % 8;
        memcpy(*ret, head, asked);
    }
    memcpy(*ret + asked, in->data, in->left);
    /* of its exact size, so that a read beyond it is seen */
    *ret = realloc(*ret, asked + in->left > 0 ? asked + in->left : 1);
    return asked + in->left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    char name[300], *message;
    struct wr_dns_question question = {.type = WR_DNS_A};
    struct wr_dns_reply reply;
    struct wr_dns_answers answers;
    struct wr_addr addr;
    size_t len;

    question.id = (uint16_t)take_number(&in, 2);
    question.payload = take(&in) % 2 == 0 ? 0 : 512;
    question.checking_disabled = take(&in) % 2 == 0;
    check_name(&in, &question, name, sizeof(name));
    len = make_answer(&in, &question, &message);
    if (wr_dns_read(&question, message, len, &reply) == WR_DNS_READ) {
        PROMISE(reply.ede == WR_DNS_EDE_NONE
                    ? reply.ede_len == 0
                    : reply.ede_text >= message && reply.ede_text + reply.ede_len <= message + len);
        PROMISE(reply.first.family == 0 || reply.records > 0);
    }
    wr_dns_begin(&answers, message, len);
    while (wr_dns_next(&answers, &addr))
        PROMISE(addr.family != 0);
    free(message);
    return 0;
}
