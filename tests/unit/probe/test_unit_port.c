/* SPDX-License-Identifier: MIT
 * Which lines of unit files say that the unit serves a port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/endpoint.h"
#include "probe/unit_port.h"

static bool listens(const char *value, const char *address, uint16_t port)
{
    struct wr_addr dest;

    assert_true(wr_address_parse(address, strlen(address), &dest));
    dest.port = port;
    return wr_unit_listens(value, &dest);
}

static void test_listen_stream(void **state)
{
    (void)state;
    assert_true(listens("7123", "127.0.0.1", 7123));
    assert_true(listens("7123", "::1", 7123));
    assert_true(listens("10.4.0.2:7123", "10.4.0.2", 7123));
    assert_true(listens("[::1]:7123", "::1", 7123));
    assert_true(listens("0.0.0.0:7123", "127.0.0.1", 7123));
    assert_true(listens("[::]:7123", "127.0.0.1", 7123));
    assert_false(listens("0.0.0.0:7123", "::1", 7123));
    assert_false(listens("127.0.0.1:7123", "10.4.0.2", 7123));
    assert_false(listens("71230", "127.0.0.1", 7123));
    assert_false(listens("/run/7123", "127.0.0.1", 7123));
    assert_false(listens("@7123", "127.0.0.1", 7123));
    assert_false(listens("vsock::7123", "127.0.0.1", 7123));
    assert_false(listens("", "127.0.0.1", 7123));
}

static void test_commands_that_serve(void **state)
{
    static const char *const serve[] = {"/usr/bin/app --port 7123",
                                        "/usr/bin/app --port=7123 --verbose",
                                        "/usr/bin/app -p 7123",
                                        "/usr/bin/app -p7123",
                                        "/usr/bin/app --listen-address 0.0.0.0:7123",
                                        "/usr/bin/app --web.listen-address=:7123",
                                        "/usr/bin/app \"--listen\" \"[::1]:7123\"",
                                        "/usr/bin/gunicorn -b 127.0.0.1:7123 app:main",
                                        "/usr/bin/php -S 0.0.0.0:7123",
                                        "/usr/bin/python3 -m http.server 7123",
                                        "/usr/bin/python3 manage.py runserver 0.0.0.0:7123",
                                        "/usr/bin/dotnet app.dll --urls http://0.0.0.0:7123/",
                                        "/usr/bin/docker run --rm -p 7123:80 image",
                                        "/usr/bin/podman run --publish=127.0.0.1:7123:80 image",
                                        "/usr/bin/java -jar a.jar --server.port=7123",
                                        "/usr/bin/memcached -u memcache -p 7123 -l 127.0.0.1"};

    (void)state;
    for (unsigned i = 0; i < sizeof(serve) / sizeof(serve[0]); i++) {
        if (!wr_unit_command_serves(serve[i], 7123))
            fail_msg("%s", serve[i]);
    }
}

static void test_commands_that_do_not(void **state)
{
    static const char *const others[] = {"/usr/bin/app --timeout 7123",
                                         "/usr/bin/app --max-connections=7123",
                                         "/usr/bin/app --connect db:7123",
                                         "/usr/bin/app --db-port 7123",
                                         "/usr/bin/app --remote-port=7123",
                                         "/usr/bin/app --upstream-addr 10.0.0.1:7123",
                                         "/usr/bin/app postgres://user@localhost:7123/db",
                                         "/usr/bin/docker run -p 80:7123 image",
                                         "/usr/bin/app --port 71230",
                                         "/usr/bin/app --port",
                                         "/usr/bin/app 7123",
                                         "-",
                                         "--",
                                         "=",
                                         ""};

    (void)state;
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (wr_unit_command_serves(others[i], 7123))
            fail_msg("%s", others[i]);
    }
}

static void test_environment(void **state)
{
    (void)state;
    assert_true(wr_unit_environment_serves("PORT=7123", 7123));
    assert_true(wr_unit_environment_serves("\"A=b c\" \"HTTP_PORT=7123\"", 7123));
    assert_true(wr_unit_environment_serves("APP_LISTEN_ADDR=0.0.0.0:7123", 7123));
    assert_false(wr_unit_environment_serves("PGPORT=7123", 7123));
    assert_false(wr_unit_environment_serves("DB_PORT=7123", 7123));
    assert_false(wr_unit_environment_serves("PORT=71231", 7123));
    assert_false(wr_unit_environment_serves("PORT=", 7123));
    assert_false(wr_unit_environment_serves("", 7123));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listen_stream),
        cmocka_unit_test(test_commands_that_serve),
        cmocka_unit_test(test_commands_that_do_not),
        cmocka_unit_test(test_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
