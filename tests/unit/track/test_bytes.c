/* SPDX-License-Identifier: MIT
 * The first bytes of connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "track/bytes.h"

#define FD 5
#define ID 77

static struct wr_area text(const char *bytes)
{
    return (struct wr_area){bytes, strlen(bytes), false, false};
}

static struct wr_first_bytes first(void)
{
    struct wr_first_bytes result;

    assert_true(wr_bytes_get(FD, ID, &result));
    return result;
}

static void keeps_both_ways(void **state)
{
    (void)state;
    wr_bytes_begin(FD, ID, 1234);
    assert_int_equal(wr_bytes_sent(FD, ID, text("GET "), 4), WR_BYTES_MORE);
    assert_int_equal(wr_bytes_sent(FD, ID, text("/ etc"), 1), WR_BYTES_MORE);
    assert_int_equal(wr_bytes_received(FD, ID, text("HTTP"), 4), WR_BYTES_MORE);
    /* after an answer it is not the first request any more */
    assert_int_equal(wr_bytes_sent(FD, ID, text("more"), 4), WR_BYTES_MORE);
    assert_int_equal(first().out_len, 5);
    assert_memory_equal(first().out, "GET /", 5);
    assert_int_equal(first().in_len, 4);
    assert_memory_equal(first().in, "HTTP", 4);
    assert_int_equal(first().connected_ns, 1234);
    assert_false(first().shut_down);
    wr_bytes_shut_down(FD, ID);
    assert_true(first().shut_down);
}

static void is_bounded(void **state)
{
    static char long_text[2000];

    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    wr_bytes_begin(FD, ID, 1);
    assert_true(wr_bytes_wants_sent(FD));
    assert_int_equal(wr_bytes_sent(FD, ID, text(long_text), 1999), WR_BYTES_MORE);
    assert_false(wr_bytes_wants_sent(FD));
    assert_int_equal(wr_bytes_received(FD, ID, text(long_text), 511), WR_BYTES_MORE);
    assert_int_equal(wr_bytes_received(FD, ID, text(long_text), 1999), WR_BYTES_ENOUGH);
    assert_int_equal(first().out_len, WR_FIRST_OUT);
    assert_int_equal(first().in_len, WR_FIRST_IN);
}

static void has_heard_enough(void **state)
{
    (void)state;
    wr_bytes_begin(FD, ID, 1);
    for (int i = 1; i < WR_BYTES_READS; i++)
        assert_int_equal(wr_bytes_received(FD, ID, text("xy"), 2), WR_BYTES_MORE);
    for (int i = WR_BYTES_READS; i < WR_BYTES_READS_MAX; i++)
        assert_int_equal(wr_bytes_received(FD, ID, text("xy"), 2), WR_BYTES_ENOUGH);
    assert_int_equal(wr_bytes_received(FD, ID, text("xy"), 2), WR_BYTES_OVER);
    assert_int_equal(first().in_len, 2 * WR_BYTES_READS_MAX);
}

/* Some programs read a line byte by byte: that is one read, as long as a line may be. */
static void hears_a_line_out(void **state)
{
    (void)state;
    wr_bytes_begin(FD, ID, 1);
    for (int i = 0; i < WR_BYTES_LINE; i++)
        assert_int_equal(wr_bytes_received(FD, ID, text("x"), 1), WR_BYTES_MORE);
    assert_int_equal(first().in_len, WR_BYTES_LINE);
}

static void reads_vectors(void **state)
{
    struct iovec vector[] = {{(char[]){"ab"}, 2}, {NULL, 0}, {(char[]){"cdef"}, 4}};
    struct wr_area span = {vector, 3, true, false};

    (void)state;
    wr_bytes_begin(FD, ID, 1);
    assert_int_equal(wr_bytes_received(FD, ID, span, 5), WR_BYTES_MORE);
    assert_int_equal(first().in_len, 5);
    assert_memory_equal(first().in, "abcde", 5);
    /* what a library has at hand is read as it is */
    span.at_hand = true;
    wr_bytes_begin(FD, ID, 1);
    assert_int_equal(wr_bytes_received(FD, ID, span, 5), WR_BYTES_MORE);
    assert_memory_equal(first().in, "abcde", 5);
}

/* What says that it was read but cannot be: nothing is known any more. */
static void loses_what_it_cannot_read(void **state)
{
    void *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec vector = {bad, 5};
    struct wr_first_bytes result;

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct wr_area spans[] = {{bad, 5, false, false},
                                  {NULL, 5, false, false},
                                  {bad, 1, true, false},
                                  {&vector, 1, true, false}};

        wr_bytes_begin(FD, ID, 1);
        assert_int_equal(wr_bytes_received(FD, ID, spans[i], 5), WR_BYTES_LOST);
        assert_false(wr_bytes_get(FD, ID, &result));
        assert_int_equal(wr_bytes_received(FD, ID, text("x"), 1), WR_BYTES_LOST);
    }
    munmap(bad, 4096);
}

static void tells_connections_apart(void **state)
{
    struct wr_first_bytes result;

    (void)state;
    wr_bytes_begin(FD, ID, 1);
    assert_int_equal(wr_bytes_received(FD, ID + 1, text("x"), 1), WR_BYTES_LOST);
    assert_int_equal(wr_bytes_received(FD + 64, ID, text("x"), 1), WR_BYTES_LOST);
    assert_int_equal(first().in_len, 0);
    wr_bytes_begin(FD + 64, ID + 2, 1); /* takes the place */
    assert_false(wr_bytes_get(FD, ID, &result));
    assert_true(wr_bytes_get(FD + 64, ID + 2, &result));
    wr_bytes_end(FD + 64, ID + 2);
    assert_false(wr_bytes_get(FD + 64, ID + 2, &result));
    assert_int_equal(wr_bytes_sent(FD + 64, 0, text("x"), 1), WR_BYTES_LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_both_ways),         cmocka_unit_test(is_bounded),
        cmocka_unit_test(has_heard_enough),        cmocka_unit_test(hears_a_line_out),
        cmocka_unit_test(reads_vectors),           cmocka_unit_test(loses_what_it_cannot_read),
        cmocka_unit_test(tells_connections_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
