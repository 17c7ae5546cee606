/* SPDX-License-Identifier: MIT
 * See maps.h. The form of a line: proc_pid_maps(5). */
#include "helper/maps.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define MAPS_MAX 65536
#define DELETED " (deleted)"

/* The kernel writes a newline in a path as \012, and nothing else escaped. */
static void unescape(char *path)
{
    char *to = path;

    for (; *path != '\0'; path++) {
        if (strncmp(path, "\\012", 4) == 0) {
            *to++ = '\n';
            path += 3;
        } else {
            *to++ = *path;
        }
    }
    *to = '\0';
}

static bool cut_suffix(char *text, const char *suffix)
{
    size_t len = strlen(text), suffix_len = strlen(suffix);

    if (len < suffix_len || strcmp(text + len - suffix_len, suffix) != 0)
        return false;
    text[len - suffix_len] = '\0';
    return true;
}

static bool skip(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* "55d0-55d5 r-xp 00002000 fe:01 1234    /usr/bin/x" */
static bool parse_line(char *line, struct wr_map *ret_map)
{
    struct wr_map map = {.path = ""};
    const char *at = line;
    uint64_t ignored;

    if (!wr_parse_hex(&at, &map.start) || !skip(&at, '-') || !wr_parse_hex(&at, &map.end) ||
        !skip(&at, ' ') || strnlen(at, 5) < 5)
        return false;
    map.executable = at[2] == 'x';
    at += 4;
    if (!skip(&at, ' ') || !wr_parse_hex(&at, &map.file_offset) || !skip(&at, ' ') ||
        !wr_parse_hex(&at, &ignored) || !skip(&at, ':') || !wr_parse_hex(&at, &ignored) ||
        !skip(&at, ' ') || !wr_parse_uint(&at, &ignored))
        return false;
    at += strspn(at, " ");
    if (*at != '\0') {
        char *path = line + (at - line);

        unescape(path);
        map.deleted = cut_suffix(path, DELETED);
        map.path = path;
    }
    *ret_map = map;
    return map.start < map.end;
}

bool wr_maps_parse(char *text, struct wr_maps *ret_maps)
{
    struct wr_maps maps = {0};
    size_t room = 0;
    char *next;

    for (char *line = text; line != NULL && *line != '\0'; line = next) {
        struct wr_map map;

        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!parse_line(line, &map))
            continue;
        if (maps.count != 0 && map.start < maps.map[maps.count - 1].end)
            continue;
        if (maps.count == MAPS_MAX)
            break;
        if (maps.count == room) {
            struct wr_map *more = realloc(maps.map, (room = room * 2 + 64) * sizeof(*more));

            if (more == NULL) {
                free(maps.map);
                return false;
            }
            maps.map = more;
        }
        maps.map[maps.count++] = map;
    }
    *ret_maps = maps;
    return true;
}

struct wr_map *wr_maps_find(const struct wr_maps *maps, uint64_t address)
{
    size_t low = 0, high = maps->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct wr_map *map = &maps->map[middle];

        if (address < map->start)
            high = middle;
        else if (address >= map->end)
            low = middle + 1;
        else
            return map;
    }
    return NULL;
}
