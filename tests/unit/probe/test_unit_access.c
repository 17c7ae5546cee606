/* SPDX-License-Identifier: MIT
 * What settings of systemd units deny, and which record of an audit log is a process's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "base/endpoint.h"
#include "probe/modules.h"
#include "probe/unit_access.h"

static struct wr_unit_access asks(const char *address, uint16_t port, bool binds)
{
    struct wr_unit_access access = {.device = "eth0", .binds = binds, .protocol = IPPROTO_TCP};

    assert_true(wr_address_parse(address, strlen(address), &access.addr));
    access.addr.port = port;
    return access;
}

static bool denies(const char *address, const char *deny, const char *allow)
{
    struct wr_unit_access access = asks(address, 80, false);

    wr_unit_access_take(&access, "IPAddressAllow", allow);
    wr_unit_access_take(&access, "IPAddressDeny", deny);
    return wr_unit_access_denied(&access) != NULL;
}

static void test_addresses(void **state)
{
    (void)state;
    assert_true(denies("10.4.0.2", "any", ""));
    assert_true(denies("fd04::2", "any", ""));
    assert_false(denies("10.4.0.2", "any", "10.4.0.0/16"));
    assert_true(denies("10.5.0.2", "any", "10.4.0.0/16"));
    assert_false(denies("127.0.0.53", "any", "localhost"));
    assert_true(denies("::1", "localhost", ""));
    assert_false(denies("10.4.0.2", "10.4.0.3 10.5.0.0/24", ""));
    assert_true(denies("10.4.0.2", "10.4.0.3 10.4.0.2", ""));
    assert_true(denies("fe80::1", "link-local", ""));
    assert_false(denies("10.4.0.2", "fd00::/8", ""));
    assert_false(denies("10.4.0.2", "10.4.0.0/x", ""));
    assert_false(denies("10.4.0.2", "/8", ""));
}

static void test_reset(void **state)
{
    struct wr_unit_access access = asks("10.4.0.2", 80, false);

    (void)state;
    wr_unit_access_take(&access, "IPAddressDeny", "any");
    assert_string_equal(wr_unit_access_denied(&access), "IPAddressDeny=any");
    wr_unit_access_take(&access, "IPAddressDeny", "");
    assert_null(wr_unit_access_denied(&access));
}

static bool denies_bind(uint16_t port, const char *rule)
{
    struct wr_unit_access access = asks("127.0.0.1", port, true);

    wr_unit_access_take(&access, "SocketBindDeny", rule);
    return wr_unit_access_denied(&access) != NULL;
}

static void test_binds(void **state)
{
    (void)state;
    assert_true(denies_bind(8080, "any"));
    assert_true(denies_bind(8080, "8080"));
    assert_true(denies_bind(8080, "ipv4:tcp:8000-8999"));
    assert_true(denies_bind(8080, "tcp"));
    assert_false(denies_bind(8080, "udp:8080"));
    assert_false(denies_bind(8080, "ipv6:8080"));
    assert_false(denies_bind(8080, "8081-9000"));
    assert_false(denies_bind(8080, "nonsense"));
}

static bool denies_device(const char *value)
{
    struct wr_unit_access access = asks("10.4.0.2", 80, false);

    wr_unit_access_take(&access, "RestrictNetworkInterfaces", value);
    return wr_unit_access_denied(&access) != NULL;
}

static void test_devices(void **state)
{
    (void)state;
    assert_true(denies_device("lo"));
    assert_false(denies_device("lo eth0"));
    assert_true(denies_device("~eth0"));
    assert_false(denies_device("~eth1"));
}

static void test_records(void **state)
{
    static const char log[] =
        "ut off avc:  denied  { x } for  pid=812 comm=\"a\"\n"
        "type=AVC msg=audit(1.1:1): avc:  denied  { name_connect } for  pid=81 comm=\"b\"\n"
        "type=AVC msg=audit(1.1:2): avc:  denied  { name_connect } for  pid=812 comm=\"c\"\n"
        "type=SYSCALL msg=audit(1.1:2): pid=812 comm=\"c\"\n"
        "type=AVC msg=audit(1.1:3): apparmor=\"ALLOWED\" pid=812 comm=\"c\"";
    const char *line = NULL;

    (void)state;
    assert_int_equal(wr_modules_record(log, sizeof(log) - 1, 812, &line), 79);
    assert_memory_equal(line, "type=AVC msg=audit(1.1:2)", 25);
    assert_int_equal(wr_modules_record(log, sizeof(log) - 1, 8, &line), 0);
    assert_int_equal(wr_modules_record(log, 0, 812, &line), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_reset),
        cmocka_unit_test(test_binds),     cmocka_unit_test(test_devices),
        cmocka_unit_test(test_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
