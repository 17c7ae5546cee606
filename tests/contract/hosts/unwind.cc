/* SPDX-License-Identifier: MIT
 * C++ beside failing connects: objects are destroyed where a thread is cancelled in connect() or
 * recv(), exceptions pass, and libraries come and go meanwhile. For tests/contract/hosts. */
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <dlfcn.h>
#include <pthread.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static std::atomic<int> alive, destroyed, ready;

struct counted {
    counted()
    {
        alive++;
    }
    ~counted()
    {
        alive--;
        destroyed++;
    }
};

static int fail(unsigned short port)
{
    struct sockaddr_in addr = {};
    int fd = socket(AF_INET, SOCK_STREAM, 0), error;

    addr.sin_family = AF_INET;
    addr.sin_port = htons(port);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    error = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 ? 0 : errno;
    close(fd);
    return error;
}

/* Its queue is full: the next connect() waits. */
static void fill(struct sockaddr_un *addr)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);

    addr->sun_family = AF_UNIX;
    snprintf(addr->sun_path + 1, sizeof(addr->sun_path) - 1, "whyrefused-unwind-%d", getpid());
    if (bind(fd, (struct sockaddr *)addr, sizeof(*addr)) != 0 || listen(fd, 0) != 0 ||
        connect(client, (struct sockaddr *)addr, sizeof(*addr)) != 0)
        perror("fill");
}

static void *wait_in_connect(void *addr)
{
    counted object;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ready++;
    connect(fd, (struct sockaddr *)addr, sizeof(struct sockaddr_un));
    return nullptr;
}

/* On a TCP connection that is new, which is listened to. */
static void *wait_in_recv(void *)
{
    counted object;
    struct sockaddr_in addr = {};
    socklen_t len = sizeof(addr);
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    char byte;

    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&addr, len) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&addr, &len) != 0 ||
        connect(fd, (struct sockaddr *)&addr, len) != 0)
        perror("recv");
    ready++;
    recv(fd, &byte, 1, 0);
    return nullptr;
}

static void *throw_after_failing(void *wrong)
{
    for (int i = 0; i < 50; i++) {
        try {
            counted object;

            if (fail(1) == ECONNREFUSED)
                throw std::runtime_error("refused");
            ++*(std::atomic<int> *)wrong;
        } catch (const std::runtime_error &) {
        }
    }
    return nullptr;
}

static void *load_and_fail(void *wrong)
{
    for (int i = 0; i < 50; i++) {
        void *library = dlopen(i % 2 ? "libresolv.so.2" : "libutil.so.1", RTLD_NOW);

        if (library == nullptr || dlclose(library) != 0 ||
            dlopen("/nonexistent/lib.so", RTLD_NOW) != nullptr)
            ++*(std::atomic<int> *)wrong;
        /* the text that waits is this thread's */
        if (fail(2) != ECONNREFUSED || dlerror() == nullptr)
            ++*(std::atomic<int> *)wrong;
    }
    return nullptr;
}

static int cancel(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    void *result = nullptr;

    ready = 0;
    pthread_create(&thread, nullptr, run, arg);
    while (ready == 0)
        usleep(100);
    usleep(2000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    return result == PTHREAD_CANCELED;
}

int main()
{
    std::atomic<int> wrong{0};
    struct sockaddr_un addr = {};
    pthread_t threads[8];
    int cancelled = 0;

    fill(&addr);
    for (int i = 0; i < 10; i++)
        cancelled += cancel(wait_in_connect, &addr) + cancel(wait_in_recv, nullptr);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], nullptr, i % 2 ? throw_after_failing : load_and_fail, &wrong);
    for (pthread_t thread : threads)
        pthread_join(thread, nullptr);
    fail(3);
    printf("cancelled %d destroyed %d alive %d wrong %d\n", cancelled, (int)destroyed, (int)alive,
           (int)wrong);
    printf("%d %d %d\n", fail(1), fail(2), fail(3));
    return 3;
}
