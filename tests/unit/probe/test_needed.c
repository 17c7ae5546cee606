/* SPDX-License-Identifier: MIT
 * Which shared objects a program was linked with. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/needed.h"

static _Alignas(8) char space[8192];

static int ask(const char *path, const char *library)
{
    return wr_needed_has(path, library, space, sizeof(space));
}

static void test_own(void **state)
{
    (void)state;
    assert_int_equal(ask("/proc/self/exe", "libc.so"), 1);
    assert_int_equal(ask("/proc/self/exe", "libcmocka.so"), 1);
    assert_int_equal(ask("/proc/self/exe", "libwrap.so"), 0);
    assert_int_equal(ask("/etc/passwd", "libc.so"), -ENOEXEC);
    assert_int_equal(ask("/nonexistent", "libc.so"), -ENOENT);
    assert_int_equal(wr_needed_has("/proc/self/exe", "libc.so", space, 100), -ENOBUFS);
}

/* Damaged files are read to no harm. */
static void test_damaged(void **state)
{
    static unsigned char image[4096];
    char path[] = "/tmp/wr-needed-XXXXXX";
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), fd = mkstemp(path);

    (void)state;
    assert_true(self >= 0 && fd >= 0);
    assert_int_equal(read(self, image, sizeof(image)), sizeof(image));
    close(self);
    srand(1);
    for (unsigned round = 0; round < 2000; round++) {
        unsigned char damaged[sizeof(image)];
        int rc;

        memcpy(damaged, image, sizeof(image));
        for (unsigned i = 0; i < 4; i++)
            damaged[16 + rand() % 900] = (unsigned char)rand();
        assert_int_equal(pwrite(fd, damaged, sizeof(damaged), 0), sizeof(damaged));
        rc = ask(path, "libc.so");
        assert_true(rc <= 1);
    }
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own),
        cmocka_unit_test(test_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
