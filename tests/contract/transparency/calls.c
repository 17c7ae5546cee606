/* SPDX-License-Identifier: MIT
 * Every hook: success, failure, descriptors that are not ours, hostile arguments. */
#include "observe.h"

#include <poll.h>

#include <linux/errqueue.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Not readable; kept mapped so that nothing else takes the place. */
static void *unreadable(void)
{
    return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* --- connect ------------------------------------------------------------------------------- */

static void connect_refused(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp(), error = -1;
    socklen_t len = sizeof(error);

    OBSERVE(CONNECT(fd, addr));
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
    say("  SO_ERROR %d\n", error);
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(send(fd, "x", 1, MSG_NOSIGNAL));
    OBSERVE(close(fd));
}

static void connect_refused6(void)
{
    struct sockaddr_in6 addr = v6(PORT_CLOSED);
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    OBSERVE(CONNECT(fd, addr));
    addr.sin6_addr.s6_addr[15] = 9;
    OBSERVE(CONNECT(fd, addr));
}

static void connect_works(void)
{
    struct sockaddr_in addr = v4(PORT_OPEN);
    struct sockaddr_in6 addr6 = v6(PORT_OPEN);
    int fd = tcp();

    OBSERVE(CONNECT(fd, addr));
    OBSERVE(CONNECT(fd, addr)); /* EISCONN */
    OBSERVE(CONNECT(fd, addr6));
    OBSERVE(CONNECT(socket(AF_INET6, SOCK_STREAM, 0), addr6));
}

static void connect_pending(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    socklen_t len = sizeof(error);

    OBSERVE(CONNECT(fd, addr));
    OBSERVE(poll(&poll_fd, 1, 5000));
    say("  revents %x\n", (unsigned)poll_fd.revents);
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
    say("  SO_ERROR %d\n", error);
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
    say("  SO_ERROR %d\n", error);
}

/* The error of a pending connect may also come from the next connect(), from a read or a write:
 * each must see it exactly once. */
static void connect_pending_asked_otherwise(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    char byte;

    for (int way = 0; way < 4; way++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

        OBSERVE(CONNECT(fd, addr));
        OBSERVE(poll(&poll_fd, 1, 5000));
        if (way == 0)
            OBSERVE(CONNECT(fd, addr));
        else if (way == 1)
            OBSERVE(read(fd, &byte, 1));
        else if (way == 2)
            OBSERVE(send(fd, "x", 1, MSG_NOSIGNAL));
        OBSERVE(read(fd, &byte, 1));
        OBSERVE(close(fd));
    }
}

static void connect_unix(void)
{
    struct sockaddr_un missing = un("/nonexistent/socket"), file = un("/proc/version");
    struct sockaddr_un here = un("transparency.sock");
    int server = socket(AF_UNIX, SOCK_STREAM, 0);

    OBSERVE(CONNECT(socket(AF_UNIX, SOCK_STREAM, 0), missing));
    OBSERVE(CONNECT(socket(AF_UNIX, SOCK_STREAM, 0), file));
    unlink(here.sun_path);
    OBSERVE(bind(server, (struct sockaddr *)&here, sizeof(here)));
    OBSERVE(CONNECT(socket(AF_UNIX, SOCK_STREAM, 0), here));
    OBSERVE(listen(server, 1));
    OBSERVE(CONNECT(socket(AF_UNIX, SOCK_STREAM, 0), here));
    OBSERVE(CONNECT(socket(AF_UNIX, SOCK_DGRAM, 0), here));
    close(server);
    OBSERVE(CONNECT(socket(AF_UNIX, SOCK_STREAM, 0), here));
    unlink(here.sun_path);
}

static void connect_abstract(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "\0nothing"};

    OBSERVE(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&addr, 10));
    OBSERVE(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&addr, 2));
    OBSERVE(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&addr, 3));
    memset(addr.sun_path, 'x', sizeof(addr.sun_path));
    OBSERVE(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&addr, sizeof(addr)));
}

static void connect_hostile(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    struct sockaddr *bad = unreadable();
    char raw[64] = {0};

    OBSERVE(connect(tcp(), NULL, sizeof(addr)));
    OBSERVE(connect(tcp(), NULL, 0));
    OBSERVE(connect(tcp(), bad, sizeof(addr)));
    OBSERVE(connect(tcp(), (struct sockaddr *)&addr, 0));
    OBSERVE(connect(tcp(), (struct sockaddr *)&addr, 1));
    OBSERVE(connect(tcp(), (struct sockaddr *)&addr, 8));
    OBSERVE(connect(tcp(), (struct sockaddr *)&addr, 0x7fffffff));
    OBSERVE(connect(tcp(), (struct sockaddr *)&addr, (socklen_t)-1));
    memcpy(raw + 1, &addr, sizeof(addr));
    OBSERVE(connect(tcp(), (struct sockaddr *)(raw + 1), sizeof(addr)));
    for (int family = 0; family < 48; family++) {
        memset(raw, 0x41, sizeof(raw));
        memcpy(raw, &(short){(short)family}, 2);
        OBSERVE(connect(tcp(), (struct sockaddr *)raw, sizeof(raw)));
        OBSERVE(connect(socket(AF_INET6, SOCK_STREAM, 0), (struct sockaddr *)raw, sizeof(raw)));
    }
}

/* The address straddles the end of what is mapped. */
static void connect_page_end(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sockaddr_in addr = v4(PORT_CLOSED);

    mprotect(page + 4096, 4096, PROT_NONE);
    memcpy(page + 4096 - sizeof(addr), &addr, sizeof(addr));
    OBSERVE(connect(tcp(), (struct sockaddr *)(page + 4096 - sizeof(addr)), sizeof(addr)));
    OBSERVE(connect(tcp(), (struct sockaddr *)(page + 4096 - sizeof(addr)), 128));
    OBSERVE(connect(tcp(), (struct sockaddr *)(page + 4096 - 4), sizeof(addr)));
}

static void connect_foreign(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int pipes[2];

    OBSERVE(pipe(pipes));
    OBSERVE(CONNECT(pipes[0], addr));
    OBSERVE(CONNECT(-1, addr));
    OBSERVE(CONNECT(999, addr));
    OBSERVE(CONNECT(0x7fffffff, addr));
    OBSERVE(CONNECT(open("/dev/null", O_RDONLY), addr));
    OBSERVE(CONNECT(open("/", O_PATH | O_DIRECTORY), addr));
}

static void connect_elsewhere(void)
{
    struct sockaddr_in addr = v4(80);
    int one = 1, udp = socket(AF_INET, SOCK_DGRAM, 0);

    addr.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1: no route */
    OBSERVE(CONNECT(tcp(), addr));
    OBSERVE(CONNECT(udp, addr));
    addr.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    OBSERVE(CONNECT(tcp(), addr));
    OBSERVE(CONNECT(udp, addr));
    OBSERVE(setsockopt(udp, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)));
    addr = v4(0);
    OBSERVE(CONNECT(tcp(), addr));
    addr.sin_family = AF_UNSPEC;
    OBSERVE(CONNECT(udp, addr));
    OBSERVE(CONNECT(tcp(), addr));
}

/* An ICMP error stays in the program's error queue, and is counted as its SO_ERROR. */
static void connect_error_queue(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1, queue = tcp();
    char control[512], byte[64];
    struct iovec vector = {byte, sizeof(byte)};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

    OBSERVE(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one)));
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(send(fd, "hello", 5, 0));
    OBSERVE(CONNECT(queue, addr));
    OBSERVE(send(fd, "hello", 5, 0));
    for (int i = 0; i < 3; i++) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        OBSERVE(recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT));
        say("  flags %x control %zu\n", (unsigned)message.msg_flags, message.msg_controllen);
    }
    OBSERVE(setsockopt(queue, IPPROTO_IP, IP_RECVERR, &one, sizeof(one)));
    OBSERVE(CONNECT(queue, addr));
    OBSERVE(recvmsg(queue, &message, MSG_ERRQUEUE | MSG_DONTWAIT));
}

/* --- getsockopt ---------------------------------------------------------------------------- */

static void getsockopt_all(void)
{
    struct sockaddr_in addr = v4(PORT_OPEN);
    int fd = tcp(), value = -1, *bad = unreadable();
    socklen_t len = sizeof(value);

    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
    say("  %d %u\n", value, len);
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, bad, &len));
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, (socklen_t *)bad));
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, NULL, NULL));
    len = 0;
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len));
    len = 2;
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len));
    len = (socklen_t)-1;
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len));
    len = sizeof(value);
    OBSERVE(getsockopt(-1, SOL_SOCKET, SO_ERROR, &value, &len));
    OBSERVE(getsockopt(0, SOL_SOCKET, SO_ERROR, &value, &len));
    OBSERVE(getsockopt(fd, 9999, 9999, &value, &len));
    OBSERVE(CONNECT(fd, addr));
    OBSERVE(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len));
    say("  %d %u\n", value, len);
}

/* --- socket, bind, listen ------------------------------------------------------------------ */

static void socket_all(void)
{
    struct rlimit limit = {8, 8};

    OBSERVE(socket(AF_INET, SOCK_STREAM, 0));
    OBSERVE(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    OBSERVE(socket(-1, -1, -1));
    OBSERVE(socket(9999, SOCK_STREAM, 0));
    OBSERVE(socket(AF_INET, 99, 0));
    OBSERVE(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    OBSERVE(socket(AF_UNIX, SOCK_STREAM, 77));
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < 6; i++)
        OBSERVE(socket(AF_INET, SOCK_STREAM, 0));
}

static void bind_all(void)
{
    struct sockaddr_in addr = v4(PORT_OPEN), free_port = v4(4010), far = v4(4011);
    struct sockaddr_un path = un("/nonexistent/dir/s"), taken = un("/proc/version");
    struct sockaddr *bad = unreadable();
    int fd = tcp();

    OBSERVE(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(bind(fd, (struct sockaddr *)&free_port, sizeof(addr)));
    OBSERVE(bind(fd, (struct sockaddr *)&free_port, sizeof(addr)));
    far.sin_addr.s_addr = htonl(0xc0000201);
    OBSERVE(bind(tcp(), (struct sockaddr *)&far, sizeof(far)));
    OBSERVE(bind(tcp(), NULL, 0));
    OBSERVE(bind(tcp(), bad, sizeof(addr)));
    OBSERVE(bind(tcp(), (struct sockaddr *)&addr, 1));
    OBSERVE(bind(tcp(), (struct sockaddr *)&addr, 0x7fffffff));
    OBSERVE(bind(-1, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(bind(0, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&path, sizeof(path)));
    OBSERVE(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&taken, sizeof(taken)));
}

static void listen_all(void)
{
    struct sockaddr_in addr = v4(4012);
    int fd = tcp(), second = tcp(), one = 1;

    OBSERVE(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
    OBSERVE(setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
    OBSERVE(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(bind(second, (struct sockaddr *)&addr, sizeof(addr)));
    OBSERVE(listen(fd, 0));
    OBSERVE(listen(fd, -1));
    OBSERVE(listen(second, 5));
    OBSERVE(listen(tcp(), 5));
    OBSERVE(listen(socket(AF_INET, SOCK_DGRAM, 0), 5));
    OBSERVE(listen(socket(AF_UNIX, SOCK_STREAM, 0), 5));
    OBSERVE(listen(-1, 5));
    OBSERVE(listen(0, 5));
    OBSERVE(CONNECT(fd, addr));
}

/* --- descriptors --------------------------------------------------------------------------- */

static void close_all(void)
{
    int fd = tcp(), pipes[2];

    OBSERVE(pipe(pipes));
    OBSERVE(close(fd));
    OBSERVE(close(fd));
    OBSERVE(close(-1));
    OBSERVE(close(0x7fffffff));
    OBSERVE(close(pipes[0]));
    OBSERVE(fcntl(pipes[0], F_GETFD));
    OBSERVE(fail_once());
    OBSERVE(close(0));
    OBSERVE(fail_once());
    OBSERVE(open("/dev/null", O_RDONLY)); /* must be 0 */
}

static void dup_all(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp(), copy;

    OBSERVE(dup(-1));
    OBSERVE(dup(999));
    OBSERVE(copy = dup(fd));
    OBSERVE(close(fd));
    OBSERVE(CONNECT(copy, addr));
    OBSERVE(dup(1));
}

static void dup2_all(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp();

    OBSERVE(dup2(fd, 40));
    OBSERVE(dup2(40, 40));
    OBSERVE(dup2(999, 40));
    OBSERVE(dup2(999, 999));
    OBSERVE(dup2(fd, -1));
    OBSERVE(dup2(fd, 0x7fffffff));
    OBSERVE(CONNECT(40, addr));
    OBSERVE(dup2(tcp(), 40));
    OBSERVE(CONNECT(40, addr));
}

static void dup3_all(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp();

    OBSERVE(dup3(fd, 41, O_CLOEXEC));
    OBSERVE(dup3(41, 41, 0));
    OBSERVE(dup3(fd, 42, 0x1234));
    OBSERVE(dup3(999, 42, 0));
    OBSERVE(dup3(fd, -1, 0));
    OBSERVE(CONNECT(41, addr));
}

static void fcntl_with(int (*call)(int, int, ...))
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct sockaddr_in addr = v4(PORT_CLOSED);
    int fd = tcp(), file = open("transparency.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct f_owner_ex owner = {F_OWNER_PID, 1};

    OBSERVE(call(fd, F_DUPFD, 50));
    OBSERVE(call(fd, F_DUPFD_CLOEXEC, 50));
    OBSERVE(call(fd, F_DUPFD, -1));
    OBSERVE(call(-1, F_DUPFD, 0));
    OBSERVE(call(fd, F_GETFL));
    OBSERVE(call(fd, F_SETFL, O_NONBLOCK));
    OBSERVE(call(fd, F_GETFL));
    OBSERVE(call(fd, F_SETFL, 0));
    OBSERVE(call(fd, F_GETFD));
    OBSERVE(call(fd, F_SETFD, FD_CLOEXEC));
    OBSERVE(call(fd, 12345, 7));
    OBSERVE(call(file, F_SETLK, &lock));
    OBSERVE(call(file, F_OFD_SETLK, &lock));
    OBSERVE(call(file, F_GETLK, &lock));
    say("  type %d\n", lock.l_type);
    OBSERVE(call(file, F_SETLK, NULL));
    OBSERVE(call(fd, F_SETOWN_EX, &owner));
    OBSERVE(call(fd, F_GETOWN));
    OBSERVE(call(999, F_GETFL));
    OBSERVE(CONNECT(50, addr));
    unlink("transparency.lock");
}

static void fcntl_all(void)
{
    fcntl_with(fcntl);
}

static void fcntl64_all(void)
{
    int (*call)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_DEFAULT, "fcntl64");

    if (call != NULL)
        fcntl_with(call);
}

/* --- what is watched for filters ------------------------------------------------------------ */

static void prctl_all(void)
{
    char name[16] = "";

    OBSERVE(prctl(PR_SET_NAME, "transparent"));
    OBSERVE(prctl(PR_GET_NAME, name));
    say("  name %s\n", name);
    OBSERVE(prctl(PR_GET_DUMPABLE));
    OBSERVE(prctl(PR_GET_SECCOMP));
    OBSERVE(prctl(PR_SET_SECCOMP, 99, NULL));
    OBSERVE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL));
    OBSERVE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (void *)8));
    OBSERVE(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 99999, 0, 0));
    OBSERVE(prctl(-1, 1, 2, 3, 4));
}

static void syscall_all(void)
{
    struct sockaddr_in addr = v4(PORT_CLOSED);
    char bytes[4] = "";
    int fd = open("/dev/zero", O_RDONLY);
    long memory;

    OBSERVE(syscall(SYS_getppid) == getppid());
    OBSERVE(syscall(SYS_read, fd, bytes, sizeof(bytes)));
    OBSERVE(syscall(SYS_close, fd));
    OBSERVE(syscall(SYS_close, fd));
    OBSERVE(syscall(SYS_connect, tcp(), &addr, sizeof(addr)));
    /* six arguments, all of which matter */
    memory = syscall(SYS_mmap, NULL, 4096L, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    OBSERVE(memory != -1 && *(char *)memory == 0);
    OBSERVE(syscall(SYS_munmap, memory, 4096L));
    OBSERVE(syscall(SYS_seccomp, 99, 0, NULL));
    OBSERVE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
    OBSERVE(syscall(SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0));
    OBSERVE(syscall(-1L, 1, 2, 3));
}

/* --- names --------------------------------------------------------------------------------- */

static void resolve(const char *name, const char *service, const struct addrinfo *hints)
{
    struct addrinfo *found = NULL;
    int count = 0;

    errno = 0;
    say("  getaddrinfo(%s, %s) = ", name ? name : "NULL", service ? service : "NULL");
    say("%d", getaddrinfo(name, service, hints, &found));
    for (struct addrinfo *each = found; each != NULL; each = each->ai_next)
        count++;
    say(" %d entries\n", count);
    if (found != NULL) {
        int fd = socket(found->ai_family, SOCK_STREAM, 0);

        OBSERVE(connect(fd, found->ai_addr, found->ai_addrlen));
        close(fd);
        freeaddrinfo(found);
    }
}

static void getaddrinfo_all(void)
{
    struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo bad = {.ai_family = 999}, wrong = {.ai_flags = 0x10000000};
    char name[600];

    resolve("127.0.0.1", "4002", NULL);
    resolve("::1", "4002", &numeric);
    resolve("localhost", "4002", &(struct addrinfo){.ai_family = AF_INET});
    resolve("not numeric", "80", &numeric);
    resolve("127.0.0.1", "no-such-service", NULL);
    resolve(NULL, "4002", NULL);
    resolve("127.0.0.1", NULL, NULL);
    resolve(NULL, NULL, NULL);
    resolve("", "", &numeric);
    resolve("127.0.0.1", "80", &bad);
    resolve("127.0.0.1", "80", &wrong);
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    resolve(name, "80", &numeric);
    resolve("127.0.0.1", name, &numeric);
}

const struct test_case cases[] = {
    {"connect", "refused", connect_refused},
    {"connect", "refused, IPv6", connect_refused6},
    {"connect", "works", connect_works},
    {"connect", "pending", connect_pending},
    {"connect", "pending, asked otherwise", connect_pending_asked_otherwise},
    {"connect", "unix", connect_unix},
    {"connect", "abstract unix", connect_abstract},
    {"connect", "hostile", connect_hostile},
    {"connect", "end of a page", connect_page_end},
    {"connect", "foreign", connect_foreign},
    {"connect", "elsewhere", connect_elsewhere},
    {"connect", "error queue", connect_error_queue},
    {"getsockopt", "all", getsockopt_all},
    {"socket", "all", socket_all},
    {"bind", "all", bind_all},
    {"listen", "all", listen_all},
    {"close", "all", close_all},
    {"dup", "all", dup_all},
    {"dup2", "all", dup2_all},
    {"dup3", "all", dup3_all},
    {"fcntl", "all", fcntl_all},
    {"fcntl64", "all", fcntl64_all},
    {"getaddrinfo", "all", getaddrinfo_all},
    {"prctl", "all", prctl_all},
    {"syscall", "all", syscall_all},
    {0},
};
