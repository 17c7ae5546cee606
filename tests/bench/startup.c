/* SPDX-License-Identifier: MIT
 * What a preloaded object costs /bin/true: CPU time of the child, user and system.
 * usage: startup ROUNDS EMPTY.so WHYREFUSED.so [EATMYDATA.so] */
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench.h"

static char preload[VARIANTS_MAX][4200];

static double spawn_true(unsigned variant)
{
    char *argv[] = {"/bin/true", NULL};
    char *envp[] = {preload[variant], NULL};
    struct rusage usage;
    pid_t pid;
    int status;

    if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp) != 0 ||
        wait4(pid, &status, 0, &usage) != pid || status != 0) {
        fprintf(stderr, "startup: %s: /bin/true failed\n", preload[variant]);
        exit(1);
    }
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
    struct variants v = {.count = 2, .name = {"no preload", "no preload again (A/A control)"}};
    static const char *const names[] = {"empty object, linked alike", "libwhyrefused.so",
                                        "libeatmydata.so"};

    if (argc < 4)
        return 2;
    v.rounds = (unsigned)atoi(argv[1]);
    snprintf(preload[0], sizeof(preload[0]), "NONE=");
    snprintf(preload[1], sizeof(preload[1]), "NONE=");
    for (int i = 2; i < argc && i < 5; i++) {
        v.name[v.count] = names[i - 2];
        snprintf(preload[v.count++], sizeof(preload[0]), "LD_PRELOAD=%s", argv[i]);
    }
    run_rounds(&v, spawn_true);
    print_variants(&v, "us CPU", 1);
    printf("  ratio to the empty object, whole process: %.3f (goal: at most 1.15)\n",
           median(v.sample[3], v.rounds) / median(v.sample[2], v.rounds));
    printf("  extra cost relative to the empty object's: %.2f\n",
           paired_difference(&v, 3) / paired_difference(&v, 2));
    if (v.count > 4)
        printf("  extra cost relative to libeatmydata's: %.2f (goal: at most 0.60)\n",
               paired_difference(&v, 3) / paired_difference(&v, 4));
    return 0;
}
