/* SPDX-License-Identifier: MIT
 * Causes of failures: resources and limits of this machine. Rows and match functions; pure. */
#include <errno.h>
#include <sys/socket.h>

#include "diagnose/catalogue.h"

static enum wr_match match_fds_exhausted(const struct wr_evidence *ev)
{
    uint64_t open, max;

    if (wr_ev_is(ev, WR_FACT_error, EMFILE)) {
        if (!wr_ev_has(ev, WR_FACT_fd_limit) || !wr_ev_has(ev, WR_FACT_fd_open))
            return WR_MATCH_LIKELY;
        return wr_ev_uint(ev, WR_FACT_fd_open, 0) >= wr_ev_uint(ev, WR_FACT_fd_limit, 0)
                   ? WR_MATCH_CERTAIN
                   : WR_MATCH_LIKELY;
    }
    if (!wr_ev_is(ev, WR_FACT_error, ENFILE))
        return WR_MATCH_NO;
    if (!wr_ev_has(ev, WR_FACT_files_max) || !wr_ev_has(ev, WR_FACT_files_open))
        return WR_MATCH_LIKELY;
    /* some may have been closed since */
    open = wr_ev_uint(ev, WR_FACT_files_open, 0);
    max = wr_ev_uint(ev, WR_FACT_files_max, 0);
    if (open >= max)
        return WR_MATCH_CERTAIN;
    return open >= max - max / 10 ? WR_MATCH_LIKELY : WR_MATCH_RULED_OUT;
}

static bool is_full(const struct wr_evidence *ev, enum wr_fact used, enum wr_fact limit)
{
    uint64_t max = wr_ev_uint(ev, limit, 0);

    return max != 0 && wr_ev_uint(ev, used, 0) >= max - max / 50;
}

/* ENFILE is also what socket(2) says where the memory for its inode could not be had. */
static enum wr_match match_memory(const struct wr_evidence *ev)
{
    uint64_t error = wr_ev_uint(ev, WR_FACT_error, 0);

    if (error != ENOBUFS && error != ENOMEM && error != ENFILE)
        return WR_MATCH_NO;
    if (wr_ev_uint(ev, WR_FACT_cgroup_memory_failures, 0) != 0 ||
        is_full(ev, WR_FACT_cgroup_memory_bytes, WR_FACT_cgroup_memory_max_bytes))
        return WR_MATCH_LIKELY;
    return error != ENFILE && is_full(ev, WR_FACT_tcp_memory_pages, WR_FACT_tcp_memory_max_pages)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

static bool is_socket(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_call, "socket");
}

static enum wr_match match_family_blocked(const struct wr_evidence *ev)
{
    bool filtered = wr_ev_is(ev, WR_FACT_seccomp_mode, 2);

    if (!is_socket(ev) || !wr_ev_is(ev, WR_FACT_error, EAFNOSUPPORT))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_family_in_kernel))
        return filtered ? WR_MATCH_CERTAIN : WR_MATCH_POSSIBLE;
    if (wr_ev_false(ev, WR_FACT_family_in_kernel) && wr_ev_is(ev, WR_FACT_seccomp_mode, 0))
        return WR_MATCH_CERTAIN;
    return WR_MATCH_LIKELY;
}

const struct wr_cause wr_causes_local[] = {
    {
        .id = "local-fds-exhausted",
        .seen_as = "EMFILE, ENFILE",
        .what = "the process or the system has no descriptor left",
        .headline = "[{?error=24}this process has no file descriptor left][{?error=24}: "
                    "{fd_open} of {fd_limit} are open][{?error=24}, most of them {fd_most}]"
                    "[{?error=23}the system has no open file left][{?error=23}: {files_open} of "
                    "{files_max}]",
        .explain =
            "Every open file, socket, pipe, epoll or timer takes a descriptor, and the process "
            "may have RLIMIT_NOFILE of them (EMFILE), the whole system fs.file-max (ENFILE).\n"
            "A number that grows for hours is a leak: sockets that are never closed after an error "
            "are the usual one. Raising the limit then only delays the failure.",
        .rank = WR_RANK_ROOT,
        .match = match_fds_exhausted,
        WR_CITES(WR_FACT_error, WR_FACT_fd_limit, WR_FACT_fd_open, WR_FACT_files_max,
                 WR_FACT_files_open),
        .because =
            {"{fd_open} descriptors are open, the limit is {fd_limit} (RLIMIT_NOFILE)",
             "sockets: {fd_sockets}, files: {fd_files}, pipes: {fd_pipes}, others: {fd_other}",
             "{?error=23}fs.file-nr: {files_open} open files of {files_max}"},
        .ruled_out = "only {files_open} of {files_max} files are open in the whole system",
        .fixes = {{"{?error=24}see what is open; what grows is a leak",
                   "ls -l /proc/{host_pid}/fd"},
                  {"{?fd_limit_hard}raise the limit, for this shell and what it starts",
                   "ulimit -n {fd_limit_hard}"},
                  {"{?error=24}raise the limit of a service: LimitNOFILE= in its unit", NULL},
                  {"{?error=23}raise the limit of the system",
                   "sudo sysctl -w fs.file-max=1000000"}},
    },
    {
        .id = "local-memory",
        .seen_as = "ENOBUFS, ENOMEM, ENFILE",
        .what = "the kernel had no memory for the socket: tcp_mem, or the cgroup's limit",
        .headline =
            "the kernel had no memory for the socket[; its cgroup uses {cgroup_memory_bytes} of "
            "{cgroup_memory_max_bytes} bytes]",
        .explain =
            "A socket and its buffers are memory of the kernel, which is charged to the cgroup of "
            "the process and, for TCP, to the limit net.ipv4.tcp_mem of the whole machine. Where "
            "one of them is used up, the call fails with ENOBUFS or ENOMEM.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_memory,
        WR_CITES(WR_FACT_error, WR_FACT_cgroup_memory_failures, WR_FACT_cgroup_memory_bytes,
                 WR_FACT_cgroup_memory_max_bytes, WR_FACT_tcp_memory_pages,
                 WR_FACT_tcp_memory_max_pages),
        .because = {"this process's cgroup uses {cgroup_memory_bytes} of {cgroup_memory_max_bytes} "
                    "bytes",
                    "{?cgroup_memory_failures}it reached its limit {cgroup_memory_failures} times",
                    "TCP sockets use {tcp_memory_pages} of {tcp_memory_max_pages} pages "
                    "(net.ipv4.tcp_mem)"},
        .unknown = {{WR_FACT_cgroup_memory_bytes, "which limit it was",
                     "the kernel does not say for which one an allocation failed", "sudo dmesg"}},
        .fixes = {{"give the service more memory, or find what uses it", "systemd-cgtop -m"},
                  {"{tcp_memory_pages}see the memory of TCP", "cat /proc/net/sockstat"}},
    },
    {
        .id = "local-family-blocked",
        .seen_as = "EAFNOSUPPORT",
        .what = "this family of sockets is filtered for this process, or the kernel lacks it",
        .headline =
            "[{?socket_domain=1}unix][{?socket_domain=2}IPv4][{?socket_domain=10}IPv6] sockets are "
            "[{?seccomp_mode}shut off for this process by a seccomp filter][{!seccomp_mode}unknown "
            "to this kernel]"
            "[ of {service_unit} (RestrictAddressFamilies={service_families})]",
        .explain =
            "socket() answered EAFNOSUPPORT: there is no such family for this process. Where the "
            "kernel has it, a seccomp filter on the process pretends that it does not. systemd "
            "puts one there for RestrictAddressFamilies= in a unit; sandboxes of other kinds do "
            "the same.\n"
            "The filter cannot be taken off a running process: change what sets it up.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_family_blocked,
        WR_CITES(WR_FACT_call, WR_FACT_error, WR_FACT_seccomp_mode, WR_FACT_family_in_kernel),
        .because =
            {"{?family_in_kernel}the kernel has this family (/proc/net/protocols)",
             "{?seccomp_mode=2}a seccomp filter is set on this process (Seccomp: "
             "{seccomp_mode})",
             "{?no_new_privs}the process can gain no privileges (NoNewPrivs), as in a sandbox",
             "{service_unit} says RestrictAddressFamilies={service_families}",
             "the kernel lacks this family{!family_in_kernel}"},
        .unknown = {{WR_FACT_seccomp_mode, "which filter it is",
                     "the kernel does not show what a filter says",
                     "systemctl show -p RestrictAddressFamilies UNIT"}},
        .fixes = {{"{service_families}add the family to the unit",
                   "sudo systemctl edit {service_unit}"},
                  {"{!service_families}look for RestrictAddressFamilies=, SystemCallFilter= or the "
                   "profile of the sandbox that started this process",
                   NULL}},
    },
    {0},
};
