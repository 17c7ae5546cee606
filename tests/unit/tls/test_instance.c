/* SPDX-License-Identifier: MIT
 * Loaded objects, their symbols, and instances of libraries, with libm and libc as the libraries.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls/instance.h"

static const struct wr_tls_names names = {
    .count = 4, .name = {"cbrt", "lgamma_r", "strlen", "no_such_function"}};
static const struct wr_tls_names others = {.count = 1, .name = {"no_such_function"}};

static void *open_library(void)
{
    void *handle = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);

    assert_non_null(handle);
    return handle;
}

static void objects(void **state)
{
    void *cbrt_at = dlsym(open_library(), "cbrt");
    struct wr_object library, needed[4], with[4];

    (void)state;
    assert_true(wr_object_at(cbrt_at, &library));
    assert_true(wr_object_is_loaded(&library));
    assert_ptr_equal(wr_symbol_in(&library, "cbrt"), cbrt_at);
    assert_null(wr_symbol_in(&library, "strlen"));
    assert_int_equal(wr_object_needs(&library, needed, 4) >= 1, true);
    assert_non_null(wr_symbol_in(&needed[0], "strlen"));
    assert_int_equal(wr_objects_with("cbrt", with, 4), 1);
    assert_false(wr_object_at(NULL, &library));
    /* our own is none */
    assert_false(wr_object_at((void *)objects, &library));
    library.base += 4096;
    assert_false(wr_object_is_loaded(&library));
}

static void instances(void **state)
{
    void *cbrt_at = dlsym(open_library(), "cbrt");
    uintptr_t object[5] = {1, 0, (uintptr_t)object, (uintptr_t)cbrt_at + 8, 7};
    const struct wr_tls_instance *instance = wr_tls_instance_of(&names, object, 0, 5);

    (void)state;
    assert_non_null(instance);
    assert_ptr_equal(instance->function[0], cbrt_at);
    assert_ptr_equal(instance->function[1], dlsym(open_library(), "lgamma_r"));
    assert_non_null(instance->function[2]);
    assert_null(instance->function[3]);
    assert_ptr_equal(wr_tls_instance_known(&names, object[3]), instance);
    assert_ptr_equal(wr_tls_instance_at(&names, (uintptr_t)cbrt_at), instance);
    assert_ptr_equal(wr_tls_instance_only(&names), instance);
    assert_null(wr_tls_instance_known(&others, object[3]));
    assert_null(wr_tls_instance_of(&others, object, 0, 5));
    assert_null(wr_tls_instance_only(&others));
    assert_null(wr_tls_instance_of(&names, object, 0, 3));
    wr_tls_instances_check(); /* still loaded */
    assert_ptr_equal(wr_tls_instance_known(&names, object[3]), instance);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects),
        cmocka_unit_test(instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
