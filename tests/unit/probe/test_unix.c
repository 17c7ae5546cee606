/* SPDX-License-Identifier: MIT
 * What the unix probe says of real sockets, files and addresses, in a directory of its own. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/probe.h"
#include "probe/unix_work.h"

#define HEAD offsetof(struct sockaddr_un, sun_path)

static struct world {
    struct wr_attempt attempt;
    struct wr_evidence ev;
    struct wr_probe_ctx ctx;
    char scratch[WR_PROBE_SCRATCH] __attribute__((aligned(8)));
} world;

static char directory[64] = "/tmp/whyrefused-unix.XXXXXX";

static int enter(void **state)
{
    (void)state;
    return mkdtemp(directory) != NULL && chdir(directory) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    char command[128];

    (void)state;
    if (chdir("/") != 0)
        return -1;
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command);
}

static const char *in_directory(const char *name)
{
    static char path[108];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

/* Runs the probes on an attempt that is made up, without a connect(). */
static void look(enum wr_call call, int type, const void *name, size_t len, int error)
{
    memset(&world, 0, sizeof(world));
    world.attempt = (struct wr_attempt){.call = call,
                                        .fd = -1,
                                        .error = error,
                                        .domain = AF_UNIX,
                                        .type = type,
                                        .address_len = (socklen_t)(HEAD + len),
                                        .address_read = (socklen_t)(HEAD + len)};
    if (world.attempt.address_read > WR_SOCKADDR_MAX)
        world.attempt.address_read = WR_SOCKADDR_MAX;
    world.attempt.address.un.sun_family = AF_UNIX;
    memcpy(world.attempt.address.bytes + HEAD, name, world.attempt.address_read - HEAD);
    world.ctx = (struct wr_probe_ctx){.attempt = &world.attempt,
                                      .ev = &world.ev,
                                      .until_ns = UINT64_MAX,
                                      .scratch = world.scratch,
                                      .route_fd = -1,
                                      .diag_fd = -1};
    wr_probe_unix(&world.ctx);
    wr_probe_unix_held(&world.ctx);
    wr_netlink_close(world.ctx.diag_fd);
}

/* Connects, and looks at the failure. Returns the errno. */
static int try_name(int type, const void *name, size_t len)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0), error;

    assert_true(fd >= 0 && len <= sizeof(address.sun_path));
    memcpy(address.sun_path, name, len);
    error = connect(fd, (struct sockaddr *)&address, (socklen_t)(HEAD + len)) == 0 ? 0 : errno;
    close(fd);
    assert_int_not_equal(error, 0);
    look(WR_CALL_CONNECT, type, name, len, error);
    return error;
}

static int try_path(int type, const char *path)
{
    return try_name(type, path, strlen(path) + 1);
}

static int bound(int type, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);

    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void is_text(enum wr_fact fact, const char *value)
{
    struct wr_text text = world.ev.value[fact].text;
    char got[512];

    assert_int_equal(world.ev.state[fact], WR_PRESENT);
    assert_true(text.len < sizeof(got));
    memcpy(got, world.ev.text + text.at, text.len);
    got[text.len] = '\0';
    assert_string_equal(got, value);
}

static void is_number(enum wr_fact fact, uint64_t value)
{
    assert_int_equal(world.ev.state[fact], WR_PRESENT);
    assert_int_equal(world.ev.value[fact].number, value);
}

static void is_absent(enum wr_fact fact)
{
    assert_int_equal(world.ev.state[fact], WR_ABSENT);
}

static const struct wr_sock *sock(enum wr_fact fact)
{
    assert_int_equal(world.ev.state[fact], WR_PRESENT);
    return &world.ev.socks[world.ev.value[fact].sock];
}

static void a_path_ends_at_its_terminator_or_at_the_length(void **state)
{
    char full[108];

    (void)state;
    look(WR_CALL_CONNECT, SOCK_STREAM, "/nowhere/a\0b", 12, ENOENT);
    is_text(WR_FACT_unix_path, "/nowhere/a");
    look(WR_CALL_CONNECT, SOCK_STREAM, "/nowhere/abc", 11, ENOENT);
    is_text(WR_FACT_unix_path, "/nowhere/ab");
    is_number(WR_FACT_unix_path_full, 0);
    memset(full, 'x', sizeof(full));
    look(WR_CALL_CONNECT, SOCK_STREAM, full, sizeof(full), ENOENT);
    is_number(WR_FACT_unix_path_length, 108);
    is_number(WR_FACT_unix_path_full, 1);
    is_absent(WR_FACT_unix_path_longer);
}

static void an_abstract_name_keeps_all_its_bytes(void **state)
{
    (void)state;
    look(WR_CALL_CONNECT, SOCK_STREAM, "\0ab\0c\0\0", 7, ECONNREFUSED);
    assert_memory_equal(world.ev.text + world.ev.value[WR_FACT_unix_path].text.at, "@ab\0c", 5);
    is_number(WR_FACT_unix_abstract, 1);
    is_number(WR_FACT_unix_path_length, 6);
    is_number(WR_FACT_unix_padding, 2);
    is_absent(WR_FACT_unix_holder);
}

static void odd_lengths_do_no_harm(void **state)
{
    char bytes[300];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    for (size_t len = 0; len < 290; len++) {
        look(WR_CALL_CONNECT, SOCK_STREAM, bytes, len, EINVAL);
        assert_int_equal(world.ev.state[WR_FACT_unix_path], WR_PRESENT);
    }
    memset(bytes, 0, sizeof(bytes));
    look(WR_CALL_CONNECT, SOCK_STREAM, bytes, 108, ECONNREFUSED);
    is_number(WR_FACT_unix_path_fault, WR_UNIX_FAULT_EMPTY);
    memset(&world.ev, 0, sizeof(world.ev));
    world.attempt.address_read = 1;
    wr_probe_unix(&world.ctx);
    assert_int_equal(world.ev.state[WR_FACT_unix_path], WR_UNKNOWN);
}

static void the_first_missing_part_is_named(void **state)
{
    char path[128];

    (void)state;
    assert_int_equal(try_path(SOCK_STREAM, in_directory("none")), ENOENT);
    is_text(WR_FACT_unix_missing, in_directory("none"));
    is_text(WR_FACT_unix_missing_in, directory);
    is_number(WR_FACT_unix_missing_last, 1);
    is_absent(WR_FACT_unix_link);
    assert_int_equal(try_path(SOCK_STREAM, in_directory("none//a/b")), ENOENT);
    is_text(WR_FACT_unix_missing, in_directory("none"));
    is_number(WR_FACT_unix_missing_last, 0);
    assert_int_equal(try_path(SOCK_STREAM, "none/a"), ENOENT);
    is_text(WR_FACT_unix_missing, "none");
    is_text(WR_FACT_unix_missing_in, directory);
    is_text(WR_FACT_unix_working_directory, directory);
    close(open("file", O_CREAT | O_WRONLY, 0600));
    assert_int_equal(try_path(SOCK_STREAM, in_directory("file/a")), ENOTDIR);
    is_text(WR_FACT_unix_not_directory, in_directory("file"));
    snprintf(path, sizeof(path), "/proc/self/fd/%d/none", open(".", O_PATH));
    assert_int_equal(try_path(SOCK_STREAM, path), ENOENT);
    is_text(WR_FACT_unix_missing, path);
    is_absent(WR_FACT_unix_link);
}

static void links_are_followed(void **state)
{
    (void)state;
    assert_int_equal(symlink("gone/dir", "link"), 0);
    assert_int_equal(symlink("link", "link2"), 0);
    assert_int_equal(symlink(directory, "here"), 0);
    assert_int_equal(symlink("ring", "ring"), 0);
    assert_int_equal(try_path(SOCK_STREAM, in_directory("link2/a")), ENOENT);
    is_text(WR_FACT_unix_link, in_directory("link2"));
    is_text(WR_FACT_unix_link_target, "link");
    is_text(WR_FACT_unix_missing, in_directory("gone"));
    is_number(WR_FACT_unix_link_ring, 0);
    assert_int_equal(try_path(SOCK_STREAM, in_directory("here/here/a")), ENOENT);
    is_absent(WR_FACT_unix_link);
    is_text(WR_FACT_unix_missing, in_directory("a"));
    assert_int_equal(try_path(SOCK_STREAM, in_directory("here/link")), ENOENT);
    is_text(WR_FACT_unix_link, in_directory("link"));
    assert_int_equal(try_path(SOCK_STREAM, in_directory("ring/a")), ELOOP);
    is_text(WR_FACT_unix_link, in_directory("ring"));
    is_number(WR_FACT_unix_link_ring, 1);
}

static void a_stale_file_is_told_from_one_that_is_held(void **state)
{
    int fd = bound(SOCK_STREAM, "stale");

    (void)state;
    assert_int_equal(try_path(SOCK_STREAM, in_directory("stale")), ECONNREFUSED);
    is_text(WR_FACT_unix_file_type, "socket");
    is_number(WR_FACT_unix_held, 1);
    assert_int_equal(sock(WR_FACT_unix_holder)->state, 13);
    assert_int_equal(sock(WR_FACT_unix_holder)->pid, getpid());
    is_number(WR_FACT_unix_holder_type, SOCK_STREAM);
    is_number(WR_FACT_unix_holder_shutdown, 0);
    assert_int_equal(try_path(SOCK_DGRAM, in_directory("stale")), EPROTOTYPE);
    is_number(WR_FACT_unix_holder_type, SOCK_STREAM);
    close(fd);
    assert_int_equal(try_path(SOCK_STREAM, "stale"), ECONNREFUSED);
    is_number(WR_FACT_unix_held, 0);
    is_absent(WR_FACT_unix_holder);
    assert_int_equal(try_path(SOCK_STREAM, in_directory("file")), ECONNREFUSED);
    is_text(WR_FACT_unix_file_type, "regular file");
}

static void a_full_queue_is_seen(void **state)
{
    int fd = bound(SOCK_STREAM, "full"), clients[2];
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "full"};

    (void)state;
    assert_int_equal(listen(fd, 1), 0);
    for (int i = 0; i < 2; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(clients[i], (struct sockaddr *)&address, sizeof(address)), 0);
    }
    assert_int_equal(try_path(SOCK_STREAM, in_directory("full")), EAGAIN);
    is_number(WR_FACT_unix_queue_full, 1);
    assert_int_equal(sock(WR_FACT_unix_holder)->queue, 2);
    assert_int_equal(sock(WR_FACT_unix_holder)->queue_max, 1);
    shutdown(fd, SHUT_RDWR);
    for (int i = 0; i < 2; i++)
        close(clients[i]);
    assert_int_equal(try_path(SOCK_STREAM, in_directory("full")), ECONNREFUSED);
    is_number(WR_FACT_unix_holder_shutdown, 1);
    close(fd);
}

static void another_path_is_found_where_it_can_be_reached(void **state)
{
    int fd = bound(SOCK_STREAM, in_directory("whyrefused-one.sock"));

    (void)state;
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(try_path(SOCK_STREAM, "/run/whyrefused-one.sock"), ENOENT);
    is_text(WR_FACT_unix_elsewhere, in_directory("whyrefused-one.sock"));
    assert_int_equal(sock(WR_FACT_unix_elsewhere_socket)->state, TCP_LISTEN);
    unlink(in_directory("whyrefused-one.sock"));
    assert_int_equal(try_path(SOCK_STREAM, "/run/whyrefused-one.sock"), ENOENT);
    is_absent(WR_FACT_unix_elsewhere);
    assert_int_equal(try_path(SOCK_STREAM, in_directory("whyrefused-one.sock")), ENOENT);
    assert_int_equal(sock(WR_FACT_unix_lost)->state, TCP_LISTEN);
    close(fd);
}

static void abstract_names_are_compared_byte_by_byte(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0whyrefused-unit"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, HEAD + 16), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(try_name(SOCK_STREAM, address.sun_path, 108), ECONNREFUSED);
    is_number(WR_FACT_unix_near_name, 1);
    is_absent(WR_FACT_unix_holder);
    assert_int_equal(try_name(SOCK_SEQPACKET, address.sun_path, 16), ECONNREFUSED);
    is_number(WR_FACT_unix_holder_type, SOCK_STREAM);
    assert_int_equal(try_path(SOCK_STREAM, "@whyrefused-unit"), ENOENT);
    is_number(WR_FACT_unix_path_fault, WR_UNIX_FAULT_AT);
    is_number(WR_FACT_unix_path_meant_exists, 1);
    close(fd);
}

static void what_was_meant(const char *path, enum wr_unix_fault fault, const char *meant)
{
    try_path(SOCK_STREAM, path);
    is_number(WR_FACT_unix_path_fault, fault);
    is_text(WR_FACT_unix_path_meant, meant);
}

static void odd_strings_are_repaired(void **state)
{
    (void)state;
    what_was_meant("unix:///run/x", WR_UNIX_FAULT_SCHEME, "/run/x");
    what_was_meant("unix://run/x", WR_UNIX_FAULT_SCHEME, "/run/x");
    what_was_meant("unix:run/x", WR_UNIX_FAULT_SCHEME, "run/x");
    what_was_meant("file:/run/x", WR_UNIX_FAULT_SCHEME, "/run/x");
    what_was_meant("http+unix://%2Frun%2fx", WR_UNIX_FAULT_SCHEME, "/run/x");
    what_was_meant("http://unix:/run/x", WR_UNIX_FAULT_SCHEME, "/run/x");
    what_was_meant("\"unix:///run/x\"\n", WR_UNIX_FAULT_SCHEME, "/run/x");
    what_was_meant("/run/x\r\n", WR_UNIX_FAULT_NEWLINE, "/run/x");
    what_was_meant("/run/x ", WR_UNIX_FAULT_BLANK, "/run/x");
    what_was_meant(" /run/x", WR_UNIX_FAULT_BLANK, "/run/x");
    what_was_meant("'/run/x'", WR_UNIX_FAULT_QUOTE, "/run/x");
    what_was_meant("/run/${NAME}/x", WR_UNIX_FAULT_VARIABLE, "/run/${NAME}/x");
    what_was_meant("/run/$NAME/x", WR_UNIX_FAULT_VARIABLE, "/run/$NAME/x");
    what_was_meant("~other/x", WR_UNIX_FAULT_TILDE, "~other/x");
    try_path(SOCK_STREAM, "/run/whyrefused:none");
    is_absent(WR_FACT_unix_path_fault);
    try_path(SOCK_STREAM, "/run/whyrefused$1");
    is_absent(WR_FACT_unix_path_fault);
    try_path(SOCK_STREAM, "/run/whyrefused-none");
    is_absent(WR_FACT_unix_path_fault);
}

static void a_cut_path_is_completed(void **state)
{
    char name[160], path[108];
    size_t len = strlen(directory) + 1;

    (void)state;
    memset(name, 'x', sizeof(name));
    name[150] = '\0';
    close(open(name, O_CREAT | O_WRONLY, 0600));
    snprintf(path, sizeof(path), "%s/%.*s", directory, (int)(107 - len), name);
    assert_int_equal(strlen(path), 107);
    assert_int_equal(try_path(SOCK_STREAM, path), ENOENT);
    is_number(WR_FACT_unix_path_full, 1);
    assert_int_equal(world.ev.value[WR_FACT_unix_path_longer].text.len, len + 150);
}

static void a_bind_asks_for_the_directory_only(void **state)
{
    (void)state;
    look(WR_CALL_BIND, SOCK_STREAM, "new/a", 6, ENOENT);
    is_text(WR_FACT_unix_missing, "new");
    look(WR_CALL_BIND, SOCK_STREAM, "new", 4, EACCES);
    assert_int_equal(world.ev.state[WR_FACT_unix_missing], WR_UNKNOWN);
}

static void a_mode_that_allows_it_is_not_blamed(void **state)
{
    (void)state;
    look(WR_CALL_LISTEN, SOCK_STREAM, "a", 2, EACCES);
    wr_unix_denied(&world.ctx, directory, true, X_OK);
    assert_int_equal(world.ev.state[WR_FACT_unix_denied], WR_UNKNOWN);
    assert_int_equal(mkdir("closed", 0010), 0);
    assert_int_equal(chmod("closed", 0010), 0);
    wr_unix_denied(&world.ctx, in_directory("closed"), true, X_OK);
    is_text(WR_FACT_unix_denied, in_directory("closed"));
    is_text(WR_FACT_unix_denied_mode, "d-----x---");
    is_number(WR_FACT_unix_denied_write, 0);
    is_number(WR_FACT_unix_group_allows, 0); /* the user owns it: its group does not count */
}

static void other_attempts_are_left_alone(void **state)
{
    (void)state;
    look(WR_CALL_LISTEN, SOCK_STREAM, "a", 2, EINVAL);
    assert_int_equal(world.ev.state[WR_FACT_unix_path], WR_UNKNOWN);
    world.attempt.call = WR_CALL_CONNECT;
    world.attempt.domain = AF_INET;
    wr_probe_unix(&world.ctx);
    assert_int_equal(world.ev.state[WR_FACT_unix_path], WR_UNKNOWN);
}

static void daemons_are_known_by_their_paths(void **state)
{
    (void)state;
    assert_string_equal(wr_unix_known("/var/run/docker.sock")->daemon, "docker");
    assert_string_equal(wr_unix_known("/data/.s.PGSQL.5433")->daemon, "postgres");
    assert_string_equal(wr_unix_known("/opt/x/mysqld.sock")->daemon, "mysqld");
    assert_null(wr_unix_known("/opt/x/api.sock"));
    assert_null(wr_unix_known(""));
    assert_true(wr_unix_alternate(wr_unix_known("/tmp/mysql.sock"), "/var/run/mysqld/mysqld.sock"));
    assert_false(wr_unix_telling_name("/a/socket", "/b/socket"));
    assert_true(wr_unix_telling_name("/a/redis.sock", "/b/redis.sock"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_ends_at_its_terminator_or_at_the_length),
        cmocka_unit_test(an_abstract_name_keeps_all_its_bytes),
        cmocka_unit_test(odd_lengths_do_no_harm),
        cmocka_unit_test(the_first_missing_part_is_named),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(a_stale_file_is_told_from_one_that_is_held),
        cmocka_unit_test(a_full_queue_is_seen),
        cmocka_unit_test(another_path_is_found_where_it_can_be_reached),
        cmocka_unit_test(abstract_names_are_compared_byte_by_byte),
        cmocka_unit_test(odd_strings_are_repaired),
        cmocka_unit_test(a_cut_path_is_completed),
        cmocka_unit_test(a_bind_asks_for_the_directory_only),
        cmocka_unit_test(a_mode_that_allows_it_is_not_blamed),
        cmocka_unit_test(other_attempts_are_left_alone),
        cmocka_unit_test(daemons_are_known_by_their_paths),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
