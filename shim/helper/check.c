/* SPDX-License-Identifier: MIT
 * `whyrefused check`: reads what is to be tried, and becomes the program again with the library in
 * LD_PRELOAD: try.c then tries it, and the library tells of what fails. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/check.h"
#include "helper/helper.h"

#define TIMEOUT_MAX 3600.0

static const char usage[] =
    "usage: whyrefused check [--active | --passive] [-4 | -6] [--tls | --udp] [--timeout SECONDS]\n"
    "                        [--format text|short|json] HOST PORT\n";

static const char details[] =
    "\n"
    "Connects once, and tells why where it fails. A peer that hangs up within 0.2 seconds without "
    "a\n"
    "word is a failure, too. In place of HOST PORT: HOST:PORT, [ADDRESS]:PORT, a URL "
    "(scheme://host/,\n"
    "with the scheme's usual port unless one is given; https:// and its like mean --tls), "
    "unix:/PATH\n"
    "or unix:@NAME. PORT is a number or the name of a service.\n"
    "\n"
    "  --active           where it fails, also send probes to the destination and along the way\n"
    "                     to it, to find where packets stop\n"
    "  --passive          where it fails, send nothing to find out why; the connection itself is\n"
    "                     tried all the same. Without either, as WHYREFUSED_PROBES says (local)\n"
    "  -4, -6             only addresses of that family\n"
    "  --tls              shake hands after connecting, by OpenSSL's libssl, with the authorities\n"
    "                     that it trusts by default; the certificate has to be valid for HOST\n"
    "  --udp              send one empty datagram. No answer is no failure: many servers give\n"
    "                     none\n"
    "  --timeout SECONDS  how long to wait for each address, and for the handshake (there at "
    "least\n"
    "                     1.2); 0.001 to 3600, by default 3, for an answer over UDP 1. The lookup\n"
    "                     of a name takes as long as the resolver lets it\n"
    "  --format FORM      the report's form: text, short (one line) or json (one object)\n"
    "\n"
    "Standard output has a line for each address that was tried, standard error the report.\n"
    "WHYREFUSED_ variables and configuration files count as ever, but for those that would "
    "silence\n"
    "the report or send it elsewhere: WHYREFUSED, _LOG, _ONLY, _SKIP, _IGNORE, _LIMIT.\n"
    "Without WHYREFUSED_BACKTRACE there is no call stack, it would be that of whyrefused; without\n"
    "WHYREFUSED_BUDGET_MS the report may take 2 seconds, with --active 5.\n"
    "\n"
    "exit status: 0 connected (over UDP: no error came back); 1 failed, and a report was written;\n"
    "125 whyrefused itself failed or was misused.\n";

struct options {
    struct wr_check_target target;
    const char *probes, *format; /* NULL = as set */
    char family;                 /* '4', '6', or '0' for both */
    bool tls, udp;
    long timeout_ms; /* 0 = the usual one */
};

static bool misused(const char *what, const char *argument)
{
    fprintf(stderr, "whyrefused: check: %s%s\n%s", what, argument, usage);
    return false;
}

static bool take_timeout(const char *value, struct options *options)
{
    char *end;
    double seconds = strtod(value, &end);

    if (end == value || *end != '\0' || !(seconds >= 0.001 && seconds <= TIMEOUT_MAX))
        return misused("--timeout takes seconds, from 0.001 to 3600, not ", value);
    options->timeout_ms = (long)(seconds * 1000 + 0.5);
    return true;
}

static bool take_format(const char *value, struct options *options)
{
    options->format = value;
    return strcmp(value, "text") == 0 || strcmp(value, "short") == 0 ||
           strcmp(value, "json") == 0 || misused("--format takes text, short or json, not ", value);
}

static bool take_probes(const char *value, struct options *options)
{
    if (options->probes != NULL && strcmp(options->probes, value) != 0)
        return misused("--active and --passive exclude each other", "");
    options->probes = value;
    return true;
}

static bool take_family(char value, struct options *options)
{
    if (options->family != '0' && options->family != value)
        return misused("-4 and -6 exclude each other", "");
    options->family = value;
    return true;
}

/* The value of an option that takes one: "--name=value", or the next argument. */
static const char *value_of(const char *name, char ***at)
{
    size_t len = strlen(name);

    if (strncmp(**at, name, len) != 0)
        return NULL;
    if ((**at)[len] == '=')
        return **at + len + 1;
    if ((**at)[len] != '\0')
        return NULL;
    if ((*at)[1] == NULL)
        return "";
    return *++*at;
}

static bool take_option(char ***at, struct options *options)
{
    const char *option = **at, *value;

    if (strcmp(option, "--active") == 0 || strcmp(option, "--passive") == 0)
        return take_probes(option + 2, options);
    if (strcmp(option, "-4") == 0 || strcmp(option, "-6") == 0)
        return take_family(option[1], options);
    if (strcmp(option, "--tls") == 0)
        return options->tls = true;
    if (strcmp(option, "--udp") == 0)
        return options->udp = true;
    if ((value = value_of("--timeout", at)) != NULL)
        return take_timeout(value, options);
    if ((value = value_of("--format", at)) != NULL)
        return take_format(value, options);
    return misused("unknown option ", option);
}

static bool take_way(struct options *options)
{
    enum wr_check_way way = options->target.way;

    if (way == WR_CHECK_UNIX && (options->tls || options->udp || options->family != '0'))
        return misused("of a unix socket there is no -4, -6, --tls or --udp: ",
                       options->target.host);
    if ((options->tls && options->udp) || (options->udp && way == WR_CHECK_TLS) ||
        (options->tls && way == WR_CHECK_UDP))
        return misused("TLS goes over TCP, not over UDP", "");
    if (options->udp)
        options->target.way = WR_CHECK_UDP;
    if (options->tls)
        options->target.way = WR_CHECK_TLS;
    return true;
}

static bool parse(char **argv, struct options *options)
{
    const char *words[2] = {NULL, NULL};
    unsigned count = 0;
    bool all_words = false;

    for (; *argv != NULL; argv++) {
        if (!all_words && strcmp(*argv, "--") == 0) {
            all_words = true;
        } else if (!all_words && (*argv)[0] == '-') {
            if (!take_option(&argv, options))
                return false;
        } else if (count == 2) {
            return misused("it takes HOST and PORT, not also ", *argv);
        } else {
            words[count++] = *argv;
        }
    }
    if (count == 0)
        return misused("no HOST is given", "");
    return wr_check_target(words[0], words[1], &options->target) && take_way(options);
}

/* Asked for by name: no setting that is meant for programs may keep it silent. */
static bool set_environment(const struct options *options)
{
    enum wr_check_way way = options->target.way;
    bool active = options->probes != NULL && strcmp(options->probes, "active") == 0;

    return setenv("WHYREFUSED", "1", 1) == 0 && setenv("WHYREFUSED_LOG", "stderr", 1) == 0 &&
           setenv("WHYREFUSED_ONLY", "", 1) == 0 && setenv("WHYREFUSED_SKIP", "", 1) == 0 &&
           setenv("WHYREFUSED_IGNORE", "", 1) == 0 && setenv("WHYREFUSED_LIMIT", "200", 1) == 0 &&
           /* not more than what was asked for: the lookup's own attempts are still nobody's concern
            */
           (way != WR_CHECK_UNIX || setenv("WHYREFUSED_ALSO", "*", 1) == 0) &&
           (way != WR_CHECK_UDP || setenv("WHYREFUSED_ALSO", "source_*", 1) == 0) &&
           (options->probes == NULL || setenv("WHYREFUSED_PROBES", options->probes, 1) == 0) &&
           (options->format == NULL || setenv("WHYREFUSED_FORMAT", options->format, 1) == 0) &&
           setenv("WHYREFUSED_BUDGET_MS", active ? "5000" : "2000", 0) == 0 &&
           setenv("WHYREFUSED_BACKTRACE", "off", 0) == 0;
}

int wr_helper_check(char **argv)
{
    static const char *const ways[WR_CHECK_WAYS] = {"tcp", "tls", "udp", "unix"};
    static struct options options = {.family = '0'};
    char self[PATH_MAX], family[2] = {'\0'}, timeout[32];

    if (argv[0] != NULL && strcmp(argv[0], "--help") == 0)
        return fputs(usage, stdout) < 0 || fputs(details, stdout) < 0 ? WR_EXIT_OWN : 0;
    if (!parse(argv, &options) || !wr_helper_preload() || !wr_helper_self(self))
        return WR_EXIT_OWN;
    if (!set_environment(&options)) {
        fprintf(stderr, "whyrefused: the environment cannot be set: %s\n", strerror(errno));
        return WR_EXIT_OWN;
    }
    family[0] = options.family;
    if (options.timeout_ms == 0)
        options.timeout_ms = options.target.way == WR_CHECK_UDP ? 1000 : 3000;
    snprintf(timeout, sizeof(timeout), "%ld", options.timeout_ms);
    execl(self, "whyrefused", "--try", ways[options.target.way], family, timeout,
          options.target.host, options.target.service, (char *)NULL);
    fprintf(stderr, "whyrefused: %s: %s\n", self, strerror(errno));
    return WR_EXIT_OWN;
}
