/* SPDX-License-Identifier: MIT
 * Causes of failures: AF_UNIX paths, where the path itself is at fault. Rows and their match
 * functions; pure. */
#include "diagnose/unix.h"

/* sizeof(struct sockaddr_un): a longer address is refused before it is looked at. */
#define ADDRESS_MAX 110
#define PATH_MAX_BYTES 108
/* Values of unix_path_fault, enum wr_unix_fault of the probe. */
#define FAULT_RELATIVE 8
#define FAULT_EMPTY 9

/* The path was followed and something was not there. */
static bool not_found(const struct wr_evidence *ev)
{
    return wr_ev_known(ev, WR_FACT_unix_path) &&
           (wr_unix_failed_with(ev, ENOENT) || wr_unix_failed_with(ev, ENOTDIR));
}

static enum wr_match match_too_long(const struct wr_evidence *ev)
{
    if (!wr_ev_known(ev, WR_FACT_unix_path))
        return WR_MATCH_NO;
    if (wr_unix_failed_with(ev, EINVAL) || wr_unix_failed_with(ev, ENAMETOOLONG))
        return wr_ev_uint(ev, WR_FACT_address_length, 0) > ADDRESS_MAX &&
                       wr_ev_uint(ev, WR_FACT_unix_path_length, 0) >= PATH_MAX_BYTES
                   ? WR_MATCH_CERTAIN
                   : WR_MATCH_NO;
    if (!not_found(ev) || !wr_ev_true(ev, WR_FACT_unix_path_full))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_unix_path_longer))
        return WR_MATCH_CERTAIN;
    return wr_ev_absent(ev, WR_FACT_unix_path_longer) ? WR_MATCH_RULED_OUT : WR_MATCH_UNKNOWN;
}

static enum wr_match match_bad_path(const struct wr_evidence *ev)
{
    uint64_t fault = wr_ev_uint(ev, WR_FACT_unix_path_fault, 0);

    if (fault == 0 || !wr_ev_known(ev, WR_FACT_unix_path))
        return WR_MATCH_NO;
    /* Linux takes an empty name with the full length for an abstract one of NULs only. */
    if (fault == FAULT_EMPTY)
        return wr_unix_failed_with(ev, EINVAL) || wr_unix_failed_with(ev, ECONNREFUSED) ||
                       not_found(ev)
                   ? WR_MATCH_CERTAIN
                   : WR_MATCH_NO;
    if (!not_found(ev))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_unix_path_meant_exists))
        return fault == FAULT_RELATIVE ? WR_MATCH_LIKELY : WR_MATCH_CERTAIN;
    if (fault == FAULT_RELATIVE)
        return WR_MATCH_NO;
    return WR_MATCH_LIKELY;
}

static enum wr_match match_dangling(const struct wr_evidence *ev)
{
    if (!wr_ev_known(ev, WR_FACT_unix_path))
        return WR_MATCH_NO;
    if (!not_found(ev) && !wr_unix_failed_with(ev, ELOOP))
        return WR_MATCH_NO;
    return wr_ev_has(ev, WR_FACT_unix_link) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

static enum wr_match match_other_path(const struct wr_evidence *ev)
{
    if (!not_found(ev) && !wr_unix_refused(ev))
        return WR_MATCH_NO;
    if (!wr_ev_has(ev, WR_FACT_unix_elsewhere))
        return WR_MATCH_NO;
    /* The path has a socket: that it refuses has to do with it alone. */
    return wr_ev_true(ev, WR_FACT_unix_held) ? WR_MATCH_NO : WR_MATCH_LIKELY;
}

static enum wr_match match_no_such_path(const struct wr_evidence *ev)
{
    if (wr_unix_failed_with(ev, EROFS) && wr_ev_has(ev, WR_FACT_unix_no_files_in))
        return WR_MATCH_CERTAIN;
    if (!not_found(ev))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_unix_link))
        return WR_MATCH_RULED_OUT;
    if (wr_ev_has(ev, WR_FACT_unix_missing) || wr_ev_has(ev, WR_FACT_unix_not_directory))
        return wr_ev_true(ev, WR_FACT_unix_path_full) && !wr_ev_absent(ev, WR_FACT_unix_path_longer)
                   ? WR_MATCH_LIKELY
                   : WR_MATCH_CERTAIN;
    return WR_MATCH_LIKELY; /* it exists now, or could not be followed */
}

static enum wr_match match_not_a_socket(const struct wr_evidence *ev)
{
    if (!wr_ev_known(ev, WR_FACT_unix_path) ||
        !(wr_unix_failed_with(ev, ECONNREFUSED) || wr_unix_failed_with(ev, EACCES)))
        return WR_MATCH_NO;
    if (!wr_ev_has(ev, WR_FACT_unix_file_type))
        return WR_MATCH_NO;
    if (!wr_unix_is_socket(ev))
        return WR_MATCH_CERTAIN;
    return wr_unix_failed_with(ev, ECONNREFUSED) ? WR_MATCH_RULED_OUT : WR_MATCH_NO;
}

static enum wr_match match_no_permission(const struct wr_evidence *ev)
{
    if (!wr_unix_failed_with(ev, EACCES) || !wr_ev_known(ev, WR_FACT_unix_path))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_unix_denied))
        return wr_ev_known(ev, WR_FACT_unix_denied_mode) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    return wr_ev_absent(ev, WR_FACT_unix_denied) ? WR_MATCH_RULED_OUT : WR_MATCH_UNKNOWN;
}

const struct wr_cause wr_causes_unix[] = {
    {
        .id = "unix-path-too-long",
        .seen_as = "EINVAL, ENAMETOOLONG, ENOENT",
        .what = "the path is longer than a socket address can hold, or the program cut it off",
        .headline = "[the path is longer than the 108 bytes of a socket address"
                    "{!unix_path_full}][the program cut the path off: "
                    "{unix_path_longer} exists]",
        .explain = "The address of an AF_UNIX socket holds a path of at most 108 bytes (107 with "
                   "its terminator). The kernel refuses a longer address with EINVAL, and many "
                   "programs cut a longer path off without a word, so that the kernel looks for "
                   "a file that nobody made.\n"
                   "Give the socket a shorter path: a link to its directory, a path relative to "
                   "the working directory, or /proc/self/fd/N/name with a descriptor of the "
                   "directory.",
        .rank = WR_RANK_ARGUMENT,
        .match = match_too_long,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_address_length, WR_FACT_unix_path_length,
                 WR_FACT_unix_path_full, WR_FACT_unix_path_longer),
        .because = {"the address is {address_length} bytes long; 110 is the most, of which 108 are "
                    "the path{!unix_path_full}",
                    "the path that the kernel got is {unix_path_length} bytes long, and fills the "
                    "address{?unix_path_full}",
                    "{unix_path_longer} begins with it"},
        .ruled_out = "nothing in that directory has a longer name that begins like this path",
        .fixes = {{"put the socket under a shorter path, or reach it through a short link",
                   "ln -s {unix_path_longer} /tmp/short.sock"},
                  {"put the socket under a shorter path{!unix_path_full}", NULL}},
    },
    {
        .id = "unix-bad-path",
        .seen_as = "ENOENT, ENOTDIR, EINVAL, ECONNREFUSED",
        .what = "the string is not the path that was meant: URL prefix, blank, newline, quotes, ~, "
                "a variable, a relative path",
        .headline = "[the path begins with a URL scheme{?unix_path_fault=1}]"
                    "[the path ends in a line break{?unix_path_fault=2}]"
                    "[the path has a blank at its beginning or end{?unix_path_fault=3}]"
                    "[the path has quotes in it{?unix_path_fault=4}]"
                    "[the ~ in the path was not expanded{?unix_path_fault=5}]"
                    "[the variable in the path was not expanded{?unix_path_fault=6}]"
                    "[an abstract name was passed as a path{?unix_path_fault=7}]"
                    "[the path is relative, and the working directory is another"
                    "{?unix_path_fault=8}]"
                    "[the path is empty{?unix_path_fault=9}]"
                    "[a slash follows the socket's name{?unix_path_fault=10}]",
        .explain =
            "connect() takes the bytes of the address as they are. The kernel knows no URLs, "
            "no quotes, no ~ and no variables, takes blanks and line breaks for part of the "
            "name, and looks up a relative path from the working directory of the process "
            "(for a service that is usually /).\n"
            "A name with @ in front is the way tools print an abstract name: in the address "
            "it begins with a NUL byte.",
        .rank = WR_RANK_ARGUMENT,
        .match = match_bad_path,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_path_fault,
                 WR_FACT_unix_path_meant_exists),
        .because = {"the program passed \"{unix_path}\"",
                    "a socket exists at {unix_path_meant}{?unix_path_meant_exists}",
                    "nothing exists at {unix_path_meant} either{!unix_path_meant_exists}",
                    "the working directory is {unix_working_directory}",
                    "the address is {address_length} bytes long and holds no name"
                    "{?unix_path_fault=9}"},
        .fixes = {{"pass {unix_path_meant}{!unix_path_fault=7}", NULL},
                  {"let the first byte of the name be NUL instead of @{?unix_path_fault=7}", NULL},
                  {"set the path in the program's configuration{?unix_path_fault=9}", NULL}},
    },
    {
        .id = "unix-dangling-link",
        .seen_as = "ENOENT, ENOTDIR, ELOOP",
        .what = "a symbolic link in the path leads nowhere, or in a ring",
        .headline = "[{unix_link} is a link to {unix_link_target}, which does not exist"
                    "{!unix_link_ring}][{unix_link} is a link that leads back to itself"
                    "{?unix_link_ring}]",
        .explain = "The path goes through a symbolic link whose target does not exist, or whose "
                   "targets lead back to it. The link was usually made for a daemon that is not "
                   "running, or that puts its socket elsewhere now.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_dangling,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_link),
        .because =
            {"{unix_link} -> {unix_link_target}", "{unix_missing} does not exist",
             "{unix_not_directory} is no directory",
             "more than 40 links had to be followed{?unix_link_ring}",
             "the same service listens at {unix_elsewhere}[: {unix_elsewhere_socket.owner}]"},
        .fixes = {WR_UNIX_START_IT,
                  {"let the link point to the socket", "ls -l {unix_link}"},
                  {"connect to {unix_elsewhere}", NULL}},
    },
    {
        .id = "unix-other-path",
        .seen_as = "ENOENT, ENOTDIR, ECONNREFUSED",
        .what = "the same service listens at another path",
        .headline = "the same service listens at {unix_elsewhere}",
        .explain =
            "There is no socket at this path, but one of the same name, or one that the same "
            "service is known to make, listens elsewhere. Distributions, packages and "
            "containers put the sockets of the same daemon in different places.",
        .rank = WR_RANK_NEARBY,
        .match = match_other_path,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_elsewhere, WR_FACT_unix_held),
        .because = {"a socket listens at {unix_elsewhere}[: {unix_elsewhere_socket.owner}]",
                    "{unix_missing} does not exist", "{unix_not_directory} is no directory",
                    "no socket has the file {unix_path}{!unix_held}"},
        .fixes = {{"connect to {unix_elsewhere}, if that is the service that is meant", NULL},
                  {"or let the service make its socket at {unix_path}", NULL}},
    },
    {
        .id = "unix-no-such-path",
        .seen_as = "ENOENT, ENOTDIR, EROFS",
        .what =
            "the path does not exist, a part of it is no directory, or no file can be made there",
        .headline = "[the path is relative, and the working directory was removed"
                    "{?unix_working_directory_gone}]"
                    "[{unix_missing} does not exist{!unix_working_directory_gone}]"
                    "[{unix_not_directory} is no directory]"
                    "[no file can be made in {unix_no_files_in}[, which is read-only{?error=30}]]"
                    "[the path could not be found{!unix_missing}{!unix_not_directory}"
                    "{!unix_no_files_in}]"
                    "[the path could not be found{!unix_walked}]",
        .explain =
            "A server makes the socket file when it binds the socket. It is missing when the "
            "server is not running or not yet, puts it elsewhere, runs in another container "
            "or with a private /tmp, or when something removed the file.\n"
            "The first part of the path that does not exist tells more: a missing "
            "directory is usually made by the service itself or at boot (tmpfiles.d), or is "
            "a volume that is not mounted.",
        .rank = WR_RANK_SYMPTOM,
        .match = match_no_such_path,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_link, WR_FACT_unix_missing,
                 WR_FACT_unix_not_directory, WR_FACT_unix_path_full, WR_FACT_unix_path_longer,
                 WR_FACT_unix_no_files_in),
        .because =
            {"{unix_missing_in} exists, {unix_missing} does not{!unix_working_directory_gone}"
             "[; {unix_near_name_there} does]",
             "the path is relative to the working directory, which was removed while the program "
             "ran in it{?unix_working_directory_gone}",
             "{unix_no_files_in} lies in a file system [of the kernel's own, which takes no files"
             "{!error=30}][that is mounted read-only{?error=30}]",
             "{unix_not_directory} is no directory, and stands where one should",
             "the path is relative to {unix_working_directory}",
             "it exists now, as a {unix_file_type}: it was made after the program tried",
             "a socket that was bound to this path still listens[: {unix_lost.owner}], on a file "
             "that this program does not see[: it lies in that program's mount namespace "
             "only{?unix_lost_mount}][: it was moved or removed{!unix_lost_mount}]{?unix_lost}",
             "this is the socket of {unix_daemon}[, made by {unix_unit}]"},
        .ruled_out = "the link {unix_link} is what leads nowhere",
        .unknown = {{WR_FACT_unix_path_longer, "whether the program cut a longer path off",
                     "the path fills the address to its last byte", ""}},
        .fixes =
            {WR_UNIX_START_IT,
             {"[did you mean {unix_near_name_there}?]"
              "[let the program change to a directory that exists, or give it the whole path"
              "{!unix_near_name_there}{?unix_working_directory_gone}]"
              "[bring the directory of the socket into the container or mount namespace of this "
              "program (a volume; no PrivateTmp=){!unix_near_name_there}{?unix_lost_mount}]",
              NULL},
             {"[the directory itself is missing: let the service or tmpfiles.d make it, or mount "
              "the volume that should bring it{!unix_missing_last}{!unix_binds}]"
              "[make the directory before the program starts (tmpfiles.d, RuntimeDirectory=), or "
              "mount the volume that should bring it{?unix_missing}{?unix_binds}]"
              "[put the socket into a directory such as /run or /tmp{?unix_no_files_in}]",
              "[mkdir -p {unix_missing}{?unix_binds}]"},
             {"start the server[ ({unix_daemon})], or see which sockets listen on this machine"
              "{!unix_binds}",
              "ss -lx"}},
    },
    {
        .id = "unix-not-a-socket",
        .seen_as = "ECONNREFUSED, EACCES",
        .what = "the path is a regular file, a directory, a pipe or a device",
        .headline = "{unix_path} is a {unix_file_type}, not a socket[ that can be connected to"
                    "{?unix_descriptor_link}]",
        .explain = "Only a file of the type socket, made by bind(), can be connected to. A regular "
                   "file of that name was made by hand or by a copy; a directory is what a "
                   "container engine makes when the path of a bind mount did not exist on the "
                   "host.",
        .rank = WR_RANK_SPECIFIC + 10,
        .match = match_not_a_socket,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_file_type),
        .because = {"{unix_path} is a {unix_file_type}",
                    "a link in /proc/PID/fd stands for an open descriptor; connect() finds sockets "
                    "by the file that they are bound to{?unix_descriptor_link}",
                    "the socket behind it is bound to {unix_descriptor_name}",
                    "this is the socket of {unix_daemon}[, made by {unix_unit}]"},
        .ruled_out = "the path leads to a socket",
        .fixes = {{"connect to [{unix_descriptor_name}, ]the path that the socket is bound to"
                   "{?unix_descriptor_link}",
                   "[ss -xl{!unix_descriptor_name}]"},
                  {"see what the file is, and where it comes from", "ls -ld {unix_path}"},
                  {"move it away, and restart the server, so that it can make its socket"
                   "{?unix_file_misplaced}",
                   NULL},
                  {"leave it where it is: the path that was given to the program is wrong"
                   "{!unix_file_misplaced}",
                   NULL}},
    },
    {
        .id = "unix-no-permission",
        .seen_as = "EACCES",
        .what = "the socket's mode, or that of a directory on the way, does not let the user in",
        .headline = "[no permission to enter the directory {unix_denied}{?unix_denied_directory}"
                    "{!unix_denied_write}][no permission to make a socket in the directory "
                    "{unix_denied}{?unix_denied_directory}{?unix_denied_write}][no permission to "
                    "write to the socket {unix_denied}{!unix_denied_directory}]"
                    "[ ({unix_denied_mode} {unix_denied_owner} {unix_denied_group})]",
        .explain = "To connect to a socket the user needs write permission on its file, and search "
                   "permission (x) on every directory that leads to it. A daemon usually gives its "
                   "socket to a group; a user who was added to that group gets it with the next "
                   "login only, and a running service with its next start.\n"
                   "Making the socket writable for everybody would give every user what the daemon "
                   "can do.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_no_permission,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_denied, WR_FACT_unix_denied_mode),
        .because = {"{unix_denied} is {unix_denied_mode}, owner {unix_denied_owner}, group "
                    "{unix_denied_group}; the program runs as {unix_user}",
                    "the user is not in the group {unix_denied_group}{!unix_group_member}"
                    "{!unix_group_new_sessions}",
                    "the user is in the group {unix_denied_group} by now, but this process is not: "
                    "it was started before, or from an older session{?unix_group_new_sessions}",
                    "the access control list counts, not only the mode{?unix_denied_acl}"},
        .ruled_out = "file permissions let this user through",
        .fixes = {{"log in again, or restart the service: new sessions of {unix_user} have the "
                   "group{?unix_group_new_sessions}",
                   "newgrp {unix_denied_group}"},
                  {"add {unix_user} to the group {unix_denied_group}, if it is to have what the "
                   "service can do, then log in again"
                   "{?unix_group_allows}{!unix_group_member}{!unix_group_new_sessions}",
                   "sudo usermod -aG {unix_denied_group} {unix_user}"},
                  {"run the program as {unix_denied_owner}, or let the server give the socket to a "
                   "group that the program has",
                   "namei -l {unix_path}"},
                  {"see its access control list{?unix_denied_acl}", "getfacl {unix_denied}"}},
    },
    {0},
};
