/* SPDX-License-Identifier: MIT
 * The program `whyrefused`: which job is asked for. The jobs are in helper.h. */
#include <stdio.h>
#include <string.h>

#include "helper/helper.h"

static const char usage[] =
    "usage: whyrefused [run] [--] COMMAND [ARGUMENT...]   run it, and tell why connections fail\n"
    "       whyrefused explain [CAUSE]                    what a cause means and what to do\n"
    "       whyrefused settings                           the settings in force, and from where\n"
    "       whyrefused --help | --version\n";

static int misused(const char *what, const char *argument)
{
    fprintf(stderr, "whyrefused: %s%s\n%s", what, argument, usage);
    return WR_EXIT_OWN;
}

/* Whether what was printed has arrived. */
static int printed(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("whyrefused: standard output");
        return WR_EXIT_OWN;
    }
    return status;
}

static int run(char **argv)
{
    if (argv[0] != NULL && strcmp(argv[0], "--") == 0)
        argv++;
    else if (argv[0] != NULL && argv[0][0] == '-')
        return misused("unknown option ", argv[0]);
    if (argv[0] == NULL)
        return misused("no command is given", "");
    return wr_helper_run(argv);
}

static int print(const char *text)
{
    fputs(text, stdout);
    return printed(0);
}

int main(int argc, char **argv)
{
    const char *job = argc > 1 ? argv[1] : "";

    if (argc < 2)
        return misused("no command is given", "");
    if (strcmp(job, "--worker") == 0)
        return argc == 3 ? wr_helper_worker(argv[2]) : WR_EXIT_OWN;
    if (strcmp(job, "--help") == 0 || strcmp(job, "-h") == 0)
        return print(usage);
    if (strcmp(job, "--version") == 0 || strcmp(job, "-V") == 0)
        return print("whyrefused " WR_VERSION "\n");
    if (strcmp(job, "explain") == 0)
        return argc <= 3 ? printed(wr_helper_explain(argv[2]))
                         : misused("explain takes one cause, not also ", argv[3]);
    if (strcmp(job, "settings") == 0)
        return argc == 2 ? printed(wr_helper_settings())
                         : misused("settings takes no argument: ", argv[2]);
    return run(argv + (strcmp(job, "run") == 0 ? 2 : 1));
}
