/* SPDX-License-Identifier: MIT
 * See dns.h. */
#include "base/dns.h"

#include <netinet/in.h>
#include <string.h>

#include "base/address.h"

#define HEADER 12
#define CLASS_IN 1
#define TYPE_OPT 41
/* of the message's second pair of bytes */
#define FLAG_RESPONSE 0x8000
#define FLAG_TRUNCATED 0x0200
#define FLAG_DESIRED 0x0100
#define FLAG_AVAILABLE 0x0080
#define FLAG_CHECKING_DISABLED 0x0010
#define LABEL_MAX 63
#define NAME_MAX_BYTES 255
#define OPTION_EDE 15

/* Type, class, time to live, and length of what follows: the fixed part of a record. */
struct record {
    unsigned type, class, size;
    uint32_t ttl;
    const unsigned char *data;
};

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

/* The next record of any section; false where the message ends before its end. */
static bool take_record(struct wr_dns_answers *answers, struct record *ret)
{
    if (!skip_name(answers) || !has(answers, 10))
        return false;
    ret->type = u16(answers, answers->at);
    ret->class = u16(answers, answers->at + 2);
    ret->ttl = (uint32_t)u16(answers, answers->at + 4) << 16 | u16(answers, answers->at + 6);
    ret->size = u16(answers, answers->at + 8);
    answers->at += 10;
    if (!has(answers, ret->size))
        return false;
    ret->data = answers->message + answers->at;
    answers->at += ret->size;
    return true;
}

static bool is_address(const struct record *record, struct wr_addr *ret_addr)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    if (record->class == CLASS_IN && record->type == WR_DNS_A && record->size == 4) {
        *ret_addr = wr_addr_from_bytes(AF_INET, record->data);
        return true;
    }
    if (record->class != CLASS_IN || record->type != WR_DNS_AAAA || record->size != 16)
        return false;
    memcpy(&in6.sin6_addr, record->data, record->size);
    return wr_addr_from_sockaddr(&in6, sizeof(in6), ret_addr);
}

bool wr_dns_next(struct wr_dns_answers *answers, struct wr_addr *ret_addr)
{
    struct record record;

    while (answers->left > 0) {
        answers->left--;
        if (!take_record(answers, &record))
            break;
        if (is_address(&record, ret_addr))
            return true;
    }
    answers->left = 0;
    return false;
}

static unsigned char *put_u16(unsigned char *to, unsigned value)
{
    *to++ = (unsigned char)(value >> 8);
    *to++ = (unsigned char)value;
    return to;
}

/* Labels, each with its length in front, and the empty one. Returns the length; 0 = can't be. */
static size_t put_name(const char *name, unsigned char *to)
{
    size_t used = 0;

    if (name[0] == '.' && name[1] == '\0')
        name++;
    while (*name != '\0') {
        size_t len = strcspn(name, ".");

        if (len == 0 || len > LABEL_MAX || used + len + 2 > NAME_MAX_BYTES)
            return 0;
        to[used] = (unsigned char)len;
        memcpy(to + used + 1, name, len);
        used += len + 1;
        name += len + (name[len] == '.');
    }
    to[used] = 0;
    return used + 1;
}

size_t wr_dns_ask(const struct wr_dns_question *question, void *to, size_t room)
{
    unsigned char *at = to;
    size_t len;

    if (room < WR_DNS_QUESTION_MAX || question->name[0] == '\0')
        return 0;
    at = put_u16(at, question->id);
    at = put_u16(at, FLAG_DESIRED | (question->checking_disabled ? FLAG_CHECKING_DISABLED : 0));
    at = put_u16(at, 1);
    at = put_u16(at, 0);
    at = put_u16(at, 0);
    at = put_u16(at, question->payload != 0);
    len = put_name(question->name, at);
    if (len == 0)
        return 0;
    at = put_u16(at + len, question->type);
    at = put_u16(at, CLASS_IN);
    if (question->payload != 0) {
        *at++ = 0; /* the root's name */
        at = put_u16(at, TYPE_OPT);
        at = put_u16(at, question->payload);
        at = put_u16(at, 0);
        at = put_u16(at, 0);
        at = put_u16(at, 0);
    }
    return (size_t)(at - (unsigned char *)to);
}

static char digit(unsigned value)
{
    return "0123456789abcdef"[value & 15];
}

void wr_dns_reverse_name(const struct wr_addr *addr, char ret[WR_DNS_REVERSE_MAX])
{
    struct wr_buf out = wr_buf_on(ret, WR_DNS_REVERSE_MAX);

    for (unsigned i = wr_addr_size(addr); i-- > 0;) {
        if (addr->family == AF_INET) {
            wr_buf_uint(&out, addr->bytes[i]);
        } else {
            wr_buf_char(&out, digit(addr->bytes[i]));
            wr_buf_char(&out, '.');
            wr_buf_char(&out, digit(addr->bytes[i] >> 4));
        }
        wr_buf_char(&out, '.');
    }
    wr_buf_str(&out, addr->family == AF_INET ? "in-addr.arpa" : "ip6.arpa");
    wr_buf_terminate(&out);
}

/* ASCII alone (RFC 4343). */
static unsigned lower(unsigned c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* The question's name is written out: nothing stands before it that a pointer could lead to. */
static bool same_question(const struct wr_dns_question *question, const unsigned char *message,
                          size_t from, size_t to)
{
    unsigned char name[NAME_MAX_BYTES + 1];
    size_t len = put_name(question->name, name);

    if (len == 0 || to - from != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (lower(message[from + i]) != lower(name[i]))
            return false;
    }
    return true;
}

/* The options of an OPT record (RFC 6891, 6.1.2). */
static void read_options(const struct record *record, struct wr_dns_reply *reply)
{
    const unsigned char *at = record->data;
    size_t left = record->size;

    while (left >= 4) {
        unsigned code = (unsigned)at[0] << 8 | at[1], size = (unsigned)at[2] << 8 | at[3];

        at += 4;
        left -= 4;
        if (size > left)
            return;
        if (code == OPTION_EDE && size >= 2 && reply->ede == WR_DNS_EDE_NONE) {
            reply->ede = (uint32_t)at[0] << 8 | at[1];
            reply->ede_text = (const char *)at + 2;
            reply->ede_len = size - 2;
            while (reply->ede_len > 0 && reply->ede_text[reply->ede_len - 1] == '\0')
                reply->ede_len--; /* RFC 8914, section 2: "MAY be null-terminated" */
        }
        at += size;
        left -= size;
    }
}

static void read_record(const struct wr_dns_question *question, const struct record *record,
                        unsigned section, struct wr_dns_reply *reply)
{
    struct wr_addr addr;

    if (section == 0 && record->class == CLASS_IN && record->type == question->type) {
        reply->records++;
        if (reply->first.family == 0 && is_address(record, &addr))
            reply->first = addr;
    } else if (section == 0 && record->class == CLASS_IN && record->type == WR_DNS_CNAME) {
        reply->aliases++;
    } else if (section == 1 && record->type == WR_DNS_SOA) {
        reply->soa = true;
    } else if (section == 2 && record->type == TYPE_OPT && !reply->edns) {
        reply->edns = true;
        reply->rcode |= (record->ttl >> 24) << 4;
        read_options(record, reply);
    }
}

static void read_records(const struct wr_dns_question *question, struct wr_dns_answers *answers,
                         struct wr_dns_reply *reply)
{
    for (unsigned section = 0; section < 3; section++) {
        for (unsigned left = u16(answers, 6 + 2 * section); left > 0; left--) {
            struct record record;

            if (!take_record(answers, &record)) {
                reply->damaged = true;
                return;
            }
            read_record(question, &record, section, reply);
        }
    }
}

enum wr_dns_reading wr_dns_read(const struct wr_dns_question *question, const void *message,
                                size_t len, struct wr_dns_reply *ret_reply)
{
    struct wr_dns_answers answers = {.message = message, .len = len, .at = HEADER};
    struct wr_dns_reply reply = {.ede = WR_DNS_EDE_NONE};
    unsigned flags, questions;

    if (len < HEADER)
        return WR_DNS_GARBAGE;
    flags = u16(&answers, 2);
    if (u16(&answers, 0) != question->id || (flags & FLAG_RESPONSE) == 0)
        return WR_DNS_OTHER;
    reply.rcode = flags & 15;
    reply.truncated = (flags & FLAG_TRUNCATED) != 0;
    reply.recursion_available = (flags & FLAG_AVAILABLE) != 0;
    questions = u16(&answers, 4);
    if (questions > 1 || (questions == 0 && reply.rcode == WR_DNS_NOERROR))
        return WR_DNS_GARBAGE;
    if (questions == 1) {
        if (!skip_name(&answers) || !has(&answers, 4))
            return WR_DNS_GARBAGE;
        if (!same_question(question, message, HEADER, answers.at) ||
            u16(&answers, answers.at) != question->type ||
            u16(&answers, answers.at + 2) != CLASS_IN)
            return WR_DNS_OTHER;
        answers.at += 4;
    }
    read_records(question, &answers, &reply);
    *ret_reply = reply;
    return WR_DNS_READ;
}

const char *wr_dns_rcode_name(unsigned rcode)
{
    static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                        "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                        "NXRRSET", "NOTAUTH", "NOTZONE"};

    if (rcode == WR_DNS_BADVERS)
        return "BADVERS";
    return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : NULL;
}

const char *wr_dns_type_name(unsigned type)
{
    switch (type) {
    case WR_DNS_A:
        return "A";
    case 2:
        return "NS";
    case WR_DNS_CNAME:
        return "CNAME";
    case WR_DNS_SOA:
        return "SOA";
    case WR_DNS_PTR:
        return "PTR";
    case 15:
        return "MX";
    case 16:
        return "TXT";
    case WR_DNS_AAAA:
        return "AAAA";
    case 33:
        return "SRV";
    case 255:
        return "ANY";
    default:
        return NULL;
    }
}

const char *wr_dns_ede_text(unsigned code)
{
    static const char *const texts[] = {
        "Other Error",
        "Unsupported DNSKEY Algorithm",
        "Unsupported DS Digest Type",
        "Stale Answer",
        "Forged Answer",
        "DNSSEC Indeterminate",
        "DNSSEC Bogus",
        "Signature Expired",
        "Signature Not Yet Valid",
        "DNSKEY Missing",
        "RRSIGs Missing",
        "No Zone Key Bit Set",
        "NSEC Missing",
        "Cached Error",
        "Not Ready",
        "Blocked",
        "Censored",
        "Filtered",
        "Prohibited",
        "Stale NXDomain Answer",
        "Not Authoritative",
        "Not Supported",
        "No Reachable Authority",
        "Network Error",
        "Invalid Data",
        "Signature Expired before Valid",
        "Too Early",
        "Unsupported NSEC3 Iterations Value",
        "Unable to conform to policy",
        "Synthesized",
        "Invalid Query Type",
    };

    return code < sizeof(texts) / sizeof(texts[0]) ? texts[code] : NULL;
}
