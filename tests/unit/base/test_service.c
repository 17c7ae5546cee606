/* SPDX-License-Identifier: MIT
 * Names of ports; and times as text. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/date.h"
#include "base/service.h"

static void names(void **state)
{
    (void)state;
    assert_string_equal(wr_service_name(5432, IPPROTO_TCP), "postgresql");
    assert_string_equal(wr_service_name(514, IPPROTO_UDP), "syslog");
    assert_string_equal(wr_service_name(514, IPPROTO_TCP), "shell");
    assert_string_equal(wr_service_name(53, 0), "domain");
    assert_null(wr_service_name(5432, IPPROTO_UDP));
    assert_null(wr_service_name(0, 0));
    assert_null(wr_service_name(65535, 0));
}

static void ports(void **state)
{
    (void)state;
    assert_int_equal(wr_service_port("postgresql", IPPROTO_TCP), 5432);
    assert_int_equal(wr_service_port("postgres", 0), 5432);
    assert_int_equal(wr_service_port("mariadb", IPPROTO_TCP), 3306);
    assert_int_equal(wr_service_port("syslog", IPPROTO_TCP), 0);
    assert_int_equal(wr_service_port("", 0), 0);
    assert_int_equal(wr_service_port("nosuch", 0), 0);
}

/* Every name leads back to a port that has it. */
static void consistent(void **state)
{
    static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
    unsigned count = 0;

    (void)state;
    for (uint32_t port = 0; port < 65536; port++) {
        for (int i = 0; i < 2; i++) {
            const char *name = wr_service_name((uint16_t)port, protocols[i]);

            if (name == NULL)
                continue;
            count++;
            assert_int_equal(wr_service_port(name, protocols[i]), port);
        }
    }
    assert_true(count > 150);
}

static void dates(void **state)
{
    char space[32];
    struct wr_buf buf = wr_buf_on(space, sizeof(space));

    (void)state;
    wr_buf_date(&buf, 1709251199000001);
    assert_string_equal(wr_buf_terminate(&buf), "2024-02-29T23:59:59.000001Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(ports),
        cmocka_unit_test(consistent),
        cmocka_unit_test(dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
