/* SPDX-License-Identifier: MIT
 * When a connection has come to a halt for the size of its segments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "base/tcpinfo.h"

/* As measured: a full segment and a small one behind it, which came through. */
static struct wr_tcpinfo lost(void)
{
    return (struct wr_tcpinfo){.state = WR_TCP_ESTABLISHED,
                               .retransmits = 4,
                               .again_bytes = 4916,
                               .unacked_bytes = 2020,
                               .acked_bytes = 1,
                               .beyond = 1,
                               .in_vain = 2,
                               .segment_bytes = 1448,
                               .ack_ms = 1196};
}

static void full_segments_sent_again_in_vain_are_lost(void **state)
{
    struct wr_tcpinfo info = lost();

    (void)state;
    assert_true(wr_tcpinfo_stalls(&info, false));
    info.state = WR_TCP_FIN_WAIT1;
    assert_true(wr_tcpinfo_stalls(&info, false));
    /* when the kernel gives up, nothing is under way any more */
    info.state = WR_TCP_CLOSE;
    info.in_vain = info.ack_ms = 0;
    assert_false(wr_tcpinfo_stalls(&info, false));
    assert_true(wr_tcpinfo_stalls(&info, true));
}

static void whose_peer_was_heard_is_not_lost(void **state)
{
    struct wr_tcpinfo info = lost();

    (void)state;
    info.ack_ms = 300;
    assert_false(wr_tcpinfo_stalls(&info, false));
    info = lost();
    info.in_vain = 1;
    assert_false(wr_tcpinfo_stalls(&info, false));
    info = lost();
    info.unacked_bytes = 0;
    assert_false(wr_tcpinfo_stalls(&info, false));
    info.unacked_bytes = 1; /* of keepalive, or a FIN */
    assert_false(wr_tcpinfo_stalls(&info, true));
}

static void small_segments_are_lost_for_another_reason(void **state)
{
    struct wr_tcpinfo info = lost();

    (void)state;
    info.again_bytes = 4 * 517;
    assert_false(wr_tcpinfo_stalls(&info, false));
    info = lost(); /* full ones were lost before, and it is a small one now */
    info.unacked_bytes = 200;
    assert_false(wr_tcpinfo_stalls(&info, false));
    assert_false(wr_tcpinfo_stalls(&info, true));
    info = lost();
    info.again_bytes = 0; /* not known before Linux 5.4 */
    assert_false(wr_tcpinfo_stalls(&info, false));
    info = lost();
    info.segment_bytes = 0;
    assert_false(wr_tcpinfo_stalls(&info, false));
}

static void an_answer_without_its_beginning_is_missed(void **state)
{
    struct wr_tcpinfo info = {.state = WR_TCP_ESTABLISHED,
                              .out_of_order = 1,
                              .received_known = true,
                              .acked_bytes = 120,
                              .sent_ms = 1500};

    (void)state;
    assert_true(wr_tcpinfo_misses(&info));
    info.received_bytes = 1;
    assert_false(wr_tcpinfo_misses(&info));
    info.received_bytes = 0;
    info.out_of_order = 0;
    assert_false(wr_tcpinfo_misses(&info));
    info.out_of_order = 1;
    info.sent_ms = 200;
    assert_false(wr_tcpinfo_misses(&info));
}

static void what_was_sent_is_counted(void **state)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(to);
    int server = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), peer;
    struct wr_tcpinfo info;
    char byte;

    (void)state;
    assert_int_equal(bind(server, (struct sockaddr *)&to, len), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&to, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, len), 0);
    peer = accept(server, NULL, NULL);
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(read(peer, &byte, 1), 1);
    assert_int_equal(write(peer, "x", 1), 1);
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_true(wr_tcpinfo(fd, &info));
    assert_int_equal(info.acked_bytes, 6); /* and the SYN */
    assert_int_equal(info.unacked_bytes, 0);
    assert_true(info.segment_bytes > 0);
    assert_false(wr_tcpinfo_stalls(&info, false) || wr_tcpinfo_misses(&info));
    close(fd);
    close(peer);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_segments_sent_again_in_vain_are_lost),
        cmocka_unit_test(whose_peer_was_heard_is_not_lost),
        cmocka_unit_test(small_segments_are_lost_for_another_reason),
        cmocka_unit_test(an_answer_without_its_beginning_is_missed),
        cmocka_unit_test(what_was_sent_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
