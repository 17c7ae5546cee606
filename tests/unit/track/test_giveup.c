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
#include "track/giveup.h"
#include "track/names.h"
#include "track/successes.h"
#include "track/track.h"

/* --- instead of failure.c and speak.c
 * -------------------------------------------------------------------- */

static int given_up, failed, failed_error, conversations;
static enum wr_door last_door;

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
    given_up = failed = conversations = 0;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(closing_gives_up, begin),
        cmocka_unit_test_setup(shutdown_gives_up_once, begin),
        cmocka_unit_test_setup(an_error_nobody_fetched, begin),
        cmocka_unit_test_setup(a_duplicate_goes_on, begin),
        cmocka_unit_test_setup(another_socket_has_the_number, begin),
        cmocka_unit_test_setup(a_child_has_only_a_copy, begin),
        cmocka_unit_test_setup(another_address_won, begin),
        cmocka_unit_test_setup(the_end_of_the_process, begin),
        cmocka_unit_test_setup(a_range, begin),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
