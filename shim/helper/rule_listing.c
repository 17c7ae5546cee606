/* SPDX-License-Identifier: MIT
 * See rule_listing.h. */
#include "helper/rule_listing.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Begin of the line that ends in "# handle N"; NULL where there is none. *ret_len: without that. */
static const char *find_handle(const char *listing, uint64_t handle, size_t *ret_len)
{
    char mark[40];
    size_t mark_len =
        (size_t)snprintf(mark, sizeof(mark), " # handle %llu\n", (unsigned long long)handle);
    const char *end = listing, *begin;

    while ((end = strstr(end, mark)) != NULL) {
        begin = end;
        while (begin > listing && begin[-1] != '\n')
            begin--;
        if (strncmp(begin + strspn(begin, " \t"), "chain ", 6) != 0)
            break;
        end += mark_len;
    }
    if (end == NULL)
        return NULL;
    /* long lists of values fill several lines, of which only the last has the mark */
    while (begin > listing) {
        const char *before = begin - 1;

        while (before > listing && before[-1] != '\n')
            before--;
        if (memmem(before, (size_t)(begin - before), "# handle ", 9) != NULL ||
            strncmp(before + strspn(before, " \t"), "type ", 5) == 0 ||
            strncmp(before + strspn(before, " \t"), "comment ", 8) == 0)
            break;
        begin = before;
    }
    *ret_len = (size_t)(end - begin);
    return begin;
}

/* One line, one blank between words. */
static void take_text(char *to, size_t room, const char *from, size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < len && used + 1 < room; i++) {
        bool blank = isspace((unsigned char)from[i]) != 0;

        if (blank && (used == 0 || to[used - 1] == ' '))
            continue;
        to[used++] = blank ? ' ' : from[i];
    }
    while (used > 0 && to[used - 1] == ' ')
        used--;
    to[used] = '\0';
}

/* The word stands outside of comments, or as the target of iptables' own kind. */
bool wr_rule_listing_rejects(const char *rule)
{
    bool quoted = false;

    if (strstr(rule, "xt target \"REJECT\"") != NULL)
        return true;
    for (const char *at = rule; *at != '\0'; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (!quoted && strncmp(at, "reject", 6) == 0 && (at == rule || at[-1] == ' '))
            return true;
    }
    return false;
}

/* The word, before the end of the line; not as a part of another, nor within quotes. */
static bool has_word(const char *line, const char *word)
{
    const size_t len = strlen(word);
    bool quoted = false, began = true;

    for (; *line != '\0' && *line != '\n'; line++) {
        if (*line == '"')
            quoted = !quoted;
        if (!quoted && began && strncmp(line, word, len) == 0 &&
            isalnum((unsigned char)line[len]) == 0)
            return true;
        began = isspace((unsigned char)*line) != 0 || *line == '-';
    }
    return false;
}

static bool has_one_of(const char *line, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (has_word(line, *words))
            return true;
    }
    return false;
}

/* As nft shows a match of iptables' own kind. */
static bool has_match_of(const char *line)
{
    static const char *const names[] = {"hashlimit", "limit", "statistic", "recent",
                                        "connlimit", "quota", "time",      "u32"};
    const char *end = line + strcspn(line, "\n"), *at = line;

    while ((at = memmem(at, (size_t)(end - at), "xt match \"", 10)) != NULL) {
        at += 10;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (strncmp(at, names[i], strlen(names[i])) == 0 && at[strlen(names[i])] == '"')
                return true;
        }
    }
    return false;
}

bool wr_rule_listing_varies(const char *listing)
{
    static const char *const counted[] = {"limit",     "hashlimit", "statistic", "recent",
                                          "connlimit", "quota",     "numgen",    "count",
                                          "time",      "hour",      "day",       NULL};
    static const char *const verdicts[] = {"accept", "drop", "reject", "return", "jump", "goto",
                                           "ACCEPT", "DROP", "REJECT", "RETURN", "xt",   NULL};

    for (const char *line = listing; line != NULL && *line != '\0';) {
        if ((has_one_of(line, counted) || has_match_of(line)) && has_one_of(line, verdicts))
            return true;
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return false;
}

bool wr_rule_listing_asks_port(const char *rule, bool answer)
{
    static const char *const own[] = {"sport", "sports", NULL}, *const back[] = {"dport", "dports",
                                                                                 NULL};

    return has_one_of(rule, answer ? back : own);
}

/* The line with the chain's hook and policy; sets have lines with a type, too. */
static const char *type_line(const char *listing)
{
    for (const char *line = strstr(listing, "\ttype "); line != NULL;
         line = strstr(line + 1, "\ttype ")) {
        const char *hook = strstr(line, " hook ");

        if (hook != NULL && memchr(line, '\n', (size_t)(hook - line)) == NULL)
            return line + 1;
    }
    return NULL;
}

bool wr_rule_listing_hook(const char *listing, char *to, size_t room)
{
    const char *line = type_line(listing), *word = line == NULL ? NULL : strstr(line, " hook ");

    if (word == NULL)
        return false;
    snprintf(to, room, "%.*s", (int)strcspn(word + 6, " \n"), word + 6);
    return true;
}

void wr_rule_listing_text(const char *listing, uint64_t handle, bool policy, char *to, size_t room)
{
    const char *line;
    size_t len = 0;

    line = policy ? type_line(listing) : find_handle(listing, handle, &len);
    if (line != NULL && policy)
        len = strcspn(line, "\n");
    take_text(to, room, line, line == NULL ? 0 : len);
}
