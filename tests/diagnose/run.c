/* SPDX-License-Identifier: MIT
 * Golden facts of every cause, then the checks of the whole catalogue:
 * golden DIRECTORY [GLOB]. The last line is `N passed, N failed`. */
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "facts.h"

static unsigned passed_count, failed_count;
bool traced[WR_FACTS];

void wr_ev_trace(enum wr_fact fact)
{
    traced[fact] = true;
}

void passed(const char *name)
{
    (void)name;
    passed_count++;
}

void failed(const char *name, const char *why, ...)
{
    va_list args;

    failed_count++;
    printf("FAILED %s: ", name);
    va_start(args, why);
    vprintf(why, args);
    va_end(args);
    putchar('\n');
}

static void print_others(const char *what, const struct wr_cause *const *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        printf("%s%s", i == 0 ? what : ", ", list[i]->id);
    if (count > 0)
        putchar('\n');
}

static void check_golden(const struct golden *golden)
{
    struct wr_verdict verdict;

    wr_diagnose(&golden->ev, &verdict);
    if (verdict.cause != golden->cause || verdict.confidence != golden->confidence) {
        failed(golden->name, "%s %s, not %s %s", verdict.cause->id, match_name(verdict.confidence),
               golden->cause->id, match_name(golden->confidence));
        printf("    %s itself: %s\n", golden->cause->id,
               match_name(golden->cause->match(&golden->ev)));
        print_others("    also: ", verdict.runners_up, verdict.runners_up_count);
        print_others("    ruled out: ", verdict.ruled_out, verdict.ruled_out_count);
        return;
    }
    for (unsigned i = 0; i < golden->ruled_out_count; i++) {
        enum wr_match match = golden->ruled_out[i]->match(&golden->ev);

        if (match != WR_MATCH_RULED_OUT) {
            failed(golden->name, "%s is %s, not ruled out", golden->ruled_out[i]->id,
                   match_name(match));
            return;
        }
    }
    passed(golden->name);
}

int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : "tests/diagnose";
    const char *only = argc > 2 ? argv[2] : "*";
    struct golden *goldens;
    unsigned count = 0;
    char pattern[4096];
    glob_t found;

    snprintf(pattern, sizeof(pattern), "%s/*/*.facts", dir);
    if (glob(pattern, 0, NULL, &found) != 0)
        found.gl_pathc = 0;
    goldens = calloc(found.gl_pathc + 1, sizeof(*goldens));
    if (goldens == NULL)
        return 1;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct golden *golden = &goldens[count];
        const char *name = found.gl_pathv[i] + strlen(dir) + 1;
        const char *problem = golden_read(found.gl_pathv[i], golden);

        if (problem != NULL) {
            failed(name, "%s", problem);
            continue;
        }
        golden->name = name;
        if (fnmatch(only, name, 0) == 0 || fnmatch(only, golden->cause->id, 0) == 0)
            check_golden(golden);
        count++;
    }
    if (argc <= 2)
        check_catalogue(goldens, count);
    printf("%u passed, %u failed\n", passed_count, failed_count);
    free(goldens);
    globfree(&found);
    return failed_count == 0 ? 0 : 1;
}
