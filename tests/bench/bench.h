/* SPDX-License-Identifier: MIT
 * Paired timing: in every round each variant runs once, in a new random order; a figure is the
 * median over the rounds of the difference or the ratio to the first variant in the same round. */
#ifndef WR_TESTS_BENCH_H
#define WR_TESTS_BENCH_H

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define VARIANTS_MAX 8

static inline double now_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* A listening socket at that address; its port is filled in. */
static inline int listen_at(struct sockaddr_in *address, int backlog)
{
    socklen_t len = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(fd, (struct sockaddr *)address, len) < 0 || listen(fd, backlog) < 0 ||
        getsockname(fd, (struct sockaddr *)address, &len) < 0)
        exit(1);
    return fd;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static inline double median(const double *values, unsigned count)
{
    double *sorted = malloc(count * sizeof(*sorted)), result;

    memcpy(sorted, values, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_doubles);
    result = sorted[count / 2];
    free(sorted);
    return result;
}

struct variants {
    unsigned count, rounds;
    const char *name[VARIANTS_MAX];
    double *sample[VARIANTS_MAX]; /* microseconds, one a round */
};

/* Fills the samples by calling measure(variant) in shuffled order. */
static inline void run_rounds(struct variants *v, double (*measure)(unsigned variant))
{
    unsigned order[VARIANTS_MAX];

    for (unsigned i = 0; i < v->count; i++) {
        order[i] = i;
        v->sample[i] = calloc(v->rounds, sizeof(double));
    }
    for (unsigned round = 0; round < v->rounds; round++) {
        for (unsigned i = v->count - 1; i > 0; i--) {
            unsigned j = (unsigned)rand() % (i + 1), other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        for (unsigned i = 0; i < v->count; i++)
            v->sample[order[i]][round] = measure(order[i]);
    }
}

/* Median of sample[variant] - sample[0], in microseconds. */
static inline double paired_difference(const struct variants *v, unsigned variant)
{
    double *d = malloc(v->rounds * sizeof(*d)), result;

    for (unsigned i = 0; i < v->rounds; i++)
        d[i] = v->sample[variant][i] - v->sample[0][i];
    result = median(d, v->rounds);
    free(d);
    return result;
}

static inline double paired_ratio(const struct variants *v, unsigned variant)
{
    double *d = malloc(v->rounds * sizeof(*d)), result;

    for (unsigned i = 0; i < v->rounds; i++)
        d[i] = v->sample[variant][i] / v->sample[0][i];
    result = median(d, v->rounds);
    free(d);
    return result;
}

static inline void print_variants(const struct variants *v, const char *unit, double scale)
{
    printf("  %-34s %12s %12s %8s\n", "variant", unit, "difference", "ratio");
    for (unsigned i = 0; i < v->count; i++)
        printf("  %-34s %12.3f %+12.3f %8.3f\n", v->name[i],
               median(v->sample[i], v->rounds) * scale, paired_difference(v, i) * scale,
               paired_ratio(v, i));
}

#endif
