/* SPDX-License-Identifier: MIT
 * Rules of hosts_access(5). Those without names say what tcpdmatch(8) of tcp_wrappers 7.6
 * says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/endpoint.h"
#include "probe/wrappers.h"

static struct wr_wrapped who(const char *daemon, const char *client)
{
    struct wr_wrapped wrapped = {.daemon = daemon};

    assert_true(wr_address_parse(client, strlen(client), &wrapped.client));
    wrapped.server = wrapped.client;
    return wrapped;
}

static struct wr_rule rule_of(const char *text, const char *daemon, const char *client)
{
    struct wr_wrapped wrapped = who(daemon, client);
    char line[256];

    snprintf(line, sizeof(line), "%s", text);
    return wr_rule_match(line, &wrapped);
}

static const struct {
    const char *rule, *daemon, *client;
    enum wr_rule_match match;
} cases[] = {
    {"ALL: ALL", "vsftpd", "127.0.0.1", WR_RULE_YES},
    {"ALL:ALL", "", "::1", WR_RULE_YES},
    {"vsftpd: 127.0.0.1", "vsftpd", "127.0.0.1", WR_RULE_YES},
    {"VSFTPD: 127.0.0.1", "vsftpd", "127.0.0.1", WR_RULE_YES},
    {"sshd: 127.0.0.1", "vsftpd", "127.0.0.1", WR_RULE_NO},
    {"sshd, vsftpd : 10.", "vsftpd", "10.4.0.2", WR_RULE_YES},
    {"sshd vsftpd : 10.4.", "vsftpd", "10.40.0.2", WR_RULE_NO},
    {"sshd: 127.0.0.1", "", "127.0.0.1", WR_RULE_MAYBE},
    {"in.*: ALL", "in.ftpd", "127.0.0.1", WR_RULE_YES},
    {"ALL: 10.0.0.0/255.0.0.0", "x", "10.4.0.2", WR_RULE_YES},
    {"ALL: 10.0.0.0/255.0.0.0", "x", "11.4.0.2", WR_RULE_NO},
    {"ALL: 10.4.0.0/23", "x", "10.4.1.2", WR_RULE_YES},
    {"ALL: 10.4.0.0/23", "x", "10.4.2.2", WR_RULE_NO},
    {"ALL: [::1]", "x", "::1", WR_RULE_YES},
    {"ALL: [::1]/128", "x", "::1", WR_RULE_YES},
    {"ALL: [fd00:4::]/64", "x", "fd00:4::2", WR_RULE_YES},
    {"ALL: [fd00:4::]/64", "x", "fd00:5::2", WR_RULE_NO},
    {"ALL: [fd00:4::]/64 : deny", "x", "fd00:4::2", WR_RULE_YES},
    {"ALL: 10.0.0.0/8", "x", "::1", WR_RULE_NO},
    {"ALL: LOCAL", "x", "127.0.0.1", WR_RULE_MAYBE},
    {"ALL: LOCAL", "x", "10.4.0.2", WR_RULE_MAYBE},
    {"ALL: localhost", "x", "::1", WR_RULE_MAYBE},
    {"ALL: .example.org", "x", "10.4.0.2", WR_RULE_MAYBE},
    {"ALL: @netgroup", "x", "10.4.0.2", WR_RULE_MAYBE},
    {"ALL: /etc/hosts.list", "x", "10.4.0.2", WR_RULE_MAYBE},
    {"ALL: KNOWN", "x", "10.4.0.2", WR_RULE_MAYBE},
    {"ALL: root@10.4.0.2", "x", "10.4.0.2", WR_RULE_MAYBE},
    {"ALL: root@10.4.0.3", "x", "10.4.0.2", WR_RULE_NO},
    {"ALL: ALL@10.4.0.2", "x", "10.4.0.2", WR_RULE_YES},
    {"x@10.4.0.2: ALL", "x", "10.4.0.2", WR_RULE_YES},
    {"x@10.4.0.3: ALL", "x", "10.4.0.2", WR_RULE_NO},
    {"ALL: ALL EXCEPT 10.4.0.2", "x", "10.4.0.2", WR_RULE_NO},
    {"ALL: ALL EXCEPT 10.4.0.2", "x", "10.4.0.3", WR_RULE_YES},
    {"ALL EXCEPT sshd: ALL", "sshd", "10.4.0.3", WR_RULE_NO},
    {"ALL EXCEPT sshd: ALL", "vsftpd", "10.4.0.3", WR_RULE_YES},
    {"ALL: ALL EXCEPT 10. EXCEPT 10.4.", "x", "10.4.0.2", WR_RULE_YES},
    {"ALL: ALL EXCEPT 10. EXCEPT 10.4.", "x", "10.5.0.2", WR_RULE_NO},
    {"ALL: ALL EXCEPT 10. EXCEPT 10.4.", "x", "11.5.0.2", WR_RULE_YES},
    {"ALL: ALL EXCEPT .example.org", "x", "10.5.0.2", WR_RULE_MAYBE},
    {"# ALL: ALL", "x", "10.4.0.2", WR_RULE_NO},
    {"", "x", "10.4.0.2", WR_RULE_NO},
    {"ALL", "x", "10.4.0.2", WR_RULE_NO},
    {"ALL: 10.4.0.2/33", "x", "10.4.0.2", WR_RULE_NO},
    {"ALL: [::1", "x", "::1", WR_RULE_NO},
    {": :", "x", "::1", WR_RULE_NO},
    {"@: @", "x", "::1", WR_RULE_NO},
};

static void test_rules(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wr_rule rule = rule_of(cases[i].rule, cases[i].daemon, cases[i].client);

        if (rule.match != cases[i].match)
            fail_msg("%s for %s at %s: %d", cases[i].rule, cases[i].client, cases[i].daemon,
                     (int)rule.match);
    }
}

static void test_options(void **state)
{
    (void)state;
    assert_true(rule_of("ALL: ALL: deny", "x", "::1").denies);
    assert_true(rule_of("ALL: ALL: severity mail.info : DENY", "x", "::1").denies);
    assert_true(rule_of("ALL: ALL: twist /bin/echo no", "x", "::1").denies);
    assert_true(rule_of("ALL: ALL: allow", "x", "::1").allows);
    assert_false(rule_of("ALL: ALL: spawn (echo a\\: deny)", "x", "::1").denies);
}

static struct wr_rule_found find(const char *text, bool deny_file, int expected)
{
    static _Alignas(8) char space[8192];
    char path[] = "/tmp/wr-rules-XXXXXX";
    struct wr_wrapped wrapped = who("vsftpd", "10.4.0.2");
    struct wr_rule_found found;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(
        wr_rule_find(path, deny_file, &wrapped, space, sizeof(space), UINT64_MAX, &found),
        expected);
    unlink(path);
    return found;
}

static void test_files(void **state)
{
    struct wr_rule_found found;
    static char longest[3000];

    (void)state;
    found = find("# none\n\nsshd: ALL\nALL: \\\n  10.4.0.0/16, \\\n  11.\nALL: ALL\n", true, 0);
    assert_true(found.found && found.denies && !found.unsure);
    assert_int_equal(found.line, 4);
    assert_string_equal(found.text, "ALL:   10.4.0.0/16,   11.");
    found = find("ALL: 10.4.0.2: deny\nALL: ALL\n", false, 0);
    assert_true(found.found && found.denies);
    found = find("ALL: 10.4.0.2: allow\n", true, 0);
    assert_true(found.found && !found.denies);
    found = find("ALL: PARANOID\nALL: ALL", true, 0);
    assert_true(found.found && found.unsure);
    assert_int_equal(found.line, 2);
    found = find("sshd: ALL\n", true, 0);
    assert_false(found.found || found.unsure);
    memset(longest, 'a', sizeof(longest) - 2);
    longest[1500] = '\\';
    longest[1501] = '\n';
    longest[sizeof(longest) - 2] = '\n';
    found = find(longest, true, 0);
    assert_true(!found.found && found.unsure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
