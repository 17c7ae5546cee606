/* SPDX-License-Identifier: MIT
 * Who has given up a connect(): real sockets of this machine, and what would be reported. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include <cmocka.h>

#include "base/clock.h"
#include "failure.h"
#include "speak.h"
#include "tls/depth.h"
#include "track/giveup.h"
#include "track/names.h"
#include "track/successes.h"
#include "track/talk.h"
#include "track/track.h"
#include "track/wire.h"

/* --- instead of failure.c and speak.c
 * -------------------------------------------------------------------- */

static int given_up, failed, failed_error, conversations, handshakes;
static enum wr_door last_door;
static enum wr_outcome last_outcome;

bool wr_may_look(void)
{
    return true;
}

void wr_gave_up(int fd, enum wr_door door)
{
    (void)fd;
    given_up++;
    last_door = door;
}

void wr_failed_pending(int fd, int error, enum wr_door door)
{
    (void)fd;
    failed++;
    failed_error = error;
    last_door = door;
}

void wr_failed_connect(int fd, const void *address, socklen_t len, int error, uint64_t start_ns)
{
    (void)fd, (void)address, (void)len, (void)start_ns;
    failed++;
    failed_error = error;
}

void wr_failed_conversation(int fd, enum wr_outcome outcome, int error, enum wr_door door,
                            const struct wr_first_bytes *first)
{
    (void)fd, (void)outcome, (void)error, (void)door, (void)first;
    conversations++;
}

void wr_failed_handshake(const struct wr_handshake *handshake, int fd, enum wr_outcome outcome,
                         int error, enum wr_door door)
{
    assert_non_null(handshake->wire);
    (void)fd, (void)error;
    handshakes++;
    last_outcome = outcome;
    last_door = door;
}

_Atomic uint32_t wr_speak_open;

void wr_speak_connected(int fd, const struct wr_addr *target, uint64_t start_ns)
{
    (void)fd, (void)target, (void)start_ns;
}

/* --- sockets -----------------------------------------------------------------------------------
 */

static struct sockaddr_in full; /* a listener whose queue is full: the handshake never ends */

static int prepare(void **state)
{
    socklen_t len = sizeof(full);
    int server = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    full = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return bind(server, (struct sockaddr *)&full, len) != 0 || listen(server, 0) != 0 ||
           getsockname(server, (struct sockaddr *)&full, &len) != 0 ||
           connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&full, len) != 0;
}

static int begin(void **state)
{
    (void)state;
    given_up = failed = conversations = handshakes = 0;
    return 0;
}

static int connecting(struct sockaddr_in to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
    assert_int_equal(errno, EINPROGRESS);
    wr_track_pending(fd, &to, sizeof(to), wr_now_ns());
    return fd;
}

static int refused(void)
{
    struct sockaddr_in to = full;
    int fd;

    to.sin_port = htons(1);
    fd = connecting(to);
    poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 5000);
    return fd;
}

/* --- tests ---------------------------------------------------------------------------------------
 */

static void closing_gives_up(void **state)
{
    int fd = connecting(full);

    (void)state;
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(given_up, 1);
    assert_int_equal(last_door, WR_DOOR_CLOSE);
    wr_give_up(fd, WR_DOOR_CLOSE); /* nothing is remembered any more */
    assert_int_equal(given_up, 1);
    close(fd);
}

static void shutdown_gives_up_once(void **state)
{
    int fd = connecting(full);

    (void)state;
    wr_give_up(fd, WR_DOOR_SHUTDOWN);
    shutdown(fd, SHUT_RDWR);
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(given_up, 1);
    assert_int_equal(failed, 0);
    close(fd);
}

static void an_error_nobody_fetched(void **state)
{
    int fd = refused();

    (void)state;
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(failed, 1);
    assert_int_equal(failed_error, ECONNREFUSED);
    close(fd);
}

static void a_duplicate_goes_on(void **state)
{
    int fd = connecting(full), copy = dup(fd), error = 0;
    socklen_t len = sizeof(error);

    (void)state;
    wr_track_copy(fd, copy);
    wr_give_up(fd, WR_DOOR_CLOSE);
    close(fd);
    assert_int_equal(given_up, 0);
    wr_give_up(copy, WR_DOOR_CLOSE);
    assert_int_equal(given_up, 1);
    close(copy);
    /* the error of a socket that has two descriptors is not touched */
    fd = refused();
    copy = dup(fd);
    wr_track_copy(fd, copy);
    wr_give_up(fd, WR_DOOR_CLOSE);
    close(fd);
    assert_int_equal(failed, 0);
    assert_int_equal(getsockopt(copy, SOL_SOCKET, SO_ERROR, &error, &len), 0);
    assert_int_equal(error, ECONNREFUSED);
    close(copy);
}

static void another_socket_has_the_number(void **state)
{
    int fd = connecting(full), other;

    (void)state;
    close(fd); /* in a way that is not seen */
    other = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(other, fd);
    wr_give_up(other, WR_DOOR_CLOSE);
    assert_int_equal(given_up, 0);
    close(other);
}

static void a_child_has_only_a_copy(void **state)
{
    int fd = connecting(full), status = -1;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        wr_give_up(fd, WR_DOOR_CLOSE);
        wr_track_end();
        _exit(given_up);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(given_up, 1);
    close(fd);
}

/* ::1 of the same port has won the race. */
static void another_address_won(void **state)
{
    int fd = connecting(full);
    struct wr_addr won = {.family = AF_INET6, .bytes = {[15] = 1}, .port = ntohs(full.sin_port)};

    (void)state;
    wr_successes_note(&won, wr_now_ns());
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(given_up, 0);
    close(fd);
    /* an earlier success is none of this one's */
    fd = connecting(full);
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(given_up, 1);
    close(fd);
}

static void the_end_of_the_process(void **state)
{
    int fd = connecting(full), copy = dup(fd), other = connecting(full), gone = refused();

    (void)state;
    wr_track_copy(fd, copy);
    wr_track_end();
    assert_int_equal(given_up, 2);
    assert_int_equal(last_door, WR_DOOR_EXIT);
    assert_int_equal(failed, 1); /* nobody asked for the error of `gone` */
    wr_track_end();
    assert_int_equal(given_up, 2);
    assert_int_equal(failed, 1);
    close(fd), close(copy), close(other), close(gone);
}

static void a_range(void **state)
{
    int fd = connecting(full), other = connecting(full);

    (void)state;
    wr_give_up_range((unsigned)other, ~0u);
    assert_int_equal(given_up, 1);
    wr_give_up_range((unsigned)fd, (unsigned)other);
    assert_int_equal(given_up, 2);
    close(fd), close(other);
}

static const unsigned char hello[] = {22, 3, 1, 0, 44, 1, 0, 0, 40, 3, 3};

/* A connection on which the program has begun TLS; *ret_peer is the other side. */
static int in_handshake(int *ret_peer)
{
    unsigned char bytes[49] = {0};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int server = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t len = sizeof(to);
    struct wr_track track;

    memcpy(bytes, hello, sizeof(hello));
    assert_int_equal(bind(server, (struct sockaddr *)&to, len), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&to, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, len), 0);
    *ret_peer = accept(server, NULL, NULL);
    close(server);
    wr_track_pending(fd, &to, sizeof(to), wr_now_ns());
    assert_true(wr_track_get(fd, &track));
    wr_talk_connected(fd, &track, WR_DOOR_CALL);
    wr_talk_sent(fd, (struct wr_area){bytes, sizeof(bytes), false, false}, sizeof(bytes));
    assert_true(wr_wire_maybe(fd));
    return fd;
}

static void a_handshake_that_the_peer_ends(void **state)
{
    char byte;
    int peer, fd = in_handshake(&peer);

    (void)state;
    close(peer);
    assert_int_equal(read(fd, &byte, 1), 0);
    wr_talk_received(fd, (struct wr_area){&byte, 1, false, false}, 0, 0);
    assert_int_equal(handshakes + conversations, 0); /* a library may tell more */
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(handshakes, 1);
    assert_int_equal(last_outcome, WR_OUTCOME_CLOSED);
    assert_int_equal(last_door, WR_DOOR_CLOSE);
    assert_false(wr_wire_maybe(fd));
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(handshakes, 1);
    close(fd);
}

static void a_handshake_that_is_dropped(void **state)
{
    int peer, fd = in_handshake(&peer);

    (void)state;
    wr_give_up(fd, WR_DOOR_CLOSE); /* at once */
    assert_int_equal(handshakes, 0);
    close(fd);
    close(peer);
    fd = in_handshake(&peer);
    usleep(1000000);
    wr_give_up(fd, WR_DOOR_SHUTDOWN);
    wr_talk_shut_down(fd);
    assert_int_equal(handshakes, 0);
    wr_give_up(fd, WR_DOOR_REPLACED);
    assert_int_equal(handshakes, 1);
    assert_int_equal(last_outcome, WR_OUTCOME_GAVE_UP);
    close(fd);
    close(peer);
}

static void a_library_tells_it_itself(void **state)
{
    char byte;
    int peer, fd;

    (void)state;
    wr_tls_depth++;
    fd = in_handshake(&peer);
    close(peer);
    wr_talk_received(fd, (struct wr_area){&byte, 1, false, false}, 0, 0);
    wr_tls_depth--;
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(handshakes + conversations, 0);
    close(fd);
}

static void handshakes_of_many(void **state)
{
    int fds[48], peers[48], followed = 0;

    (void)state;
    for (int i = 0; i < 48; i++) {
        fds[i] = in_handshake(&peers[i]);
        followed += wr_wire_maybe(fds[i]);
    }
    assert_int_equal(followed, 48);
    for (int i = 0; i < 48; i++) {
        wr_give_up(fds[i], WR_DOOR_CLOSE);
        close(fds[i]);
        close(peers[i]);
    }
    fds[0] = in_handshake(&peers[0]); /* there is room again */
    wr_give_up(fds[0], WR_DOOR_CLOSE);
    close(fds[0]);
    close(peers[0]);
}

/* Not every way of closing a descriptor is seen. */
static void the_number_comes_again(void **state)
{
    int peer, again, fd = in_handshake(&peer), fd2;

    (void)state;
    close(peer);
    close(fd);
    fd2 = in_handshake(&again);
    assert_true(wr_wire_maybe(fd2));
    close(again);
    wr_talk_received(fd2, (struct wr_area){"", 1, false, false}, 0, 0);
    wr_give_up(fd2, WR_DOOR_CLOSE);
    assert_int_equal(handshakes, 1);
    close(fd2);
}

/* Who has two descriptors of it may go on with the other. */
static void a_duplicate_may_go_on(void **state)
{
    int peer, fd = in_handshake(&peer), copy = dup(fd);

    (void)state;
    usleep(700000);
    wr_track_copy(fd, copy);
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_int_equal(handshakes, 0);
    wr_give_up(copy, WR_DOOR_CLOSE);
    assert_int_equal(handshakes, 0);
    close(fd);
    close(copy);
    close(peer);
}

/* What is not followed any more is still known: whom it was connected to, and its duplicates. */
static void a_descriptor_at_rest(void **state)
{
    int peer, fd = in_handshake(&peer), copy;
    struct wr_track track;

    (void)state;
    wr_track_rest(fd);
    assert_false(wr_track_maybe(fd));
    assert_true(wr_track_knows(fd));
    assert_true(wr_track_any());
    assert_true(wr_track_get(fd, &track));
    assert_int_equal(track.history, WR_HISTORY_CONNECTED);
    assert_true(track.rests);
    copy = dup(fd);
    wr_track_copy(fd, copy);
    assert_false(wr_track_maybe(copy));
    assert_true(wr_track_get(copy, &track) && track.rests && wr_track_has_twin(copy, &track));
    wr_give_up(fd, WR_DOOR_SHUTDOWN);
    assert_true(wr_track_knows(fd));
    wr_give_up(fd, WR_DOOR_CLOSE);
    assert_false(wr_track_knows(fd));
    assert_false(wr_track_get(fd, &track));
    wr_track_end();
    assert_false(wr_track_knows(copy));
    assert_int_equal(conversations + handshakes + given_up, 0);
    close(fd);
    close(copy);
    close(peer);
}

/* A new connection of a number that was at rest is followed from its beginning. */
static void a_number_at_rest_comes_again(void **state)
{
    int peer, again, fd = in_handshake(&peer), fd2;

    (void)state;
    wr_track_rest(fd);
    close(peer);
    close(fd);
    fd2 = in_handshake(&again);
    assert_true(wr_track_maybe(fd2));
    wr_give_up(fd2, WR_DOOR_CLOSE);
    close(fd2);
    close(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_descriptor_at_rest, begin),
        cmocka_unit_test_setup(a_number_at_rest_comes_again, begin),
        cmocka_unit_test_setup(closing_gives_up, begin),
        cmocka_unit_test_setup(shutdown_gives_up_once, begin),
        cmocka_unit_test_setup(an_error_nobody_fetched, begin),
        cmocka_unit_test_setup(a_duplicate_goes_on, begin),
        cmocka_unit_test_setup(another_socket_has_the_number, begin),
        cmocka_unit_test_setup(a_child_has_only_a_copy, begin),
        cmocka_unit_test_setup(another_address_won, begin),
        cmocka_unit_test_setup(the_end_of_the_process, begin),
        cmocka_unit_test_setup(a_range, begin),
        cmocka_unit_test_setup(a_handshake_that_the_peer_ends, begin),
        cmocka_unit_test_setup(a_handshake_that_is_dropped, begin),
        cmocka_unit_test_setup(a_library_tells_it_itself, begin),
        cmocka_unit_test_setup(handshakes_of_many, begin),
        cmocka_unit_test_setup(the_number_comes_again, begin),
        cmocka_unit_test_setup(a_duplicate_may_go_on, begin),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
