/* SPDX-License-Identifier: MIT
 * Certificates: what stands in them, for whom they are, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/certificates.h"
#include "base/x509.h"

static char text[400];

/* What put() writes, as a terminated string. */
#define TEXT(put, ...)                                      \
    __extension__({                                         \
        struct wr_buf buf_ = wr_buf_on(text, sizeof(text)); \
        put(&buf_, __VA_ARGS__);                            \
        wr_buf_terminate(&buf_);                            \
    })

static struct wr_x509 read_all(const unsigned char *der, size_t len)
{
    struct wr_x509 certificate;

    assert_true(wr_x509_read(der, len, &certificate));
    return certificate;
}

static void authority(void **state)
{
    struct wr_x509 it = read_all(ca, sizeof(ca));

    (void)state;
    assert_string_equal(TEXT(wr_x509_put_name, it.subject), "CN=Test Root, O=Example");
    assert_true(it.self_issued);
    assert_true(it.ca);
    assert_int_equal(it.not_before, 1795249991ll);
    assert_int_equal(it.not_after, 3523249991ll);
    assert_string_equal(TEXT(wr_x509_put_key, &it), "EC P-256");
    assert_string_equal(wr_x509_digest(&it), "SHA-256");
    assert_string_equal(TEXT(wr_x509_put_use, &it), "");
    assert_string_equal(TEXT(wr_x509_put_names, &it, 8), "Test Root");
    assert_null(wr_x509_issuer_url(&it).at);
    assert_string_equal(TEXT(wr_x509_put_date, it.not_after), "2081-08-24T08:33:11Z");
}

static void server(void **state)
{
    struct wr_x509 it = read_all(leaf, sizeof(leaf));
    struct wr_span url = wr_x509_issuer_url(&it);

    (void)state;
    assert_string_equal(TEXT(wr_x509_put_name, it.subject), "CN=db.test, O=Example");
    assert_string_equal(TEXT(wr_x509_put_name, it.issuer), "CN=Test Root, O=Example");
    assert_false(it.self_issued);
    assert_false(it.ca);
    assert_int_equal(it.not_before, 1);
    assert_int_equal(it.not_after, 2524607999ll);
    assert_string_equal(TEXT(wr_x509_put_key, &it), "RSA 2048 bits");
    assert_string_equal(wr_x509_digest(&it), "SHA-1");
    assert_string_equal(TEXT(wr_x509_put_use, &it), "server, client");
    assert_string_equal(TEXT(wr_x509_put_names, &it, 8),
                        "db.test, *.db.test, 10.4.0.2, 2001:db8::1");
    assert_string_equal(TEXT(wr_x509_put_names, &it, 1), "db.test and 3 more");
    assert_int_equal(url.len, strlen("http://ca.test/root.crt"));
    assert_memory_equal(url.at, "http://ca.test/root.crt", url.len);
}

static void names(void **state)
{
    static const char *const yes[] = {"db.test",   "DB.Test",  "db.test.",    "a.db.test",
                                      "A.db.test", "10.4.0.2", "2001:db8::1", "2001:DB8:0:0::1"};
    static const char *const no[] = {
        "",         "test",        ".db.test", "b.a.db.test", "adb.test",
        "10.4.0.3", "2001:db8::2", "*",        "Example",     "db.test.x",
    };
    struct wr_x509 it = read_all(leaf, sizeof(leaf)), common = read_all(pss, sizeof(pss));

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        assert_true(wr_x509_is_for(&it, yes[i]));
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        assert_false(wr_x509_is_for(&it, no[i]));
    assert_false(wr_x509_is_for(&it, "."));
    /* without a subjectAltName the common name counts */
    assert_true(wr_x509_is_for(&common, "legacy.test"));
    assert_false(wr_x509_is_for(&common, "other.test"));
    it = read_all(ed, sizeof(ed));
    assert_false(wr_x509_is_for(&it, "db.test"));
}

static void others(void **state)
{
    struct wr_x509 it = read_all(ed, sizeof(ed));

    (void)state;
    assert_string_equal(TEXT(wr_x509_put_name, it.subject), "OU=Unit only");
    assert_string_equal(TEXT(wr_x509_put_key, &it), "Ed25519");
    it = read_all(pss, sizeof(pss));
    assert_string_equal(TEXT(wr_x509_put_key, &it), "RSA 1024 bits");
    assert_string_equal(wr_x509_digest(&it), "SHA-384");
    assert_int_equal(it.not_after, 36355249991ll);
}

/* Whatever is cut off or changed: no crash, and no certificate that is too short. */
static void broken(void **state)
{
    unsigned char copy[sizeof(leaf)];
    struct wr_x509 it;

    (void)state;
    assert_false(wr_x509_read(NULL, 0, &it));
    for (size_t len = 0; len < sizeof(leaf); len++)
        assert_false(wr_x509_read(leaf, len, &it));
    for (size_t at = 0; at < sizeof(leaf); at++) {
        memcpy(copy, leaf, sizeof(leaf));
        copy[at] ^= 0xff;
        if (wr_x509_read(copy, sizeof(copy), &it)) {
            TEXT(wr_x509_put_names, &it, 8);
            TEXT(wr_x509_put_key, &it);
            TEXT(wr_x509_put_name, it.subject);
            wr_x509_is_for(&it, "a.db.test");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authority), cmocka_unit_test(server), cmocka_unit_test(names),
        cmocka_unit_test(others),    cmocka_unit_test(broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
