/* SPDX-License-Identifier: MIT
 * The program `whyrefused`: which job is asked for. The jobs are in helper.h. */
#include <stdio.h>
#include <string.h>

#include "helper/helper.h"

static const char usage[] =
    "usage: whyrefused [run] [--] COMMAND [ARGUMENT...]   run it, and tell why connections fail\n"
    "       whyrefused check [OPTION...] HOST PORT        connect to it once, and tell why that "
    "fails;\n"
    "                                                     check --help has the options\n"
    "       whyrefused explain [CAUSE | --harmless]       what a cause means and what to do; "
    "without\n"
    "                                                     one, all of them\n"
    "       whyrefused settings                           the settings in force, and from where\n"
    "       whyrefused --help | --version\n";

static const char details[] =
    "\n"
    "Runs COMMAND with libwhyrefused.so in LD_PRELOAD, before what stands there already. Reports "
    "go to\n"
    "standard error, and nothing is printed unless a connection, the lookup of a name or a TLS\n"
    "handshake fails.\n"
    "\n"
    "environment (whyrefused.conf(5) has units and defaults; `whyrefused settings` what is in "
    "force):\n"
    "  WHYREFUSED=0               do nothing\n"
    "  WHYREFUSED_LOG=WHERE       stderr, journal, syslog or the path of a file (%p %e %h "
    "%q{VAR})\n"
    "  WHYREFUSED_FORMAT=FORM     text, short or json\n"
    "  WHYREFUSED_PROBES=TIER     what may be sent to find out: passive, nothing; local, requests "
    "to\n"
    "                             this machine and questions to its nameservers (the default);\n"
    "                             active, also requests to the destination that failed\n"
    "  WHYREFUSED_BUDGET_MS=N     milliseconds of wall-clock time that one report may take (250)\n"
    "  WHYREFUSED_ONLY, _SKIP     programs to report in, and not to report in: a,b*,c\n"
    "  WHYREFUSED_IGNORE=LIST     not these failures: causes, host:port, unix:/path, names\n"
    "  WHYREFUSED_ALSO=LIST       these too: names of `whyrefused explain --harmless`\n"
    "  WHYREFUSED_LIMIT=N         reports in one process (200)\n"
    "  WHYREFUSED_BACKTRACE=HOW   off, symbols or lines\n"
    "  WHYREFUSED_REDACT=SET      what is left out: none, args, hosts, paths\n"
    "  WHYREFUSED_COLOR=WHEN      auto, always or never\n"
    "  WHYREFUSED_DEEPBIND=HOW    drop or keep RTLD_DEEPBIND where a library is opened with it\n"
    "  WHYREFUSED_CONFIG=PATH     the configuration file, or none\n"
    "\n"
    "exit status: that of COMMAND; 125 whyrefused itself failed; 126 COMMAND cannot be executed;\n"
    "127 COMMAND was not found (as env(1)). Of check: 0 connected, 1 failed; of explain: 2 where "
    "there\n"
    "is no such cause; of settings: 1 where a file or a variable has a fault.\n";

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
        return fputs(usage, stdout) < 0 ? printed(WR_EXIT_OWN) : print(details);
    if (strcmp(job, "--version") == 0 || strcmp(job, "-V") == 0)
        return print("whyrefused " WR_VERSION "\n");
    if (strcmp(job, "--try") == 0)
        return printed(wr_helper_try(argv + 2));
    if (strcmp(job, "check") == 0)
        return printed(wr_helper_check(argv + 2));
    if (strcmp(job, "explain") == 0)
        return argc <= 3 ? printed(wr_helper_explain(argv[2]))
                         : misused("explain takes one cause, not also ", argv[3]);
    if (strcmp(job, "settings") == 0)
        return argc == 2 ? printed(wr_helper_settings())
                         : misused("settings takes no argument: ", argv[2]);
    return run(argv + (strcmp(job, "run") == 0 ? 2 : 1));
}
