/* SPDX-License-Identifier: MIT
 * The structure of a certificate, its dates, key, digest and uses. See x509.h. */
#include "base/x509.h"

#include "base/date.h"
#include "base/der.h"

#define RSA "\x2a\x86\x48\x86\xf7\x0d\x01\x01" /* 1.2.840.113549.1.1 */
#define EC_KEY "\x2a\x86\x48\xce\x3d\x02\x01"  /* 1.2.840.10045.2.1 */
#define EC_SIGN "\x2a\x86\x48\xce\x3d\x04"     /* 1.2.840.10045.4 */
#define DSA "\x2a\x86\x48\xce\x38\x04"         /* 1.2.840.10040.4 */
#define SHA2 "\x60\x86\x48\x01\x65\x03\x04\x02"
#define NIST_SIGN "\x60\x86\x48\x01\x65\x03\x04\x03"
#define PURPOSE "\x2b\x06\x01\x05\x05\x07\x03" /* 1.3.6.1.5.5.7.3 */
#define ACCESS_ISSUERS "\x2b\x06\x01\x05\x05\x07\x30\x02"

struct word {
    char oid[12];
    unsigned char len;
    char word[23];
};
#define WORD(oid, word)            \
    {                              \
        oid, sizeof(oid) - 1, word \
    }

static const char *find_word(const struct word *words, size_t count, struct wr_span oid)
{
    for (size_t i = 0; i < count; i++) {
        if (wr_der_is(oid, words[i].oid, words[i].len))
            return words[i].word;
    }
    return NULL;
}
#define FIND(words, oid) find_word((words), sizeof(words) / sizeof((words)[0]), (oid))

/* Digits, of which the caller knows that they are there. */
static bool number(const unsigned char *at, unsigned digits, int64_t *ret)
{
    *ret = 0;
    for (unsigned i = 0; i < digits; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *ret = *ret * 10 + (at[i] - '0');
    }
    return true;
}

/* Days from 1970-01-01 (proleptic Gregorian calendar): years that begin in March. */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year, m = (month + 9) % 12;

    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

/* UTCTime and GeneralizedTime as RFC 5280, 4.1.2.5 has them: in UTC, to the second. */
static bool read_time(struct wr_span *from, int64_t *ret)
{
    struct wr_der_element element;
    const unsigned char *at;
    int64_t year, part[5]; /* month, day, hour, minute, second */
    unsigned digits;

    if (!wr_der_next(from, &element))
        return false;
    digits = element.tag == WR_DER_UTC_TIME ? 2 : 4;
    at = element.inside.at;
    if ((digits == 4 && element.tag != WR_DER_TIME) || element.inside.len < digits + 10u ||
        !number(at, digits, &year))
        return false;
    for (unsigned i = 0; i < 5; i++) {
        if (!number(at + digits + (size_t)i * 2, 2, &part[i]))
            return false;
    }
    if (part[0] < 1 || part[0] > 12)
        return false;
    if (digits == 2)
        year += year < 50 ? 2000 : 1900;
    *ret = ((days(year, part[0], part[1]) * 24 + part[2]) * 60 + part[3]) * 60 + part[4];
    return true;
}

static bool is_ca(struct wr_span value)
{
    struct wr_span inside, flag;

    return wr_der_take(&value, WR_DER_SEQUENCE, &inside) &&
           wr_der_take(&inside, WR_DER_BOOLEAN, &flag) && flag.len == 1 && flag.at[0] != 0;
}

static void read_extension(struct wr_span extension, struct wr_x509 *ret)
{
    struct wr_span oid, value;
    struct wr_der_element element;

    if (!wr_der_take(&extension, WR_DER_OID, &oid) || !wr_der_next(&extension, &element) ||
        (element.tag == WR_DER_BOOLEAN && !wr_der_next(&extension, &element)) ||
        element.tag != WR_DER_BYTES)
        return;
    value = element.inside;
    if (WR_DER_IS(oid, "\x55\x1d\x11"))
        wr_der_take(&value, WR_DER_SEQUENCE, &ret->names);
    else if (WR_DER_IS(oid, "\x55\x1d\x13"))
        ret->ca = is_ca(value);
    else if (WR_DER_IS(oid, "\x55\x1d\x25"))
        wr_der_take(&value, WR_DER_SEQUENCE, &ret->use);
    else if (WR_DER_IS(oid, "\x2b\x06\x01\x05\x05\x07\x01\x01"))
        wr_der_take(&value, WR_DER_SEQUENCE, &ret->issuer_urls);
}

/* What follows the key: two unique identifiers of old, and [3] the extensions. */
static void read_extensions(struct wr_span rest, struct wr_x509 *ret)
{
    struct wr_der_element element;
    struct wr_span list, extension;

    while (wr_der_next(&rest, &element)) {
        if (element.tag != 0xa3 || !wr_der_take(&element.inside, WR_DER_SEQUENCE, &list))
            continue;
        while (wr_der_take(&list, WR_DER_SEQUENCE, &extension))
            read_extension(extension, ret);
    }
}

bool wr_x509_read(const unsigned char *der, size_t len, struct wr_x509 *ret)
{
    struct wr_span input = {der, len}, outer, tbs, dates, ignored;
    struct wr_der_element element;

    memset(ret, 0, sizeof(*ret));
    if (der == NULL || !wr_der_take(&input, WR_DER_SEQUENCE, &outer) ||
        !wr_der_take(&outer, WR_DER_SEQUENCE, &tbs) ||
        !wr_der_take(&outer, WR_DER_SEQUENCE, &ret->signature) || !wr_der_next(&tbs, &element))
        return false;
    if (element.tag == 0xa0 && !wr_der_next(&tbs, &element)) /* the version */
        return false;
    if (element.tag != WR_DER_INTEGER || !wr_der_take(&tbs, WR_DER_SEQUENCE, &ignored) ||
        !wr_der_next(&tbs, &element) || element.tag != WR_DER_SEQUENCE)
        return false;
    ret->issuer = element.whole;
    if (!wr_der_take(&tbs, WR_DER_SEQUENCE, &dates) || !read_time(&dates, &ret->not_before) ||
        !read_time(&dates, &ret->not_after) || !wr_der_next(&tbs, &element) ||
        element.tag != WR_DER_SEQUENCE)
        return false;
    ret->subject = element.whole;
    if (!wr_der_take(&tbs, WR_DER_SEQUENCE, &ret->key))
        return false;
    ret->self_issued = ret->subject.len == ret->issuer.len &&
                       memcmp(ret->subject.at, ret->issuer.at, ret->subject.len) == 0;
    read_extensions(tbs, ret);
    return true;
}

static unsigned bits_of_modulus(struct wr_span bits)
{
    struct wr_span key, modulus;
    unsigned count;

    if (bits.len < 1)
        return 0;
    bits.at++; /* how many bits of the last byte do not count */
    bits.len--;
    if (!wr_der_take(&bits, WR_DER_SEQUENCE, &key) || !wr_der_take(&key, WR_DER_INTEGER, &modulus))
        return 0;
    while (modulus.len > 0 && modulus.at[0] == 0) {
        modulus.at++;
        modulus.len--;
    }
    if (modulus.len == 0 || modulus.len > 8192)
        return 0;
    count = (unsigned)modulus.len * 8;
    for (unsigned top = modulus.at[0]; (top & 0x80) == 0; top <<= 1)
        count--;
    return count;
}

static const struct word curves[] = {
    WORD("\x2a\x86\x48\xce\x3d\x03\x01\x07", "P-256"),
    WORD("\x2b\x81\x04\x00\x22", "P-384"),
    WORD("\x2b\x81\x04\x00\x23", "P-521"),
    WORD("\x2b\x81\x04\x00\x21", "P-224"),
    WORD("\x2a\x86\x48\xce\x3d\x03\x01\x01", "P-192"),
    WORD("\x2b\x81\x04\x00\x0a", "secp256k1"),
    WORD("\x2b\x24\x03\x03\x02\x08\x01\x01\x07", "brainpoolP256r1"),
    WORD("\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", "brainpoolP384r1"),
    WORD("\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", "brainpoolP512r1"),
};

static const struct word keys[] = {
    WORD(RSA "\x01", "RSA"),
    WORD(RSA "\x0a", "RSA-PSS"),
    WORD(EC_KEY, "EC"),
    WORD(DSA "\x01", "DSA"),
    WORD("\x2b\x65\x70", "Ed25519"),
    WORD("\x2b\x65\x71", "Ed448"),
    WORD(NIST_SIGN "\x11", "ML-DSA-44"),
    WORD(NIST_SIGN "\x12", "ML-DSA-65"),
    WORD(NIST_SIGN "\x13", "ML-DSA-87"),
};

void wr_x509_put_key(struct wr_buf *buf, const struct wr_x509 *certificate)
{
    struct wr_span key = certificate->key, algorithm, oid, curve, bits;
    const char *word;
    unsigned count;

    if (!wr_der_take(&key, WR_DER_SEQUENCE, &algorithm) ||
        !wr_der_take(&algorithm, WR_DER_OID, &oid))
        return;
    word = FIND(keys, oid);
    if (word == NULL)
        return;
    wr_buf_str(buf, word);
    if (memcmp(word, "RSA", 3) == 0 && wr_der_take(&key, WR_DER_BITS, &bits)) {
        count = bits_of_modulus(bits);
        if (count > 0) {
            wr_buf_char(buf, ' ');
            wr_buf_uint(buf, count);
            wr_buf_str(buf, " bits");
        }
    } else if (WR_DER_IS(oid, EC_KEY) && wr_der_take(&algorithm, WR_DER_OID, &curve)) {
        word = FIND(curves, curve);
        if (word != NULL) {
            wr_buf_char(buf, ' ');
            wr_buf_str(buf, word);
        }
    }
}

static const struct word digests[] = {
    WORD(RSA "\x02", "MD2"),
    WORD(RSA "\x04", "MD5"),
    WORD(RSA "\x05", "SHA-1"),
    WORD(RSA "\x0b", "SHA-256"),
    WORD(RSA "\x0c", "SHA-384"),
    WORD(RSA "\x0d", "SHA-512"),
    WORD(RSA "\x0e", "SHA-224"),
    WORD(EC_SIGN "\x01", "SHA-1"),
    WORD(EC_SIGN "\x03\x01", "SHA-224"),
    WORD(EC_SIGN "\x03\x02", "SHA-256"),
    WORD(EC_SIGN "\x03\x03", "SHA-384"),
    WORD(EC_SIGN "\x03\x04", "SHA-512"),
    WORD(DSA "\x03", "SHA-1"),
    WORD(NIST_SIGN "\x02", "SHA-256"),
    WORD("\x2b\x0e\x03\x02\x1d", "SHA-1"),
    WORD("\x2b\x0e\x03\x02\x1a", "SHA-1"), /* the digests themselves, of RSASSA-PSS */
    WORD(SHA2 "\x01", "SHA-256"),
    WORD(SHA2 "\x02", "SHA-384"),
    WORD(SHA2 "\x03", "SHA-512"),
    WORD(SHA2 "\x04", "SHA-224"),
    WORD("\x2b\x65\x70", "SHA-512"), /* part of Ed25519 */
    WORD("\x2b\x65\x71", "SHAKE256"),
};

const char *wr_x509_digest(const struct wr_x509 *certificate)
{
    struct wr_span rest = certificate->signature, oid, parameters, digest, inside;

    if (!wr_der_take(&rest, WR_DER_OID, &oid))
        return NULL;
    if (!WR_DER_IS(oid, RSA "\x0a"))
        return FIND(digests, oid);
    /* RFC 4055, 3.1: [0] the digest, SHA-1 where it is left out */
    if (!wr_der_take(&rest, WR_DER_SEQUENCE, &parameters) ||
        !wr_der_take(&parameters, 0xa0, &inside))
        return "SHA-1";
    return wr_der_take(&inside, WR_DER_SEQUENCE, &digest) && wr_der_take(&digest, WR_DER_OID, &oid)
               ? FIND(digests, oid)
               : NULL;
}

static const struct word uses[] = {
    WORD(PURPOSE "\x01", "server"),        WORD(PURPOSE "\x02", "client"),
    WORD(PURPOSE "\x03", "code signing"),  WORD(PURPOSE "\x04", "e-mail"),
    WORD(PURPOSE "\x08", "time stamping"), WORD(PURPOSE "\x09", "OCSP"),
    WORD("\x55\x1d\x25\x00", "any"),
};

void wr_x509_put_use(struct wr_buf *buf, const struct wr_x509 *certificate)
{
    struct wr_span list = certificate->use, oid;
    bool more = false;

    while (wr_der_take(&list, WR_DER_OID, &oid)) {
        const char *word = FIND(uses, oid);

        wr_buf_str(buf, more ? ", " : "");
        wr_buf_str(buf, word != NULL ? word : "other");
        more = true;
    }
}

struct wr_span wr_x509_issuer_url(const struct wr_x509 *certificate)
{
    struct wr_span list = certificate->issuer_urls, access, method, url;

    while (wr_der_take(&list, WR_DER_SEQUENCE, &access)) {
        if (wr_der_take(&access, WR_DER_OID, &method) && WR_DER_IS(method, ACCESS_ISSUERS) &&
            wr_der_take(&access, 0x86, &url) && url.len > 4 && memcmp(url.at, "http", 4) == 0)
            return url;
    }
    return (struct wr_span){NULL, 0};
}

void wr_x509_put_date(struct wr_buf *buf, int64_t seconds)
{
    char text[40];
    struct wr_buf whole = wr_buf_on(text, sizeof(text));

    if (seconds < 0)
        return;
    wr_buf_date(&whole, (uint64_t)seconds * 1000000);
    for (size_t i = 0; i < whole.len && text[i] != '.'; i++)
        wr_buf_char(buf, text[i]);
    wr_buf_char(buf, 'Z');
}
