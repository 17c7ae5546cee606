/* SPDX-License-Identifier: MIT
 * See dns.h. */
#include "base/dns.h"

#include <netinet/in.h>
#include <string.h>

#include "base/address.h"

#define HEADER 12
#define CLASS_IN 1
#define TYPE_A 1
#define TYPE_AAAA 28

static unsigned u16(const struct wr_dns_answers *answers, size_t at)
{
    return (unsigned)answers->message[at] << 8 | answers->message[at + 1];
}

static bool has(const struct wr_dns_answers *answers, size_t size)
{
    return answers->len - answers->at >= size;
}

/* Labels up to an empty one, or up to a pointer, which is not followed (RFC 1035, 4.1.4). */
static bool skip_name(struct wr_dns_answers *answers)
{
    while (has(answers, 1)) {
        unsigned size = answers->message[answers->at];

        if ((size & 0xc0) == 0xc0) {
            if (!has(answers, 2))
                return false;
            answers->at += 2;
            return true;
        }
        if ((size & 0xc0) != 0 || !has(answers, 1 + size))
            return false;
        answers->at += 1 + size;
        if (size == 0)
            return true;
    }
    return false;
}

void wr_dns_begin(struct wr_dns_answers *answers, const void *message, size_t len)
{
    *answers = (struct wr_dns_answers){.message = message, .len = len, .at = HEADER};
    if (len < HEADER) {
        answers->at = len;
        return;
    }
    for (unsigned questions = u16(answers, 4); questions > 0; questions--) {
        if (!skip_name(answers) || !has(answers, 4))
            return;
        answers->at += 4;
    }
    answers->left = u16(answers, 6);
}

bool wr_dns_next(struct wr_dns_answers *answers, struct wr_addr *ret_addr)
{
    while (answers->left > 0) {
        unsigned type, class, size;
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

        answers->left--;
        /* type, class, time to live, length of what follows */
        if (!skip_name(answers) || !has(answers, 10))
            break;
        type = u16(answers, answers->at);
        class = u16(answers, answers->at + 2);
        size = u16(answers, answers->at + 8);
        answers->at += 10;
        if (!has(answers, size))
            break;
        answers->at += size;
        if (class == CLASS_IN && type == TYPE_A && size == 4) {
            *ret_addr = wr_addr_from_bytes(AF_INET, answers->message + answers->at - size);
            return true;
        }
        if (class == CLASS_IN && type == TYPE_AAAA && size == 16) {
            memcpy(&in6.sin6_addr, answers->message + answers->at - size, size);
            return wr_addr_from_sockaddr(&in6, sizeof(in6), ret_addr);
        }
    }
    answers->left = 0;
    return false;
}
